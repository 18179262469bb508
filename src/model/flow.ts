/** Taker flow over one sliding window that ends at the pair's newest trade. */
export interface WindowFlow {
  buyVolume: number
  sellVolume: number
  /** buyVolume − sellVolume. */
  delta: number
  /** (buyVolume − sellVolume) / (buyVolume + sellVolume), 0 when empty; in [−1, 1]. */
  imbalance: number
  trades: number
}

/** A pair's order flow as its shard last saw it. Times in µs since the epoch. */
export interface Flow {
  pair: string
  /** Sequence of the last trade contained. */
  seq: number
  /** The same as the receipt that `trade()` returned for it. */
  receipt: number
  /** Exchange time of the newest trade contained. */
  timestamp: number
  /** Price of the newest trade contained: by time, then id where ids are ordered, then arrival. */
  price: number
  /** Running sum of signed taker volume since `anchor`. */
  cvd: number
  /** Where the running sum starts: a UTC midnight, or 0 for an anchor of 'none'. */
  anchor: number
  /** By the window's name as given at open, '60s' say. */
  windows: Record<string, WindowFlow>
}
