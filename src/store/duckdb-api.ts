// DuckDB's API package, by require(): import() has each of its 181 CommonJS files read twice, once
// for the names it exports, which costs every thread and process 150 ms of CPU at its start.
import { createRequire } from 'node:module'
import type * as api from '@duckdb/node-api'

export const {
  DuckDBBlobValue,
  DuckDBConnection,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBResultReader,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
}: typeof api = createRequire(import.meta.url)('@duckdb/node-api')

export type DuckDBBlobValue = api.DuckDBBlobValue
export type DuckDBConnection = api.DuckDBConnection
export type DuckDBDataChunk = api.DuckDBDataChunk
export type DuckDBInstance = api.DuckDBInstance
export type DuckDBMaterializedResult = api.DuckDBMaterializedResult
export type DuckDBResultReader = api.DuckDBResultReader
export type DuckDBTimestampValue = api.DuckDBTimestampValue
export type DuckDBValue = api.DuckDBValue
