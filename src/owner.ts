// One engine a directory. Against other processes the kernel's lock on owner.duckdb stands, which
// shard 0 holds; it does not see a second engine of the same process, so the directory is also
// claimed by a name the kernel takes back when the process dies: an abstract socket (Linux) or a
// pipe (Windows). Elsewhere a table in this thread has to do.
import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { EngineError } from './errors.js'

const claimed = new Set<string>()

function socketName(key: string): string | undefined {
  if (process.platform === 'linux') return `\0tickloom-${key}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\tickloom-${key}`
  return undefined
}

export class Ownership {
  readonly #key: string
  readonly #server: Server | undefined

  private constructor(key: string, server: Server | undefined) {
    this.#key = key
    this.#server = server
  }

  /** Claims an existing directory; throws OWNED_ELSEWHERE naming the owner. */
  static async claim(dataDir: string): Promise<Ownership> {
    const { dev, ino } = statSync(dataDir)
    const key = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)
    if (claimed.has(key)) throw ownedElsewhere(dataDir, 'an engine of this process has it open')
    claimed.add(key)
    const name = socketName(key)
    try {
      return new Ownership(key, name === undefined ? undefined : await listen(name))
    } catch (cause) {
      claimed.delete(key)
      const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
      throw taken ? ownedElsewhere(dataDir, 'an engine of this machine has it open') : cause
    }
  }

  /** Writes down who owns the directory, for the message of whoever is refused. */
  announce(dataDir: string): void {
    const owner = { pid: process.pid, host: hostname() }
    writeFileSync(join(dataDir, 'owner.json'), JSON.stringify(owner), { mode: 0o600 })
  }

  async release(): Promise<void> {
    claimed.delete(this.#key)
    const server = this.#server
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }
}

/** The refusal, naming pid and host as the owner wrote them. */
export function ownedElsewhere(dataDir: string, how: string): EngineError {
  let owner = 'pid=unknown host=unknown'
  try {
    const { pid, host } = JSON.parse(readFileSync(join(dataDir, 'owner.json'), 'utf8'))
    owner = `pid=${pid} host=${host}`
  } catch {
    // Written after the claim: an owner that has only just come has not written it yet.
  }
  return new EngineError(
    'OWNED_ELSEWHERE',
    `${how}; close it first, or use another directory: dataDir=${dataDir} ${owner}`,
  )
}

function listen(name: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(name, () => resolve(server.unref()))
  })
}
