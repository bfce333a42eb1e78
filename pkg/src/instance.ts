/**
 * One wasm instance with one engine in it. It answers calls until something throws out of wasm; after that its memory
 * cannot be trusted, nothing may be called on it again, and whoever waits is told with a {@link Trap}.
 */

import { createGlue } from '#glue'
import type { Database, EngineOptions, ForeignHost, HostSpec } from './door.js'
import { ElanusError } from './error.js'
import type { Plane } from './frame.js'

/** The head and planes of a reply. */
export interface Answer {
  head: unknown
  planes: Plane[]
}

/** Why an instance is dead: what came out of wasm. Never shown to users as such. */
export class Trap extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'Trap'
  }
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/** A running instance. */
export class Instance {
  readonly #database: Database
  readonly #fence: Fence | undefined
  readonly #waiting = new Map<number, Waiting>()
  readonly #onTrap: () => void
  #nextId = 1
  #isAwake = false
  #trap: Trap | undefined
  #longestTurnMs = 0

  /** Instantiates `module`. `onTrap` is told once, after all who wait. */
  constructor(module: WebAssembly.Module, spec: HostSpec, options: EngineOptions, onTrap: () => void) {
    this.#onTrap = onTrap
    const glue = createGlue((exports) => this.#guardExports(exports))
    glue.initSync({ module })
    this.#fence = spec.kind === 'foreign' ? new Fence(spec.host) : undefined
    const fenced: HostSpec = this.#fence === undefined ? spec : { kind: 'foreign', host: this.#fence.host }
    this.#database = new glue.Database(fenced, options, {
      wake: () => this.#wake(),
      settle: (id, error, head, planes) => {
        const waiting = this.#waiting.get(id)
        this.#waiting.delete(id)
        if (error) waiting?.reject(ElanusError.from(error))
        else waiting?.resolve({ head, planes })
      },
      random: nextRandom,
      now: () => Date.now(),
    })
  }

  /** Whether the instance can still be used. */
  get isAlive(): boolean {
    return this.#trap === undefined
  }

  /** How many calls wait for their answer. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Asks the engine; rejects with a {@link Trap} when the instance dies before it answers. */
  call(operation: string, head: object, planes: readonly Plane[]): Promise<Answer> {
    if (this.#trap !== undefined) return Promise.reject(this.#trap)
    return new Promise<Answer>((resolve, reject) => {
      const id = this.#nextId++
      this.#waiting.set(id, { resolve, reject })
      this.#guarded(() => this.#database.call(id, operation, head, planes))
      this.#wake()
    })
  }

  /** Traps on purpose. */
  trap(): void {
    this.#guarded(() => this.#database.trap())
  }

  /** Size of the linear memory, which never shrinks. */
  memoryBytes(): number {
    return this.#trap === undefined ? this.#database.memoryBytes() : 0
  }

  /** Whether calls that only read have left background work since the last call of this. */
  takeNews(): boolean {
    return this.#trap === undefined && this.#database.takeNews()
  }

  /** The longest time that the thread was held since the last call of this, in milliseconds. */
  takeLongestTurnMs(): number {
    const longest = this.#longestTurnMs
    this.#longestTurnMs = 0
    return longest
  }

  /** Lets go of storage after a trap: the host's work under way ends first, so that the next instance sees it whole. */
  async abandon(): Promise<void> {
    try {
      this.#database.connection()?.close()
    } catch {
      // The instance is beyond answering; its connection closes when it is collected.
    }
    await this.#fence?.end()
  }

  #wake(): void {
    if (this.#isAwake || this.#trap !== undefined) return
    this.#isAwake = true
    queueMicrotask(() => {
      this.#isAwake = false
      if (this.#trap !== undefined) return
      const start = performance.now()
      this.#guarded(() => this.#database.turn())
      this.#longestTurnMs = Math.max(this.#longestTurnMs, performance.now() - start)
    })
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#die(error)
    }
  }

  /**
   * Watches every way into wasm, also those that storage events and promises take without passing through a call:
   * whatever is thrown through a wasm frame (a trap, an exhausted stack) leaves the instance half-changed.
   */
  #guardExports(exports: WebAssembly.Exports): WebAssembly.Exports {
    const guarded: WebAssembly.Exports = {}
    for (const [name, value] of Object.entries(exports)) {
      if (typeof value !== 'function') {
        guarded[name] = value
        continue
      }
      guarded[name] = (...args: unknown[]): unknown => {
        try {
          return value(...args)
        } catch (error) {
          this.#die(error)
          throw error
        }
      }
    }
    return guarded
  }

  #die(error: unknown): void {
    if (this.#trap !== undefined) return
    const trap = new Trap(error)
    this.#trap = trap
    for (const { reject } of this.#waiting.values()) reject(trap)
    this.#waiting.clear()
    this.#onTrap()
  }
}

/** Chance is asked for in bulk: one number costs as much as hundreds. */
const RANDOM_COUNT = 256
let random = new BigUint64Array(0)
let randomLeft = 0

function nextRandom(): bigint {
  if (randomLeft === 0) {
    random = crypto.getRandomValues(new BigUint64Array(RANDOM_COUNT))
    randomLeft = RANDOM_COUNT
  }
  return random[--randomLeft] as bigint
}

/** Stands between an instance and a host that outlives it, and knows what is under way. */
class Fence {
  readonly host: ForeignHost
  readonly #underWay = new Set<Promise<unknown>>()
  #isEnded = false

  constructor(host: ForeignHost) {
    this.host = {
      list: (prefix) => this.#pass(() => host.list(prefix)),
      load: (keys) => this.#pass(() => host.load(keys)),
      commit: (batch) => this.#pass(() => host.commit(batch)),
      // The host belongs to the session, which closes it after the last instance.
      close: async () => {},
    }
  }

  async end(): Promise<void> {
    this.#isEnded = true
    await Promise.allSettled(this.#underWay)
  }

  #pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isEnded) return Promise.reject(new ElanusError('STORAGE', 'the instance that asked was given up'))
    const promise = work().catch((error: unknown) => {
      throw wordless(error)
    })
    this.#underWay.add(promise)
    const done = (): void => void this.#underWay.delete(promise)
    promise.then(done, done)
    return promise
  }
}

/** A host's error as the engine takes it: the engine puts its own words around the reason, or around the name of a database. */
function wordless(error: unknown): unknown {
  if (!(error instanceof ElanusError)) return error
  const { kind, message, details } = error as ElanusError
  const { reason, name } = details as { reason?: string; name?: string }
  return { kind, message: (kind === 'LOCKED' ? name : reason) ?? message }
}
