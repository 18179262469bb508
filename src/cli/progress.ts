// A bar with rate and time left on stderr, when that is a terminal; silent otherwise.
import { grouped } from './output.js'

const REDRAW_MS = 100
const BAR = 24

export class Progress {
  readonly #shown = process.stderr.isTTY === true
  readonly #startMs = performance.now()
  #drawnMs = 0

  /** `done` of `total` bytes (0: not known), and ticks so far. */
  update(done: number, total: number, ticks: number): void {
    const now = performance.now()
    if (!this.#shown || now - this.#drawnMs < REDRAW_MS) return
    this.#drawnMs = now
    const seconds = (now - this.#startMs) / 1000
    const rate = `${grouped(ticks)} ticks  ${grouped(ticks / seconds)}/s`
    const part = total > 0 ? Math.min(1, done / total) : 0
    const left = part > 0.01 ? `  ${Math.ceil((seconds / part) * (1 - part))}s left` : ''
    const full = Math.round(part * BAR)
    const bar = total > 0 ? `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ` : ''
    process.stderr.write(`\r\x1b[K${bar}${rate}${left}`)
  }

  end(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K')
  }
}
