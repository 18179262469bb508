// Taking up what journals hold and files do not: every segment of the given list is read in order
// of session, and slots of this shard's pairs are folded strictly beyond what their files hold.
// Which shard wrote a segment does not matter, so an engine may be reopened with any number of
// shards.
import { unpack } from 'msgpackr'
import { readSegment } from '../journal/journal-reader.js'
import type { ClosedSegment } from '../journal/segments.js'
import { OLD_MEANING, type ResolvedPairOptions } from '../pair-options.js'
import type { SegmentPath } from '../post/message.js'
import * as L from '../ring/ring-layout.js'
import type { PairState } from './pair-state.js'

/** One entry of a journal's pair directory. */
export interface DirectoryEntry {
  readonly id: number
  readonly name: string
  readonly options: ResolvedPairOptions
}

/** What recovery needs of its shard. */
export interface RecoveryHost {
  /** The pair's state, or undefined where another shard owns it. */
  adopt(entry: DirectoryEntry): PairState | undefined
  /** Folds a run of slots; `pairs` are found by the ids the slots carry. */
  foldAll(
    words: Float64Array,
    count: number,
    firstSeq: number,
    pairs: (PairState | undefined)[],
    texts: Uint8Array,
  ): Promise<void>
  fault(code: string, message: string): void
}

/** How far the segments reach, and which of them are broken in the middle. */
export interface Recovered {
  readonly through: number
  readonly broken: readonly string[]
  readonly read: readonly ClosedSegment[]
}

/** Replays the segments. */
export async function recover(
  segments: readonly SegmentPath[],
  host: RecoveryHost,
): Promise<Recovered> {
  let through = 0
  const broken: string[] = []
  const read: ClosedSegment[] = []
  for (const segment of segments) {
    const pairs: (PairState | undefined)[] = []
    const report = await readSegment(segment.path, {
      directory: (bytes) => {
        for (const entry of unpack(bytes) as DirectoryEntry[]) {
          // An entry from before an option was there has its old meaning.
          const options = { ...OLD_MEANING, ...entry.options }
          pairs[entry.id] = host.adopt({ ...entry, options })
        }
      },
      slots: (words, count, firstSequence, _received, texts) => {
        return concerns(words, count, pairs)
          ? host.foldAll(words, count, firstSequence, pairs, texts)
          : undefined
      },
    })
    through = Math.max(through, report.lastSequence)
    read.push({ path: segment.path, lastSequence: report.lastSequence, bytes: report.at })
    if (report.end === 'clean') continue
    if (report.end === 'broken') broken.push(segment.path)
    host.fault(
      report.end === 'torn' ? 'JOURNAL_TORN' : 'JOURNAL_BROKEN',
      `journal segment ends early: path=${segment.path} at=${report.at} ${report.detail}`,
    )
  }
  return { through, broken, read }
}

// Whether a run holds anything of this shard's pairs: a slot of theirs, or a clock record.
function concerns(
  words: Float64Array,
  count: number,
  pairs: readonly (PairState | undefined)[],
): boolean {
  const halves = new Int32Array(words.buffer, words.byteOffset, count * L.SLOT_WORDS * 2)
  for (let i = 0; i < count; i++) {
    const at = i * L.SLOT_WORDS * 2
    if (L.kindOf(halves[at]) === L.Kind.Clock || pairs[halves[at + 1]] !== undefined) return true
  }
  return false
}
