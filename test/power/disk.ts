// The made-up disk: replays a recording to any entry and draws what a power cut there leaves.
//
// A file's bytes are safe when a sync of it has ended, as far as they were written before that sync
// began (disk-file.ts). For names there are two models:
//
//   'ordered'  as ext4 and XFS behave: changes of names reach the disk in their order, any first part
//              of them; all before it when a directory is synced, and a file's own name when the file
//              is synced.
//   'strict'   as POSIX promises: a name is safe when its directory was synced after it was made; of
//              what happened in a directory since, any first part is there, in each directory another.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DiskFile, type Random } from './disk-file.js'
import { CREATED, DIRECTORY, type Entry, Kind, TRUNCATED } from './recording.js'

export type Names = 'ordered' | 'strict'
type Node = DiskFile | Folder

/** A change of a folder's names: one comes, or goes, or both at once. */
interface Renaming {
  readonly index: number
  readonly gone?: string
  readonly name?: string
  readonly node?: Node
}

class Folder {
  readonly now = new Map<string, Node>()
  readonly #synced = new Map<string, Node>()
  #pending: Renaming[] = []

  change(renaming: Renaming): void {
    apply(this.now, renaming)
    this.#pending.push(renaming)
  }

  synced(before: number): void {
    for (const renaming of this.#pending) if (renaming.index < before) apply(this.#synced, renaming)
    this.#pending = this.#pending.filter(({ index }) => index >= before)
  }

  /** What a cut leaves: the changes before `through`, or any first ones. */
  afterCut(through: number | Random): Map<string, Node> {
    const left = new Map(this.#synced)
    const count = typeof through === 'number' ? undefined : through(this.#pending.length + 1)
    for (const [i, renaming] of this.#pending.entries()) {
      const there = count === undefined ? renaming.index < (through as number) : i < count
      if (there) apply(left, renaming)
    }
    return left
  }
}

function apply(names: Map<string, Node>, { gone, name, node }: Renaming): void {
  if (gone !== undefined) names.delete(gone)
  if (name !== undefined && node !== undefined) names.set(name, node)
}

export class Disk {
  readonly #path: string
  readonly #root: Folder
  readonly #open = new Map<number, Node>()
  readonly #syncs = new Map<number, { node: Node; index: number }>()
  #index = 0
  /** Changes of names before this entry are safe where they are ordered. */
  #orderedThrough = 0

  /** `path`: what the recording calls the root; `folder`: what was there before, all of it safe. */
  constructor(path: string, folder: string) {
    this.#path = path
    this.#root = loaded(folder)
  }

  /** Replays entries up to `end`, from where it has come to. */
  replay(entries: readonly Entry[], end: number): void {
    for (; this.#index < end; this.#index++) this.#apply(entries[this.#index], this.#index)
  }

  /** Writes the directory as the process sees it into an empty folder. */
  writeNow(folder: string): void {
    write(
      this.#root,
      folder,
      (folder) => folder.now,
      (file) => file.now(),
    )
  }

  /** Writes the directory as a power cut leaves it into an empty folder. */
  writeAfterCut(folder: string, names: Names, random: Random): void {
    const later = this.#index - this.#orderedThrough
    const through = names === 'strict' ? random : this.#orderedThrough + random(later + 1)
    const bytesOf = (file: DiskFile) => file.afterCut(random)
    write(this.#root, folder, (folder) => folder.afterCut(through), bytesOf)
  }

  #apply(entry: Entry, index: number): void {
    const { kind, fd, offset, length, flags, path, other, data } = entry
    if (kind === Kind.Open) this.#opened(entry, index)
    else if (kind === Kind.Close) this.#open.delete(fd)
    else if (kind === Kind.Write) this.#file(fd).write(index, offset, data)
    else if (kind === Kind.Truncate) this.#file(fd).truncate(index, offset)
    else if (kind === Kind.Zero) this.#file(fd).zero(index, offset, length)
    else if (kind === Kind.Sync) this.#syncs.set(flags, { node: this.#node(fd), index })
    else if (kind === Kind.Synced) this.#synced(flags)
    else if (kind === Kind.Rename) this.#rename(path, other, index)
    else if (kind === Kind.Mkdir) this.#make(path, new Folder(), index)
    else if (kind === Kind.Unlink || kind === Kind.Rmdir) {
      this.#folder(dirname(path)).change({ index, gone: basename(path) })
    } else if (kind !== Kind.Mark) throw new Error(`not understood: kind=${kind} ${path}`)
  }

  #opened({ fd, flags, path }: Entry, index: number): void {
    if ((flags & CREATED) !== 0) this.#make(path, new DiskFile(), index)
    const node = this.#at(path)
    this.#open.set(fd, node)
    if ((flags & (TRUNCATED | DIRECTORY)) === TRUNCATED) this.#file(fd).truncate(index, 0)
  }

  #synced(number: number): void {
    const { node, index } = this.#syncs.get(number) as { node: Node; index: number }
    this.#syncs.delete(number)
    node.synced(index)
    const through = node instanceof Folder ? index : Math.min(index, node.namedAt + 1)
    this.#orderedThrough = Math.max(this.#orderedThrough, through)
  }

  #make(path: string, node: Node, index: number): void {
    if (node instanceof DiskFile) node.namedAt = index
    this.#folder(dirname(path)).change({ index, name: basename(path), node })
  }

  #rename(from: string, to: string, index: number): void {
    if (dirname(from) !== dirname(to)) throw new Error(`renamed to elsewhere: ${from} ${to}`)
    const node = this.#at(from)
    if (node instanceof DiskFile) node.namedAt = index
    const renaming = { index, gone: basename(from), name: basename(to), node }
    this.#folder(dirname(from)).change(renaming)
  }

  #at(path: string): Node {
    let node: Node | undefined = this.#root
    for (const name of path.slice(this.#path.length + 1).split('/')) {
      if (name === '') continue
      node = node instanceof Folder ? node.now.get(name) : undefined
    }
    if (node === undefined) throw new Error(`no such file: ${path}`)
    return node
  }

  #folder(path: string): Folder {
    return this.#at(path) as Folder
  }

  #node(fd: number): Node {
    return this.#open.get(fd) as Node
  }
  #file(fd: number): DiskFile {
    return this.#node(fd) as DiskFile
  }
}

function loaded(path: string): Folder {
  const folder = new Folder()
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name)
    const node = entry.isDirectory() ? loaded(inner) : new DiskFile(readFileSync(inner))
    folder.change({ index: -1, name: entry.name, node })
  }
  folder.synced(0)
  return folder
}

function write(
  folder: Folder,
  path: string,
  namesOf: (folder: Folder) => Map<string, Node>,
  bytesOf: (file: DiskFile) => Buffer,
): void {
  for (const [name, node] of namesOf(folder)) {
    const inner = join(path, name)
    if (node instanceof DiskFile) writeFileSync(inner, bytesOf(node), { mode: 0o600 })
    else {
      mkdirSync(inner, { mode: 0o700 })
      write(node, inner, namesOf, bytesOf)
    }
  }
}
