/** The page's side of a worker: the same transport as a session, by messages. */

import { ElanusError } from './error.js'
import type { Plane } from './frame.js'
import { prepare, type Request, type Response, type Start } from './protocol.js'
import type { Answer, Progress, Transport } from './transport.js'

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
  onProgress: ((progress: Progress) => void) | undefined
}

/** A session in a worker. */
export class WorkerProxy implements Transport {
  readonly thread = 'worker'
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #end: ElanusError | undefined
  #closing: Promise<void> | undefined

  private constructor(worker: Worker, log: (message: string) => void) {
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<Response>) => {
      if ('log' in data) log(data.log)
      else this.#receive(data)
    }
    worker.onmessageerror = () => this.#fail(new ElanusError('STORAGE', 'a message of the database worker could not be read'))
    worker.onerror = (event) => {
      event.preventDefault?.()
      // Before its first answer the file did not load; later the error is one that no call answers for.
      if (this.#waiting.has(1)) this.#fail(new ElanusError('WASM_LOAD', `the worker file could not be run${event.message ? `: ${event.message}` : ''}. ${WORKER_ADVICE}`))
      else log(`error in the database worker: ${event.message}`)
    }
  }

  /** Starts a session in `worker`, which from here on belongs to the proxy. */
  static async start(worker: Worker, start: Start, log: (message: string) => void): Promise<WorkerProxy> {
    const proxy = new WorkerProxy(worker, log)
    try {
      await proxy.#send((id) => ({ id, start }), [], undefined)
      return proxy
    } catch (error) {
      worker.terminate()
      throw error
    }
  }

  call(operation: string, head: object, planes: readonly Plane[] = [], onProgress?: (progress: Progress) => void): Promise<Answer> {
    if (this.#closing !== undefined) return Promise.reject(new ElanusError('CLOSED', 'the database is closed'))
    const own = prepare(planes)
    return this.#send((id) => ({ id, operation, head, planes: own.planes, wantsProgress: onProgress !== undefined }), own.transfer, onProgress)
  }

  close(): Promise<void> {
    this.#closing ??= this.#send((id) => ({ id, close: true }), [], undefined)
      .then(() => {})
      .finally(() => {
        this.#fail(new ElanusError('CLOSED', 'the database is closed'))
        this.#worker.terminate()
      })
    return this.#closing
  }

  #send(message: (id: number) => Request, transfer: ArrayBuffer[], onProgress: Waiting['onProgress']): Promise<Answer> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return new Promise<Answer>((resolve, reject) => {
      const id = this.#nextId++
      this.#waiting.set(id, { resolve, reject, onProgress })
      this.#worker.postMessage(message(id), transfer)
    })
  }

  #receive(response: Exclude<Response, { log: string }>): void {
    const waiting = this.#waiting.get(response.id)
    if (waiting === undefined) return
    if ('progress' in response) {
      waiting.onProgress?.(response.progress)
      return
    }
    this.#waiting.delete(response.id)
    if ('error' in response) waiting.reject(ElanusError.from(response.error))
    else waiting.resolve(response)
  }

  #fail(error: ElanusError): void {
    this.#end ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

const WORKER_ADVICE =
  "The bundler may not copy the file: use 'elanus/inline', pass open(…, { worker: url }) with the place of the file 'elanus/worker', or { worker: false }"
