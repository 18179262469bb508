import { bare, EngineError } from '../errors.js'

/** Says of a text whether it matches. */
export interface Glob {
  test(text: string): boolean
}

/**
 * A pattern such as 'binance:*:BTC*', where a star stands for any text. By a search for its parts,
 * one behind the other: as a regular expression, thirty stars would take years over one name.
 * Throws BAD_ARGUMENT for what is no text, and for an empty one.
 */
export function globOf(pattern: string): Glob {
  if (typeof pattern !== 'string' || pattern === '') {
    const rule = "a pattern must be text, 'binance:*:BTC*' say"
    throw new EngineError('BAD_ARGUMENT', `${rule}: pattern=${bare(pattern)}`)
  }
  const [head, ...parts] = pattern.split('*')
  const tail = parts.pop()
  if (tail === undefined) return { test: (text) => text === head }
  return {
    test(text) {
      const end = text.length - tail.length
      if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false
      let at = head.length
      for (const part of parts) {
        const found = text.indexOf(part, at)
        if (found < 0 || found + part.length > end) return false
        at = found + part.length
      }
      return true
    },
  }
}
