// The log of recorder.c, read back.

/** As recorder.c numbers them. */
export const Kind = {
  Open: 1,
  Close: 2,
  Write: 3,
  Truncate: 4,
  Zero: 5,
  Sync: 6,
  Synced: 7,
  Rename: 8,
  Unlink: 9,
  Mkdir: 10,
  Rmdir: 11,
  Mark: 12,
  Odd: 13,
} as const

export const CREATED = 1
export const TRUNCATED = 2
export const DIRECTORY = 4

export interface Entry {
  readonly kind: number
  readonly fd: number
  readonly offset: number
  readonly length: number
  /** Of an open; of a sync, its number. */
  readonly flags: number
  readonly path: string
  readonly other: string
  readonly data: Buffer
}

const HEADER_BYTES = 40

/** Every entry of a log, in the order of events. */
export function entriesOf(log: Buffer): Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at < log.length; ) {
    const sizes = [28, 32, 36].map((field) => log.readUInt32LE(at + field))
    let from = at + HEADER_BYTES
    const [path, other, data] = sizes.map((size) => {
      from += size
      return log.subarray(from - size, from)
    })
    entries.push({
      kind: log.readUInt32LE(at),
      fd: log.readInt32LE(at + 4),
      offset: Number(log.readBigUInt64LE(at + 8)),
      length: Number(log.readBigUInt64LE(at + 16)),
      flags: log.readUInt32LE(at + 24),
      path: path.toString(),
      other: other.toString(),
      data,
    })
    at = from
  }
  return entries
}
