import { EngineError } from '../errors.js'

/**
 * A pattern as an expression: 'binance:*:BTC*', where a star stands for any text. Throws
 * BAD_ARGUMENT for an empty one.
 */
export function globOf(pattern: string): RegExp {
  if (pattern === '') throw new EngineError('BAD_ARGUMENT', 'a pattern must not be empty')
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
