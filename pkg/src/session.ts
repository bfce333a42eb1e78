/**
 * An open database on the thread where its engine runs: keeps an instance alive over traps, has the background work
 * done when nobody asks, and holds the writer lock to the end.
 */

import { Background } from './background.js'
import type { EngineOptions, ForeignHost, HostSpec, Owner } from './door.js'
import { ElanusError, asError } from './error.js'
import type { Plane } from './frame.js'
import { Instance, Trap, type Answer } from './instance.js'
import type { Progress, Transport } from './transport.js'

/** A host in JavaScript that a session owns. */
export interface OwnedHost extends ForeignHost {
  /** Bytes that it takes up. */
  storageBytes(): number
  /** Called before background work goes on. */
  begin?(): void
  /** Called when there is nothing else to do; puts what it keeps in order. */
  rest(): Promise<void>
}

/** What a session needs. */
export interface Plan {
  module: WebAssembly.Module
  host: { kind: 'foreign'; host: OwnedHost } | { kind: 'indexeddb'; name: string; durability: 'relaxed' | 'strict' }
  memoryLimitBytes: number
  /** Whether vectors that opening leaves in storage stay there until they are asked for; else they are read in afterwards. */
  leavesVectors?: boolean
  /** Of a server: the user that may do everything; with one, callers have to say who they are. */
  owner?: Owner | undefined
  /** Of an operation that is not known here: whether it leaves nothing to be done in the background. */
  isRead?(operation: string, head: object): boolean
  /** Gives the writer lock back. */
  unlock(): Promise<void>
  /** Runs `work` when the thread is idle; a pressing one keeps the process alive meanwhile. */
  whenIdle(work: () => void, isPressing: boolean): void
  /** Of a platform whose clock stands still while it computes: how much a slice of background work takes on. */
  sliceUnits?: number
}

/** Operations that leave nothing to be done in the background. */
const READS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'get', 'query', 'search', 'hybridSearch', 'stats', 'listDatabases', 'describeDatabase', 'hasCollection',
  'describeCollection', 'listCollections', 'getLoadState', 'getCollectionStats', 'getCompactionState', 'hasPartition',
  'listPartitions', 'getPartitionStats', 'describeIndex', 'listIndexes', 'describeAlias', 'listAliases', 'exportStart',
  'exportNext', 'importChunk', 'importEnd', 'maintain',
])

/** Endpoints of the RESTful API that leave nothing to be done either; the last word of their paths says it. */
const READING_PATH = /\/(?:list|has|describe|get\w*|query|\w*search)$/

function leavesWork(operation: string, head: object): boolean {
  return operation === 'http' ? !READING_PATH.test((head as { path: string }).path) : !READS.has(operation)
}

/** A session; it is the transport of clients on its own thread. */
export class Session implements Transport {
  readonly thread = 'in-thread'
  readonly #plan: Plan
  readonly #background: Background
  #instance: Instance
  #reviving: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isOpen = false
  #restartCount = 0
  #resting: ReturnType<typeof setTimeout> | undefined

