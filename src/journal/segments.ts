// Segment files of a journal directory: `shard-<shard>-<number>.journal`.
import { closeSync, existsSync, fdatasyncSync, openSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'

export interface SegmentFile {
  readonly path: string
  readonly shard: number
  readonly number: number
}

/** A segment that is written no more. */
export interface ClosedSegment {
  readonly path: string
  readonly lastSequence: number
  readonly bytes: number
}

const NAME = /^shard-(\d+)-(\d{8})\.journal$/

export function segmentPath(directory: string, shard: number, number: number): string {
  return join(directory, `shard-${shard}-${String(number).padStart(8, '0')}.journal`)
}

/** The segments of a directory, by shard and number; other files are left alone. */
export function listSegments(directory: string): SegmentFile[] {
  const files: SegmentFile[] = []
  for (const name of readdirSync(directory)) {
    const parts = NAME.exec(name)
    if (parts === null) continue
    files.push({ path: join(directory, name), shard: Number(parts[1]), number: Number(parts[2]) })
  }
  return files.sort((a, b) => a.shard - b.shard || a.number - b.number)
}

/**
 * Renames a segment that cannot be read, so that it is kept and not listed; returns its new path.
 */
export function setAside(path: string): string {
  const to = asideName(path)
  renameSync(path, to)
  return to
}

/** The name under which something broken is kept. */
export function asideName(path: string): string {
  let n = 1
  while (existsSync(`${path}.broken-${n}`)) n++
  return `${path}.broken-${n}`
}

/** Makes durable what a thread that died had written and not synced. */
export function syncSegment(path: string): void {
  const fd = openSync(path, 'r+')
  try {
    fdatasyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
