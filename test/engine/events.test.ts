import { type LossEvent, Refusal, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { T0, until, withEngine } from '../support/engine-dir.js'

// What is told, to whom, and when.

/** As much of a logger as the engine calls. */
function heard() {
  const lines: string[] = []
  const at = (level: string) => (_: object, text: string) => lines.push(`${level} ${text}`)
  const logger = { info: at('info'), warn: at('warn'), error: at('error') }
  return { lines, logger: logger as never }
}

test('what nobody listens to goes to the logger; what somebody hears does not', async () => {
  const { lines, logger } = heard()
  await withEngine({ shards: 1, clock: 'event', logger }, async (engine) => {
    const rejects: string[] = []
    const pair = engine.pair('venue', 'spot', 'A', { tradeIds: 'sequential' })
    pair.trade(T0, -1, 1, Side.Buy, 1)
    for (const id of [2, 3, 9]) pair.trade(T0 + id * 1e6, 1, 1, Side.Buy, id)
    pair.trade(T0 + 20e6, 1, 1, Side.Buy, 10)
    pair.trade(T0 / 1000, 1, 1, Side.Buy, 11)
    await engine.flush()
    const loud = () => lines.filter((line) => !line.startsWith('info'))
    await until('the logger heard of all', () => loud().length === 5)
    // Two faults: a time in ms, and a price below 0.
    const told = ['error fault', 'error fault', 'warn gap', 'warn loss', 'warn reject']
    expect(loud().sort()).toEqual(told)
    engine.on('reject', (event) => rejects.push(event.reason))
    pair.trade(T0 + 30e6, 1, -1, Side.Buy, 12)
    await until('the handler heard', () => rejects.length === 1)
    expect(loud().length).toBe(5)
  })
})

test('a handler that throws stops nothing and nobody', async () => {
  const { lines, logger } = heard()
  await withEngine({ shards: 1, clock: 'event', logger }, async (engine) => {
    const told: number[] = []
    engine.on('candle', () => {
      throw new Error('a bug of the host')
    })
    engine.on('candle', (candle) => told.push(candle.timestamp))
    const pair = engine.pair('venue', 'spot', 'A')
    for (let id = 0; id < 3; id++) pair.trade(T0 + id * 60e6, 1, 1, Side.Buy, id)
    pair.trade(T0 + 181e6, 1, 1, Side.Buy, 3)
    await until('all are told', () => told.length >= 3)
    expect(lines.filter((line) => line === 'error a handler threw').length).toBe(told.length)
  })
})

test('the rest of a burst of refusals is told without another refusal', async () => {
  await withEngine({ shards: 1, clock: 'event' }, async (engine) => {
    const losses: LossEvent[] = []
    engine.on('loss', (loss) => losses.push(loss))
    const pair = engine.pair('venue', 'spot', 'A')
    const burst = () => {
      for (let i = 0; i < 10; i++) expect(pair.trade(T0, Number.NaN, 1, 1)).toBe(Refusal.NotFinite)
    }
    burst()
    await until('the first are told', () => losses.length === 1)
    burst()
    await until('the rest is told', () => losses.reduce((n, loss) => n + loss.count, 0) === 20)
    expect(losses.map(({ reason }) => reason)).toEqual(['not-finite', 'not-finite'])
  })
})

test('what is no number is refused, whatever it is', async () => {
  await withEngine({ shards: 1, clock: 'event' }, async (engine) => {
    const pair = engine.pair('venue', 'spot', 'A')
    const odd = [1n, '5', null, undefined, Symbol('x'), {}, [], () => 1, Number.NaN, -0 / 0]
    const trade = pair.trade.bind(pair) as (...args: unknown[]) => number
    for (const value of odd) {
      expect(trade(value, 1, 1, 1, 1)).toBe(Refusal.NotFinite)
      expect(trade(T0, value, 1, 1, 1)).toBe(Refusal.NotFinite)
      expect(trade(T0, 1, value, 1, 1)).toBe(Refusal.NotFinite)
      if (value !== undefined) expect(trade(T0, 1, 1, 1, 1, value)).toBe(Refusal.NotFinite)
    }
    expect(engine.stats()).toMatchObject({ offered: 39, refused: 39, received: 0 })
  })
})
