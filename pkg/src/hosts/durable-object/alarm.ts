/**
 * When the background work of an object is done. Between requests nothing runs in it unless an alarm calls it, and an alarm
 * also comes when the object was evicted meanwhile, which a timer does not.
 */

import type { ObjectStorage } from './storage.js'

/** From a write to the work that it leaves: what is written within a second is one stretch of work. */
const DELAY_MS = 1000

/** The alarm of an object, if its class answers alarms; else a timer. */
export class ObjectAlarm {
  readonly #storage: ObjectStorage | undefined
  #waiting: (() => void) | undefined

  constructor(storage: ObjectStorage | undefined) {
    this.#storage = storage
  }

  /** Pressing work is waited for within a request or an alarm, and may run at once; the other kind waits for the alarm. */
  whenIdle(work: () => void, isPressing: boolean): void {
    if (isPressing || this.#storage === undefined) {
      setTimeout(() => {
        const waiting = this.#waiting
        this.#waiting = undefined
        work()
        waiting?.()
      })
      return
    }
    this.#waiting = work
    // A failure ends the object, and the next write is the next reason.
    this.#storage.setAlarm(Date.now() + DELAY_MS).catch(() => {})
  }
}
