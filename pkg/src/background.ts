/**
 * The work that nobody waits for (sealing, compaction, files put in order), done in slices when the thread is idle.
 * How much a slice takes on follows from how long the last one held the thread.
 */

import { ElanusError } from './error.js'
import type { Progress } from './transport.js'

/** What background work needs of its session. */
export interface Chores {
  /** One slice of about `budget` units; says whether work is left. `relieve` does what brings memory back, and no more. */
  maintain(budget: number, how: 'maintain' | 'relieve'): Promise<{ hasMore: boolean; progress?: Progress | null }>
  /** How long the slice held the thread without a break, in milliseconds. */
  heldMs(): number
  /** Called when no work is left. */
  rest(): Promise<void>
  /** Whether a call waits for its answer; slices wait until none does. */
  isBusy(): boolean
  /** Runs `work` when the thread is idle; a pressing one keeps the process alive meanwhile. */
  whenIdle(work: () => void, isPressing: boolean): void
}

/** The thread is held no longer than this by a slice: half a frame. */
const SLICE_MS = 8

/** Units of about a kilobyte; the start is small because a first slice may be on a slow device. */
const BUDGET_START = 256
const BUDGET_MIN = 16
const BUDGET_MAX = 65_536

/** Slices in a row that may come to nothing. */
const IDLE_SLICES_MAX = 3

/** What a slice came to. */
interface Done {
  hasMore: boolean
  progress: Progress | undefined
}

/** The background work of one session. */
export class Background {
  readonly #chores: Chores
  readonly #isFixed: boolean
  #budget: number
  /** Counts the reasons to work; equal to `#doneFor` when there is none left. */
  #wanted = 0
  #doneFor = 0
  #isScheduled = false
  #slice: Promise<Done> | undefined
  #stopped: ElanusError | undefined
  /** Why the last slice failed, until one succeeds: work is left that nobody does. */
  #failed: { readonly error: unknown } | undefined

  /** With `units`, every slice takes on that much, however long the thread seems to be held. */
  constructor(chores: Chores, units?: number) {
    this.#chores = chores
    this.#isFixed = units !== undefined
    this.#budget = units ?? BUDGET_START
  }

  /** Notes that something was written. */
  want(): void {
    this.#wanted++
  }

  /** Notes that there may be work, though nothing was written. */
  wantUnlessFailed(): void {
    if (this.#failed === undefined) this.#wanted++
  }

  /** Goes on when there is work and nobody waits; called whenever a call was answered. */
  nudge(): void {
    if (this.#isScheduled || !this.#hasWork() || this.#chores.isBusy()) return
    this.#isScheduled = true
    this.#chores.whenIdle(() => {
      this.#isScheduled = false
      if (!this.#hasWork() || this.#chores.isBusy()) return
      // A failure shows when the user asks next, or in settled().
      this.#work('maintain').then(() => this.nudge(), () => {})
    }, false)
  }

  /** Resolves when nothing is left to do; rejects with what keeps it from being done. */
  async settled(onProgress?: (progress: Progress) => void): Promise<void> {
    // Whoever asks is a reason to try again what failed.
    if (this.#failed !== undefined) this.want()
    while (this.#hasWork()) {
      await new Promise<void>((resolve) => this.#chores.whenIdle(resolve, true))
      const { progress } = await this.#work('maintain')
      if (progress !== undefined) onProgress?.(progress)
    }
    if (this.#stopped !== undefined) throw this.#stopped
    if (this.#failed !== undefined) throw this.#failed.error
  }

  /**
   * Does what brings memory back, because it is short: what is sealed and coded need not stay in it. The rest stays to be
   * done. Ends early where slices come to nothing, as they do while an export is under way.
   */
  async relieve(): Promise<void> {
    let idleCount = 0
    while (this.#hasWork() && idleCount < IDLE_SLICES_MAX) {
      // Who waits for the same gets the same slice.
      await this.#slice?.catch(() => {})
      if (this.#slice !== undefined || !this.#hasWork()) continue
      const { hasMore, progress } = await this.#work('relieve')
      if (!hasMore) return
      idleCount = progress === undefined ? idleCount + 1 : 0
    }
  }

  /** Ends it; whoever waits for `settled` is told why. Resolves when no slice is under way. */
  async stop(reason: ElanusError): Promise<void> {
    this.#stopped = reason
    await this.#slice?.catch(() => {})
  }

  #hasWork(): boolean {
    return this.#stopped === undefined && this.#wanted > this.#doneFor
  }

  #work(how: 'maintain' | 'relieve'): Promise<Done> {
    this.#slice ??= this.#doSlice(how).finally(() => {
      this.#slice = undefined
    })
    return this.#slice
  }

  async #doSlice(how: 'maintain' | 'relieve'): Promise<Done> {
    if (!this.#hasWork()) return { hasMore: false, progress: undefined }
    const wanted = this.#wanted
    try {
      this.#chores.heldMs()
      const { hasMore, progress } = await this.#chores.maintain(this.#budget, how)
      if (!this.#isFixed) this.#adapt(this.#chores.heldMs())
      this.#failed = undefined
      if (!hasMore && how === 'maintain') {
        await this.#chores.rest()
        this.#doneFor = wanted
      }
      return { hasMore, progress: progress ?? undefined }
    } catch (error) {
      // Trying again at once would fail again; the next write is the next reason to try.
      this.#doneFor = wanted
      this.#failed = { error }
      throw error
    }
  }

  #adapt(heldMs: number): void {
    if (heldMs > SLICE_MS) this.#budget = Math.max(BUDGET_MIN, Math.floor((this.#budget * SLICE_MS) / (heldMs * 2)))
    else if (heldMs < SLICE_MS / 2) this.#budget = Math.min(BUDGET_MAX, Math.ceil(this.#budget * 1.5))
  }
}
