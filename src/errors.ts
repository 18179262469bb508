// One error class with a closed set of codes. Nobody needs to read a message to decide what to do:
// `code` says what happened, `retryable` whether the same call may succeed later.

/** Every code an EngineError can carry. */
export type ErrorCode =
  | 'BAD_ARGUMENT'
  | 'BAD_OPTION'
  | 'BAD_NAME'
  | 'ENGINE_CLOSED'
  | 'OWNED_ELSEWHERE'
  | 'DATA_DIR'
  | 'UNKNOWN_PAIR'
  | 'PAIR_MISMATCH'
  | 'BEYOND_RETENTION'
  | 'TIMEOUT'
  | 'TOO_MANY_PAIRS'
  | 'SHARD_FAILED'
  | 'STORE_FAILED'
  | 'JOURNAL_FAILED'
  | 'BAD_FEED'
  | 'NEWER_FORMAT'
  | 'UNIT_MISMATCH'
  | 'QUERY_REFUSED'

const MOST_SHOWN = 160
/** Longest message; what was given can be of any length, and stands in many of them. */
const MOST_MESSAGE = 2000
/** Bits of a bigint that are shown: the digits of a longer one take a while to be found. */
const MOST_BITS = 512

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['OWNED_ELSEWHERE', 'TIMEOUT', 'SHARD_FAILED'])

/** The one error tickloom throws. Messages end with the facts, as `name=value`. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  /** What happened, from a closed set. */
  readonly code: ErrorCode
  /** Whether the same call may succeed later. */
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message.length > MOST_MESSAGE ? `${message.slice(0, MOST_MESSAGE)}…` : message, options)
    this.code = code
    this.retryable = RETRYABLE.has(code)
  }
}

/** An error as plain data, the way it crosses a MessagePort. */
export interface PlainError {
  readonly code: ErrorCode
  readonly message: string
}

/** Any thrown value as plain data; `fallback` is the code of an error that is not ours. */
export function toPlainError(thrown: unknown, fallback: ErrorCode): PlainError {
  if (thrown instanceof EngineError) return { code: thrown.code, message: thrown.message }
  return { code: fallback, message: thrown instanceof Error ? thrown.message : String(thrown) }
}

/** Plain data back as an EngineError. */
export function fromPlainError(plain: PlainError): EngineError {
  return new EngineError(plain.code, plain.message)
}

/** A value for a message, whatever it is: short, and never an error of its own. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, MOST_SHOWN)) : bare(value)
}

/** The same without quotes around a text. */
export function bare(value: unknown): string {
  if (typeof value === 'bigint' && BigInt.asIntN(MOST_BITS, value) !== value) {
    return `a bigint of more than ${MOST_BITS} bits`
  }
  if (typeof value !== 'object' && typeof value !== 'function') {
    return String(value).slice(0, MOST_SHOWN)
  }
  try {
    return String(value).slice(0, MOST_SHOWN)
  } catch {
    return `a ${typeof value} that cannot be shown`
  }
}

/** What a newer release has written: nobody reads it as far as it goes, and nobody touches it. */
export function newerFormat(
  what: string,
  facts: { readonly version: unknown; readonly reads: unknown; readonly path: string },
): EngineError {
  const { version, reads, path } = facts
  return new EngineError(
    'NEWER_FORMAT',
    `${what} was written by a newer tickloom, and is left as it is; use that release or a later one: version=${bare(version)} reads=${reads} path=${path}`,
  )
}

/** Whether an error says that a newer release has written something. */
export function isNewer(cause: unknown): boolean {
  return cause instanceof EngineError && cause.code === 'NEWER_FORMAT'
}

/** Ends the thread that broke its own rules; never swallowed. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Invariant: ${what}`)
}

/** What a closed engine answers. */
export function closedError(): EngineError {
  return new EngineError('ENGINE_CLOSED', 'the engine is closed; open it again')
}
