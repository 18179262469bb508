// Every test that makes up its input does so by this seed: the same in each `npm test`, another in
// each round of `npm run test:long`, which hands it on as TICKLOOM_SEED.

const DEFAULT_SEED = 20_261_121

export const SEED = wholeNumber('TICKLOOM_SEED', DEFAULT_SEED)
/** Whether the input is the one of every `npm test`, of which counts are known. */
export const IS_USUAL = SEED === DEFAULT_SEED

/** In a round of `npm run test:long`, which has the time that `npm test` has not. */
export const IS_LONG = process.env['TICKLOOM_SEED'] !== undefined

const TIMES = wholeNumber('TICKLOOM_TIMES', 1)

/** By which seed fast-check runs a property, and how often: TICKLOOM_TIMES times as often. */
export function runs(numRuns: number): { seed: number; numRuns: number } {
  return { seed: SEED, numRuns: numRuns * TIMES }
}

function wholeNumber(name: string, usual: number): number {
  const value = Number(process.env[name] ?? usual)
  if (Number.isSafeInteger(value)) return value
  throw new Error(`${name} must be a whole number: ${name}=${process.env[name]}`)
}
