// A file with all tables and no rows, made once a session: a new pair's file is a copy of it, which
// takes a fraction of a millisecond where creating fourteen tables takes five to twenty.
import { chmod, copyFile, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, syncDirectory } from '../folders.js'
import { type Database, quoteText } from './duckdb.js'
import { createTables, type IdType } from './schema.js'

/** Size of a block of our files. */
export const BLOCK_BYTES = 65_536

/**
 * How every file of ours is attached; the format is pinned, newer ones could not be read by this
 * DuckDB.
 */
export const ATTACH_OPTIONS = `(BLOCK_SIZE ${BLOCK_BYTES}, STORAGE_VERSION 'v1.5.0')`

export class Template {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** Makes a shard's template; detached before anybody copies it. */
  static async make(
    db: Database,
    dataDir: string,
    shard: number,
    id: IdType = 'BIGINT',
  ): Promise<Template> {
    const path = join(dataDir, `template-${shard}${id === 'VARCHAR' ? '-text' : ''}.duckdb`)
    await rm(path, { force: true })
    await db.admin(`ATTACH ${quoteText(path)} AS template ${ATTACH_OPTIONS}`)
    await db.admin(createTables('template', id))
    await db.admin('DETACH template')
    await chmod(path, 0o600)
    return new Template(path)
  }

  /**
   * Makes a pair's file; durable when it resolves. It gets its name when it is whole: a crash must
   * not leave half a file where a pair's is looked for.
   */
  async copyTo(path: string): Promise<void> {
    const folder = dirname(path)
    const unfinished = `${path}.new`
    makeFolder(folder)
    await copyFile(this.#path, unfinished)
    const file = await open(unfinished, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
    await syncDirectory(folder)
  }

  remove(): Promise<void> {
    return rm(this.#path, { force: true })
  }
}
