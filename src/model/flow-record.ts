// A pair's flow as numbers: the head, then one run of words per window.
//
//   seq timestamp price cvd anchorStart | buyVolume sellVolume delta imbalance trades | …

/** Words before the first window. */
export const FLOW_HEAD_WORDS = 5
export const FLOW_SEQ_WORD = 0
/** Exchange time of the newest trade, µs. */
export const FLOW_TIMESTAMP_WORD = 1
export const FLOW_PRICE_WORD = 2
export const FLOW_CVD_WORD = 3
/** Where CVD starts, µs; 0 for an anchor of 'none'. */
export const FLOW_ANCHOR_WORD = 4

/** Words of one window. */
export const WINDOW_FLOW_WORDS = 5
/** Words of a flow with so many windows. */
export function flowWords(windows: number): number {
  return FLOW_HEAD_WORDS + windows * WINDOW_FLOW_WORDS
}

/** Offsets within a window. */
export const WINDOW_BUY_WORD = 0
export const WINDOW_SELL_WORD = 1
export const WINDOW_DELTA_WORD = 2
export const WINDOW_IMBALANCE_WORD = 3
export const WINDOW_TRADES_WORD = 4
