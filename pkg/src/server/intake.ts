/**
 * Bytes in flight over all connections: what has arrived and is not answered, and what is answered and not taken yet.
 * When there are too many, requests stop being read until there is room; small ones have some more. The oldest request
 * that still arrives is always read, so that room comes; one that keeps others waiting and hardly sends is given up.
 */

import type { Readable } from 'node:stream'

/** Requests that small have room of their own beyond the rest, so that large ones do not hold them up. */
const SMALL_BYTES = 64 << 10

/** The room of small requests, as a share of the whole. */
const SMALL_ROOM = 0.5

/** While others wait, a request that brings fewer bytes than this in {@link PATIENCE_MS} is given up. */
const PROGRESS_BYTES = 64 << 10
const PATIENCE_MS = 1000

/** The bytes of one request. */
export class Share {
  readonly #intake: Intake
  readonly #giveUp: () => void
  #bytes = 0
  #recent = 0
  #isArriving = true
  #isOver = false

  /** Not for callers: `intake.open` makes shares. */
  constructor(intake: Intake, giveUp: () => void) {
    this.#intake = intake
    this.#giveUp = giveUp
  }

  /** Notes bytes that have come; the promise, when there is one, resolves when more may be read. */
  add(bytes: number): Promise<void> | undefined {
    if (this.#isOver) return undefined
    this.#bytes += bytes
    this.#recent += bytes
    this.#intake.changed(bytes)
    return this.#intake.room(this)
  }

  /** Notes bytes that have come from a source, which pauses while there is no room for more. */
  take(source: Readable, bytes: number): void {
    const room = this.add(bytes)
    if (room === undefined) return
    source.pause()
    void room.then(() => source.resume())
  }

  /** Whether it counts as small so far. */
  get isSmall(): boolean {
    return this.#bytes <= SMALL_BYTES
  }

  /** Notes that all of it is here. */
  arrived(): void {
    this.#isArriving = false
    this.#intake.arrived(this)
  }

  /** Puts the bytes of the reply in place of those of the request. */
  replace(bytes: number): void {
    if (this.#isOver) return
    this.#intake.changed(bytes - this.#bytes)
    this.#bytes = bytes
  }

  /** Gives the bytes back. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#isArriving = false
    this.#intake.changed(-this.#bytes)
    this.#intake.arrived(this)
  }

  /** Whether it held room for a while and brought hardly anything; then it is given up. */
  judge(): void {
    const isStalled = this.#isArriving && this.#bytes > 0 && this.#recent < PROGRESS_BYTES
    this.#recent = 0
    if (isStalled) this.#giveUp()
  }
}

/** The bytes of all requests. */
export class Intake {
  readonly #bytesMax: number
  #bytes = 0
  /** Requests that still arrive, the oldest first. */
  readonly #arriving = new Set<Share>()
  readonly #waiting = new Map<Share, () => void>()
  #watch: ReturnType<typeof setInterval> | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** A share for a request that begins; `giveUp` is called when it holds others up. */
  open(giveUp: () => void): Share {
    const share = new Share(this, giveUp)
    this.#arriving.add(share)
    return share
  }

  /** For shares. */
  changed(bytes: number): void {
    this.#bytes += bytes
    if (bytes < 0 && this.#waiting.size > 0) this.#letOn()
  }

  /** For shares: undefined when there is room, or when this is the request that must go on. */
  room(share: Share): Promise<void> | undefined {
    if (this.#mayGoOn(share)) return undefined
    return new Promise((resolve) => {
      this.#waiting.set(share, resolve)
      this.#watch ??= setInterval(() => this.#judge(), PATIENCE_MS).unref()
    })
  }

  /** For shares: one that is complete, or gone. */
  arrived(share: Share): void {
    this.#arriving.delete(share)
    if (this.#waiting.size === 0) return
    const resolve = this.#waiting.get(share)
    this.#waiting.delete(share)
    resolve?.()
    this.#letOn()
  }

  #mayGoOn(share: Share): boolean {
    if (this.#bytes <= this.#bytesMax * (share.isSmall ? 1 + SMALL_ROOM : 1)) return true
    const [oldest] = this.#arriving
    return oldest === share
  }

  #letOn(): void {
    for (const [share, resolve] of this.#waiting) {
      if (!this.#mayGoOn(share)) continue
      this.#waiting.delete(share)
      resolve()
    }
    if (this.#waiting.size > 0) return
    clearInterval(this.#watch)
    this.#watch = undefined
  }

  #judge(): void {
    for (const share of [...this.#arriving]) if (!this.#waiting.has(share)) share.judge()
  }
}
