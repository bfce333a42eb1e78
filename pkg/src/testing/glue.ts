/**
 * Stands in for the generated glue in unit tests: an engine that stores texts under keys through its host, and that
 * traps when told to, in every way in which a real one can.
 */

import type { Callbacks, DatabaseClass, ForeignHost, Glue, HostSpec } from '../door.js'
import type { Plane } from '../frame.js'

/** What tests look at: every instance that was made. */
export const made: FakeDatabase[] = []

const EMPTY = new Uint8Array(0)

export class FakeDatabase {
  readonly #host: ForeignHost
  readonly #callbacks: Callbacks
  readonly #queue: (() => void)[] = []
  #hasNews = false
  isTrapped = false
  maintainCount = 0
  maintainLeft = 0

  constructor(spec: HostSpec, _options: { memoryLimitBytes: number; readsIn: boolean }, callbacks: Callbacks) {
    if (spec.kind !== 'foreign') throw new Error('the fake engine needs a foreign host')
    this.#host = spec.host
    this.#callbacks = callbacks
    made.push(this)
  }

  call(id: number, operation: string, head: object, planes: readonly Plane[]): void {
    this.#check()
    this.#queue.push(() => {
      this.#perform(operation, head as Record<string, unknown>, planes).then(
        (reply) => this.#callbacks.settle(id, null, reply, []),
        (error: { kind?: string; message: string }) =>
          this.#callbacks.settle(id, { code: 1100, kind: error.kind ?? 'INVALID', message: error.message, details: {} }, undefined, []),
      )
    })
    this.#callbacks.wake()
  }

  turn(): void {
    this.#check()
    for (const work of this.#queue.splice(0)) work()
  }

  trap(): void {
    this.#trap()
  }

  memoryBytes(): number {
    return 65_536
  }

  takeNews(): boolean {
    const hadNews = this.#hasNews
    this.#hasNews = false
    return hadNews
  }

  connection(): undefined {
    return undefined
  }

  async #perform(operation: string, head: Record<string, unknown>, planes: readonly Plane[]): Promise<unknown> {
    switch (operation) {
      case 'open': {
        const keys = await this.#host.list(EMPTY)
        return { isNew: keys.length === 0, epoch: made.length }
      }
      case 'put':
        if (head['needsRoom'] === 'ever' || (head['needsRoom'] === true && this.maintainLeft > 0)) throw Object.assign(new Error('no room'), { kind: 'MEMORY' })
        this.maintainLeft += Number(head['work'] ?? 0)
        await this.#host.commit({ makesRoom: false, writes: [[encode(String(head['key'])), encode(String(head['value']))]] })
        return {}
      case 'query': {
        this.#hasNews ||= head['news'] === true
        const [value] = await this.#host.load([encode(String(head['key']))])
        return value === undefined ? null : new TextDecoder().decode(value)
      }
      case 'maintain':
      case 'relieve':
        this.maintainCount++
        this.maintainLeft = Math.max(0, this.maintainLeft - 1)
        return { hasMore: this.maintainLeft > 0, progress: { stage: 'seal', collection: 'c', done: 1, total: 2 } }
      case 'planes':
        return planes.map((plane) => Array.from(plane as Uint8Array))
      case 'never':
        return new Promise(() => {})
      case 'stats':
        return { rowCount: 0 }
      case 'close':
        return {}
      default:
        throw new Error(`unknown operation ${operation}`)
    }
  }

  #check(): void {
    if (this.isTrapped) throw new WebAssembly.RuntimeError('memory access out of bounds')
  }

  #trap(): never {
    this.isTrapped = true
    throw new WebAssembly.RuntimeError('unreachable')
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function createGlue(): Glue {
  return { initSync: () => undefined, Database: FakeDatabase as unknown as DatabaseClass }
}
