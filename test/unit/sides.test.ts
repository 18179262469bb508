import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { FeedOptions } from '../../dist/src/feeds/feed.js'
import { parseSideValues } from '../../dist/src/feeds/side-meaning.js'
import { sideWhenTrue, takerSideOf } from '../../dist/src/model/side-words.js'
import { readFile } from '../support/read-file.js'

// Which side a value names: by the word, by the column's name, by what the user says; and what is
// told where nobody knows.

const folder = mkdtempSync(join(tmpdir(), 'tickloom-sides-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const MS = 1_735_689_540_000
let files = 0

/** A file whose side column has the name and the values; sides as 1, 2 and 0, and codes told. */
async function sidesOf(name: string, values: readonly string[], options: FeedOptions = {}) {
  const path = join(folder, `${files++}.csv`)
  const rows = values.map((value, i) => `${MS + i},5,1,${value},${i + 1}`)
  writeFileSync(path, `time,price,amount,${name},id\n${rows.join('\n')}\n`)
  const read = await readFile(path, { pair: 'venue:spot:A', ...options })
  const codes = read.warnings.map(({ code }) => code)
  return { sides: read.rows.map(({ side }) => side), codes, read }
}

test('words are taken whole, without case', () => {
  const words = (side: number | undefined, ...all: string[]) =>
    expect(all.filter((word) => takerSideOf(word) !== side)).toEqual([])
  words(1, 'buy', 'BUY', 'B', 'b', 'Bid', 'BUYER', 'taker_buy', '+1', 'bought', ' buy ')
  words(2, 'sell', 'S', 'A', 'ask', 'ASK', 'Seller', 'taker_sell', '-1', '−1', 'sold')
  words(0, '', 'N', 'none', 'unknown', 'null', 'NaN', '-')
  words(undefined, 'bust', 'auction', '1', '0', '2', 'long', 'true', 'bidding', 'asked', 'x')
  expect([sideWhenTrue('is_buyer_maker'), sideWhenTrue('m'), sideWhenTrue('sell')]).toEqual([
    2, 2, 2,
  ])
  expect([sideWhenTrue('isBuyerAggressor'), sideWhenTrue('side')]).toEqual([1, undefined])
})

describe('a column of sides', () => {
  test('words of several spellings in one file', async () => {
    const { sides, codes } = await sidesOf('side', ['buy', 'SELL', 'Bid', 'ask', 'B', 'A', 'N'])
    expect([sides, codes]).toEqual([[1, 2, 1, 2, 1, 2, 0], []])
  })

  test('booleans say by the name of their column who took', async () => {
    expect((await sidesOf('is_buyer_maker', ['true', 'False', '1', '0'])).sides).toEqual([
      2, 1, 2, 1,
    ])
    expect((await sidesOf('sell', ['true', 'false'])).sides).toEqual([2, 1])
    expect((await sidesOf('isBuy', ['t', 'f'])).sides).toEqual([1, 2])
    const unknown = await sidesOf('side', ['true', 'false'])
    expect([unknown.sides, unknown.codes]).toEqual([[0, 0], ['side-unknown']])
  })

  test('numbers name a side only where somebody says it', async () => {
    const unsaid = await sidesOf('side', ['1', '2', '2'])
    expect([unsaid.sides, unsaid.codes]).toEqual([[0, 0, 0], ['side-unknown']])
    expect(unsaid.read.warnings[0].message).toContain('--sides')
    const sides = parseSideValues('buy=2,sell=1')
    const said = await sidesOf('side', ['1', '2', '2'], { sides })
    expect([said.sides, said.codes]).toEqual([[2, 1, 1], []])
    const turned = await sidesOf('side', ['1', '2', '2'], { sides, sideOf: 'maker' })
    expect(turned.sides).toEqual([1, 2, 2])
  })

  test('a one is a buy beside a minus one, wherever that stands', async () => {
    const late = [...Array(5000).fill('1'), '-1', '1']
    const { sides, codes } = await sidesOf('side', late)
    expect(codes).toEqual([])
    expect([sides[0], sides[4999], sides[5000], sides[5001]]).toEqual([1, 1, 2, 1])
  })

  test('the maker’s: by option, and by the name of the column', async () => {
    expect((await sidesOf('side', ['buy', 'sell'], { sideOf: 'maker' })).sides).toEqual([2, 1])
    expect((await sidesOf('maker_side', ['buy', 'sell'])).sides).toEqual([2, 1])
    const both = sidesOf('is_buyer_maker', ['true'], { sideOf: 'maker' })
    await expect(both).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
  })

  test('of coinbase, in a file that is none of its own: told', async () => {
    const told = await sidesOf('side', ['buy', 'sell'], { pair: 'coinbase:spot:BTC-USD' })
    expect([told.sides, told.codes]).toEqual([[1, 2], ['other-venue']])
    const said = await sidesOf('side', ['buy', 'sell'], {
      pair: 'coinbase:spot:BTC-USD',
      sideOf: 'maker',
    })
    expect([said.sides, said.codes]).toEqual([[2, 1], []])
  })

  test('a type is a side where its values are', async () => {
    expect((await sidesOf('type', ['buy', 'sell'])).sides).toEqual([1, 2])
    const orders = await sidesOf('type', ['limit', 'market'])
    expect([orders.sides, orders.codes]).toEqual([[0, 0], ['no-side']])
  })

  test('words that nobody knows, in more than one of a thousand rows', async () => {
    const words = Array.from({ length: 5000 }, (_, i): string => (i % 2 ? 'buy' : 'sell'))
    const few = await sidesOf('side', words.with(7, 'bust'))
    expect(few.codes).toEqual([])
    expect(few.read.reading).toMatchObject({ notUnderstood: 1, unknownSides: 1, unknownVolume: 1 })
    const more = await sidesOf(
      'side',
      words.map((word, i) => (i % 500 === 7 ? 'bust' : word)),
    )
    expect(more.read.warnings).toMatchObject([{ code: 'side-unknown', count: 10 }])
    const many = await sidesOf(
      'side',
      words.map((_, i) => `w${i}`),
    )
    expect(many.codes).toEqual(['side-unknown'])
    expect(many.read.reading.sides.reduce((n, { count }) => n + count, 0)).toBe(5000)
  })
})

describe('without a column', () => {
  test('a sign that first appears behind 100,000 rows is a side, and told', async () => {
    const path = join(folder, 'late.csv')
    const rows = Array.from({ length: 100_000 }, (_, i) => `${MS + i},5,1,${i + 1}`)
    rows.push(`${MS + 200_000},5,-2,200000`, `${MS + 200_001},5,3,200001`)
    writeFileSync(path, `time,price,amount,id\n${rows.join('\n')}\n`)
    const { rows: read, warnings } = await readFile(path, { pair: 'venue:spot:A' })
    expect(read.slice(-2)).toMatchObject([
      { side: 2, volume: 2 },
      { side: 1, volume: 3 },
    ])
    const unknown = read.filter(({ side }) => side === 0).length
    expect(warnings).toMatchObject([{ code: 'side-late', count: unknown }])
    expect(unknown).toBeGreaterThan(0)
  })

  test('a column that looks like the side, and was not read, is named', async () => {
    const path = join(folder, 'unread.csv')
    writeFileSync(path, `time,price,amount,who,id\n${MS},5,1,buy,1\n${MS + 1},5,1,sell,2\n`)
    const { warnings } = await readFile(path, { pair: 'venue:spot:A' })
    expect(warnings.map((w) => w.code)).toEqual(['no-side', 'unread-column'])
    expect(warnings[1].message).toContain('--map side=who')
  })
})

test('--sides names each value once', () => {
  expect(parseSideValues('buy=2,sell=1,sell=3')).toMatchObject({ buy: ['2'], sell: ['1', '3'] })
  for (const wrong of ['buy', 'left=1', 'buy=1,sell=1', '']) {
    expect(() => parseSideValues(wrong)).toThrow(/sides must be/)
  }
})
