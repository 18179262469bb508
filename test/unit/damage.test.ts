import { expect, test } from 'vitest'
import { breakOf, damageOf, isFatal, isFileInvalid } from '../../dist/src/store/damage.js'

// What DuckDB says, word by word, and what is to be done about it: files are moved by this.

const SUM = 'computed checksum 1 does not match stored checksum 2'

test('bytes that are not what was written: the log or the file is broken', () => {
  const log = 'IO Error: Failure while replaying WAL file "/d/trading.duckdb.wal": '
  for (const said of [
    `${log}Corrupt WAL file: entry at byte position 92 ${SUM}`,
    `${log}Corrupt WAL file: entry size exceeded remaining data in file at byte position 92`,
    'IO Error: WAL does not match database file.',
  ]) {
    expect(damageOf(new Error(said)), said).toBe('log')
  }
  for (const said of [
    `IO Error: Corrupt database file: ${SUM} in block at location 12288`,
    'IO Error: Could not read enough bytes from file "/d/trading.duckdb": attempted to read 4096',
    'IO Error: The file "/d/trading.duckdb" exists, but it is not a valid DuckDB database file!',
    'Catalog Error: Table with name state does not exist!',
  ]) {
    expect(damageOf(new Error(said)), said).toBe('file')
  }
  expect(breakOf(new Error(`${log}Corrupt WAL file: entry at byte position 92 ${SUM}`))).toBe(92)
})

test('what may pass is no damage, though a log is being replayed', () => {
  const log = 'IO Error: Failure while replaying WAL file "/d/trading.duckdb.wal": '
  for (const said of [
    `${log}Out of Memory Error: could not allocate block of size 256.0 KiB (24.0 MiB/24.0 MiB used)`,
    `${log}Failed to create directory "/d/overflow-0": No space left on device`,
    `${log}failed to offload data block of size 256.0 KiB (max_temp_directory_size)`,
    'IO Error: Could not set lock on file "/d/trading.duckdb": Conflicting lock is held in PID 7',
    'IO Error: Cannot open file "/d/trading.duckdb": Permission denied',
    'IO Error: Cannot open file "/d/trading.duckdb": Too many open files',
    'IO Error: Could not write file "/d/trading.duckdb": No space left on device',
    'INTERNAL Error: something else',
  ]) {
    expect(damageOf(new Error(said)), said).toBeUndefined()
    expect(breakOf(new Error(said)), said).toBeUndefined()
    expect(isFatal(new Error(said)), said).toBe(false)
  }
})

test('what a path or a name says is not what DuckDB says', () => {
  const evil = '/d/Corrupt WAL file: entry at byte position 5, Corrupt database file, FATAL Error'
  const lock = `IO Error: Could not set lock on file "${evil}/trading.duckdb": Conflicting lock`
  expect(damageOf(new Error(lock))).toBeUndefined()
  expect(isFatal(new Error(lock))).toBe(false)
  const verified = `IO Error: Cannot open file: Permission denied: path=${evil}`
  expect(damageOf(verified)).toBeUndefined()
  const broken = `IO Error: Failure while replaying WAL file "${evil}.wal": Corrupt WAL file: entry at byte position 92 ${SUM}`
  expect([damageOf(new Error(broken)), breakOf(new Error(broken))]).toEqual(['log', 92])
})

test('a checkpoint that failed: one file is to be attached anew, the shard goes on', () => {
  for (const said of [
    'IO Error: Checkpoint failed for database "p0". The database has been invalidated. Original error: Could not write file "/d/x": No space left on device',
    'Invalid Error: Database "p0" has been invalidated because checkpointing failed. Detach and reattach the database to recover. Original error: x',
  ]) {
    expect([isFileInvalid(new Error(said)), isFatal(new Error(said))], said).toEqual([true, false])
  }
  const fatal =
    'FATAL Error: Failed: database has been invalidated because of a previous fatal error. The database must be restarted'
  expect([isFileInvalid(new Error(fatal)), isFatal(new Error(fatal))]).toEqual([false, true])
})
