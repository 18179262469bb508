// Rows waiting for their turn: a binary heap by due time, first come first served at equal times.

export class RowQueue {
  readonly #due: number[] = []
  readonly #order: number[] = []
  readonly #rows: string[] = []
  #pushed = 0

  push(due: number, row: string): void {
    let at = this.#rows.length
    const order = this.#pushed++
    this.#set(at, due, order, row)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(at, parent)) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** All rows due by `until`, joined. */
  popUntil(until: number): string {
    let text = ''
    while (this.#rows.length > 0 && this.#due[0] <= until) text += this.#pop()
    return text
  }

  #pop(): string {
    const last = this.#rows.length - 1
    this.#swap(0, last)
    const row = this.#rows.pop() as string
    this.#due.pop()
    this.#order.pop()
    let at = 0
    for (;;) {
      let least = at
      for (let child = 2 * at + 1; child <= 2 * at + 2 && child < last; child++) {
        if (this.#before(child, least)) least = child
      }
      if (least === at) return row
      this.#swap(at, least)
      at = least
    }
  }

  #before(a: number, b: number): boolean {
    const difference = this.#due[a] - this.#due[b]
    return difference < 0 || (difference === 0 && this.#order[a] < this.#order[b])
  }

  #swap(a: number, b: number): void {
    const [due, order, row] = [this.#due[a], this.#order[a], this.#rows[a]]
    this.#set(a, this.#due[b], this.#order[b], this.#rows[b])
    this.#set(b, due, order, row)
  }

  #set(at: number, due: number, order: number, row: string): void {
    this.#due[at] = due
    this.#order[at] = order
    this.#rows[at] = row
  }
}
