import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openFeed } from '../../dist/src/feeds/feed.js'
import { idAt } from '../../dist/src/feeds/trade-batch.js'
import { runs } from '../support/seed.js'

// Plain rows are read in one pass, others by the reader that knows all forms. A quoted first field
// makes every row one of the others: the same file with and without such quotes reads the same.

const HEAD = 'id,price,qty,time,is_buyer_maker,note\n'

const digits = (most: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most })
    .map((all) => all.join(''))
const decimal = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(digits(9), digits(8)).map(([a, b]) => `${a}.${b}`) },
  { weight: 3, arbitrary: digits(17) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['5.', '.5', '0', '-1.5', '+2', '1e3', '1.5E-9', '', '.', '1.2.3', ' 7', '8 ', '"9"'],
      ...['NaN', '0x10', '9007199254740993', '0.1234567890123456', '00000000001.5', '1_0'],
    ),
  },
)
const time = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .integer({ min: 946_684_800, max: 4_000_000_000 })
      .chain((seconds) =>
        fc.constantFrom(
          ...['', '000', '123', '123456', '123456789'].map((more) => `${seconds}${more}`),
          ...[`${seconds}.5`, `${seconds}123.75`, ` ${seconds}`],
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '2024-05-14T00:00:00.5Z',
      '0',
      '',
      '123',
      'yesterday',
      '"1700000000"',
    ),
  },
)
const id = fc.oneof(
  { weight: 8, arbitrary: digits(19) },
  { weight: 1, arbitrary: fc.constantFrom('', 'abc', '-5', '1.5', '007', '9223372036854775808') },
)
const maker = fc.constantFrom('True', 'False', 'true', 'f', '1', '0', '', 'x', ' True', '"false"')
const note = fc.constantFrom('', 'x', 'a b', ' ', '"q,q"', '12', '\r')
const line = fc
  .tuple(
    fc.record({ id, price: decimal, qty: decimal, time, maker, note }),
    fc.integer({ min: 0, max: 19 }),
  )
  .map(([r, odd]) => {
    const rest = [r.price, r.qty, r.time, r.maker, r.note]
    if (odd === 0) rest.pop()
    if (odd === 1) rest.push('more')
    if (odd === 2) rest.push('')
    return { first: r.id, rest: rest.join(',') + (odd % 5 === 3 ? '\r' : '') }
  })

async function read(path: string) {
  const feed = openFeed(path)
  const rows: unknown[] = []
  for await (const batch of feed) {
    for (let i = 0; i < batch.count; i++) {
      const { timestamp, price, volume, side, receivedAt, instrument } = batch
      rows.push([
        timestamp[i],
        price[i],
        volume[i],
        side[i],
        idAt(batch, i),
        receivedAt[i],
        instrument[i],
      ])
    }
  }
  const { rows: count, bad, lines, badLines, textIds } = feed.tally
  return { rows, count, bad, lines, badLines, textIds, instruments: feed.instruments }
}

test('a plain row reads as the same row does by the way of all others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickloom-plain-'))
  const [plain, quoted] = [join(folder, 'plain.csv'), join(folder, 'quoted.csv')]
  let seen = 0
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 60 }), async (lines) => {
        writeFileSync(plain, HEAD + lines.map(({ first, rest }) => `${first},${rest}\n`).join(''))
        const others = lines.map(({ first, rest }) => `"${first}",${rest}\n`)
        writeFileSync(quoted, HEAD + others.join(''))
        const [a, b] = [await read(plain), await read(quoted)]
        expect(a).toEqual(b)
        seen += a.count
      }),
      runs(300),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  expect(seen).toBeGreaterThan(1000)
})

test('rows that are never plain, then plain ones, over more than a batch', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickloom-plain-'))
  const path = join(folder, 'mixed.csv')
  try {
    const rows = Array.from({ length: 12_000 }, (_, i) => {
      const odd = i < 5000 || i % 1000 === 0
      return `${i + 1},${odd ? '1e2' : '100.50'},0.25,${1_700_000_000 + i},${i % 2 === 0},\n`
    })
    writeFileSync(path, HEAD + rows.join(''))
    const { rows: read12k, count, bad, lines } = await read(path)
    expect([count, bad, lines]).toEqual([12_000, 0, 12_001])
    expect(read12k).toEqual(
      rows.map((_, i) => {
        const odd = i < 5000 || i % 1000 === 0
        const us = (1_700_000_000 + i) * 1e6
        return [us, odd ? 100 : 100.5, 0.25, i % 2 === 0 ? 2 : 1, i + 1, Number.NaN, 0]
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
