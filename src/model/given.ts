// What a caller hands in where the types say what it must be, and nobody has looked: a wrong one is
// named here, before anything of it is sent to a shard.
import { bare, EngineError } from '../errors.js'

function wrong(what: string, rule: string, given: unknown): never {
  throw new EngineError('BAD_ARGUMENT', `${what} must be ${rule}: ${what}=${bare(given)}`)
}

/** An object, as it is; throws BAD_ARGUMENT for anything else. */
export function objectOf<T extends object>(what: string, given: T): T {
  return typeof given === 'object' && given !== null ? given : wrong(what, 'an object', given)
}

/** A function, as it is; throws BAD_ARGUMENT for anything else. */
export function functionOf<T>(what: string, given: T): T {
  return typeof given === 'function' ? given : wrong(what, 'a function', given)
}

/** True or false, as it is; throws BAD_ARGUMENT for anything else. */
export function flagOf(what: string, given: boolean): boolean {
  return typeof given === 'boolean' ? given : wrong(what, 'true or false', given)
}

/** A path that a file can have; throws BAD_ARGUMENT for anything else. */
export function pathOf(what: string, given: string): string {
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return given
  return wrong(what, 'a path, without NUL', given)
}
