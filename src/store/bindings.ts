// DuckDB's C interface. The bindings are a dependency of the API package: found from there,
// whatever the package manager.
import { createRequire } from 'node:module'
import type bindings from '@duckdb/node-bindings'

const here = createRequire(import.meta.url)
export const duckdb: typeof bindings = createRequire(here.resolve('@duckdb/node-api'))(
  '@duckdb/node-bindings',
)

export type Prepared = bindings.PreparedStatement
