// What an engine may take of the machine, or of the container it runs in: cores for shards, memory
// for their databases and their heaps.
import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import {
  ATTACHED_FILES,
  LARGEST_HEAP_MB,
  MEMORY_FLOOR_MB,
  MEMORY_PER_FILE_MB,
  MEMORY_SHARE,
  MOST_SHARDS_BY_DEFAULT,
  SMALLEST_DATABASE_MB,
  SMALLEST_HEAP_MB,
} from './limits.js'

/** The machine as the process may use it. */
export interface Machine {
  readonly cores: number
  readonly memoryMb: number
}

/** What one shard gets. */
export interface ShardShare {
  /** Files it keeps attached. */
  readonly attachedFiles: number
  /** DuckDB's memory limit. */
  readonly databaseMb: number
  /** Its thread's largest JavaScript heap. */
  readonly heapMb: number
}

/** The machine, or less where a control group allows less. */
export function machine(cpuMax = readText('/sys/fs/cgroup/cpu.max')): Machine {
  // Without a limit it answers 0, or more than there is.
  const constrained = process.constrainedMemory()
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  const cores = Math.min(availableParallelism(), quotaOf(cpuMax))
  return { cores, memoryMb: Math.floor(memory / 2 ** 20) }
}

/** Cores less one for the host, 1 to 8. */
export function defaultShards({ cores }: Machine): number {
  return Math.min(MOST_SHARDS_BY_DEFAULT, Math.max(1, cores - 1))
}

/** A shard's part of the half of the memory that engines may take. */
export function shareOf({ memoryMb }: Machine, shards: number, attached?: number): ShardShare {
  const share = (memoryMb * MEMORY_SHARE) / shards
  const heapMb = Math.round(Math.min(LARGEST_HEAP_MB, Math.max(SMALLEST_HEAP_MB, share / 2)))
  const fits = Math.floor((share - heapMb - MEMORY_FLOOR_MB) / MEMORY_PER_FILE_MB)
  const attachedFiles = attached ?? Math.min(ATTACHED_FILES, Math.max(1, fits))
  const wanted = MEMORY_FLOOR_MB + MEMORY_PER_FILE_MB * attachedFiles
  // Files that were asked for get their memory, whatever there is.
  const most = attached === undefined ? Math.max(SMALLEST_DATABASE_MB, share - heapMb) : wanted
  return { attachedFiles, databaseMb: Math.round(Math.min(wanted, most)), heapMb }
}

// `quota period`, in µs, or `max period`.
function quotaOf(cpuMax: string): number {
  const [quota, period] = cpuMax.trim().split(' ').map(Number)
  return quota > 0 && period > 0 ? Math.max(1, Math.ceil(quota / period)) : Number.POSITIVE_INFINITY
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
