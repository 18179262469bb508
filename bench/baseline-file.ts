// A baseline's file: one ticks table with the engine's columns and storage, one thread, and
// transactions run synchronously, as the engine runs its own.
import type bindings from '@duckdb/node-bindings'
import { duckdb } from '../src/store/bindings.js'
import type { Market } from './market.js'

const TICKS = `CREATE TABLE f.ticks (timestamp TIMESTAMP, price DOUBLE, volume DOUBLE,
  side ENUM ('UNKNOWN', 'BUY', 'SELL'), trade_id BIGINT, received_at TIMESTAMP, seq BIGINT)`
const CHUNK_ROWS = 2048
/** Rows in each of the baselines' transactions. */
export const COMMIT_ROWS = 10_240

export class BaselineFile {
  readonly #db: bindings.Database
  readonly #connection: bindings.Connection
  readonly #begin: bindings.PreparedStatement
  readonly #commit: bindings.PreparedStatement

  private constructor(
    db: bindings.Database,
    connection: bindings.Connection,
    begin: bindings.PreparedStatement,
    commit: bindings.PreparedStatement,
  ) {
    this.#db = db
    this.#connection = connection
    this.#begin = begin
    this.#commit = commit
  }

  static async create(path: string): Promise<BaselineFile> {
    const config = duckdb.create_config()
    duckdb.set_config(config, 'threads', '1')
    const db = await duckdb.open(':memory:', config)
    const connection = await duckdb.connect(db)
    const options = "(BLOCK_SIZE 65536, STORAGE_VERSION 'v1.5.0')"
    for (const sql of [`ATTACH '${path}' AS f ${options}`, TICKS, 'CHECKPOINT f']) {
      await duckdb.query(connection, sql)
    }
    const begin = await duckdb.prepare(connection, 'BEGIN')
    const commit = await duckdb.prepare(connection, 'COMMIT')
    return new BaselineFile(db, connection, begin, commit)
  }

  /** Appends every tick row by row, a native call a value, sides as values made once. */
  appendRows(market: Market): void {
    const { ticks, timestamp, price, volume, side, tradeId, receivedAt } = market
    const appender = duckdb.appender_create_ext(this.#connection, 'f', 'main', 'ticks')
    const sideType = duckdb.appender_column_type(appender, 3)
    const sides = [0, 1, 2].map((index) => duckdb.create_enum_value(sideType, index))
    for (let from = 0; from < ticks; from += COMMIT_ROWS) {
      const to = Math.min(ticks, from + COMMIT_ROWS)
      this.#run(this.#begin)
      for (let i = from; i < to; i++) {
        duckdb.append_timestamp(appender, { micros: BigInt(timestamp[i]) })
        duckdb.append_double(appender, price[i])
        duckdb.append_double(appender, volume[i])
        duckdb.append_value(appender, sides[side[i]])
        duckdb.append_int64(appender, BigInt(tradeId[i]))
        duckdb.append_timestamp(appender, { micros: BigInt(receivedAt[i]) })
        duckdb.append_int64(appender, BigInt(i + 1))
        duckdb.appender_end_row(appender)
      }
      duckdb.appender_flush_sync(appender)
      this.#run(this.#commit)
    }
    duckdb.appender_close_sync(appender)
  }

  /** Appends columns that are laid out as DuckDB wants them already: chunks by memory copy. */
  appendColumns(columns: readonly ChunkColumn[], ticks: number): void {
    const appender = duckdb.appender_create_ext(this.#connection, 'f', 'main', 'ticks')
    const types = columns.map((_, i) => duckdb.appender_column_type(appender, i))
    const chunk = duckdb.create_data_chunk(types)
    for (let from = 0; from < ticks; from += COMMIT_ROWS) {
      const to = Math.min(ticks, from + COMMIT_ROWS)
      this.#run(this.#begin)
      for (let at = from; at < to; at += CHUNK_ROWS) {
        const rows = Math.min(CHUNK_ROWS, to - at)
        duckdb.data_chunk_reset(chunk)
        duckdb.data_chunk_set_size(chunk, rows)
        for (let i = 0; i < columns.length; i++) {
          const { buffer, width } = columns[i]
          const vector = duckdb.data_chunk_get_vector(chunk, i)
          duckdb.copy_data_to_vector(vector, 0, buffer, at * width, rows * width)
        }
        duckdb.append_data_chunk(appender, chunk)
      }
      duckdb.appender_flush_sync(appender)
      this.#run(this.#commit)
    }
    duckdb.appender_close_sync(appender)
  }

  close(): void {
    duckdb.disconnect_sync(this.#connection)
    duckdb.close_sync(this.#db)
  }

  #run(statement: bindings.PreparedStatement): void {
    const pending = duckdb.pending_prepared(statement)
    let state = duckdb.pending_execute_task(pending)
    while (!duckdb.pending_execution_is_finished(state))
      state = duckdb.pending_execute_task(pending)
    if (state === duckdb.PendingState.ERROR) throw new Error(duckdb.pending_error(pending))
  }
}

/** A table column's values, `width` bytes each. */
export interface ChunkColumn {
  readonly buffer: ArrayBuffer
  readonly width: number
}

/** The market as table columns. */
export function chunkColumns(market: Market): ChunkColumn[] {
  const wide = (values: ArrayLike<number>): ChunkColumn => {
    const exact = new BigInt64Array(values.length)
    for (let i = 0; i < values.length; i++) exact[i] = BigInt(values[i])
    return { buffer: exact.buffer, width: 8 }
  }
  const seq = Float64Array.from({ length: market.ticks }, (_, i) => i + 1)
  return [
    wide(market.timestamp),
    { buffer: market.price.buffer as ArrayBuffer, width: 8 },
    { buffer: market.volume.buffer as ArrayBuffer, width: 8 },
    { buffer: market.side.buffer as ArrayBuffer, width: 1 },
    wide(market.tradeId),
    wide(market.receivedAt),
    wide(seq),
  ]
}
