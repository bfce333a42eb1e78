/** A transport that asks again, after an eviction, for the flushes and compactions that were answered and not done. */

import type { Plane } from '../frame.js'
import type { Asked, Wish } from '../hosts/durable-object/asked.js'
import type { Answer, Progress, Transport } from '../transport.js'
import { textOf } from './database.js'

/** Operations that leave a wish behind. */
const WISHES: ReadonlySet<string> = /* @__PURE__ */ new Set(['flush', 'compact'])

const PATH = /^\/v2\/vectordb\/collections\/(flush|compact)(?:\?|$)/

/** The transport of an object whose class answers alarms or not: what it opens it also reminds. */
export class Remembering implements Transport {
  readonly thread
  readonly #inner: Transport
  readonly #asked: Asked
  #reminding: Promise<unknown> = Promise.resolve()

  constructor(inner: Transport, asked: Asked) {
    this.thread = inner.thread
    this.#inner = inner
    this.#asked = asked
  }

  async call(operation: string, head: object, planes: readonly Plane[] = [], onProgress?: (progress: Progress) => void): Promise<Answer> {
    // Who waits for the work to be done waits for that which was asked for before the eviction too.
    if (operation === 'settled') await this.#reminding
    const wish = wishOf(operation, head, planes)
    const answer = await this.#inner.call(operation, head, planes, onProgress)
    if (wish !== undefined && isGranted(operation, answer)) this.#asked.put(wish)
    if (operation === 'open') {
      // A collection may be gone since; then nothing is left to be done for it.
      this.#reminding = Promise.allSettled(this.#asked.all().map((wish) => this.#inner.call(wish.operation, wish.head)))
    }
    return answer
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

function wishOf(operation: string, head: object, planes: readonly Plane[]): Wish | undefined {
  if (WISHES.has(operation)) return { operation, head }
  if (operation !== 'http') return undefined
  const { path, headers } = head as { path: string; headers: Record<string, string> }
  const wanted = PATH.exec(path)?.[1]
  const body = planes[0]
  if (wanted === undefined || !(body instanceof Uint8Array)) return undefined
  const collectionName = textOf(body, 'collectionName')
  const dbName = textOf(body, 'dbName') ?? headers['db-name']
  return { operation: wanted, head: { collectionName, ...(dbName === undefined || dbName === '' ? {} : { dbName }) } }
}

/** Whether the engine has done as asked; a refusal over HTTP is an answer too, and what is no endpoint answers without JSON. */
function isGranted(operation: string, { head, planes }: Answer): boolean {
  if (operation !== 'http') return true
  if ((head as { status: number }).status !== 200) return false
  const { code } = JSON.parse(new TextDecoder().decode(planes[0] as Uint8Array)) as { code: unknown }
  return code === 0
}
