import type { Flow, WindowFlow } from './flow.js'
import { FLOW_HEAD_WORDS, WINDOW_FLOW_WORDS } from './flow-record.js'

/** Flow words as an object; `into` is filled where it is given. */
export function flowOf(
  pair: string,
  words: Float64Array,
  at: number,
  names: readonly string[],
  into?: Flow,
): Flow {
  const flow = into ?? ({ windows: {} } as Flow)
  flow.pair = pair
  flow.seq = words[at]
  flow.receipt = words[at]
  flow.timestamp = words[at + 1]
  flow.price = words[at + 2]
  flow.cvd = words[at + 3]
  flow.anchor = words[at + 4]
  for (let i = 0; i < names.length; i++) {
    const from = at + FLOW_HEAD_WORDS + i * WINDOW_FLOW_WORDS
    const window = flow.windows[names[i]] ?? ({} as WindowFlow)
    flow.windows[names[i]] = window
    window.buyVolume = words[from]
    window.sellVolume = words[from + 1]
    window.delta = words[from + 2]
    window.imbalance = words[from + 3]
    window.trades = words[from + 4]
  }
  return flow
}
