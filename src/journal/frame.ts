// The bytes of a journal segment, and the only place that knows them.
//
//   segment header, 64 bytes:
//   | magic 8 | version u32 | shard u32 | number u32 | crc u32 | base f64 | epoch f64 | 24 spare |
//   then frames, each a header of 40 bytes and its payload:
//   | length u32 | crc u32 | kind u32 | count u32 | first f64 | received f64 | 8 spare | payload |
//
// length = bytes of the payload; the CRC-32 is over everything behind it, payload included. Both
// headers are multiples of 8, so that slots stay aligned in memory.
import { crc32 } from 'node:zlib'

export const MAGIC = Buffer.from('TLJRNL\0\x01', 'latin1')
/**
 * Of what is written; the versions before are read. 2: a slot can say "id seen, no trade". In every
 * version magic and version stand where they do here.
 */
export const VERSION = 2
const OLDEST_VERSION = 1
export const SEGMENT_HEADER_BYTES = 64
export const FRAME_HEADER_BYTES = 40
/** No frame is longer: a length beyond it is no length. */
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024

export const FrameKind = {
  Slots: 1,
  Directory: 2,
  /** Slots, and behind them the bytes of the ids that are text. */
  SlotsWithTexts: 3,
} as const

/** What a segment says of itself. */
export interface SegmentHeader {
  readonly version: number
  readonly shard: number
  readonly number: number
  /** Sequence that the first slot behind the header has. */
  readonly baseSequence: number
  /** First sequence of the session that wrote it. */
  readonly epoch: number
}

export interface FrameHeader {
  readonly length: number
  readonly crc: number
  readonly kind: number
  readonly count: number
  readonly firstSequence: number
  /** Wall clock when it was written, µs; informative. */
  readonly receiveTime: number
}

const VERSION_AT = 8
const CRC_AT = 20

export function encodeSegmentHeader(header: Omit<SegmentHeader, 'version'>): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(VERSION, VERSION_AT)
  bytes.writeUInt32LE(header.shard, 12)
  bytes.writeUInt32LE(header.number, 16)
  bytes.writeDoubleLE(header.baseSequence, 24)
  bytes.writeDoubleLE(header.epoch, 32)
  bytes.writeUInt32LE(crc32(bytes), CRC_AT)
  return bytes
}

/** The versions that are read. */
export const VERSIONS = `${OLDEST_VERSION}-${VERSION}`

/** The version of a segment that a newer release has written; undefined for any other bytes. */
export function newerVersionOf(bytes: Buffer): number | undefined {
  if (bytes.length < VERSION_AT + 4) return undefined
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const version = bytes.readUInt32LE(VERSION_AT)
  return version > VERSION ? version : undefined
}

/** The header, or what is wrong with it. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | string {
  if (bytes.length < SEGMENT_HEADER_BYTES) return 'header is cut off'
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'not a journal segment'
  const version = bytes.readUInt32LE(VERSION_AT)
  if (version < OLDEST_VERSION || version > VERSION) {
    return `version ${version}, this tickloom reads ${VERSIONS}`
  }
  const copy = Buffer.from(bytes.subarray(0, SEGMENT_HEADER_BYTES))
  copy.writeUInt32LE(0, CRC_AT)
  if (crc32(copy) !== bytes.readUInt32LE(CRC_AT)) return 'header checksum differs'
  return {
    version,
    shard: bytes.readUInt32LE(12),
    number: bytes.readUInt32LE(16),
    baseSequence: bytes.readDoubleLE(24),
    epoch: bytes.readDoubleLE(32),
  }
}

/**
 * Writes a frame's header in front of its payload, which stands at FRAME_HEADER_BYTES of `frame`.
 */
export function sealFrame(
  frame: Buffer,
  kind: number,
  count: number,
  firstSequence: number,
  receiveTime: number,
): void {
  frame.writeUInt32LE(frame.length - FRAME_HEADER_BYTES, 0)
  frame.writeUInt32LE(kind, 8)
  frame.writeUInt32LE(count, 12)
  frame.writeDoubleLE(firstSequence, 16)
  frame.writeDoubleLE(receiveTime, 24)
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4)
}

export function decodeFrameHeader(bytes: Buffer): FrameHeader {
  return {
    length: bytes.readUInt32LE(0),
    crc: bytes.readUInt32LE(4),
    kind: bytes.readUInt32LE(8),
    count: bytes.readUInt32LE(12),
    firstSequence: bytes.readDoubleLE(16),
    receiveTime: bytes.readDoubleLE(24),
  }
}

/** Whether a whole frame is what was written. */
export function frameHolds(frame: Buffer): boolean {
  return crc32(frame.subarray(8)) === frame.readUInt32LE(4)
}
