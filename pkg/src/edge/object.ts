/**
 * A Durable Object that is a database: it answers Milvus's RESTful API, and its alarm does the background work. It asks
 * nobody who they are: an object is reached by Workers that are bound to it alone, and those look.
 */

import { DurableObject } from 'cloudflare:workers'
import type { Elanus } from '../client.js'
import { asError } from '../error.js'
import { Unacceptable, envelope, readBody } from './answer.js'
import { DEFAULT_DATABASE } from './database.js'
import { open, type ObjectOpenOptions } from './open.js'

/** The header in which a Worker says which of Milvus's databases the object is; without it, the one that is always there. */
export const OBJECT_HEADER = 'elanus-object'

/** The class to export from a Worker and to name in its configuration. */
export class ElanusDurableObject<Env = unknown> extends DurableObject<Env> {
  readonly #options: ObjectOpenOptions
  #opening: Promise<Elanus> | undefined
  #vanishing: Promise<void> | undefined
  #underWay = 0
  /** The database that this object was last found to have, and the one that it was found not to have. */
  #known: string | undefined
  #absent: string | undefined

  /** A subclass may hand options on: `memoryLimitBytes`, or `from`, which fills the database `default` of a new object. */
  constructor(ctx: ConstructorParameters<typeof DurableObject<Env>>[0], env: Env, options: ObjectOpenOptions = {}) {
    super(ctx, env)
    this.#options = { ...options, alarm: true }
  }

  /** The open database, for methods of a subclass. */
  database(): Promise<Elanus> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      // What failed once may succeed for the next who asks.
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** Answers a request of the RESTful API. */
  override async fetch(request: Request): Promise<Response> {
    const name = request.headers.get(OBJECT_HEADER) || DEFAULT_DATABASE
    this.#underWay++
    try {
      return await this.#answer(request, name)
    } catch (thrown) {
      if (thrown instanceof Unacceptable) return thrown.response()
      const error = asError(thrown, 'PANIC')
      return envelope(error.kind === 'CLOSED' ? 503 : 200, error.code, error.message)
    } finally {
      this.#underWay--
      if (this.#underWay === 0 && this.#absent === name) await this.#vanish(name)
    }
  }

  /** Does the background work; what fails is tried again by the platform. */
  override async alarm(): Promise<void> {
    const db = await this.database()
    await db.settled()
  }

  async #answer(request: Request, name: string): Promise<Response> {
    const body = await readBody(request)
    const db = await this.database()
    const { method, url } = request
    const headers = new Headers(request.headers)
    for (const of of ['content-encoding', 'content-length']) headers.delete(of)
    const answer = await db.fetch(url, { method, headers, ...(body.length === 0 ? {} : { body }) })
    if (this.#known !== name || new URL(url).pathname.endsWith('/databases/drop')) {
      const isThere = (await db.listDatabases()).includes(name)
      this.#known = isThere ? name : undefined
      this.#absent = isThere ? undefined : name
    }
    return answer
  }

  async #open(): Promise<Elanus> {
    await this.#vanishing
    return open(this.ctx.storage, this.#options)
  }

  /**
   * An object that was asked for a database that does not exist, or no longer, keeps nothing. Who asks meanwhile waits, and
   * it is looked once more when nothing else is under way: what cannot be answered for certain stays.
   */
  async #vanish(name: string): Promise<void> {
    const opening = this.#opening
    this.#absent = undefined
    if (opening === undefined) return
    this.#opening = undefined
    this.#vanishing = (async () => {
      const db = await opening
      const isThere = await db.listDatabases().then((names) => names.includes(name), () => true)
      await db.close()
      if (isThere) return
      await this.ctx.storage.deleteAlarm()
      await this.ctx.storage.deleteAll()
    })()
    await this.#vanishing
  }
}
