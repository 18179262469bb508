// What DuckDB's errors say of a file. Only what it says of bytes that are not what was written
// counts as damage: anything else (no permission, a lock, no memory, too many open files, a full
// disk) may pass, and is no fault of the file's. Replaying a log can fail of those as well.

const LOG = [
  'Corrupt WAL',
  'WAL does not match database file',
  'the WAL checkpoint iteration does not match',
]
const FILE = [
  'Corrupt database file',
  'Could not read enough bytes from file',
  'not a valid DuckDB database file',
  // It was cut down to nothing.
  'Catalog Error: Table with name state does not exist',
  'Catalog Error: Table with name meta does not exist',
]

/** Which part of a file is broken, by what DuckDB says of it; undefined where none is. */
export function damageOf(cause: unknown): 'log' | 'file' | undefined {
  const said = withoutPaths(cause)
  if (LOG.some((words) => said.includes(words))) return 'log'
  return FILE.some((words) => said.includes(words)) ? 'file' : undefined
}

/** The byte at which a log breaks, where DuckDB names it. */
export function breakOf(cause: unknown): number | undefined {
  const at = /Corrupt WAL file: entry at byte position (\d+)/.exec(withoutPaths(cause))?.[1]
  return at === undefined ? undefined : Number(at)
}

/** The version of DuckDB's own format where this DuckDB is too old for it, and what it reads. */
export function newerStorageOf(cause: unknown): { version: string; reads: string } | undefined {
  const said = withoutPaths(cause)
  const found = /version number (\d+), but we can only read version(?:s between)? ([\d and]+)/.exec(
    said,
  )
  if (found === null) return undefined
  const reads = found[2].trim().replace(' and ', '-')
  return Number(found[1]) > Number(reads.split('-').at(-1))
    ? { version: found[1], reads }
    : undefined
}

/** A block of a file that does not have the checksum that stands in it. */
export interface TornBlock {
  /** Byte at which it begins, with the checksum. */
  readonly at: number
  /** That of the bytes which are there. */
  readonly checksum: bigint
  /** The one that stands in it. */
  readonly stored: bigint
}

/** The block a cause speaks of, where it is a checksum that is not right. */
export function tornBlockOf(cause: unknown): TornBlock | undefined {
  const said = withoutPaths(cause)
  const found =
    /computed checksum (\d+) does not match stored checksum (\d+) in block at location (\d+)/.exec(
      said,
    )
  if (found === null) return undefined
  return { checksum: BigInt(found[1]), stored: BigInt(found[2]), at: Number(found[3]) }
}

/** Whether one attached database takes nothing more until it is attached anew. */
export function isFileInvalid(cause: unknown): boolean {
  const said = withoutPaths(cause)
  return (
    said.includes('Database has been invalidated because checkpointing failed') ||
    said.includes('Checkpoint failed for database. The database has been invalidated')
  )
}

/** Whether the shard's database takes nothing more: only a new one helps. */
export function isFatal(cause: unknown): boolean {
  const said = withoutPaths(cause)
  if (isFileInvalid(cause)) return false
  return /FATAL Error|database has been invalidated because of a previous fatal error/.test(said)
}

// A path, or a name, can say anything.
function withoutPaths(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause)
  return said
    .replaceAll(/ ?"[^"]*"/g, '')
    .replaceAll(/\bpath=.*$/gm, '')
    .replaceAll(/\bFile '[^']*'/g, '')
}
