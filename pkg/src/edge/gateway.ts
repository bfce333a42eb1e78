/**
 * A Worker that is a server of Milvus's RESTful API, version 2. Each of Milvus's databases is a Durable Object of its own;
 * one more object, the directory, knows their names. Who asks is looked at before anything else, and nothing that a
 * stranger wrote becomes the name of an object: names that break Milvus's rule go to the directory, whose engine refuses
 * them in Milvus's words.
 */

import { ElanusError } from '../error.js'
import { Pages } from '../pages.js'
import { Unacceptable, envelope, notFound, readBody } from './answer.js'
import { DEFAULT_DATABASE, isDatabaseName, textOf } from './database.js'
import { OBJECT_HEADER } from './object.js'
import { hasToken } from './token.js'

/** What is used of a binding to a class of Durable Objects. */
export interface ObjectNamespace {
  idFromName(name: string): unknown
  get(id: never): { fetch(request: Request): Promise<Response> }
}

/** What a Worker is made of; bindings are there at once (`import { env } from 'cloudflare:workers'`) or by the handler's `env`. */
export interface GatewayOptions<Env> {
  /** The binding of the class `ElanusDurableObject`, or of one that extends it. */
  namespace: ObjectNamespace | ((env: Env) => ObjectNamespace)
  /**
   * What clients send as `Authorization: Bearer …`, best a secret of the Worker. While it is empty, everything is
   * refused. `false` lets everybody in, for Workers that have looked already.
   */
  token: string | false | undefined | ((env: Env) => string | undefined)
  /** Origins of pages that may ask, such as `https://example.com`; the Worker's own may. */
  allowOrigins?: readonly string[]
}

/** The handler; `export default` it, or call its `fetch` for a part of your own addresses. */
export interface Gateway<Env> {
  fetch(request: Request, env: Env): Promise<Response>
}

/** What all endpoints begin with. */
const BASE = '/v2/vectordb/'

/** No name of a database has a colon. */
const DIRECTORY = ':directory'

/** Makes the handler. */
export function elanus<Env = unknown>({ namespace, token, allowOrigins = [] }: GatewayOptions<Env>): Gateway<Env> {
  const pages = new Pages(allowOrigins, 'allowOrigins')

  async function answer(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/healthz' && request.method !== 'POST') return new Response('OK', { headers: { 'content-type': 'text/plain; charset=utf-8' } })
    const expected = typeof token === 'function' ? token(env) : token
    if (expected === undefined || expected === '') {
      return envelope(503, 1, 'this Worker has no token: set the secret that it names (`wrangler secret put`), or `token: false` where others look who asks')
    }
    if (expected !== false && !(await hasToken(request.headers.get('authorization'), expected))) return envelope(401, 1800, "user hasn't authenticated")
    if (request.method !== 'POST' || !pathname.startsWith(BASE)) return notFound()
    const call = new Call(request, pathname.slice(BASE.length), await readBody(request), typeof namespace === 'function' ? namespace(env) : namespace)
    return call.answer()
  }

  return {
    async fetch(request, env) {
      const { origin: own } = new URL(request.url)
      const origin = request.headers.get('origin') ?? undefined
      if (origin !== own && !pages.allows(origin)) {
        return envelope(403, 1401, `pages of ${origin} may not ask; name their origin in allowOrigins if they are meant to`)
      }
      if (request.method === 'OPTIONS' && request.headers.has('access-control-request-method')) return new Response(null, { status: 204, headers: pages.preflight(origin) })
      let response: Response
      try {
        response = await answer(request, env)
      } catch (thrown) {
        if (!(thrown instanceof Unacceptable)) throw thrown
        response = thrown.response()
      }
      const extra = Object.entries(pages.headersFor(origin))
      if (extra.length === 0) return response
      const headers = new Headers(response.headers)
      for (const [name, value] of extra) headers.set(name, value)
      return new Response(response.body, { status: response.status, headers })
    },
  }
}

/** What an object answered, read as far as it matters here. */
interface Outcome {
  response: Response
  code: unknown
  message: unknown
}

/** A request on its way to the object that it is about. */
class Call {
  readonly #request: Request
  readonly #path: string
  readonly #body: Uint8Array<ArrayBuffer>
  readonly #objects: ObjectNamespace
  readonly #database: string

  constructor(request: Request, path: string, body: Uint8Array<ArrayBuffer>, objects: ObjectNamespace) {
    this.#request = request
    this.#path = path
    this.#body = body
    this.#objects = objects
    // Only a body names the database that is made or removed.
    const said = path.startsWith('databases/') ? undefined : request.headers.get('db-name')
    this.#database = textOf(body, 'dbName') ?? (said || DEFAULT_DATABASE)
  }

  async answer(): Promise<Response> {
    const name = this.#database
    if (this.#path === 'databases/list' || !isDatabaseName(name)) return this.#ask(DIRECTORY)
    if (name === DEFAULT_DATABASE) return this.#refusal() ?? this.#ask(name)
    if (this.#path === 'databases/create') return this.#create(name)
    if (this.#path === 'databases/drop') return this.#drop(name)
    return this.#refusal() ?? this.#ask(name)
  }

  /** What one object cannot do. */
  #refusal(): Response | undefined {
    if (this.#path !== 'collections/rename') return undefined
    const target = textOf(this.#body, 'newDbName')
    if (target === undefined || target === this.#database) return undefined
    const { code, message } = new ElanusError('UNSUPPORTED', 'renameCollection: newDbName: each database of a Worker is a Durable Object of its own, and a collection cannot leave it: unsupported operation')
    return envelope(200, code, message)
  }

  /** First listed, then made: a creation that was cut off in between can be repeated. */
  async #create(name: string): Promise<Response> {
    const listed = await this.#outcome(DIRECTORY)
    if (listed.code !== 0 && !isTaken(listed)) return listed.response
    const made = await this.#outcome(name)
    return isTaken(made) && listed.code === 0 ? listed.response : made.response
  }

  /** First removed, then taken off the list: the same for a removal. */
  async #drop(name: string): Promise<Response> {
    const removed = await this.#outcome(name)
    return removed.code === 0 ? this.#ask(DIRECTORY) : removed.response
  }

  async #outcome(object: string): Promise<Outcome> {
    const response = await this.#ask(object)
    const { code, message } = (await response.clone().json()) as { code: unknown; message: unknown }
    return { response, code, message }
  }

  /** Hands the request to an object, without what proved who asks. */
  #ask(object: string): Promise<Response> {
    const headers = new Headers(this.#request.headers)
    for (const name of ['authorization', 'content-encoding', 'content-length', 'origin', 'cookie']) headers.delete(name)
    headers.set(OBJECT_HEADER, object === DIRECTORY ? DEFAULT_DATABASE : object)
    const { url, method, signal } = this.#request
    const id = this.#objects.idFromName(object) as never
    return this.#objects.get(id).fetch(new Request(url, { method, headers, signal, ...(this.#body.length === 0 ? {} : { body: this.#body }) }))
  }
}

function isTaken({ message }: Outcome): boolean {
  return typeof message === 'string' && message.startsWith('database already exist')
}
