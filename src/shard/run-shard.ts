// A shard put together: its database, journal, folds and the way to main. Opening it takes up what
// journals hold, so that it starts with nothing left to recover.
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { pack } from 'msgpackr'
import { EngineError, isNewer, toPlainError } from '../errors.js'
import { stableHash } from '../model/pair-key.js'
import type { FromShard, ShardEnd, ShardTask } from '../post/message.js'
import { PoolThreads } from '../ring/pool-threads.js'
import { mapRing, NATIVE } from '../ring/ring-layout.js'
import { RingReader } from '../ring/ring-reader.js'
import { TextReader } from '../ring/text-ring.js'
import { Totals } from '../ring/totals.js'
import { candleValues, REVISION_WORD, START_WORD } from '../rollup/candle-record.js'
import { ColumnPool } from '../store/column-pool.js'
import { Database, quoteText } from '../store/duckdb.js'
import { IsolatedQueries } from '../store/isolated-queries.js'
import { Template } from '../store/template.js'
import { Answers } from './answers.js'
import type { SetAside } from './broken-file.js'
import { Committer } from './committer.js'
import { Folder } from './folder.js'
import { Intake } from './intake.js'
import { Outbox } from './outbox.js'
import { PairFiles } from './pair-files.js'
import { PairLoader } from './pair-loader.js'
import type { PairSink } from './pair-state.js'
import { PairTable } from './pair-table.js'
import { Requests } from './requests.js'
import { Shard } from './shard.js'
import type { ShardParts } from './shard-parts.js'
import { openJournal, takeUp } from './take-up.js'

/** Opens a shard, recovers, runs it to its end, and gives everything back, whatever happens. */
export async function runShard(task: ShardTask): Promise<ShardEnd> {
  task.port.postMessage({ type: 'running', threadId } satisfies FromShard)
  const ring = mapRing(task.ring)
  const { options } = task
  const db = await Database.open({
    shard: task.shard,
    memoryMb: options.databaseMb,
    overflowDir: join(options.dataDir, `overflow-${task.shard}`),
    threads: new PoolThreads(task.threads),
    onPending: (pending) => Atomics.store(ring.control, NATIVE, pending ? 1 : 0),
  })
  let shard: Shard | undefined
  try {
    if (task.shard === 0) await holdOwnership(db, options.dataDir)
    const outbox = new Outbox(task.port, options.windowsUs.length, task.kinds)
    const template = await Template.make(db, options.dataDir, task.shard)
    shard = await assemble(task, db, template, outbox)
    const end = await shard.run()
    await template.remove()
    return end
  } catch (cause) {
    return { failed: toPlainError(cause, 'SHARD_FAILED') }
  } finally {
    // By name: whatever of the database still lives on, files and lock are free now.
    await shard?.giveBack()
    if (task.shard === 0) await db.admin('DETACH owner').catch(() => undefined)
    await db.close()
    task.port.close()
  }
}

// DuckDB's own file lock tells other processes that this directory is taken; the kernel gives it
// back when the process dies.
async function holdOwnership(db: Database, dataDir: string): Promise<void> {
  const path = join(dataDir, 'owner.duckdb')
  const attach = () => db.admin(`ATTACH ${quoteText(path)} AS owner (BLOCK_SIZE 16384)`)
  const refuse = (cause: unknown): never => {
    const { message } = toPlainError(cause, 'DATA_DIR')
    const code = isLockConflict(cause) ? 'OWNED_ELSEWHERE' : 'DATA_DIR'
    throw new EngineError(code, `${message}: dataDir=${dataDir}`)
  }
  try {
    await attach()
  } catch (cause) {
    if (isLockConflict(cause)) refuse(cause)
    // A crash while it was being made can leave it broken. It holds nothing: another takes its
    // place.
    for (const broken of [path, `${path}.wal`]) rmSync(broken, { force: true })
    await attach().catch(refuse)
  }
  chmodSync(path, 0o600)
}

// Not "lock" alone: DuckDB speaks of blocks too.
function isLockConflict(cause: unknown): boolean {
  return /could not set lock|conflicting lock/i.test(String(cause))
}

function faultTeller(outbox: Outbox): ShardParts['fault'] {
  return (code, cause, pair) => {
    const message = cause instanceof Error ? cause.message : String(cause)
    outbox.event('fault', pair?.id ?? -1, { code, message })
  }
}

