/**
 * Runs the newest of many requests: while one is under way the next waits, and one that waits is dropped when a newer
 * one comes. So typing fast never makes a queue, and the last thing typed is always answered.
 */
export class Latest<Request> {
  private waiting: { request: Request } | undefined
  private running: Promise<void> | undefined

  constructor(private readonly run: (request: Request) => Promise<void>) {}

  /** Runs `request` now or after the one under way; resolves when nothing is left to run. */
  push(request: Request): Promise<void> {
    this.waiting = { request }
    this.running ??= this.drain()
    return this.running
  }

  private async drain(): Promise<void> {
    try {
      while (this.waiting) {
        const { request } = this.waiting
        this.waiting = undefined
        await this.run(request)
      }
    } finally {
      this.running = undefined
    }
  }
}
