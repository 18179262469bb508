// Whether a file's prices can be 0 and below, told by its first rows: one below 0 at which
// something was traded.
import type { TradeBatch } from '../feeds/trade-batch.js'

/** A price below 0 of each instrument, by its index; undefined where these rows have none. */
export function inferPrices(batches: readonly TradeBatch[]): (number | undefined)[] {
  const below: (number | undefined)[] = []
  for (const { count, instrument, price, volume } of batches) {
    for (let row = 0; row < count; row++) {
      if (price[row] < 0 && volume[row] > 0) below[instrument[row]] ??= price[row]
    }
  }
  return below
}
