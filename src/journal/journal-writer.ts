// The writing end of a shard's journal: frames appended with one write each, synced in groups by
// the libuv pool, never on the shard's thread. A failed or short write is cut back to the last
// whole frame, so that the same frame can be tried again and nothing is doubled.
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { EngineError } from '../errors.js'
import { syncDirectorySync } from '../folders.js'
import { CHUNK_ROWS, SEGMENT_BYTES } from '../limits.js'
import {
  encodeSegmentHeader,
  FRAME_HEADER_BYTES,
  FrameKind,
  SEGMENT_HEADER_BYTES,
  sealFrame,
} from './frame.js'
import { type ClosedSegment, listSegments, segmentPath } from './segments.js'

const SLOT_WORDS = 6
/** Bytes of text ids that a frame has room for, behind a full run of slots. */
export const TEXT_ROOM = CHUNK_ROWS * 64

export interface JournalOptions {
  readonly directory: string
  readonly shard: number
  /** Sequence of the first slot to be appended. */
  readonly firstSequence: number
  readonly epoch: number
  readonly segmentBytes?: number
  /** Segments to go on with, synced: dropped like its own when all they hold is stored. */
  readonly closed?: readonly ClosedSegment[]
  /** In place of fs.writeSync, for tests of a full disk. */
  readonly write?: (
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ) => number
}

type SyncDone = (error: Error | undefined, syncedThrough: number) => void

export class JournalWriter {
  /** Where the caller puts the slots of the next frame. */
  readonly slots: Float64Array
  /** Last sequence written, and last sequence known to be on disk. */
  appendedThrough: number
  syncedThrough: number
  /** Whether a group sync is under way. */
  syncPending = false
  readonly #options: JournalOptions
  readonly #limit: number
  readonly #frame: Buffer
  readonly #write: NonNullable<JournalOptions['write']>
  readonly #closed: ClosedSegment[] = []
  // Rotated away while unsynced: synced with the next group, then closed.
  #unsyncedFds: number[] = []
  #directory: Uint8Array | undefined
  #changed: (() => Uint8Array) | undefined
  #number: number
  #path = ''
  #fd = -1
  #size = 0

  private constructor(options: JournalOptions) {
    this.#options = options
    this.#limit = options.segmentBytes ?? SEGMENT_BYTES
    this.#write = options.write ?? writeSync
    const memory = new ArrayBuffer(FRAME_HEADER_BYTES + CHUNK_ROWS * SLOT_WORDS * 8 + TEXT_ROOM)
    this.#frame = Buffer.from(memory)
    this.slots = new Float64Array(memory, FRAME_HEADER_BYTES, CHUNK_ROWS * SLOT_WORDS)
    this.appendedThrough = options.firstSequence - 1
    this.syncedThrough = options.firstSequence - 1
    this.#closed.push(...(options.closed ?? []))
    const own = listSegments(options.directory).filter((s) => s.shard === options.shard)
    this.#number = own.length === 0 ? 0 : own[own.length - 1].number
  }

  /** Starts a fresh segment, numbered above any other of this shard. Throws JOURNAL_FAILED. */
  static open(options: JournalOptions): JournalWriter {
    const writer = new JournalWriter(options)
    writer.#startSegment()
    return writer
  }

  /** Bytes on disk, and files. */
  get bytes(): number {
    return this.#closed.reduce((sum, segment) => sum + segment.bytes, this.#size)
  }
  get segments(): number {
    return this.#closed.length + 1
  }

  /** What a new segment begins with: the pairs its slots speak of. */
  setDirectory(bytes: Uint8Array): void {
    this.#directory = bytes.slice()
  }

  /**
   * The pairs have changed: what `make` gives is written in front of the next slots, once, however
   * often this is called before.
   */
  changeDirectory(make: () => Uint8Array): void {
    this.#changed = make
  }

  appendDirectory(bytes: Uint8Array): void {
    this.#append(this.#directoryFrame(bytes))
  }

