import { Side } from 'tickloom'
import { expect, test } from 'vitest'
import { filePath, ticksOf } from '../support/closed-file.js'
import { opened, T0, withDir } from '../support/engine-dir.js'
import { IS_LONG } from '../support/seed.js'

// More pairs than files that may be attached: the least recently used gives way, and neither a
// staged tick nor a question that is being answered may notice.

const PAIRS = 12
const ROUNDS = IS_LONG ? 30 : 12
const PER_ROUND = 7
const names = Array.from({ length: PAIRS }, (_, i) => `P${i}/USDT`)
const tick = (id: number) => [T0 + id * 1e6, 100 + (id % 9), 1 + (id % 3), Side.Buy, id] as const

test('twelve pairs live in two attached files, read and written in between', async () => {
  await withDir(async (dataDir) => {
    const options = { dataDir, shards: 1, clock: 'event', attachedFiles: 2 } as const
    await opened(options, async (engine) => {
      const faults: string[] = []
      engine.on('fault', (fault) => faults.push(`${fault.code} ${fault.message}`))
      const pairs = names.map((name) =>
        engine.pair('venue', 'spot', name, { tradeIds: 'sequential' }),
      )
      for (let round = 0; round < ROUNDS; round++) {
        for (const pair of pairs) {
          for (let i = 1; i <= PER_ROUND; i++) pair.trade(...tick(round * PER_ROUND + i))
        }
        const highest = (round + 1) * PER_ROUND
        // All at once: more are asked than may be attached.
        const answers = await Promise.all(
          pairs.map(async (pair) => [
            (await pair.last())?.tradeId,
            (await pair.cvd({ lookback: '1h' })).trades,
            (await pair.candles('1m', { includeOpen: true })).reduce((n, c) => n + c.trades, 0),
          ]),
        )
        expect(answers).toEqual(pairs.map(() => [highest, highest, highest]))
        if (round % 10 === 5) await engine.cleanup()
      }
      expect(faults).toEqual([])
    })
    // Taken up again by two files as well: the last round's id comes twice.
    await opened({ ...options, attachedFiles: 1 }, async (engine) => {
      for (const name of names) {
        const pair = engine.pair('venue', 'spot', name, { tradeIds: 'sequential' })
        pair.trade(...tick(ROUNDS * PER_ROUND))
        pair.trade(...tick(ROUNDS * PER_ROUND + 1))
      }
      engine.settle()
      const stats = engine.stats()
      expect([stats.received, stats.duplicates]).toEqual([2 * PAIRS, PAIRS])
    })
    for (const name of names) {
      const ids = (await ticksOf(filePath(dataDir, 'venue', 'spot', name))).map((t) => t.tradeId)
      expect(ids).toEqual(Array.from({ length: ROUNDS * PER_ROUND + 1 }, (_, i) => i + 1))
    }
  })
})
