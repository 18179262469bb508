import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { follow } from '../../examples/binance-live.js'
import { until, withEngine } from '../support/engine-dir.js'
import { type RecordedTrade, replayServer } from '../support/replay-server.js'

// The live example against a local venue: whatever the connection does, every trade is there once.

const CAPTURE = join(
  import.meta.dirname,
  '../../../shared/data/binance/btcusdt-spot-20240808-raw.gz',
)

function made(): RecordedTrade[] {
  return Array.from({ length: 3000 }, (_, i) => {
    const at = { T: 1_723_161_254_000 + i * 40, m: i % 3 === 0 }
    return { e: 'trade', s: 'BTCUSDT', t: 500 + i, p: `${61_000 + (i % 50)}.5`, q: '0.25', ...at }
  })
}

function recorded(): RecordedTrade[] {
  const lines = gunzipSync(readFileSync(CAPTURE)).toString().trimEnd().split('\n')
  const events = lines.map((line) => JSON.parse(line.slice(line.indexOf(' '))).data)
  return events.filter((data) => data?.e === 'trade')
}

async function followed(trades: readonly RecordedTrade[], dropEvery: number) {
  const server = await replayServer(trades, dropEvery)
  try {
    return await withEngine({ clock: 'event', shards: 1 }, async (engine) => {
      const stop = follow(engine, server.venue, ['BTCUSDT'])
      const pair = engine.find('binance:spot:BTCUSDT')
      const stored = async () => (await pair.stats()).stored === trades.length
      await until('every trade is there', stored)
      stop()
      expect(await pair.gaps({ open: true })).toEqual([])
      const rows = await pair.recentTicks({ limit: trades.length + 1 })
      return { rows, stats: await pair.stats(), connections: server.connections() }
    })
  } finally {
    server.close()
  }
}

test('a connection that is lost again and again loses nothing', async () => {
  const trades = made()
  const { rows, stats, connections } = await followed(trades, 400)
  expect(connections).toBe(7)
  expect(rows.map(({ tradeId }) => tradeId)).toEqual(trades.map(({ t }) => t))
  expect(rows.map(({ price }) => price)).toEqual(trades.map(({ p }) => Number(p)))
  expect(stats).toMatchObject({ stored: 3000, refused: 0, rejected: 0 })
})

test.skipIf(!existsSync(CAPTURE))('so with a recorded market', async () => {
  const trades = recorded()
  const ids = trades.map(({ t }) => t).sort((a, b) => a - b)
  const { rows } = await followed(trades, 1000)
  const stored = rows.map(({ tradeId }) => Number(tradeId)).sort((a, b) => a - b)
  expect(stored).toEqual(ids)
})
if (!existsSync(CAPTURE)) console.log(`skipped: no recorded market at ${CAPTURE}`)
