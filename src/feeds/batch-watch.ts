// What the rows of a file say together: whether times rise, on what step they stand, and whether
// the ids identify anything. One pass over the columns of each batch.
import { TEXT_ID, type TradeBatch } from './trade-batch.js'

const STEPS = [1e6, 1e3, 1]
const NOTHING =
  /^(?:none|null|nan|nil|undefined|unknown|n\/?a|-+|<na>|0x0+|[0.]+|0{8}-0{4}-0{4}-0{4}-0{12})$/i

export class BatchWatch {
  rows = 0
  /** Rows later and earlier than the row in front of them. */
  rising = 0
  falling = 0
  /** Rows of a time that is still to come. */
  future = 0
  /** Rows without an id. */
  idless = 0
  /** Rows whose id says that there is none: 0, None, the nil UUID. */
  nothing = 0
  /** Rows whose id is text, and whose id is a number. */
  texts = 0
  numbers = 0
  readonly #latest: number
  #step = 0
  #last = Number.NaN
  // Of the first row with an id; whether another id, another time was met.
  #first: number | string | bigint | undefined
  #firstTime = Number.NaN
  #otherId = false
  #otherTime = false

  /** Later times than `latest` (µs) are still to come. */
  constructor(latest: number) {
    this.#latest = latest
  }

  /** Finest step of the times, µs; 0 where there are none. */
  get resolutionUs(): number {
    return this.rows === 0 ? 0 : STEPS[this.#step]
  }

  get order(): 'rising' | 'falling' | 'mixed' | 'equal' {
    if (this.rising > 0 && this.falling > 0) return 'mixed'
    return this.rising > 0 ? 'rising' : this.falling > 0 ? 'falling' : 'equal'
  }

  /** Whether trades of distinct times have one and the same id. */
  get constant(): boolean {
    return this.#first !== undefined && !this.#otherId && this.#otherTime
  }

  observe(batch: TradeBatch): void {
    this.#times(batch)
    this.#numbers(batch)
    for (const [row, id] of batch.textIds) this.#text(id, batch.timestamp[row])
    for (const [row, id] of batch.bigIds) this.#compare(id, batch.timestamp[row])
    this.rows += batch.count
  }

  #times({ timestamp, count }: TradeBatch): void {
    const latest = this.#latest
    let last = this.#last
    let step = STEPS[this.#step]
    let rising = 0
    let falling = 0
    let future = 0
    for (let row = 0; row < count; row++) {
      const time = timestamp[row]
      if (time > last) rising++
      else if (time < last) falling++
      if (time > latest) future++
      last = time
      while (step > 1 && Math.floor(time / step) * step !== time) step = STEPS[++this.#step]
    }
    this.#last = last
    this.rising += rising
    this.falling += falling
    this.future += future
  }

  #numbers({ id, timestamp, count }: TradeBatch): void {
    // Once two ids were met there is nothing more to be compared.
    for (let row = 0; row < count && !this.#otherId; row++) {
      if (Number.isFinite(id[row])) this.#compare(id[row], timestamp[row])
    }
    let idless = 0
    let texts = 0
    let zeros = 0
    for (let row = 0; row < count; row++) {
      const one = id[row]
      if (one > 0) continue
      if (one === TEXT_ID) texts++
      else if (one === 0) zeros++
      else idless++
    }
    this.numbers += count - texts - idless
    this.texts += texts
    this.nothing += zeros
    this.idless += idless
  }

  #text(id: string, time: number): void {
    if (NOTHING.test(id)) this.nothing++
    if (!this.#otherId) this.#compare(id, time)
  }

  #compare(id: number | string | bigint, time: number): void {
    if (this.#first === undefined) {
      this.#first = id
      this.#firstTime = time
    } else if (id !== this.#first) this.#otherId = true
    else if (time !== this.#firstTime) this.#otherTime = true
  }
}
