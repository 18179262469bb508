// Whether a journal holds trades of a pair that its file does not.
import { existsSync } from 'node:fs'
import { unpack } from 'msgpackr'
import { EngineError } from '../errors.js'
import { readSegment, refuseNewerSegments, segmentsBySession } from '../journal/journal-reader.js'
import { Kind, kindOf, SLOT_WORDS } from '../ring/ring-layout.js'
import type { DirectoryEntry } from '../shard/recovery.js'

/** Throws STORE_FAILED where the journal holds slots of the pair behind the sequence `stored`. */
export async function refuseUnstored(journal: string, name: string, stored: number): Promise<void> {
  if (!existsSync(journal)) return
  refuseNewerSegments(journal)
  let unstored = 0
  for (const { path } of segmentsBySession(journal)) {
    let id = -1
    await readSegment(path, {
      directory: (bytes) => {
        const entry = (unpack(bytes) as DirectoryEntry[]).find((one) => one.name === name)
        id = entry?.id ?? -1
      },
      slots: (words, count, firstSequence) => {
        const halves = new Int32Array(words.buffer, words.byteOffset, count * SLOT_WORDS * 2)
        for (let i = 0; i < count; i++) {
          const at = i * SLOT_WORDS * 2
          if (halves[at + 1] !== id || kindOf(halves[at]) === Kind.Clock) continue
          if (firstSequence + i > stored) unstored++
        }
      },
    })
  }
  if (unstored === 0) return
  throw new EngineError(
    'STORE_FAILED',
    `the journal holds trades of ${name} that its file does not; have an engine store them: trades=${unstored}`,
  )
}
