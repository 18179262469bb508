/** The aggressor (taker) side of a trade: Buy = the taker bought. */
export const Side = { Unknown: 0, Buy: 1, Sell: 2 } as const
export type Side = (typeof Side)[keyof typeof Side]

/** The side as words, as `ingest()` and the feeds take it. */
export type SideName = 'buy' | 'sell' | 'unknown'

const BY_NAME: Readonly<Record<SideName, Side>> = {
  buy: Side.Buy,
  sell: Side.Sell,
  unknown: Side.Unknown,
}
/** By the side's number. */
export const SIDE_NAMES: readonly SideName[] = ['unknown', 'buy', 'sell']

/** The side of a word; undefined for anything else. */
export function sideOf(name: string): Side | undefined {
  return typeof name === 'string' && Object.hasOwn(BY_NAME, name)
    ? BY_NAME[name as SideName]
    : undefined
}

export function sideName(side: Side): SideName {
  return SIDE_NAMES[side]
}
