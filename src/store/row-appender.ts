// Row by row into a small table; one appender a table, kept while the file is attached.
import type bindings from '@duckdb/node-bindings'
import { duckdb } from './bindings.js'

export class RowAppender {
  readonly #appender: bindings.Appender

  constructor(connection: bindings.Connection, alias: string, table: string) {
    this.#appender = duckdb.appender_create_ext(connection, alias, 'main', table)
  }

  /** µs since the epoch. */
  timestamp(us: number): this {
    duckdb.append_timestamp(this.#appender, timestampOf(us))
    return this
  }
  double(value: number): this {
    duckdb.append_double(this.#appender, value)
    return this
  }
  integer(value: number | bigint): this {
    duckdb.append_int64(this.#appender, BigInt(value))
    return this
  }
  text(value: string): this {
    duckdb.append_varchar(this.#appender, value)
    return this
  }
  bytes(value: Uint8Array): this {
    duckdb.append_blob(this.#appender, value)
    return this
  }
  null(): this {
    duckdb.append_null(this.#appender)
    return this
  }
  endRow(): void {
    duckdb.appender_end_row(this.#appender)
  }
  flush(): void {
    duckdb.appender_flush_sync(this.#appender)
  }
  /** Ends the appender; rows that are not flushed are not stored. */
  forget(): void {
    forgetAppender(this.#appender)
  }
}

/** Ends an appender without storing what it holds: to close it would. */
export function forgetAppender(appender: bindings.Appender): void {
  try {
    duckdb.appender_clear(appender)
    duckdb.appender_close_sync(appender)
  } catch {
    // It had failed before, and holds nothing then.
  }
}

function timestampOf(us: number): bindings.Timestamp {
  return { micros: BigInt(us) }
}
