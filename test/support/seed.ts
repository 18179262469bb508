// Every test that makes up its input does so by this seed: the same in each `npm test`, another in
// each round of `npm run test:long`, which hands it on as TICKLOOM_SEED.

const DEFAULT_SEED = 20_261_121

export const SEED = seedOf(process.env['TICKLOOM_SEED'])

/** How often fast-check runs a property, and by which seed. */
export function runs(numRuns: number): { seed: number; numRuns: number } {
  return { seed: SEED, numRuns }
}

function seedOf(given: string | undefined): number {
  const seed = Number(given ?? DEFAULT_SEED)
  if (Number.isSafeInteger(seed)) return seed
  throw new Error(`TICKLOOM_SEED must be a whole number: TICKLOOM_SEED=${given}`)
}
