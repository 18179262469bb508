import { parseArgs } from 'node:util'
import { EngineError } from '../errors.js'
import { nearNames } from '../model/pair-key.js'

// The command's words: what each subcommand takes, its help, and what is said of a word nobody
// knows.

/** Longest message: a word can be of any length, and stands in it. */
const MOST_MESSAGE = 2000

/** A wrong word on the command line: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message.length > MOST_MESSAGE ? `${message.slice(0, MOST_MESSAGE)}…` : message)
  }
}

export const HELP = `tickloom: ticks in, candles, CVD and order-flow imbalance out

usage
  tickloom replay FILE…|-  [--pair EXCHANGE:MARKET:SYMBOL] [--symbol FILTER] [--speed max|1x|10x]
                           [--data-dir DIR] [--shards N] [--retention off|DURATION]
                           [--format auto|csv|NAME] [--ids integer|sequential|text|none]
                           [--map timestamp=COL,price=COL,volume=COL,side=COL,id=COL,symbol=COL]
                           [--sides buy=VALUE,sell=VALUE] [--side-of taker|maker]
                           [--volume-unit base|quote|contracts] [--contract-size N] [--inverse]
                           [--prices any|positive] [--open-end] [--strict] [--json]
  tickloom replay --journal DIR [--data-dir EMPTY] [--shards N] [--json]
  tickloom formats         [--json]
  tickloom candles PAIR    --interval 1m|5m|15m|1h|1d [--data-dir DIR] [--from T] [--to T]
                           [--limit N] [--fill none|previous|zero] [--closed]
                           [--format table|csv|json|chart] [--time ms|us|iso]
  tickloom flow PAIR       [--lookback DURATION] [--window DURATION] [--data-dir DIR] [--json]
  tickloom gaps PAIR       [--data-dir DIR] [--json]
  tickloom pairs           [--data-dir DIR] [--json]
  tickloom export PAIR     --out FILE [--table ticks|candles_1m|…] [--format parquet|csv]
                           [--from T] [--to T] [--data-dir DIR]
  tickloom stats [PAIR]    [--data-dir DIR] [--json]
  tickloom verify          [--data-dir DIR] [--json]
  tickloom repair          [--data-dir DIR] [--json]
  tickloom set PAIR        [--order id|arrival] [--prices any|positive] [--contract-size N]
                           [--volume-unit base|quote|contracts] [--inverse|--linear]
                           [--ids integer|sequential|none] [--data-dir DIR] [--json]
  tickloom sql PAIR SELECT [--format table|csv|json] [--data-dir DIR]
  tickloom generate        --pairs N --ticks N --seed S [--duplicates P] [--disorder MS] [--gaps P]
                           [--bad P]
  tickloom --help | --version

words
  PAIR      EXCHANGE:MARKET:SYMBOL, split at the first two colons: binance:swap:BTC/USDT:USDT
            replay needs none for a file that names its symbols; EXCHANGE:MARKET:* says where
            they are from
  MARKET    spot, swap, future, option or dex
  T         ISO 8601 (2026-11-20, 2026-11-20T13:00:00.5Z; UTC where no zone is named) or a number
            since the epoch, whose size tells s, ms, µs or ns; --from is inclusive, --to exclusive
  DURATION  a number and us, ms, s, m, h, d, w or y (365 days): 250ms, 60s, 15m, 30d
  NAME      a published format, as tickloom formats lists them; auto recognises them by themselves
  FILTER    symbols of the file that are replayed: BTCUSDT, or BTC* where a star is any text
  DIR       default ./data
  P         a probability, 0 to 1

Each option with a value has a default in the environment: --data-dir in TICKLOOM_DATA_DIR.
At the end of a replay the candles that are open are stored as they stand, so that a day's dump has
its day in candles_1d, in sql and in export; later rows go on from there. --open-end: they are not.
set changes what a stored pair was made with, with no engine open: candles are folded again where
their ticks are kept; volumes that are stored stay as they are. It heeds no default but --data-dir.
Files are .csv, .csv.gz or .zip, with or without a header, or raw capture lines (<local_ns> <json>).
Warnings on stderr say where a number may be wrong; with --strict the first one ends the replay with
exit code 1, before anything is stored where it is in the first 65,536 rows of a file.
Data goes to stdout, everything else to stderr. Exit code 0, 1 for a failure, 2 for wrong usage.
`

const ENV_PREFIX = 'TICKLOOM_'

const OPTIONS = {
  replay: {
    pair: 'string',
    symbol: 'string',
    speed: 'string',
    journal: 'string',
    'data-dir': 'string',
    shards: 'string',
    retention: 'string',
    format: 'string',
    map: 'string',
    ids: 'string',
    prices: 'string',
    'open-end': 'boolean',
    sides: 'string',
    'side-of': 'string',
    'volume-unit': 'string',
    'contract-size': 'string',
    inverse: 'boolean',
    strict: 'boolean',
    json: 'boolean',
  },
  candles: {
    interval: 'string',
    'data-dir': 'string',
    from: 'string',
    to: 'string',
    limit: 'string',
    fill: 'string',
    closed: 'boolean',
    format: 'string',
    time: 'string',
  },
  flow: { lookback: 'string', window: 'string', 'data-dir': 'string', json: 'boolean' },
  gaps: { 'data-dir': 'string', json: 'boolean' },
  pairs: { 'data-dir': 'string', json: 'boolean' },
  export: {
    out: 'string',
    table: 'string',
    format: 'string',
    from: 'string',
    to: 'string',
    'data-dir': 'string',
  },
  stats: { 'data-dir': 'string', json: 'boolean' },
  verify: { 'data-dir': 'string', json: 'boolean' },
  repair: { 'data-dir': 'string', json: 'boolean' },
  set: {
    order: 'string',
    prices: 'string',
    'contract-size': 'string',
    'volume-unit': 'string',
    inverse: 'boolean',
    linear: 'boolean',
    ids: 'string',
    'data-dir': 'string',
    json: 'boolean',
  },
  sql: { format: 'string', 'data-dir': 'string' },
  generate: {
    pairs: 'string',
    ticks: 'string',
    seed: 'string',
    duplicates: 'string',
    disorder: 'string',
    gaps: 'string',
    bad: 'string',
  },
  formats: { json: 'boolean' },
} as const

export type CommandName = keyof typeof OPTIONS
export const COMMANDS = Object.keys(OPTIONS) as CommandName[]

/** A subcommand's words. */
export interface Arguments {
  readonly words: readonly string[]
  text(option: string): string | undefined
  /** The same without a default of the environment. */
  said(option: string): string | undefined
  flag(option: string): boolean
  /** A whole number of at least `min`, or the default; throws UsageError. */
  whole(option: string, min: number): number | undefined
}

