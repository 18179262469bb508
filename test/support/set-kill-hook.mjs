// Kills the process in the middle of a change: KILL_AT names the statement, and 'before' or 'after'
// it. Loaded by --import.
import { DuckDBConnection } from '@duckdb/node-api'

const [when, statement] = process.env.KILL_AT.split(' ')
const kill = () => process.kill(process.pid, 'SIGKILL')
const run = DuckDBConnection.prototype.run

DuckDBConnection.prototype.run = async function hooked(sql, ...rest) {
  const here = String(sql).startsWith(statement)
  if (here && when === 'before') kill()
  const result = await run.call(this, sql, ...rest)
  if (here && when === 'after') kill()
  return result
}