  /**
   * Appends the first `count` of `slots`, and `textBytes` of text ids behind them, as one frame.
   * Throws JOURNAL_FAILED with nothing appended.
   */
  appendSlots(count: number, firstSequence: number, receiveTime: number, textBytes = 0): void {
    if (this.#size >= this.#limit) this.#rotate()
    if (this.#changed !== undefined) {
      const bytes = this.#changed()
      this.setDirectory(bytes)
      this.appendDirectory(bytes)
      this.#changed = undefined
    }
    const kind = textBytes === 0 ? FrameKind.Slots : FrameKind.SlotsWithTexts
    const frame = this.#frame.subarray(0, FRAME_HEADER_BYTES + count * SLOT_WORDS * 8 + textBytes)
    sealFrame(frame, kind, count, firstSequence, receiveTime)
    this.#append(frame)
    this.appendedThrough = firstSequence + count - 1
  }

  /** Brings what is written to disk, in the libuv pool; one at a time. */
  sync(done: SyncDone): void {
    this.syncPending = true
    const through = this.appendedThrough
    const fds = [...this.#unsyncedFds, this.#fd]
    this.#unsyncedFds = []
    const next = (i: number, failed: Error | null) => {
      if (i > 0 && i < fds.length) closeSync(fds[i - 1])
      if (failed !== null || i === fds.length) {
        this.syncPending = false
        if (failed === null) this.syncedThrough = through
        done(failed ?? undefined, this.syncedThrough)
      } else fdatasync(fds[i], (error) => next(i + 1, error))
    }
    next(0, null)
  }

  /** The same at once, on this thread; for closing. */
  syncSync(): void {
    for (const fd of this.#unsyncedFds) {
      fdatasyncSync(fd)
      closeSync(fd)
    }
    this.#unsyncedFds = []
    fdatasyncSync(this.#fd)
    this.syncedThrough = this.appendedThrough
  }

  /** Whether a closed segment holds nothing beyond `sequence`. */
  canDrop(sequence: number): boolean {
    return this.#closed.length > 0 && this.#closed[0].lastSequence <= sequence
  }

  /** Deletes closed segments that hold nothing beyond `sequence`. */
  dropThrough(sequence: number): void {
    while (this.canDrop(sequence)) {
      unlinkSync((this.#closed.shift() as ClosedSegment).path)
    }
  }

  /**
   * Closes; `final`: everything is stored, one empty segment stays to say where sequences go on.
   */
  close(how: { final: boolean }): void {
    if (how.final) this.#rotate()
    // Before the others go: at every moment some segment on disk says how far sequences have gone.
    this.syncSync()
    if (how.final) this.dropThrough(this.appendedThrough)
    closeSync(this.#fd)
  }

  // Nothing has changed where it throws: a disk may be full now and have room later.
  #startSegment(): void {
    const { directory, shard, epoch } = this.#options
    const number = this.#number + 1
    const path = segmentPath(directory, shard, number)
    const fd = openSegment(path)
    let size = 0
    try {
      const baseSequence = this.appendedThrough + 1
      size += this.#writeAt(
        fd,
        path,
        0,
        encodeSegmentHeader({ shard, number, baseSequence, epoch }),
      )
      if (this.#directory !== undefined) {
        size += this.#writeAt(fd, path, size, this.#directoryFrame(this.#directory))
      }
      // The segments before it may go as soon as it is there: what it says must outlive them.
      fdatasyncSync(fd)
    } catch (cause) {
      closeSync(fd)
      unlinkSync(path)
      throw cause
    }
    this.#number = number
    this.#path = path
    this.#fd = fd
    this.#size = size
    syncDirectorySync(directory)
  }

  #rotate(): void {
    const [path, fd, bytes] = [this.#path, this.#fd, this.#size]
    this.#startSegment()
    this.#closed.push({ path, lastSequence: this.appendedThrough, bytes })
    this.#unsyncedFds.push(fd)
  }

  #directoryFrame(bytes: Uint8Array): Buffer {
    const frame = Buffer.alloc(FRAME_HEADER_BYTES + bytes.length)
    frame.set(bytes, FRAME_HEADER_BYTES)
    sealFrame(frame, FrameKind.Directory, 0, this.appendedThrough + 1, 0)
    return frame
  }

  #append(bytes: Buffer): void {
    this.#size += this.#writeAt(this.#fd, this.#path, this.#size, bytes)
  }

  // All of it or nothing; returns how much it was.
  #writeAt(fd: number, path: string, at: number, bytes: Buffer): number {
    let written = 0
    try {
      while (written < bytes.length) {
        written += this.#write(fd, bytes, written, bytes.length - written, at + written)
      }
    } catch (cause) {
      ftruncateSync(fd, at)
      throw failed(cause, path)
    }
    return bytes.length
  }
}

function openSegment(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (cause) {
    throw failed(cause, path)
  }
}

function failed(cause: unknown, path: string): EngineError {
  const { message } = cause as Error
  return new EngineError('JOURNAL_FAILED', `journal write failed: ${message} path=${path}`, {
    cause,
  })
}

/** Bytes of an empty segment. */
export const EMPTY_SEGMENT_BYTES = SEGMENT_HEADER_BYTES
