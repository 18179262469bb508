// A data directory of which no engine is open, for as long as something is changed in it by hand:
// claimed in this machine, and by the kernel's lock that a shard would hold.
import { join } from 'node:path'
import { EngineError } from '../errors.js'
import { Ownership, ownedElsewhere } from '../owner.js'
import { quoteText } from '../store/duckdb.js'
import { type DuckDBConnection, DuckDBInstance } from '../store/duckdb-api.js'

/** Runs `work` with a DuckDB of its own and the directory's locks. Throws OWNED_ELSEWHERE. */
export async function owning<T>(
  dataDir: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const ownership = await Ownership.claim(dataDir)
  try {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    try {
      await lock(connection, dataDir)
      ownership.announce(dataDir)
      return await work(connection)
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  } finally {
    await ownership.release()
  }
}

async function lock(connection: DuckDBConnection, dataDir: string): Promise<void> {
  const path = quoteText(join(dataDir, 'owner.duckdb'))
  try {
    await connection.run(`ATTACH ${path} AS owner (BLOCK_SIZE 16384)`)
  } catch (cause) {
    const said = (cause as Error).message
    if (/could not set lock|conflicting lock/i.test(said)) {
      throw ownedElsewhere(dataDir, 'another process has it open')
    }
    throw new EngineError('DATA_DIR', `its lock cannot be taken: ${said} dataDir=${dataDir}`)
  }
}
