// A file of the made-up disk: what is synced, and what was done to it since, in order. What a power
// cut leaves of the latter is drawn; synced bytes that nothing has touched since are always there.
//
// The page cache writes back when and in which order it likes, and a sector is whole or not written:
// so each sector shows the file after some of the writes to it, never a mixture within it. Of
// truncations some first ones have happened; of what was written behind the next one nothing is there.
// The size is one that the file has had; what is inside it and was never written back is zeros.

export type Random = (below: number) => number

type Change =
  | { readonly index: number; readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly index: number; readonly kind: 'zero'; readonly at: number; readonly length: number }
  | { readonly index: number; readonly kind: 'truncate'; readonly size: number }

/** Bytes that grow. */
class Image {
  size: number
  #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = Buffer.from(bytes)
    this.size = bytes.length
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.size)
  }

  write(at: number, bytes: Buffer): void {
    this.reach(at + bytes.length)
    bytes.copy(this.#bytes, at)
  }

  /** Grows with zeros. */
  reach(size: number): void {
    if (size <= this.size) return
    if (size > this.#bytes.length) {
      const larger = Buffer.alloc(2 * size)
      this.#bytes.copy(larger, 0, 0, this.size)
      this.#bytes = larger
    }
    this.size = size
  }

  truncate(size: number): void {
    if (size < this.size) this.#bytes.fill(0, size, this.size)
    this.reach(size)
    this.size = size
  }

  zero(from: number, to: number): void {
    if (from < this.size) this.#bytes.fill(0, from, Math.min(to, this.size))
  }

  apply(change: Change, from = 0, to = Number.POSITIVE_INFINITY): void {
    if (change.kind === 'truncate') {
      this.truncate(change.size)
      return
    }
    const { at } = change
    const end = at + lengthOf(change)
    const [first, last] = [Math.max(at, from), Math.min(end, to)]
    if (change.kind === 'zero') this.zero(first, last)
    else this.write(first, change.bytes.subarray(first - at, last - at))
  }
}

function lengthOf(change: Exclude<Change, { kind: 'truncate' }>): number {
  return change.kind === 'write' ? change.bytes.length : change.length
}

export class DiskFile {
  readonly #synced: Image
  #pending: Change[] = []
  /** Log index at which it got the name it has. */
  namedAt = 0

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#synced = new Image(bytes)
  }

  write(index: number, at: number, bytes: Buffer): void {
    this.#pending.push({ index, kind: 'write', at, bytes })
  }
  zero(index: number, at: number, length: number): void {
    this.#pending.push({ index, kind: 'zero', at, length })
  }
  truncate(index: number, size: number): void {
    this.#pending.push({ index, kind: 'truncate', size })
  }

  /** A sync has ended that started at `index`. */
  synced(index: number): void {
    for (const change of this.#pending) if (change.index < index) this.#synced.apply(change)
    this.#pending = this.#pending.filter((change) => change.index >= index)
  }

  /** As the process sees it. */
  now(): Buffer {
    const image = new Image(this.#synced.bytes)
    for (const change of this.#pending) image.apply(change)
    return image.bytes
  }

  /** As a power cut leaves it. */
  afterCut(random: Random): Buffer {
    const image = new Image(this.#synced.bytes)
    const how = random(4)
    if (how === 0 || this.#pending.length === 0) return image.bytes
    if (how === 1) return this.now()
    const sector = [512, 4096, 65_536][random(3)]
    if (how === 2) this.#someFirst(image, sector, random)
    else this.#anySectors(image, sector, random)
    return image.bytes
  }

  // The first changes, the last of them torn.
  #someFirst(image: Image, sector: number, random: Random): void {
    const whole = random(this.#pending.length)
    for (const change of this.#pending.slice(0, whole)) image.apply(change)
    const torn = this.#pending[whole]
    if (torn.kind !== 'write') return
    const end = torn.at + random(torn.bytes.length)
    const last = end - (end % sector)
    if (last > torn.at) image.apply(torn, torn.at, last)
  }

  #anySectors(image: Image, sector: number, random: Random): void {
    const oldness = [2, 8, 64][random(3)]
    let truncations = random(1 + this.#pending.filter((c) => c.kind === 'truncate').length)
    // Sectors that were written back for the last time: the cut came before the next.
    let settled = new Set<number>()
    const sizes = [image.size]
    for (const change of this.#pending) {
      if (change.kind === 'truncate') {
        if (truncations-- === 0) break
        image.apply(change)
        settled = new Set()
        sizes.length = 0
        sizes.push(image.size)
        continue
      }
      const end = change.at + lengthOf(change)
      for (let at = change.at - (change.at % sector); at < end; at += sector) {
        if (settled.has(at)) continue
        if (random(oldness) === 0) settled.add(at)
        else image.apply(change, at, at + sector)
      }
      if (change.kind === 'write') sizes.push(Math.max(end, sizes[sizes.length - 1]))
    }
    image.truncate(sizes[random(sizes.length)])
  }
}
