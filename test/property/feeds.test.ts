import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { EngineError, TickEngine } from 'tickloom'
import { afterAll, describe, expect, test } from 'vitest'
import { FORMATS } from '../../dist/src/feeds/formats/all.js'
import { MAPPED_COLUMNS, plainName } from '../../dist/src/feeds/formats/format.js'
import { MAKER_NAMES, USUAL_NAMES } from '../../dist/src/feeds/usual-names.js'
import { DUMPS, type Dump, linesOf, madeTrades, TIMES } from '../support/dumps.js'
import { readFile } from '../support/read-file.js'
import { IS_LONG, runs } from '../support/seed.js'

// A right file with one thing broken: either its numbers are those of the right file, or there is a
// warning, or it is refused. Never a wrong number without a word.

const folder = mkdtempSync(join(tmpdir(), 'tickloom-broken-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const TRADES = madeTrades(80)
let made = 0

interface Sheet {
  /** Header, where there is one, and rows. */
  lines: string[][]
  delimiter: string
  /** Of the text as a whole. */
  finish: (text: string) => string
}

/** Breaks one thing; `pick` draws from [0, n). */
type Break = (dump: Dump, sheet: Sheet, pick: (n: number) => number) => void

const body = (dump: Dump, { lines }: Sheet): string[][] => (dump.header ? lines.slice(1) : lines)
const columnOf = (dump: Dump, as: (typeof MAPPED_COLUMNS)[number]): number => {
  const name = FORMATS.find((f) => f.name === dump.format)?.columns[as]
  const plain = (text: string) => plainName(text.split('/')[0])
  const at = dump.columns.findIndex(([one]) => name !== undefined && plain(one) === plainName(name))
  if (at >= 0 || name === undefined) return at
  return dump.columns.findIndex(([one]) => plainName(one) === plainName(name))
}

const OTHER_WORDS: readonly (readonly [string, string])[] = [
  ['B', 'S'],
  ['bid', 'ask'],
  ['1', '2'],
  ['1', '0'],
  ['+1', '-1'],
  ['1', '-1'],
  ['true', 'false'],
  ['long', 'short'],
  ['bought', 'bust'],
  ['buyer', 'seller'],
  ['', ''],
  ['x', 'y'],
]

const BREAKS: Readonly<Record<string, Break>> = {
  'a column renamed to nothing known': (dump, sheet, pick) => {
    if (dump.header) sheet.lines[0][pick(dump.columns.length)] = 'zzz'
  },
  'a column renamed to a usual name': (dump, sheet, pick) => {
    const as = MAPPED_COLUMNS[pick(MAPPED_COLUMNS.length)]
    const at = columnOf(dump, as)
    // A name that says that the side is the maker's is believed.
    const names = USUAL_NAMES[as].filter((name) => !MAKER_NAMES.has(name))
    if (dump.header && at >= 0) sheet.lines[0][at] = names[pick(names.length)]
  },
  'two columns change names': (dump, sheet, pick) => {
    const [a, b] = [pick(dump.columns.length), pick(dump.columns.length)]
    if (!dump.header || a === b) return
    const [first] = sheet.lines
    // A size for a size, and a price for a price, are what they are called; another symbol is
    // another pair, and its name is shown.
    const kinds = MAPPED_COLUMNS.filter((as) => [a, b].includes(columnOf(dump, as)))
    if (['volume', 'price', 'symbol', 'exchange'].some((as) => kinds.includes(as as 'price')))
      return
    ;[first[a], first[b]] = [first[b], first[a]]
  },
  'a column taken out': (dump, sheet, pick) => {
    const at = pick(dump.columns.length)
    for (const line of sheet.lines) line.splice(at, 1)
  },
  'side words replaced, in every row': (dump, sheet, pick) => {
    const at = columnOf(dump, 'side')
    if (at < 0) return
    const [buy, sell] = OTHER_WORDS[pick(OTHER_WORDS.length)]
    // A number or a boolean that says the opposite of what it says there is a lie, no other word.
    const numbers = /^(?:true|false|[012])$/i
    if (numbers.test(body(dump, sheet)[0][at]) && /^(?:true|[+-]?[012])$/.test(buy)) return
    // What the venue's own words say of the taker, said in other words of the same column.
    for (const line of body(dump, sheet)) line[at] = isBuyWord(line[at]) ? buy : sell
  },
  'one side word replaced': (dump, sheet, pick) => {
    const at = columnOf(dump, 'side')
    const rows = body(dump, sheet)
    if (at >= 0) rows[pick(rows.length)][at] = ['bust', 'x', '7', 'both'][pick(4)]
  },
  'rows of another kind mixed in': (dump, sheet, pick) => {
    const row = [...sheet.lines[1 + pick(20)]]
    const at = columnOf(dump, ['price', 'volume', 'timestamp'][pick(3)] as 'price')
    const kinds = [row.slice(1), [...row, 'x'], row.map((cell, i) => (i === at ? 'book' : cell))]
    sheet.lines.splice(2 + pick(40), 0, kinds[pick(3)])
  },
  'an id repeated': (dump, sheet, pick) => {
    const at = columnOf(dump, 'id')
    const rows = body(dump, sheet)
    const row = 1 + pick(rows.length - 1)
    if (at >= 0) rows[row][at] = rows[row - 1][at]
  },
  'ids that are none': (dump, sheet, pick) => {
    const at = columnOf(dump, 'id')
    const none = ['', '0', 'None', 'nan', '00000000-0000-0000-0000-000000000000'][pick(5)]
    if (at >= 0) for (const line of body(dump, sheet)) line[at] = none
  },
  'the unit of time changes half-way': (dump, sheet, pick) => {
    const at = columnOf(dump, 'timestamp')
    const text = Object.values(TIMES)[pick(Object.keys(TIMES).length)]
    const rows = body(dump, sheet)
    for (let i = rows.length >> 1; i < rows.length; i++) rows[i][at] = text(TRADES[i].us)
  },
  'columns permuted': (dump, sheet, pick) => {
    // Without a header a price and a size that change places are a price and a size.
    if (!dump.header) return
    const order = dump.columns.map((_, i) => ({ i, key: pick(1000) }))
    order.sort((a, b) => a.key - b.key)
    sheet.lines = sheet.lines.map((line) => order.map(({ i }) => line[i]))
  },
  'another delimiter': (_dump, sheet, pick) => {
    sheet.delimiter = [';', '\t', ' , '][pick(3)]
  },
  quotes: (_dump, sheet) => {
    sheet.lines = sheet.lines.map((line) => line.map((cell) => `"${cell}"`))
  },
  'a byte order mark, line ends of Windows': (_dump, sheet) => {
    sheet.finish = (text) => `\ufeff${text.replaceAll('\n', '\r\n')}`
  },
  'its header taken away': (dump, sheet) => {
    if (dump.header) sheet.lines.shift()
  },
  'its header in the middle again': (dump, sheet) => {
    if (dump.header) sheet.lines.splice(30, 0, [...sheet.lines[0]])
  },
  'cut off in its last row': (_dump, sheet) => {
    // In front of its last field: a number that is cut inside is another number.
    sheet.finish = (text) => text.slice(0, text.lastIndexOf(sheet.delimiter))
  },
  'amounts below zero are sells': (dump, sheet) => {
    const [side, volume] = [columnOf(dump, 'side'), columnOf(dump, 'volume')]
    if (side < 0) return
    for (const [i, line] of body(dump, sheet).entries()) {
      if (TRADES[i].side === 'sell') line[volume] = `-${line[volume]}`
    }
    for (const line of sheet.lines) line.splice(side, 1)
  },
}

// In the venue's own words, whatever they stand for.
const isBuyWord = (word: string): boolean => /^(?:buy|B|2|0|false)$/i.test(word)

function write(dump: Dump, { lines, delimiter, finish }: Sheet): string {
  const at = join(folder, String(made++))
  mkdirSync(at)
  const path = join(at, dump.file)
  writeFileSync(path, finish(`${lines.map((line) => line.join(delimiter)).join('\n')}\n`))
  return path
}

const sheetOf = (dump: Dump): Sheet => ({
  lines: linesOf(dump, TRADES, dump.time),
  delimiter: ',',
  finish: (text) => text,
})

async function numbersOf(path: string, dump: Dump) {
  const options = dump.byName ? { format: dump.format } : {}
  const { rows, units, warnings } = await readFile(path, { pair: dump.pair, ...options })
  const numbers = rows.map(({ us, price, volume, side }) => [us, price, volume, side])
  return { rows: numbers, units: { volumeUnit: 'base', ...units }, warnings }
}

describe('a right file with one thing broken', () => {
  for (const [what, spoil] of Object.entries(BREAKS)) {
    test(what, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...DUMPS),
          fc.infiniteStream(fc.nat({ max: 1_000_000 })),
          async (dump, draws) => {
            const right = await numbersOf(write(dump, sheetOf(dump)), dump)
            const sheet = sheetOf(dump)
            spoil(dump, sheet, (n) => (draws.next().value as number) % n)
            const path = write(dump, sheet)
            const broken = await numbersOf(path, dump).catch((thrown) => {
              if (thrown instanceof EngineError && /^BAD_/.test(thrown.code)) return undefined
              throw thrown
            })
            if (broken === undefined) return
            const told = broken.warnings.filter(({ code }) => !dump.warns.includes(code))
            if (told.length > 0) return
            expect(broken.rows, `${dump.format} ${path}`).toEqual(right.rows)
            expect(broken.units, `${dump.format} ${path}`).toEqual(right.units)
          },
        ),
        runs(IS_LONG ? 120 : 50),
      )
    })
  }
})

