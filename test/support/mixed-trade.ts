const START = Date.UTC(2025, 2, 1, 23, 30) * 1000

/**
 * The trade of an id of one of three pairs, over midnight: told twice, it is the same trade. Some are
 * bad, and many of the third pair's lie on no decimal grid.
 */
export function mixedTrade(pair: number, id: number) {
  const spread = (id * 7919 + pair * 104_729) % 1000
  const bad = id % 41 === 40
  const off = pair === 2 && id % 3 === 0
  return {
    timestamp: START + id * 6_700_000 + spread * 1300,
    price: bad && id % 2 === 0 ? 0 : off ? 100 / 3 + id : (10_000 + spread) / 100,
    volume: bad && id % 2 === 1 ? -1 : off ? (1 + spread) / 7 : (1 + spread * 37) / 1e6,
    side: (spread % 3) as 0 | 1 | 2,
    bad,
  }
}
