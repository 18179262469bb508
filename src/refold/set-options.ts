// A stored pair's options changed, and what its ticks say folded again: one transaction in its
// file. The description beside the file is taken away first and written last: an engine that finds
// none makes one of the file's own facts, so that a crash leaves the old or the new, whole.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../errors.js'
import { syncDirectorySync } from '../folders.js'
import { pairPath, parsePairName } from '../model/pair-key.js'
import { ordersById } from '../model/trade-order.js'
import {
  type PairOptions,
  resolvePairOptions,
  STORED_PAIR_OPTIONS,
  type StoredPairOptions,
  storedOptions,
} from '../pair-options.js'
import { describe, describedBy } from '../shard/pair-description.js'
import type { DuckDBConnection } from '../store/duckdb-api.js'
import { wholeAnswer } from '../store/whole-answer.js'
import { owning } from './owned-directory.js'
import { type CandleSpan, refoldCandles } from './refold-candles.js'
import { refoldNewest, refoldOpen } from './refold-state.js'
import { ALIAS, attachStored, type StoredFile, transact, writeState } from './stored-file.js'
import { refuseUnstored } from './unstored.js'

/** One option, before and after. */
export interface OptionChange {
  readonly option: keyof StoredPairOptions
  readonly from: string | number | boolean
  readonly to: string | number | boolean
}

/** What became of a pair; times in µs. */
export interface SetReport {
  readonly pair: string
  /** None where the pair was so already. */
  readonly changed: readonly OptionChange[]
  /** Minutes folded again from their ticks; none where the order did not change. */
  readonly refolded: CandleSpan
  /** Candles of all levels that were rewritten. */
  readonly rewritten: number
  /** Candles of all levels that stay as they are, since what they were made of is gone. */
  readonly left: CandleSpan
  /** Time of the newest trade stored under the old options; 0 for none. */
  readonly newest: number
  /** Trades among the kept ones that were refused for their price. */
  readonly refusedPrices: number
}

const NONE: CandleSpan = { candles: 0, from: undefined, to: undefined }
const UNTOUCHED = { refolded: NONE, rewritten: 0, left: NONE }
/** Fact of a file: how its options were changed, as JSON. */
const CHANGES_FACT = 'option_changes'

/**
 * Changes options of a pair in a directory that no engine has open, and whose journal is taken up.
 * Throws UNKNOWN_PAIR, BAD_OPTION, PAIR_MISMATCH (what cannot be changed), OWNED_ELSEWHERE,
 * NEWER_FORMAT, STORE_FAILED.
 */
export async function setOptions(
  dataDir: string,
  name: string,
  asked: PairOptions,
): Promise<SetReport> {
  const key = parsePairName(name)
  const path = join(dataDir, ...pairPath(key), 'trading.duckdb')
  if (!existsSync(path)) {
    throw new EngineError('UNKNOWN_PAIR', `no such pair: pair=${name} dataDir=${dataDir}`)
  }
  return owning(dataDir, async (connection) => {
    const file = await attachStored(connection, path)
    await refuseUnstored(join(dataDir, 'journal'), name, file.seq)
    const options = storedOptions(resolvePairOptions(asked, file.options))
    const changed = changesOf(file.options, options)
    refuseImpossible(name, changed)
    const about = await aboutFile(connection, name)
    if (changed.length === 0) return { ...about, changed, ...UNTOUCHED }
    const described = describedBy(path)
    rmSync(described, { force: true })
    syncDirectorySync(join(described, '..'))
    let now = file.options
    try {
      const done = await transact(connection, () => change(connection, file, options, about.newest))
      now = options
      await connection.run(`CHECKPOINT ${ALIAS}`)
      return { ...about, changed, ...done }
    } finally {
      await connection.run(`DETACH ${ALIAS}`)
      await describe(path, now)
    }
  })
}

function changesOf(before: StoredPairOptions, after: StoredPairOptions): OptionChange[] {
  return STORED_PAIR_OPTIONS.filter((option) => before[option] !== after[option]).map((option) => ({
    option,
    from: before[option],
    to: after[option],
  }))
}

// Ids that are text stand in a column of another type; sums of another grid cannot be made again.
function refuseImpossible(name: string, changed: readonly OptionChange[]): void {
  for (const { option, from, to } of changed) {
    const text = option === 'tradeIds' && (from === 'text' || to === 'text')
    if (!text && option !== 'decimals') continue
    const rule = `${option} of ${name} cannot be changed so; replay its trades into another pair`
    throw new EngineError('PAIR_MISMATCH', `${rule}: stored=${from} asked=${to}`)
  }
}

async function aboutFile(connection: DuckDBConnection, pair: string) {
  const rows = await wholeAnswer(
    connection,
    `SELECT coalesce((SELECT epoch_us(max(timestamp)) FROM ${ALIAS}.ticks), 0)::DOUBLE AS newest,
       (SELECT count(*) FROM ${ALIAS}.rejected_ticks WHERE reason = 'price')::DOUBLE AS refused`,
  )
  const [{ newest, refused }] = rows.getRowObjectsJS()
  return { pair, newest: newest as number, refusedPrices: refused as number }
}

// Inside the transaction.
async function change(
  connection: DuckDBConnection,
  file: StoredFile,
  options: StoredPairOptions,
  newest: number,
) {
  const byId = ordersById(options)
  let done: Pick<SetReport, 'refolded' | 'rewritten' | 'left'> = UNTOUCHED
  const { rollup, flow } = file.state
  if (byId !== ordersById(file.options)) {
    const { minutes, rewritten, left, made } = await refoldCandles(connection, ALIAS, {
      ticksFrom: Number(file.facts['ticks_from'] ?? 0),
      decimals: options.decimals,
      byId,
      watermark: rollup.watermark,
      shown: rollup.shown ?? [],
      firstDay: rollup.days.from,
    })
    refoldOpen(rollup, made)
    await refoldNewest(connection, ALIAS, flow, byId)
    done = { refolded: minutes, rewritten, left }
  }
  const before = JSON.parse(file.facts[CHANGES_FACT] ?? '[]') as unknown[]
  const changes = changesOf(file.options, options).map((one) => ({ ...one, newest }))
  const facts = { [CHANGES_FACT]: JSON.stringify([...before, ...changes]) }
  await writeState(connection, file, options, facts)
  return done
}
