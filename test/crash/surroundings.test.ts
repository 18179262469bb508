import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TickEngine } from 'tickloom'
import { afterAll, expect, test } from 'vitest'
import { verify } from '../../dist/src/verify/verify.js'
import { T0, withDir } from '../support/engine-dir.js'
import { run } from '../support/run-child.js'

// Surroundings that are not as they should be: named, and survived.

const SUPPORT = join(import.meta.dirname, '../support')
const disk = mkdtempSync(join(tmpdir(), 'tickloom-ro-'))
const readOnly = mountReadOnly()
afterAll(() => {
  if (readOnly) spawnSync('umount', ['-l', disk])
  rmSync(disk, { recursive: true, force: true })
})

function mountReadOnly(): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', disk])
  if (status !== 0) console.log('skipped: no read-only disk can be mounted here')
  return status === 0
}
const unshared = spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status === 0
if (!unshared) console.log('skipped: no pid namespace can be made here')

test.skipIf(!readOnly)('a read-only disk is refused at open(), with its path', async () => {
  const open = TickEngine.open({ dataDir: join(disk, 'data') })
  await expect(open).rejects.toMatchObject({
    code: 'DATA_DIR',
    message: expect.stringContaining(disk),
  })
})

test('a path that leads through a file is refused at open(), with that path', async () => {
  const open = TickEngine.open({ dataDir: join(import.meta.filename, 'data') })
  await expect(open).rejects.toMatchObject({
    code: 'DATA_DIR',
    message: expect.stringContaining('surroundings.test'),
  })
})

test.skipIf(!unshared)('an engine of another pid namespace is refused all the same', async () => {
  await withDir(async (dataDir) => {
    const hold = spawn(process.execPath, [join(SUPPORT, 'hold-child.mjs'), dataDir])
    await once(hold.stdout, 'data')
    // There it has pid 1 or 2, and sees none of ours.
    const words = [
      '-pf',
      '--mount-proc',
      process.execPath,
      join(SUPPORT, 'hold-child.mjs'),
      dataDir,
    ]
    const other = await run('unshare', words)
    expect(JSON.parse(other.stdout)).toMatchObject({ code: 'OWNED_ELSEWHERE' })
    hold.kill('SIGKILL')
    await once(hold, 'close')
    const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
    await engine.close()
  })
})

test('too few files that may be open: told, and nothing that was durable is lost', async () => {
  await withDir(async (dataDir) => {
    const task = JSON.stringify({ dataDir, pairs: 120 })
    const child = join(SUPPORT, 'many-files-child.mjs')
    const few = `ulimit -n 90; exec "${process.execPath}" "${child}" '${task}'`
    const ran = await run('sh', ['-c', few])
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    const { received, refused, faults } = JSON.parse(ran.stdout)
    expect(faults.join('\n')).toMatch(/too many open files/i)
    expect(received + refused).toBe(120 * 50)
    // With files enough, all of it is there.
    const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
    await engine.close()
    const report = await verify(dataDir)
    expect(report.problems).toEqual([])
    expect(report.ticks).toBe(received)
  })
})

test('files are for their owner alone', async () => {
  await withDir(async (folder) => {
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir, { mode: 0o755 })
    const engine = await TickEngine.open({ dataDir, shards: 1, clock: 'event' })
    const pair = engine.pair('venue', 'spot', 'A')
    for (let i = 0; i < 100; i++) pair.trade(T0 + i, 100, 1, 1, i + 1)
    await engine.flush({ stored: true })
    const open: string[] = []
    for (const name of readdirSync(dataDir, { recursive: true }) as string[]) {
      const { mode } = statSync(join(dataDir, name))
      // DuckDB makes its logs by the umask; the folder they lie in is closed.
      const made = /\.wal$|^owner\.duckdb$|^template-/.test(name)
      if ((mode & 0o077) !== 0 && !made) open.push(name)
    }
    expect(open).toEqual([])
    await engine.close()
  })
})