/** Splits a subcommand's words; throws UsageError naming the option that was probably meant. */
export function parseWords(command: CommandName, args: readonly string[]): Arguments {
  const known: Readonly<Record<string, 'string' | 'boolean'>> = OPTIONS[command]
  const options = Object.fromEntries(Object.entries(known).map(([name, type]) => [name, { type }]))
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const type = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    if (type === undefined) throw new UsageError(unknownOption(token.name, Object.keys(known)))
    if (type === 'string' && token.value === undefined) {
      throw new UsageError(`--${token.name} wants a value`)
    }
    if (type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`--${token.name} takes no value: ${token.value}`)
    }
  }
  const textOf = (option: string) => (values[option] as string | undefined) ?? fromEnv(option)
  return {
    words: positionals,
    text: textOf,
    said: (option) => values[option] as string | undefined,
    flag: (option) => values[option] === true,
    whole(option, min) {
      const text = textOf(option)
      if (text === undefined) return undefined
      const n = text.trim() === '' ? Number.NaN : Number(text)
      if (Number.isSafeInteger(n) && n >= min) return n
      throw new UsageError(`--${option} must be a whole number of at least ${min}: ${text}`)
    },
  }
}

// --data-dir is TICKLOOM_DATA_DIR; one that is set to nothing says nothing.
function fromEnv(option: string): string | undefined {
  const value = process.env[`${ENV_PREFIX}${option.toUpperCase().replaceAll('-', '_')}`]
  return value === '' ? undefined : value
}

/** What there is to say of TICKLOOM_… variables that no option reads. */
export function unknownVariables(): string[] {
  const { set: _, ...reading } = OPTIONS
  const known = Object.values(reading).flatMap((options) => Object.entries(options))
  const names = known
    .filter(([, type]) => type === 'string')
    .map(([name]) => `${ENV_PREFIX}${name.toUpperCase().replaceAll('-', '_')}`)
  return Object.keys(process.env)
    .filter((name) => name.startsWith(ENV_PREFIX) && !names.includes(name))
    .map((name) => `no option reads $${name}${didYouMean(name, names, '$')}`)
}

function unknownOption(name: string, known: readonly string[]): string {
  return `no option --${name}${didYouMean(name, known, '--')}`
}

/** `; did you mean X?`, where a known word is near. */
export function didYouMean(word: string, known: readonly string[], before = ''): string {
  const [near] = nearNames(word, known, 1)
  const longer = near ?? known.find((k) => word.length > 1 && k.startsWith(word))
  return longer === undefined ? '' : `; did you mean ${before}${longer}?`
}

/** Where data lies: --data-dir, or ./data. */
export function dataDirOf(args: Arguments): string {
  return args.text('data-dir') ?? './data'
}

/** Whether an error is the user's wording: exit code 2. */
export function isUsage(error: unknown): boolean {
  if (error instanceof UsageError) return true
  return (
    error instanceof EngineError && ['BAD_ARGUMENT', 'BAD_OPTION', 'BAD_NAME'].includes(error.code)
  )
}
