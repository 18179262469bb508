// What journals hold and files do not, taken up before a shard runs: folded, and stored, so that
// the segments can go. A shard that runs again after its thread died does not store first, which
// takes seconds with hundreds of pairs: it goes on with the session's journal as it is.
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../folders.js'
import { JournalWriter } from '../journal/journal-writer.js'
import { setAside, syncSegment } from '../journal/segments.js'
import { stableHash } from '../model/pair-key.js'
import type { ShardTask } from '../post/message.js'
import * as L from '../ring/ring-layout.js'
import type { Committer } from './committer.js'
import type { PairState } from './pair-state.js'
import type { PairTable } from './pair-table.js'
import { type Recovered, type RecoveryHost, recover } from './recovery.js'
import type { ShardParts } from './shard-parts.js'

type Parts = Pick<ShardParts, 'pairs' | 'folder' | 'loader' | 'committer' | 'files' | 'fault'>

/** What was taken up, and which of its segments the shard's journal goes on with. */
export interface TakenUp extends Recovered {
  /** Slots that files did not hold. */
  readonly recovered: number
  /** Not all of it is stored: the segments must be kept. */
  readonly keep: boolean
  readonly goesOn: boolean
}

/** Folds what the task's segments hold of this shard's pairs. */
export async function takeUp(task: ShardTask, parts: Parts): Promise<TakenUp> {
  const read = await recoverInto(task, parts)
  // Those of other sessions are waited for, and a broken one is set aside: both are stored first.
  const goesOn = task.segments.length === 0 && read.broken.length === 0
  const keep = goesOn ? false : await storeAll(parts.pairs, parts.committer)
  // The segments may go now.
  parts.files.syncNames()
  let recovered = 0
  for (const pair of parts.pairs) recovered += pair.recovered.received
  return { ...read, recovered, keep, goesOn }
}

/** The shard's journal behind what was taken up; the session's own segments end here. */
export function openJournal(
  task: ShardTask,
  firstSequence: number,
  { goesOn, keep, broken, read }: TakenUp,
): JournalWriter | undefined {
  const { shard, epoch, ownSegments } = task
  if (!task.options.journal) return undefined
  const directory = join(task.options.dataDir, 'journal')
  makeFolder(directory)
  const closed = goesOn ? read : []
  for (const { path } of closed) syncSegment(path)
  const journal = JournalWriter.open({ directory, shard, firstSequence, epoch, closed })
  // Only now: at every moment some segment says how far sequences have gone.
  for (const { path } of goesOn ? [] : ownSegments) {
    if (keep) syncSegment(path)
    else if (broken.includes(path)) setAside(path)
    else unlinkSync(path)
  }
  return journal
}

// One pair that cannot be stored does not keep the others from being opened: true where there is
// one.
async function storeAll(pairs: PairTable, committer: Committer): Promise<boolean> {
  let left = false
  for (const pair of pairs) {
    await committer.relieve(pair)
    left ||= pair.dirtyFrom !== Number.POSITIVE_INFINITY
  }
  return left
}

function recoverInto(task: ShardTask, parts: Parts): Promise<Recovered> {
  const { pairs, folder, loader, fault } = parts
  const host: RecoveryHost = {
    adopt: (entry) =>
      stableHash(entry.name) % task.shards === task.shard
        ? pairs.recovered(entry.name, entry.options)
        : undefined,
    async foldAll(words, count, firstSeq, known, texts) {
      folder.texts = Buffer.from(texts.buffer, texts.byteOffset, texts.length)
      folder.pairs = known
      folder.members = known.filter((pair) => pair !== undefined)
      const halves = new Int32Array(words.buffer, words.byteOffset, words.length * 2)
      const ahead = loader.ahead(unloadedOf(halves, count, known))
      try {
        for (let at = 0; at < count; ) {
          at = folder.fold(words, halves, at, count, firstSeq)
          if (folder.need !== undefined) await loader.satisfy(folder.need)
        }
      } finally {
        // Nothing is loaded any more when this has failed.
        await ahead
      }
    },
    fault: (code, message) => fault(code, message),
  }
  return recover([...task.segments, ...task.ownSegments], host)
}

function unloadedOf(
  halves: Int32Array,
  count: number,
  known: readonly (PairState | undefined)[],
): Set<PairState> {
  const unloaded = new Set<PairState>()
  for (let i = 0; i < count; i++) {
    const at = i * L.SLOT_WORDS * 2
    const pair = L.kindOf(halves[at]) === L.Kind.Clock ? undefined : known[halves[at + 1]]
    if (pair?.phase === 'unloaded') unloaded.add(pair)
  }
  return unloaded
}
