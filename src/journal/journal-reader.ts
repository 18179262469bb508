// Reading a segment back: every whole frame with a right checksum is given out in order. A frame
// cut off at the end, or a tail of zeros, is what a crash leaves ("torn"): the prefix is good.
// Anything else that does not check is "broken": reading stops there and nothing is guessed over
// it.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type EngineError, newerFormat } from '../errors.js'
import {
  decodeFrameHeader,
  decodeSegmentHeader,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  FrameKind,
  frameHolds,
  MAX_PAYLOAD_BYTES,
  newerVersionOf,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  VERSIONS,
} from './frame.js'
import { listSegments, type SegmentFile, segmentPath } from './segments.js'

export { listSegments, type SegmentFile, setAside } from './segments.js'

const SLOT_BYTES = 48

export interface SegmentVisitor {
  directory?(bytes: Uint8Array): void
  /** The words are overwritten by the next frame. A promise is waited for. */
  slots?(
    words: Float64Array,
    count: number,
    firstSequence: number,
    receiveTime: number,
    texts: Uint8Array,
  ): Promise<void> | undefined | void
}

export interface SegmentReport {
  readonly header: SegmentHeader | undefined
  /**
   * Slots given out, and the sequence of the last of them; baseSequence − 1 where there was none.
   */
  readonly slots: number
  readonly lastSequence: number
  readonly end: 'clean' | 'torn' | 'broken'
  /** Byte where reading ended. */
  readonly at: number
  readonly detail: string
}

class SegmentBytes {
  readonly #fd: number
  readonly size: number
  #memory: ArrayBuffer

