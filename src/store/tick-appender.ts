// Puts tick columns into a table by memory copy, up to 2,048 rows a chunk. The copy into DuckDB is
// unchecked, so every length is checked here.
import type bindings from '@duckdb/node-bindings'
import { invariant } from '../errors.js'
import { CHUNK_ROWS } from '../limits.js'
import { duckdb } from './bindings.js'
import type { TickColumns } from './tick-columns.js'

// Table column → column of TickColumns.
const SOURCE = [0, 1, 2, 6, 3, 4, 5]
const SIDE = 6
const ID = 3
const RECEIVED = 4

/** The native chunks of a shard, filled and appended again and again. */
export class TickChunk {
  // With ids that are numbers, and with ids that are text.
  readonly #chunks: (bindings.DataChunk | undefined)[] = []

  /** Appends all rows of `columns`. */
  append(appender: bindings.Appender, columns: TickColumns): void {
    const rows = columns.rows
    if (rows === 0) return
    invariant(rows <= CHUNK_ROWS, `a chunk holds ${CHUNK_ROWS} rows`)
    const chunk = this.#of(appender, columns.texts !== undefined)
    duckdb.data_chunk_reset(chunk)
    duckdb.data_chunk_set_size(chunk, rows)
    const buffer = columns.buffer
    for (let i = 0; i < SOURCE.length; i++) {
      const source = SOURCE[i]
      const from = columns.offset(source)
      const bytes = source === SIDE ? rows : rows * 8
      invariant(from + bytes <= buffer.byteLength, 'a column lies inside its buffer')
      const vector = duckdb.data_chunk_get_vector(chunk, i)
      if (source === ID && columns.texts !== undefined) {
        setTexts(vector, columns.texts, rows)
        if (columns.nullIds) setValidity(vector, columns.idValidity)
        continue
      }
      duckdb.copy_data_to_vector(vector, 0, buffer, from, bytes)
      if (source === ID && columns.nullIds) setValidity(vector, columns.idValidity)
      if (source === RECEIVED && columns.nullReceived) {
        setValidity(vector, columns.receivedValidity)
      }
    }
    duckdb.append_data_chunk(appender, chunk)
  }

  #of(appender: bindings.Appender, texts: boolean): bindings.DataChunk {
    let chunk = this.#chunks[texts ? 1 : 0]
    if (chunk === undefined) {
      const types = SOURCE.map((_, i) => duckdb.appender_column_type(appender, i))
      chunk = duckdb.create_data_chunk(types)
      this.#chunks[texts ? 1 : 0] = chunk
    }
    return chunk
  }
}

function setTexts(
  vector: bindings.Vector,
  texts: readonly (string | undefined)[],
  rows: number,
): void {
  for (let row = 0; row < rows; row++) {
    duckdb.vector_assign_string_element(vector, row, texts[row] ?? '')
  }
}

function setValidity(vector: bindings.Vector, mask: Uint8Array): void {
  duckdb.vector_ensure_validity_writable(vector)
  duckdb.copy_data_to_vector_validity(vector, 0, mask.buffer as ArrayBuffer, 0, mask.byteLength)
}
