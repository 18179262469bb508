// The naive model: arrays, filter, sort, and sums as BigInt rationals. Shares no code with src/.

export interface NaiveTick {
  timestamp: number
  /** A whole number that orders trades of one time; without it they come last, by arrival. */
  id?: number | bigint | undefined
  seq: number
  price: number
  volume: number
  side: number
}

export interface NaiveCandle {
  start: number
  open: number
  high: number
  low: number
  close: number
  volume: number
  trades: number
  buyVolume: number
  sellVolume: number
  quoteVolume: number
  vwap: number
  delta: number
}

// Every number is a BigInt over this: 10^8 for decimals, 2^300 for what is no decimal.
const TWOS = 300
const UNIT = 10n ** 8n * 2n ** BigInt(TWOS)
/** What rational() gave: it is asked again and again. */
const RATIONALS = new Map<number, bigint>()

/** What a double stands for: its shortest decimal if that has at most 8 decimals, else its bits. */
export function rational(x: number): bigint {
  let known = RATIONALS.get(x)
  if (known === undefined) {
    known = rationalOf(x)
    RATIONALS.set(x, known)
  }
  return known
}

function rationalOf(x: number): bigint {
  const [mantissa, exponent] = x.toExponential().split('e')
  const digits = mantissa.replace('.', '').replace('-', '')
  const decimals = mantissa.replace('-', '').length - 2 - Number(exponent)
  const sign = x < 0 ? -1n : 1n
  const places = mantissa.includes('.') ? decimals : -Number(exponent)
  if (places <= 8) {
    const whole = BigInt(digits)
    return (
      sign *
      (places >= 0 ? (whole * UNIT) / 10n ** BigInt(places) : whole * 10n ** BigInt(-places) * UNIT)
    )
  }
  let twos = 0
  let scaled = x
  while (!Number.isInteger(scaled)) {
    scaled *= 2
    twos += 1
  }
  return (BigInt(scaled) * UNIT) / 2n ** BigInt(twos)
}

/** The double nearest to n / UNIT^power, by way of a decimal: JavaScript reads those exactly. */
export function nearest(n: bigint, power = 1): number {
  // Of decimals alone nothing is left behind the point of the binary part.
  const decimal = n % 2n ** BigInt(TWOS * power) === 0n
  if (decimal) n /= 2n ** BigInt(TWOS * power)
  const twos = decimal ? 0 : TWOS * power
  const places = 8 * power + twos
  const digits = ((n < 0n ? -n : n) * 5n ** BigInt(twos)).toString().padStart(places + 1, '0')
  const text = `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return Number(n < 0n ? `-${text}` : text)
}

function total(ticks: NaiveTick[], side?: number): bigint {
  let sum = 0n
  for (const tick of ticks)
    if (side === undefined || tick.side === side) sum += rational(tick.volume)
  return sum
}

/** By time; of one time those with an id first, by id; then by arrival. */
export function inOrder<T extends NaiveTick>(ticks: readonly T[]): T[] {
  return [...ticks].sort((a, b) => {
    if (a.timestamp !== b.timestamp) return a.timestamp - b.timestamp
    if (a.id === undefined && b.id !== undefined) return 1
    if (a.id !== undefined && b.id === undefined) return -1
    if (a.id !== undefined && b.id !== undefined && BigInt(a.id) !== BigInt(b.id)) {
      return BigInt(a.id) < BigInt(b.id) ? -1 : 1
    }
    return a.seq - b.seq
  })
}

export function naiveCandle(start: number, unordered: NaiveTick[]): NaiveCandle {
  const ticks = inOrder(unordered)
  const prices = ticks.map((tick) => tick.price)
  const volume = nearest(total(ticks))
  const quote = ticks.reduce((sum, tick) => sum + rational(tick.price) * rational(tick.volume), 0n)
  return {
    start,
    open: prices[0],
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices[prices.length - 1],
    volume,
    trades: ticks.length,
    buyVolume: nearest(total(ticks, 1)),
    sellVolume: nearest(total(ticks, 2)),
    quoteVolume: nearest(quote, 2),
    vwap: nearest(quote, 2) / volume,
    delta: nearest(total(ticks, 1) - total(ticks, 2)),
  }
}

/** Every candle of a length, by start. */
export function naiveCandles(ticks: NaiveTick[], lengthUs: number): NaiveCandle[] {
  const starts = [...new Set(ticks.map((tick) => Math.floor(tick.timestamp / lengthUs) * lengthUs))]
  return starts
    .sort((a, b) => a - b)
    .map((start) =>
      naiveCandle(
        start,
        ticks.filter((tick) => tick.timestamp >= start && tick.timestamp < start + lengthUs),
      ),
    )
}
