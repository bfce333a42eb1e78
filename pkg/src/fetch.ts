/** Requests of Milvus's RESTful API to the engine, and its answers as responses. The API itself is the engine's. */

import type { Plane } from './frame.js'
import type { Answer } from './transport.js'
import type { CallOptions } from './types/open.js'

/** `fetch`, as every environment has it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Asks the engine for the operation `http`. */
type Ask = (head: object, planes: Plane[], options: CallOptions) => Promise<Answer>

/** An address without a host is one of the database. */
const BASE = 'http://elanus'

/** A `fetch` that needs no `this`. */
export function createFetch(ask: Ask): Fetch {
  return async (input, init) => {
    const request = new Request(typeof input === 'string' ? new URL(input, BASE) : input, init)
    const { method, headers, signal } = request
    const { pathname, search } = new URL(request.url)
    const body = new Uint8Array(await request.arrayBuffer())
    const head = { method, path: pathname + search, headers: Object.fromEntries(headers) }
    const answer = await ask(head, body.length > 0 ? [body] : [], { signal })
    return new Response(answer.planes[0] as Uint8Array<ArrayBuffer>, answer.head as ResponseInit)
  }
}
