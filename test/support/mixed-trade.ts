const START = Date.UTC(2025, 2, 1, 23, 30) * 1000

/**
 * The trade of an id of one of three pairs, over midnight: told twice, it is the same trade. Some are
 * bad, some of nothing, and many of the third pair's lie on no decimal grid.
 */
export function mixedTrade(pair: number, id: number) {
  const spread = (id * 7919 + pair * 104_729) % 1000
  // Three ids in a row are of one time.
  const first = id - (id % 3)
  const odd = id % 41 === 40
  // The fourth pair's ids are text: those of nothing are not remembered over a restart.
  const nothing = odd && id % 2 === 0 && pair !== 3
  const bad = odd && !nothing
  const off = pair === 2 && id % 3 === 0
  return {
    timestamp: START + first * 6_700_000 + ((first * 7919 + pair * 104_729) % 1000) * 1300,
    price: nothing && id % 4 === 0 ? 0 : off ? 100 / 3 + id : (10_000 + spread) / 100,
    volume: bad
      ? -1
      : nothing && id % 4 === 2
        ? 0
        : off
          ? (1 + spread) / 7
          : (1 + spread * 37) / 1e6,
    side: (spread % 3) as 0 | 1 | 2,
    bad,
    nothing,
  }
}