test('and so through an engine: candles, CVD and what is told', async () => {
  // Every second one: each takes an engine. An id that is repeated is the engine's own matter.
  const breaks = Object.entries(BREAKS)
    .filter(([what]) => what !== 'an id repeated')
    .filter((_, i) => i % 2 === 0)
  let draw = 7
  const pick = (n: number): number => {
    draw = (draw * 1103515245 + 12345) % 2147483648
    return draw % n
  }
  const chosen = [2, 11, 16].map((i) => DUMPS[i])
  const rights = new Map<Dump, Awaited<ReturnType<typeof replayed>>>()
  for (const dump of chosen) rights.set(dump, await replayed(write(dump, sheetOf(dump)), dump))
  for (const [i, [what, spoil]] of breaks.entries()) {
    const dump = chosen[i % chosen.length]
    const sheet = sheetOf(dump)
    spoil(dump, sheet, pick)
    const right = rights.get(dump)
    const broken = await replayed(write(dump, sheet), dump)
    if (broken === undefined) continue
    const told = broken.codes.filter((code) => !dump.warns.includes(code))
    if (told.length > 0) continue
    expect(broken.candles, `${what} ${dump.format}`).toEqual(right?.candles)
  }
})

async function replayed(path: string, dump: Dump) {
  const engine = await TickEngine.open({ dataDir: ':memory:', clock: 'event', shards: 1 })
  const faults: string[] = []
  engine.on('fault', ({ code, message }) => faults.push(`${code} ${message}`))
  try {
    const options = dump.byName ? { format: dump.format } : {}
    const { warnings } = await engine.replay(path, { pair: dump.pair, ...options })
    const [key] = engine.pairs()
    const candles =
      key === undefined ? [] : await engine.find(key.name).candles('1m', { includeOpen: true })
    expect(faults.filter((fault) => fault.startsWith('FEED_WARNING')).length).toBe(warnings.length)
    return { candles, codes: warnings.map(({ code }) => code) }
  } catch (thrown) {
    if (thrown instanceof EngineError && /^BAD_/.test(thrown.code)) return undefined
    throw thrown
  } finally {
    await engine.close()
  }
}