  constructor(path: string) {
    this.#fd = openSync(path, 'r')
    this.size = fstatSync(this.#fd).size
    this.#memory = new ArrayBuffer(Math.min(this.size, 1 << 18))
  }

  /** `length` bytes from `at`, in memory aligned to 8; fewer at the end of the file. */
  read(at: number, length: number): Buffer {
    if (this.#memory.byteLength < length) this.#memory = new ArrayBuffer(length)
    let read = 0
    while (read < length) {
      const view = new Uint8Array(this.#memory, read, length - read)
      const n = readSync(this.#fd, view, 0, view.length, at + read)
      if (n === 0) break
      read += n
    }
    return Buffer.from(this.#memory, 0, read)
  }

  /** Whether nothing but zeros follows. */
  zerosFrom(at: number): boolean {
    for (let from = at; from < this.size; from += 1 << 16) {
      if (this.read(from, 1 << 16).some((byte) => byte !== 0)) return false
    }
    return true
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** Reads a segment in bounded memory. */
export async function readSegment(path: string, visitor: SegmentVisitor): Promise<SegmentReport> {
  const file = new SegmentBytes(path)
  try {
    return await readFrames(file, visitor)
  } finally {
    file.close()
  }
}

async function readFrames(file: SegmentBytes, visitor: SegmentVisitor): Promise<SegmentReport> {
  const header = decodeSegmentHeader(file.read(0, SEGMENT_HEADER_BYTES))
  if (typeof header === 'string') {
    const end = file.size < SEGMENT_HEADER_BYTES ? 'torn' : 'broken'
    return { header: undefined, slots: 0, lastSequence: 0, end, at: 0, detail: header }
  }
  let at = SEGMENT_HEADER_BYTES
  let slots = 0
  let lastSequence = header.baseSequence - 1
  const report = (end: SegmentReport['end'], detail: string): SegmentReport => {
    return { header, slots, lastSequence, end, at, detail }
  }
  while (at < file.size) {
    const head = file.read(at, FRAME_HEADER_BYTES)
    if (head.length < FRAME_HEADER_BYTES) return report('torn', 'frame header is cut off')
    const frame = decodeFrameHeader(head)
    const whole = FRAME_HEADER_BYTES + frame.length
    if (frame.length > MAX_PAYLOAD_BYTES || at + whole > file.size) {
      const cutOff = frame.length <= MAX_PAYLOAD_BYTES
      return report(cutOff ? 'torn' : 'broken', 'frame is longer than the file')
    }
    const bytes = file.read(at, whole)
    if (!frameHolds(bytes)) {
      const last = at + whole === file.size || file.zerosFrom(at)
      return report(last ? 'torn' : 'broken', 'frame checksum differs')
    }
    if (holdsSlots(frame)) {
      const slotBytes = frame.count * SLOT_BYTES
      if (!isSound(frame)) return report('broken', 'frame count differs')
      if (frame.firstSequence <= lastSequence) return report('broken', 'sequence goes back')
      const words = new Float64Array(
        bytes.buffer,
        bytes.byteOffset + FRAME_HEADER_BYTES,
        frame.count * 6,
      )
      slots += frame.count
      lastSequence = frame.firstSequence + frame.count - 1
      const texts = bytes.subarray(FRAME_HEADER_BYTES + slotBytes)
      await visitor.slots?.(words, frame.count, frame.firstSequence, frame.receiveTime, texts)
    } else if (frame.kind === FrameKind.Directory) {
      visitor.directory?.(bytes.subarray(FRAME_HEADER_BYTES))
    }
    at += whole
  }
  return report('clean', '')
}

function holdsSlots(frame: FrameHeader): boolean {
  return frame.kind === FrameKind.Slots || frame.kind === FrameKind.SlotsWithTexts
}

// Whether a frame of slots is as long as it says.
function isSound(frame: FrameHeader): boolean {
  const slotBytes = frame.count * SLOT_BYTES
  return frame.kind === FrameKind.Slots ? slotBytes === frame.length : slotBytes < frame.length
}

/** The refusal of a segment that a newer release has written; undefined for any other. */
export function newerSegment(path: string): EngineError | undefined {
  const file = new SegmentBytes(path)
  try {
    const version = newerVersionOf(file.read(0, SEGMENT_HEADER_BYTES))
    if (version === undefined) return undefined
    return newerFormat('the journal segment', { version, reads: VERSIONS, path })
  } finally {
    file.close()
  }
}

/** Throws NEWER_FORMAT where a newer release has written a segment of the directory; only reads. */
export function refuseNewerSegments(directory: string): void {
  for (const { path } of listSegments(directory)) {
    const newer = newerSegment(path)
    if (newer !== undefined) throw newer
  }
}

/**
 * The segments of a directory in the order their sessions wrote them: by epoch, shard and number. A
 * segment whose header does not hold comes last, since nothing is read from it.
 */
export function segmentsBySession(directory: string): SegmentFile[] {
  return listSegments(directory)
    .map((segment) => ({ segment, epoch: epochOf(segment.path) }))
    .sort((a, b) => (a.epoch < b.epoch ? -1 : a.epoch > b.epoch ? 1 : 0))
    .map(({ segment }) => segment)
}

/**
 * Those that must have been there: of what a shard writes in a session the oldest go first, so that
 * the numbers have no hole.
 */
export function missingSegments(directory: string): SegmentFile[] {
  const missing: SegmentFile[] = []
  let before: (SegmentFile & { epoch: number }) | undefined
  for (const segment of listSegments(directory)) {
    const { shard } = segment
    const epoch = epochOf(segment.path)
    if (before?.shard === shard && before.epoch === epoch) {
      for (let number = before.number + 1; number < segment.number; number++) {
        missing.push({ path: segmentPath(directory, shard, number), shard, number })
      }
    }
    before = { ...segment, epoch }
  }
  return missing
}

/**
 * Those that one shard wrote in one session. Any other may hold what another shard has to take up.
 */
export function segmentsOf(directory: string, shard: number, epoch: number): SegmentFile[] {
  const own = listSegments(directory).filter((segment) => segment.shard === shard)
  return own.filter(({ path }) => epochOf(path) === epoch)
}

function epochOf(path: string): number {
  const file = new SegmentBytes(path)
  try {
    const header = decodeSegmentHeader(file.read(0, SEGMENT_HEADER_BYTES))
    return typeof header === 'string' ? Number.POSITIVE_INFINITY : header.epoch
  } finally {
    file.close()
  }
}

/** Highest sequence any segment of a directory tells of; 0 for none. */
export function highestSequence(directory: string): number {
  let highest = 0
  for (const { path } of listSegments(directory)) {
    const file = new SegmentBytes(path)
    try {
      highest = Math.max(highest, lastSequenceOf(file))
    } finally {
      file.close()
    }
  }
  return highest
}

// By the frames' headers alone. A little too high is as good as right; too low would make the next
// session repeat sequences, so behind anything unreadable the most that could be there is assumed.
function lastSequenceOf(file: SegmentBytes): number {
  if (file.size === 0) return 0
  const header = decodeSegmentHeader(file.read(0, SEGMENT_HEADER_BYTES))
  if (typeof header === 'string') return Date.now() * 1000
  let last = header.baseSequence - 1
  let at = SEGMENT_HEADER_BYTES
  while (at + FRAME_HEADER_BYTES <= file.size) {
    const frame = decodeFrameHeader(file.read(at, FRAME_HEADER_BYTES))
    const whole = FRAME_HEADER_BYTES + frame.length
    const slots = holdsSlots(frame) ? frame.count : 0
    const sound =
      frame.firstSequence === last + 1 &&
      at + whole <= file.size &&
      (holdsSlots(frame) ? isSound(frame) : frameHolds(file.read(at, whole)))
    if (!sound) break
    last += slots
    at += whole
  }
  return last + Math.ceil(Math.max(0, file.size - at) / SLOT_BYTES)
}