  /** Instantiates the engine; the call `open` then opens the store. */
  constructor(plan: Plan) {
    this.#plan = plan
    this.#instance = this.#instantiate()
    this.#background = new Background({
      maintain: async (budget, how) => {
        if (how === 'maintain' && plan.host.kind === 'foreign') plan.host.host.begin?.()
        return (await this.#attempt((instance) => instance.call(how, { budget }, []))).head as { hasMore: boolean }
      },
      heldMs: () => this.#instance.takeLongestTurnMs(),
      rest: async () => {
        if (plan.host.kind === 'foreign') await plan.host.host.rest()
        else this.#restLater()
      },
      isBusy: () => this.#instance.waitingCount > 0,
      whenIdle: plan.whenIdle,
    }, plan.sliceUnits)
  }

  async call(operation: string, head: object, planes: readonly Plane[] = [], onProgress?: (progress: Progress) => void): Promise<Answer> {
    if (this.#closing !== undefined) throw closedError()
    switch (operation) {
      case 'settled':
        await this.#background.settled(onProgress)
        return NOTHING
      case 'relieve':
        await this.#background.relieve()
        return NOTHING
      case 'trap':
        return this.#attempt(async (instance) => {
          const answer = instance.call('stats', {}, [])
          instance.trap()
          return answer
        })
      case 'stats': {
        const answer = await this.#attempt((instance) => instance.call(operation, head, planes))
        return { head: { ...(answer.head as object), ...this.#facts() }, planes: answer.planes }
      }
    }
    try {
      const ask = (): Promise<Answer> => this.#attempt((instance) => instance.call(operation, head, planes))
      const answer = await ask().catch(async (error: unknown) => {
        if (!this.#isOpen || !(error instanceof ElanusError) || error.kind !== 'MEMORY') throw error
        // Rows take less room once they are sealed and coded.
        await this.#background.relieve()
        return ask()
      })
      if (operation === 'open') this.#isOpen = true
      return answer
    } finally {
      if (this.#isOpen) {
        const leaves = leavesWork(operation, head) && this.#plan.isRead?.(operation, head) !== true
        const hasNews = this.#instance.takeNews()
        if (leaves) this.#background.want()
        // Work that failed would fail again, and take what is written at the same time with it; a write is the next reason.
        else if (hasNews) this.#background.wantUnlessFailed()
        this.#background.nudge()
      }
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearTimeout(this.#resting)
    try {
      await this.#background.stop(closedError())
      await this.#reviving?.catch(() => {})
      if (this.#instance.isAlive) {
        await this.#instance.call('close', {}, []).catch((error: unknown) => {
          // What was acknowledged is stored; a trap at the very end loses nothing.
          if (!(error instanceof Trap)) throw error
        })
      }
    } finally {
      await this.#instance.abandon()
      try {
        if (this.#plan.host.kind === 'foreign') await this.#plan.host.host.close()
      } finally {
        await this.#plan.unlock()
      }
    }
  }

  #instantiate(): Instance {
    const { module, host, memoryLimitBytes, leavesVectors = false, owner } = this.#plan
    const spec: HostSpec = host
    const options: EngineOptions = { memoryLimitBytes, readsIn: !leavesVectors, ...(owner === undefined ? {} : { owner }) }
    return new Instance(module, spec, options, () => {
      // Also when nobody waits: the next call should find an engine.
      if (this.#closing === undefined) this.#revive().catch(() => {})
    })
  }

  /** Runs work on the instance; when it traps, puts a new one in its place before the failure is told. */
  async #attempt(work: (instance: Instance) => Promise<Answer>): Promise<Answer> {
    if (this.#reviving !== undefined || !this.#instance.isAlive) {
      await this.#revive().catch((error: unknown) => {
        throw lostError(error)
      })
    }
    try {
      return await work(this.#instance)
    } catch (error) {
      if (!(error instanceof Trap)) throw error
      if (this.#closing !== undefined) throw closedError()
      await this.#revive().catch((failure: unknown) => {
        throw lostError(failure)
      })
      throw new ElanusError(
        'PANIC',
        `the engine failed inside (${error.message}); the database was reopened from what is stored. ` +
          'Acknowledged data is safe; whether this call was carried out has to be looked up',
        { details: { reopened: true }, cause: error.cause },
      )
    }
  }

  /** Replaces a dead instance, once for all who ask. */
  #revive(): Promise<void> {
    this.#reviving ??= (async () => {
      if (this.#instance.isAlive) return
      await this.#instance.abandon()
      const instance = this.#instantiate()
      this.#instance = instance
      this.#restartCount++
      if (this.#isOpen) {
        await instance.call('open', {}, [])
        this.#background.want()
      }
    })().finally(() => {
      this.#reviving = undefined
      this.#background.nudge()
    })
    return this.#reviving
  }

  /** Lets IndexedDB rest when nothing was written for a while; a pause between two writes is none. */
  #restLater(): void {
    clearTimeout(this.#resting)
    this.#resting = setTimeout(() => {
      // Without it, the next opening takes a little longer; a trap is told to the next caller.
      this.#attempt((instance) => instance.call('rest', {}, [])).catch(() => {})
    }, REST_MS)
  }

  /** What the engine cannot know of itself. */
  #facts(): object {
    const { host } = this.#plan
    return {
      linearMemoryBytes: this.#instance.memoryBytes(),
      restartCount: this.#restartCount,
      ...(host.kind === 'foreign' ? { storageBytes: host.host.storageBytes() } : {}),
    }
  }
}

/** Writes that come closer together than this are one stretch of work. */
const REST_MS = 1000

const NOTHING: Answer = { head: {}, planes: [] }

function closedError(): ElanusError {
  return new ElanusError('CLOSED', 'the database is closed')
}

function lostError(cause: unknown): ElanusError {
  if (cause instanceof Trap) {
    return new ElanusError('PANIC', `the engine failed inside and failed again while it was reopened: ${cause.message}`, { details: { reopened: false }, cause })
  }
  const error = asError(cause)
  return new ElanusError(error.kind, `the engine failed inside and could not be reopened: ${error.message}`, {
    code: error.code,
    details: { ...error.details, reopened: false },
    cause: error,
  })
}
