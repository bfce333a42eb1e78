/** Time limits of many requests by one clock: a timer for each would cost more than much else that is done for it. */

interface Due {
  at: number
  work: () => void
}

/** How often it is looked, at most and at least. */
const TICK_MS_MIN = 50
const TICK_MS_MAX = 1000

/** What is done when time is up, by whom it is about; late by a tick at most. */
export class Deadlines {
  readonly #tickMs: number
  readonly #due = new Map<object, Due>()
  #clock: ReturnType<typeof setInterval> | undefined

  /** For limits of `shortestMs` and longer. */
  constructor(shortestMs: number) {
    this.#tickMs = Math.min(TICK_MS_MAX, Math.max(TICK_MS_MIN, shortestMs / 4))
  }

  /** Has `work` done in `ms`, in place of what was to be done about the same one. */
  set(about: object, ms: number, work: () => void): void {
    this.#due.set(about, { at: performance.now() + ms, work })
    this.#clock ??= setInterval(() => this.#look(), this.#tickMs).unref()
  }

  /** Forgets it. */
  clear(about: object): void {
    this.#due.delete(about)
  }

  #look(): void {
    const now = performance.now()
    for (const [about, { at, work }] of this.#due) {
      if (at > now) continue
      this.#due.delete(about)
      work()
    }
    if (this.#due.size > 0) return
    clearInterval(this.#clock)
    this.#clock = undefined
  }
}
