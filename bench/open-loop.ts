// An open loop: things are due a fixed step apart and are sent late when this thread is held up,
// never fewer. Who measures from the due time corrects for coordinated omission.

/**
 * Calls `send` for each of `count` things when it is due, with the time since `startMs` (as
 * performance.now() gives it).
 */
export async function openLoop(
  count: number,
  perSecond: number,
  startMs: number,
  send: (i: number, elapsedMs: number) => void,
): Promise<void> {
  for (let i = 0; i < count; ) {
    const elapsedMs = performance.now() - startMs
    const due = Math.min(count, Math.floor((elapsedMs * perSecond) / 1000) + 1)
    for (; i < due; i++) send(i, elapsedMs)
    await nextTurn()
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * The same by a timer: every millisecond all that is due, so that this thread is free in between.
 * `tick` hears of the time since the start after each turn.
 */
export function timerLoop(
  count: number,
  perSecond: number,
  send: (i: number) => void,
  tick: (elapsedMs: number) => void = () => undefined,
): Promise<void> {
  const startMs = performance.now()
  let i = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startMs
      const due = Math.min(count, Math.floor((elapsedMs * perSecond) / 1000))
      for (; i < due; i++) send(i)
      tick(elapsedMs)
      if (i < count) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
}
