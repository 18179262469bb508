// The shared memory of one shard, and the only place that knows its offsets.
//
//   byte 0      128      256      384      512
//        ├ HEAD ─┤ TAIL ──┤ PARKED ┤ BEAT ──┤ slot 0 │ slot 1 │ …          48 bytes each
//        writer   FOLDED   both     reader
//        POSTS_   DURABLE
//        HEARD
//        HOST_…
//
// Positions are int32 and wrap; a slot's index is position & mask. What one thread writes stands on
// 128-byte lines of its own, so that no line is fought over.
//
//   slot: | kind·side·flags i32, pair i32 | timestamp | a | b | c | d |      six 8-byte words
//   trade: a = price, b = volume, c = trade id (64-bit integer), d = receivedAt µs or 0
//   clock: timestamp = monotonic µs, a = wall clock µs
//   end: the pair's input has ended; nothing else

export const HEAD = 0
/** Flow posts that the host has heard. */
export const POSTS_HEARD = 8
/** Monotonic ms of the host's last beat, and by how much it came late. */
export const HOST_BEAT = 9
export const HOST_LATE = 10
export const TAIL = 32
/** Everything before it is folded and visible in the snapshots. */
export const FOLDED = 33
/** Everything before it survives a crash. */
export const DURABLE = 34
/** 1 while the shard sleeps. */
export const PARKED = 64
/** Counts up while the shard lives. */
export const HEARTBEAT = 96
/** 1 while a DuckDB promise is pending or a native call runs: nobody terminates the shard then. */
export const NATIVE = 97

const CONTROL_BYTES = 512
export const SLOT_WORDS = 6
export const SLOT_BYTES = SLOT_WORDS * 8

/** What a slot carries. */
export const Kind = { Trade: 1, Clock: 2, End: 3 } as const

export const SIDE_SHIFT = 4
const KIND_MASK = 15
const SIDE_MASK = 3
/** The trade came without an id. */
export const FLAG_NO_ID = 1 << 8
/** The first clock record of a session. */
export const FLAG_SESSION = 1 << 9
/** The id is text: c = where its bytes start, and how many they are, both i32. */
export const FLAG_TEXT_ID = 1 << 10
/**
 * The id was seen, and nothing was traded: the slot carries an id and a time; price and volume are
 * 0. It is no trade, and its id is not missing. Journals have it from version 2 on.
 */
export const FLAG_NO_TRADE = 1 << 11

export const WORD_TIMESTAMP = 1
export const WORD_PRICE = 2
export const WORD_VOLUME = 3
export const WORD_ID = 4
export const WORD_RECEIVED = 5

export function tagOf(kind: number, side: number, flags: number): number {
  return kind | (side << SIDE_SHIFT) | flags
}
export function kindOf(tag: number): number {
  return tag & KIND_MASK
}
export function sideOfTag(tag: number): number {
  return (tag >> SIDE_SHIFT) & SIDE_MASK
}

/** Views over one shard's shared memory. */
export interface RingMemory {
  readonly buffer: SharedArrayBuffer
  readonly control: Int32Array
  readonly words: Float64Array
  readonly halves: Int32Array
  readonly capacity: number
}

export function allocateRing(slots: number): RingMemory {
  return mapRing(new SharedArrayBuffer(CONTROL_BYTES + slots * SLOT_BYTES))
}

export function mapRing(buffer: SharedArrayBuffer): RingMemory {
  return {
    buffer,
    control: new Int32Array(buffer, 0, CONTROL_BYTES / 4),
    words: new Float64Array(buffer, CONTROL_BYTES),
    halves: new Int32Array(buffer, CONTROL_BYTES),
    capacity: (buffer.byteLength - CONTROL_BYTES) / SLOT_BYTES,
  }
}
