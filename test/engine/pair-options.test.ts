import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type EngineError, type PairOptions, Side } from 'tickloom'
import { expect, test } from 'vitest'
import { filePath, sql } from '../support/closed-file.js'
import { opened, T0, withDir, withEngine } from '../support/engine-dir.js'

const EVENT = { shards: 1, clock: 'event' } as const
const CONTRACTS = {
  tradeIds: 'sequential',
  volumeUnit: 'contracts',
  contractSize: 100,
  inverse: true,
} as const

test('what the volumes of a pair are is kept in its file, and another meaning is refused', async () => {
  await withDir(async (dataDir) => {
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const pair = engine.pair('venue', 'swap', 'BTC/USD:BTC', CONTRACTS)
      expect(pair.options).toMatchObject({ ...CONTRACTS, decimals: 8 })
      pair.trade(T0, 50_000, 3, Side.Buy, 1)
    })
    const path = filePath(dataDir, 'venue', 'swap', 'BTC/USD:BTC')
    expect(await sql(path, "SELECT * FROM meta WHERE key NOT LIKE 'schema%' ORDER BY key")).toEqual(
      [
        { key: 'contract_size', value: '100' },
        { key: 'decimals', value: '8' },
        { key: 'inverse', value: 'true' },
        { key: 'name', value: 'venue:swap:BTC/USD:BTC' },
        { key: 'order', value: 'id' },
        { key: 'prices', value: 'positive' },
        { key: 'trade_ids', value: 'sequential' },
        { key: 'volume_unit', value: 'contracts' },
      ],
    )
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const open = (options: PairOptions) => engine.pair('venue', 'swap', 'BTC/USD:BTC', options)
      for (const [options, said] of [
        [{ volumeUnit: 'base' }, 'another volumeUnit; use that one: stored=contracts asked=base'],
        [{ contractSize: 10 }, 'another contractSize; use that one: stored=100 asked=10'],
        [{ inverse: false }, 'another inverse; use that one: stored=true asked=false'],
      ] as const) {
        expect(() => open(options)).toThrow(
          expect.objectContaining({
            code: 'PAIR_MISMATCH',
            message: expect.stringContaining(said),
          }),
        )
      }
      expect(open({}).options).toMatchObject(CONTRACTS)
      expect(open({ decimals: undefined } as unknown as PairOptions).options.decimals).toBe(8)
    })
  })
})

// As the release before has left it: without a word of the two options that came later.
async function forget(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run("DELETE FROM meta WHERE key IN ('order', 'prices')")
  await connection.run(
    `UPDATE state SET meta = replace(replace(meta, ',"order":"id"', ''), ',"prices":"positive"', '')`,
  )
  connection.closeSync()
  instance.closeSync()
  const described = join(dirname(path), 'pair.json')
  const { prices: _p, order: _o, ...old } = JSON.parse(readFileSync(described, 'utf8'))
  writeFileSync(described, JSON.stringify(old))
}

test('an option that a file does not know has its old meaning, and refuses nobody', async () => {
  await withDir(async (dataDir) => {
    await opened({ dataDir, ...EVENT }, async (engine) => {
      const pair = engine.pair('venue', 'spot', 'OLD')
      expect(pair.options).toMatchObject({ prices: 'positive', order: 'id' })
      pair.trade(T0, 50_000, 3, Side.Buy, 1)
    })
    const path = filePath(dataDir, 'venue', 'spot', 'OLD')
    await forget(path)
    const [facts] = await sql(path, 'SELECT meta FROM state ORDER BY rowid DESC LIMIT 1')
    expect(facts.meta).not.toMatch(/order|prices/)
    for (let again = 0; again < 2; again++) {
      await opened({ dataDir, ...EVENT }, async (engine) => {
        for (const [options, said] of [
          [{ order: 'id' }, 'order; use that one: stored=arrival asked=id'],
          [{ prices: 'any' }, 'prices; use that one: stored=positive asked=any'],
        ] as const) {
          const [[option, value]] = Object.entries(options)
          expect(() => engine.pair('venue', 'spot', 'OLD', options)).toThrow(
            expect.objectContaining({
              code: 'PAIR_MISMATCH',
              message: `venue:spot:OLD is stored with another ${said}, or close the engine and change it: tickloom set venue:spot:OLD --${option} ${value}`,
            }),
          )
        }
        const pair = engine.pair('venue', 'spot', 'OLD')
        expect(pair.options).toMatchObject({ prices: 'positive', order: 'arrival' })
        expect(engine.find('venue:spot:OLD').options.order).toBe('arrival')
        expect(pair.trade(T0 + 1 + again, 50_000, 3, Side.Buy, 2 + again)).toBeGreaterThan(0)
        expect((await pair.stats()).stored).toBe(1)
      })
    }
    expect(await sql(path, 'SELECT count(*) AS n FROM ticks')).toEqual([{ n: 3 }])
  })
})

test('options of a pair that mean nothing are refused by name', async () => {
  await withEngine(EVENT, async (engine) => {
    const codeOf = (options: object) => {
      try {
        engine.pair('venue', 'spot', 'X', options)
      } catch (error) {
        return [(error as EngineError).code, (error as EngineError).message]
      }
      return []
    }
    for (const [options, said] of [
      [{ volumeUnit: 'lots' }, 'volumeUnit must be one of base, quote, contracts: volumeUnit=lots'],
      [{ contractSize: 0 }, 'contractSize must be a number above 0: contractSize=0'],
      [{ contractSize: '1' }, 'contractSize must be a number above 0: contractSize=1'],
      [{ contractSize: Number.NaN }, 'contractSize must be a number above 0: contractSize=NaN'],
      [{ inverse: 1 }, 'inverse must be true or false: inverse=1'],
      [{ prices: 'negative' }, 'prices must be one of positive, any: prices=negative'],
      [{ order: 'seq' }, 'order must be one of id, arrival: order=seq'],
      [{ decimals: 9 }, 'decimals must be a whole number from 0 to 8: decimals=9'],
      [{ maxPrice: -1 }, 'maxPrice must be above 0: maxPrice=-1'],
      [{ tradeids: 'none' }, 'pair options has no option tradeids; did you mean tradeIds?'],
    ] as const) {
      expect(codeOf(options)).toEqual(['BAD_OPTION', said])
    }
  })
})
