import type { Threads } from './threads.js'

// A disk in memory, with the functions of node:fs that the engine uses. Of a file the disk knows how much
// is synced, of a journal's directory which names are. When power fails the synced part is kept; of the
// rest any part, the last of it noise; of names changed since, the first so many changes.

class File {
  bytes = Buffer.alloc(0)
  size = 0
  synced = 0

  write(bytes: Uint8Array, at: number): void {
    const end = at + bytes.length
    if (end > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(512, end * 2))
      grown.set(this.bytes.subarray(0, this.size))
      this.bytes = grown
    }
    this.bytes.set(bytes, at)
    this.size = Math.max(this.size, end)
  }
  truncate(size: number): void {
    this.size = size
    this.synced = Math.min(this.synced, size)
  }
}

type NameChange = { readonly path: string; readonly before: File | undefined }

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory '${path}'`), { code: 'ENOENT' })
}

export class Disk {
  /** No byte more finds room. */
  full = false
  /** Syncs fail. */
  broken = false
  readonly #threads: Threads
  readonly #names = new Map<string, File>()
  readonly #folders = new Set<string>(['/'])
  readonly #open = new Map<number, { path: string; file: File | undefined }>()
  #nextFd = 3
  #unsynced: NameChange[] = []

  constructor(threads: Threads) {
    this.#threads = threads
  }

  #file(fd: number): File {
    const file = this.#open.get(fd)?.file
    if (file === undefined) throw new Error(`EBADF: ${fd}`)
    return file
  }

  /** Sets or removes a name; a segment's is durable with its folder's next sync. */
  #name(path: string, file: File | undefined): void {
    if (path.endsWith('.journal')) this.#unsynced.push({ path, before: this.#names.get(path) })
    if (file === undefined) this.#names.delete(path)
    else this.#names.set(path, file)
  }

  powerFails(random: (below: number) => number): void {
    for (const { path, before } of this.#unsynced
      .slice(random(this.#unsynced.length + 1))
      .reverse()) {
      if (before === undefined) this.#names.delete(path)
      else this.#names.set(path, before)
    }
    this.#unsynced = []
    this.#open.clear()
    for (const [path, file] of this.#names) {
      if (!path.endsWith('.journal')) continue
      const there = file.synced + random(file.size - file.synced + 1)
      file.truncate(there)
      if (there > file.synced && random(2) === 0) {
        for (let at = file.synced + random(there - file.synced); at < there; at++) {
          file.bytes[at] = random(256)
        }
      }
      file.synced = there
    }
    this.full = false
    this.broken = false
  }

  /** Puts a file there, whole and durable. */
  put(path: string): void {
    this.#names.set(path, new File())
    this.makeFolder(path.slice(0, path.lastIndexOf('/')))
  }

  makeFolder(path: string): void {
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
      this.#folders.add(path.slice(0, at))
    }
    this.#folders.add(path)
  }

  #list(folder: string): { name: string; isDirectory(): boolean }[] {
    if (!this.#folders.has(folder)) throw missing(folder)
    const inside = (path: string) =>
      path.startsWith(`${folder}/`) && !path.includes('/', folder.length + 1)
    const entry = (path: string, isFolder: boolean) => ({
      name: path.slice(folder.length + 1),
      isDirectory: () => isFolder,
    })
    return [
      ...[...this.#folders].filter(inside).map((path) => entry(path, true)),
      ...[...this.#names.keys()].filter(inside).map((path) => entry(path, false)),
    ]
  }

  #write(fd: number, bytes: Uint8Array, position: number): number {
    const file = this.#file(fd)
    const part = bytes.subarray(0, this.#threads.random(bytes.length + 1))
    try {
      this.#threads.reach()
    } catch (cause) {
      file.write(part, position)
      throw cause
    }
    if (this.full) {
      file.write(part, position)
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    }
    file.write(bytes, position)
    this.#threads.mark(position)
    return bytes.length
  }

  #sync(fd: number): void {
    if (this.broken) throw new Error('EIO: i/o error, fdatasync')
    const open = this.#open.get(fd)
    if (open?.file !== undefined) open.file.synced = open.file.size
    else this.#unsynced = this.#unsynced.filter(({ path }) => !path.startsWith(`${open?.path}/`))
  }

  /** What the engine imports from node:fs. */
  functions() {
    const threads = this.#threads
    const names = this.#names
    return {
      openSync: (path: string, flags: string) => {
        threads.reach()
        if (flags === 'wx') {
          if (this.full) throw new Error('ENOSPC: no space left on device')
          if (names.has(path)) throw new Error(`EEXIST: ${path}`)
          this.#name(path, new File())
        } else if (!names.has(path) && !this.#folders.has(path)) throw missing(path)
        const fd = this.#nextFd++
        this.#open.set(fd, { path, file: names.get(path) })
        return fd
      },
      closeSync: (fd: number) => void this.#open.delete(fd),
      fstatSync: (fd: number) => ({ size: this.#file(fd).size }),
      readSync: (fd: number, into: Uint8Array, _from: number, length: number, at: number) => {
        const file = this.#file(fd)
        const bytes = file.bytes.subarray(at, Math.min(file.size, at + length))
        into.set(bytes)
        return bytes.length
      },
      writeSync: (fd: number, bytes: Uint8Array, from: number, length: number, at: number) =>
        this.#write(fd, bytes.subarray(from, from + length), at),
      ftruncateSync: (fd: number, size: number) => {
        threads.reach()
        this.#file(fd).truncate(size)
      },
      fdatasync: (fd: number, done: (error: Error | null) => void) => {
        const size = this.#file(fd).size
        const file = this.#file(fd)
        void threads.wait(1 + threads.random(4)).then(() => {
          if (this.broken) return done(new Error('EIO: i/o error, fdatasync'))
          file.synced = Math.max(file.synced, Math.min(size, file.size))
          done(null)
        })
      },
      fdatasyncSync: (fd: number) => {
        threads.reach()
        this.#sync(fd)
      },
      fsyncSync: (fd: number) => {
        threads.reach()
        this.#sync(fd)
      },
      unlinkSync: (path: string) => {
        threads.reach()
        if (!names.has(path)) throw missing(path)
        this.#name(path, undefined)
      },
      rmSync: (path: string) => {
        threads.reach()
        if (names.has(path)) this.#name(path, undefined)
      },
      // At once and for good: what a half of a rename leaves is the file system's own care.
      renameSync: (from: string, to: string) => {
        threads.reach()
        const file = names.get(from)
        if (file === undefined) throw missing(from)
        names.delete(from)
        names.set(to, file)
        this.#unsynced = this.#unsynced.filter(({ path }) => path !== from)
      },
      chmodSync: () => undefined,
      existsSync: (path: string) => names.has(path) || this.#folders.has(path),
      mkdirSync: (path: string) => this.makeFolder(path),
      realpathSync: (path: string) => path,
      readdirSync: (path: string, how?: { withFileTypes: boolean }) =>
        how === undefined ? this.#list(path).map(({ name }) => name) : this.#list(path),
      readFileSync: (path: string) => {
        const file = names.get(path)
        if (file === undefined) throw missing(path)
        return file.bytes.toString('utf8', 0, file.size)
      },
      writeFileSync: (path: string, text: string) => {
        threads.reach()
        const file = new File()
        file.write(Buffer.from(text), 0)
        names.set(path, file)
      },
    }
  }
}
