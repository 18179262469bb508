import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EngineError } from 'tickloom'
import { afterAll, expect, test } from 'vitest'
import {
  highestSequence,
  listSegments,
  readSegment,
} from '../../dist/src/journal/journal-reader.js'
import { JournalWriter } from '../../dist/src/journal/journal-writer.js'
import * as L from '../../dist/src/ring/ring-layout.js'
import { RingReader } from '../../dist/src/ring/ring-reader.js'
import { RingWriter } from '../../dist/src/ring/ring-writer.js'
import { Intake } from '../../dist/src/shard/intake.js'
import { IS_LONG, IS_USUAL, SEED } from '../support/seed.js'

// A session in one thread, by a seed: the real ring, spill, intake, journal and reading back, over a
// disk that is full now and then and a power that fails. Time does not pass, and only the disk and the
// store are made up: what was synced is kept, of the rest any part, the last of it noise; a store is
// the last sequence it holds. After every failure the promises are looked at. A seed that fails is
// printed, and does the same again: TICKLOOM_SIMULATE=<seed>.

const SEEDS = Number(process.env['TICKLOOM_SEEDS'] ?? (IS_LONG ? 150 : 75))
const ONE = process.env['TICKLOOM_SIMULATE']
/** 0, 1, 2 … in every `npm test`. */
const seedOf = (_: unknown, i: number) => (IS_USUAL ? i : SEED + i)
const STEPS = 120
// In memory where there is such a place: what a disk does is made up here.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tickloom-sim-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function randomOf(seed: number) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1
  return (below: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** What a slot of a sequence says: enough to tell one from another. */
const priceOf = (sequence: number) => sequence * 1.5

class World {
  readonly random: (below: number) => number
  readonly directory: string
  /** Sequences that trade() gave out, and how far they are promised. */
  received = 0
  traded = 0
  acknowledged = 0
  stored = 0
  /** Sequences that died with the power: received, never acknowledged. */
  lost = new Set<number>()
  full = false
  readonly synced = new Map<string, number>()
  epoch = 1
  ring = L.allocateRing(64)
  writer = new RingWriter(this.ring, 1, 128, 0)
  reader = new RingReader(this.ring, 1)
  journal: JournalWriter
  intake: Intake
  kills = { power: 0, worker: 0, full: 0 }

  constructor(seed: number) {
    this.random = randomOf(seed)
    this.directory = join(folder, String(seed))
    mkdirSync(this.directory)
    this.journal = this.openJournal(1)
    this.intake = new Intake(this.reader, this.journal, () => undefined, undefined)
  }

  openJournal(firstSequence: number): JournalWriter {
    return JournalWriter.open({
      directory: this.directory,
      shard: 0,
      firstSequence,
      epoch: this.epoch,
      segmentBytes: 4000,
      write: (fd, bytes, from, length, at) => {
        if (!this.full) return writeSync(fd, bytes, from, length, at)
        // Some of it may have gone through.
        if (this.random(2) === 0) writeSync(fd, bytes, from, this.random(length), at)
        throw new Error('ENOSPC: no space left on device')
      },
    })
  }

  trade(): void {
    for (let n = 1 + this.random(40); n > 0; n--) {
      const sequence = this.writer.write(1, 0, 1, priceOf(this.received + 1), 1, 0, 0, 0)
      if (sequence === 0) break
      expect(sequence).toBe(this.received + 1)
      this.received = sequence
      this.traded++
    }
    this.writer.publish()
  }

  /** A turn of the shard: takes, journals, folds, gives back. */
  turn(): void {
    this.writer.pump()
    this.writer.publish()
    for (let n = 1 + this.random(3); n > 0 && this.intake.fill(); n--) {
      for (let i = 0; i < this.intake.count; i++) {
        const price = this.intake.words[i * L.SLOT_WORDS + L.WORD_PRICE]
        expect(price).toBe(priceOf(this.intake.firstSeq + i))
      }
      this.intake.at = this.intake.count
      this.intake.finish()
    }
    if (this.intake.failure !== undefined) {
      expect(this.intake.failure).toBeInstanceOf(EngineError)
      this.kills.full++
    }
  }

  sync(): void {
    this.journal.syncSync()
    for (const { path } of listSegments(this.directory)) this.synced.set(path, statSync(path).size)
    this.acknowledged = this.journal.syncedThrough
  }

  /** A commit: everything folded so far is in the file, and segments that hold nothing more go. */
  commit(): void {
    this.stored = this.intake.foldedThrough
    this.journal.dropThrough(this.stored)
  }

  /** The thread dies; what it had taken is still in the ring. */
  async workerDies(): Promise<void> {
    this.kills.worker++
    const found = await this.read()
    this.promises(found)
    const through = Math.max(this.stored, found.at(-1) ?? 0)
    this.reader = new RingReader(this.ring, this.writer.tailSequence())
    this.reader.skipTo(through + 1, undefined)
    this.restart(through)
  }

  /** Power fails: of what was not synced any part is there, and the last of that may be noise. */
  async powerFails(): Promise<void> {
    this.kills.power++
    for (const { path } of listSegments(this.directory)) {
      const size = statSync(path).size
      const kept = Math.min(size, this.synced.get(path) ?? 0)
      const there = kept + this.random(size - kept + 1)
      truncateSync(path, there)
      if (there > kept && this.random(2) === 0) {
        const bytes = readFileSync(path)
        const from = kept + this.random(there - kept)
        for (let at = from; at < there; at++) bytes[at] = this.random(256)
        writeFileSync(path, bytes)
      }
    }
    const found = await this.read()
    this.promises(found)
    const through = Math.max(this.stored, found.at(-1) ?? 0)
    for (let sequence = through + 1; sequence <= this.received; sequence++) this.lost.add(sequence)
    this.epoch = Math.max(through, highestSequence(this.directory)) + 1
    this.received = this.epoch - 1
    this.ring = L.allocateRing(64)
    this.writer = new RingWriter(this.ring, this.epoch, 128, 0)
    this.reader = new RingReader(this.ring, this.epoch)
    // Behind what cannot be read sequences go on where nobody can have been.
    this.restart(this.epoch - 1)
  }

  restart(through: number): void {
    this.stored = Math.max(this.stored, through)
    const old = listSegments(this.directory)
    this.full = false
    this.journal = this.openJournal(this.reader.nextSequence)
    for (const { path } of old) {
      rmSync(path)
      this.synced.delete(path)
    }
    this.intake = new Intake(this.reader, this.journal, () => undefined, undefined)
    this.acknowledged = Math.max(this.acknowledged, this.stored)
    this.sync()
  }

  /** Sequences that the journal gives back, in their order. */
  async read(): Promise<number[]> {
    const found: number[] = []
    for (const { path } of listSegments(this.directory)) {
      const report = await readSegment(path, {
        slots: (words, count, first) => {
          for (let i = 0; i < count; i++) {
            expect(words[i * L.SLOT_WORDS + L.WORD_PRICE]).toBe(priceOf(first + i))
            found.push(first + i)
          }
        },
      })
      if (report.end !== 'clean') break
    }
    return found
  }

  promises(found: readonly number[]): void {
    // Each once, in order, and nothing that was never received.
    for (let i = 1; i < found.length; i++) expect(found[i]).toBe(found[i - 1] + 1)
    expect(found.at(-1) ?? 0).toBeLessThanOrEqual(this.received)
    // What is acknowledged is stored or there; no hole between the two.
    const first = found[0] ?? this.received + 1
    const last = Math.max(this.stored, found.at(-1) ?? 0)
    expect(last).toBeGreaterThanOrEqual(this.acknowledged)
    if (this.acknowledged > this.stored) expect(first).toBeLessThanOrEqual(this.stored + 1)
  }
}

async function simulate(seed: number): Promise<World> {
  const world = new World(seed)
  for (let step = 0; step < STEPS; step++) {
    const what = world.random(100)
    if (what < 40) world.trade()
    else if (what < 75) world.turn()
    else if (what < 87) world.sync()
    else if (what < 93) world.commit()
    else if (what < 96) world.full = !world.full
    else if (what < 98) await world.workerDies()
    else await world.powerFails()
  }
  // In the end there is room, and everything that was received is folded.
  world.full = false
  for (let i = 0; i < 50; i++) world.turn()
  world.sync()
  expect(world.intake.foldedThrough).toBe(world.received)
  expect(world.acknowledged).toBe(world.received)
  world.journal.close({ final: false })
  world.promises(await world.read())
  rmSync(world.directory, { recursive: true })
  return world
}

test(`${ONE ?? SEEDS} seeds: what was acknowledged is there once, whatever fails`, {
  timeout: Math.max(600_000, SEEDS * 100),
}, async () => {
  const total = { power: 0, worker: 0, full: 0, traded: 0, lost: 0 }
  const seeds = ONE === undefined ? Array.from({ length: SEEDS }, seedOf) : [Number(ONE)]
  for (const seed of seeds) {
    try {
      const { kills, traded, lost } = await simulate(seed)
      total.power += kills.power
      total.worker += kills.worker
      total.full += kills.full
      total.traded += traded
      total.lost += lost.size
    } catch (cause) {
      throw new Error(`TICKLOOM_SIMULATE=${seed}: ${(cause as Error).message}`, { cause })
    }
  }
  console.log(`simulation: ${JSON.stringify(total)}`)
  if (ONE === undefined && IS_USUAL) {
    expect(total.power).toBeGreaterThan(SEEDS / 2)
    expect(total.worker).toBeGreaterThan(SEEDS / 2)
    expect(total.full).toBeGreaterThan(SEEDS / 10)
  }
})
