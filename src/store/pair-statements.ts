// What the write path runs beside appending: statements of one attached file, by name, prepared
// when they are first needed.
import { INTERVALS } from '../model/interval.js'

/** Statements that take out the rows a commit replaces. */
export function replacing(alias: string): Record<string, string> {
  const sql: Record<string, string> = {
    state: `DELETE FROM ${alias}.state`,
    gap: `DELETE FROM ${alias}.gaps WHERE first_id = $1::BIGINT AND opened_seq = $2::BIGINT`,
  }
  for (const interval of INTERVALS) {
    sql[`at:candles_${interval}`] =
      `DELETE FROM ${alias}.candles_${interval} WHERE timestamp = make_timestamp($1::BIGINT)`
  }
  return sql
}

/** Statements of retention; `before:` takes µs, `newest:` how many rows to keep. */
export function retiring(alias: string): Record<string, string> {
  const sql: Record<string, string> = {}
  for (const table of ['ticks', 'order_flow', ...INTERVALS.map((i) => `candles_${i}`)]) {
    sql[`before:${table}`] =
      `DELETE FROM ${alias}.${table} WHERE timestamp < make_timestamp($1::BIGINT)`
  }
  for (const table of ['late_ticks', 'rejected_ticks']) {
    sql[`newest:${table}`] = `DELETE FROM ${alias}.${table} WHERE seq <=
      (SELECT seq FROM ${alias}.${table} ORDER BY seq DESC LIMIT 1 OFFSET $1::BIGINT)`
  }
  return sql
}
