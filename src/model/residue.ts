// Exact sums of doubles that lie on no decimal grid: what an ordinary sum would round away is kept
// in further doubles (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997).
//
// Each word is the double nearest to the sum less the words before it, so that a sum has one form,
// whatever the order in which it was made. Five words hold a sum whose bits lie within 265; of what
// is below those, the last word takes the nearest.

/** Float64 words one residue takes. */
export const RESIDUE_WORDS = 5

const SPLITTER = 2 ** 27 + 1

// The residue in hand, as doubles that do not overlap: the smallest first.
const parts = new Float64Array(4 * RESIDUE_WORDS)

/** Adds a double to the residue at `at`. */
export function addToResidue(words: Float64Array, at: number, x: number): void {
  store(words, at, grow(load(words, at), x))
}

/** Adds a × b, exactly, to the residue at `at`. */
export function addProduct(words: Float64Array, at: number, a: number, b: number): void {
  const product = a * b
  const error = twoProductError(a, b, product)
  // Where the halves of a factor overflow, only the product itself is known.
  const n = Number.isFinite(error) ? grow(load(words, at), error) : load(words, at)
  store(words, at, grow(n, product))
}

/** into += sign × from. */
export function mergeResidue(
  into: Float64Array,
  intoAt: number,
  from: Float64Array,
  fromAt: number,
  sign: number,
): void {
  let n = load(into, intoAt)
  for (let i = RESIDUE_WORDS - 1; i >= 0; i -= 1) n = grow(n, sign * from[fromAt + i])
  store(into, intoAt, n)
}

/** a + b = sum + error, exactly. */
export function twoSumError(a: number, b: number, sum: number): number {
  const part = sum - a
  return a - (sum - part) + (b - part)
}

/** a × b = product + error, exactly (Dekker, with Veltkamp's splitting). */
export function twoProductError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = SPLITTER * b
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
}

// The words into `parts`; returns how many there are.
function load(words: Float64Array, at: number): number {
  let n = 0
  for (let i = RESIDUE_WORDS - 1; i >= 0; i -= 1) {
    if (words[at + i] !== 0) parts[n++] = words[at + i]
  }
  return n
}

// Adds x to the first n parts, exactly; returns how many there are then.
function grow(n: number, x: number): number {
  let sum = x
  let kept = 0
  for (let i = 0; i < n; i += 1) {
    const part = parts[i]
    const next = sum + part
    const error = twoSumError(sum, part, next)
    if (error !== 0) parts[kept++] = error
    sum = next
  }
  // A sum beyond what doubles hold has nothing beside it.
  if (!Number.isFinite(sum)) kept = 0
  if (sum !== 0) parts[kept++] = sum
  return kept
}

// The first n parts into words, each the nearest to what is left.
function store(words: Float64Array, at: number, n: number): void {
  let left = n
  for (let i = 0; i < RESIDUE_WORDS; i += 1) {
    if (left === 0) {
      words[at + i] = 0
      continue
    }
    const word = nearest(left)
    words[at + i] = word
    left = Number.isFinite(word) ? grow(left, -word) : 0
  }
}

// The double nearest to the sum of the first n parts (the last step of Python's math.fsum).
function nearest(n: number): number {
  let i = n - 1
  let high = parts[i]
  let low = 0
  while (i > 0 && low === 0) {
    i -= 1
    const sum = high + parts[i]
    low = parts[i] - (sum - high)
    high = sum
  }
  // Half-way between two doubles as far as `low` says: the sign of the next part decides.
  if (i > 0 && low * parts[i - 1] > 0) {
    const twice = low * 2
    const sum = high + twice
    if (sum - high === twice) return sum
  }
  return high
}