function sinkOf(outbox: Outbox): PairSink {
  return {
    candle(pair, level, record, closed) {
      if (pair.id < 0 || !outbox.wants('candle')) return
      const values = candleValues(record, pair.scale)
      outbox.event('candle', pair.id, {
        level,
        timestamp: record[START_WORD],
        ...values,
        revision: record[REVISION_WORD],
        closed,
      })
    },
    refused(pair) {
      if (pair.id >= 0) outbox.send({ type: 'refused', pair: pair.id })
    },
    gap(pair, gap) {
      const { firstId, lastId, missing, timestampBefore, timestampAfter, closedSeq } = gap
      outbox.event('gap', pair.id, {
        firstId,
        lastId,
        missing,
        timestampBefore,
        timestampAfter,
        closed: closedSeq !== undefined,
      })
    },
  }
}

async function assemble(
  task: ShardTask,
  db: Database,
  template: Template,
  outbox: Outbox,
): Promise<Shard> {
  const { options, epoch, port } = task
  const ring = mapRing(task.ring)
  const fault = faultTeller(outbox)
  const pool = new ColumnPool()
  const pairs = new PairTable(options, sinkOf(outbox), {
    exists: (name) => files.exists(name),
    described: (name) => files.described(name),
  })
  const textTemplate = () => Template.make(db, options.dataDir, task.shard, 'VARCHAR')
  const files: PairFiles = new PairFiles(db, template, textTemplate, options, {
    evict: (pair) => committer.relieve(pair),
    setAside(pair, part) {
      fault(part.mended ? 'FILE_MENDED' : 'FILE_SET_ASIDE', asideText(part), pair)
    },
  })
  const totals = new Totals(task.totals)
  const folder = new Folder(options, epoch, outbox, pool, totals.read())
  const tellTotals = () => totals.write(folder.account, folder.countedThrough)
  const committer = new Committer(db, files, epoch, pool, tellTotals, (pair, cause) =>
    fault('STORE_FAILED', cause, pair),
  )
  const isolated = new IsolatedQueries(db, join(options.dataDir, `isolated-${task.shard}`))
  let shard: Shard | undefined
  for (const declaration of task.pairs) pairs.declare(declaration)
  const loader = new PairLoader(db, files, epoch, (pair, cause) => {
    fault(isNewer(cause) ? 'NEWER_FORMAT' : 'PAIR_REFUSED', cause, pair)
  })
  for (const name of task.undescribed) {
    if (stableHash(name) % task.shards === task.shard) await files.describe(name)
  }
  const taken = await takeUp(task, { pairs, folder, loader, committer, files, fault })
  const reader = new RingReader(ring, task.tailSequence)
  const texts = task.texts === undefined ? undefined : new TextReader(task.texts)
  if (taken.through >= task.tailSequence) reader.skipTo(taken.through + 1, texts)
  const journal = openJournal(task, reader.nextSequence, taken)
  const parts: ShardParts = {
    shard: task.shard,
    epoch,
    options,
    port,
    control: ring.control,
    reader,
    intake: new Intake(reader, journal, () => shard?.hear(), texts),
    journal,
    db,
    pairs,
    folder,
    files,
    loader,
    committer,
    answers: new Answers(db, files, committer, isolated),
    requests: new Requests(),
    outbox,
    fault,
    tellTotals,
    writeDirectory: () => journal?.changeDirectory(() => directoryOf(pairs)),
  }
  parts.writeDirectory()
  reader.announceDurable(reader.nextSequence - 1)
  shard = new Shard(parts)
  const { recovered, keep, broken } = taken
  outbox.send({ type: 'started', recovered, keep, broken })
  return shard
}

function asideText({ to, cause, mended }: SetAside): string {
  const { message } = toPlainError(cause, 'STORE_FAILED')
  if (mended) {
    return `a checkpoint was cut off in the middle of a block; it was mended, all of it could be read, and the torn one is kept as ${to}: ${message}`
  }
  return `what cannot be read was moved to ${to}; the pair goes on with what is left and what the journal holds, and gaps() says so: ${message}`
}

function directoryOf(pairs: PairTable): Uint8Array {
  const entries = pairs.byId.flatMap((p) =>
    p ? [{ id: p.id, name: p.name, options: p.options }] : [],
  )
  return pack(entries)
}
