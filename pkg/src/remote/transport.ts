/** The road to a server: the client's calls as requests to Milvus's RESTful API v2, of Elanus or of Milvus. */

import { ElanusError } from '../error.js'
import type { Plane, RowsFrame } from '../frame.js'
import type { Answer, Transport } from '../transport.js'
import type { CollectionDescription, FieldDescription } from '../types/operations.js'
import { CHANGES_SCHEMAS, ENDPOINTS } from './endpoints.js'
import { failureOf, networkFailure, strangerFailure } from './failure.js'
import { parseJson, printJson } from './json.js'
import { hitsFrame, keyColumn, naturalSchema, rowsFrame, wireQueries, wireRows } from './rows.js'

/** That long a schema is believed: another client may drop a collection and make another of the same name. */
const SCHEMA_MS = 5000

/** The parameter under which keys go into a filter. */
const KEYS = 'elanus_keys'

/** A head, by key. */
type Head = Record<string, unknown>

/** What the API answers. */
interface Envelope {
  code: number
  message?: string
  data?: unknown
  topks?: number[]
}

/** A request that the caller made itself. */
interface Forwarded {
  method: string
  path: string
  headers: Record<string, string>
}

/** A server at a distance. */
export class RemoteTransport implements Transport {
  readonly thread = 'in-thread'
  readonly #url: string
  readonly #headers: Record<string, string> & { authorization?: string }
  readonly #schemas = new Map<string, { schema: Promise<CollectionDescription>; since: number }>()
  readonly #underWay = new Set<Promise<unknown>>()
  #isClosed = false

  /** `address` is that of the server; `token` is `user:password`, unless the address has it. */
  constructor(address: string, token?: string) {
    const url = new URL(address)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new ElanusError('UNSUPPORTED', `open: ${url.protocol}//: servers are reached over http and https: unsupported operation`)
    const user = url.username === '' ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    url.username = url.password = url.search = url.hash = ''
    this.#url = url.href.replace(/\/+$/, '')
    const key = token ?? user
    this.#headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      'accept-type-allow-int64': 'true',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    }
  }

  call(operation: string, head: object, planes: readonly Plane[] = []): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(new ElanusError('CLOSED', 'the connection is closed'))
    const answer = this.#answer(operation, head as Head, planes)
    this.#underWay.add(answer)
    const done = (): void => void this.#underWay.delete(answer)
    answer.then(done, done)
    return answer
  }

  /** Waits for what is under way; the server goes on. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#underWay)
  }

  async #answer(operation: string, head: Head, planes: readonly Plane[]): Promise<Answer> {
    switch (operation) {
      case 'open':
        await this.#ping()
        return { head: { isNew: false }, planes: [] }
      case 'http':
        return this.#forward(head as unknown as Forwarded, planes)
      case 'insert':
      case 'upsert':
        return this.#write(operation, head, planes)
      case 'delete':
        return { head: await this.#data(operation, await this.#deletion(head)), planes: [] }
      case 'get':
      case 'query':
        return this.#read(operation, head)
      case 'search':
      case 'hybridSearch':
        return this.#search(operation, head, planes)
      case 'describeCollection':
        return { head: naturalSchema((await this.#data(operation, head)) as CollectionDescription), planes: [] }
      default:
        return { head: await this.#data(operation, head), planes: [] }
    }
  }

  /** A request of the API as it is; what it says about who asks goes before what we know. */
  async #forward({ method, path, headers }: Forwarded, [body]: readonly Plane[]): Promise<Answer> {
    const url = this.#url + path
    const { authorization } = this.#headers
    try {
      const response = await fetch(url, { method, headers: { ...(authorization === undefined ? {} : { authorization }), ...headers }, ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }) })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return { head: { status: response.status, headers: Object.fromEntries(response.headers) }, planes: [bytes] }
    } catch (error) {
      throw networkFailure(url, error)
    }
  }

  /** Any answer of the API will do, but one that says that we may not ask. */
  async #ping(): Promise<void> {
    const { code, message = '' } = await this.#post(ENDPOINTS['listCollections'] as string, {})
    if (code === UNAUTHENTICATED) throw new ElanusError('INVALID', `${this.#url}: ${message}; open it with { token: 'user:password' }`, { code })
  }

  async #write(operation: 'insert' | 'upsert', head: Head, planes: readonly Plane[]): Promise<Answer> {
    const { rows, ...rest } = head
    const data = (await this.#data(operation, { ...rest, data: wireRows(rows as RowsFrame, planes) })) as Head
    const keys = (data['insertIds'] ?? data['upsertIds'] ?? []) as unknown[]
    return { head: { ...data, ids: keyColumn(keys) }, planes: [] }
  }

  /** The API deletes by filter alone. */
  async #deletion(head: Head): Promise<Head> {
    const { ids, ...rest } = head
    if (ids === undefined) return head
    if (rest['filter'] !== undefined && rest['filter'] !== '') throw new ElanusError('INVALID', "delete: expected one of 'filter' and 'ids': invalid parameter")
    const { fields } = await this.#schema(head)
    const key = fields.find((field) => field.primaryKey) as FieldDescription
    const keys = key.type === 'Int64' ? (ids as (string | number | bigint)[]).map((id) => toInt64(id)) : ids
    return { ...rest, filter: `${key.name} in {${KEYS}}`, exprParams: { [KEYS]: keys } }
  }

  async #read(operation: 'get' | 'query', head: Head): Promise<Answer> {
    const [rows, schema] = await Promise.all([this.#data(operation, head), this.#schema(head)])
    const planes: Plane[] = []
    return { head: { rows: rowsFrame(rows as Head[], schema, planes) }, planes }
  }

  async #search(operation: 'search' | 'hybridSearch', head: Head, given: readonly Plane[]): Promise<Answer> {
    type Queries = { plane: number; dim: number; count: number }
    const withData = ({ queries, ...rest }: Head): Head => (queries === undefined ? rest : { ...rest, data: wireQueries(queries as Queries, given) })
    const searches = operation === 'search' ? [head] : (head['search'] as Head[])
    const body = operation === 'search' ? withData(head) : { ...head, search: searches.map(withData) }
    const [{ data, topks }, schema] = await Promise.all([this.#asked(operation, body), this.#schema(head)])
    const hits = (data ?? []) as Head[]
    const queryCount = (searches[0]?.['queries'] as Queries | undefined)?.count ?? (searches[0]?.['ids'] as unknown[] | undefined)?.length ?? 0
    const counts = topks ?? (queryCount === 1 ? [hits.length] : Array.from({ length: queryCount }, () => 0))
    const planes: Plane[] = []
    return { head: hitsFrame(hits, counts, schema, planes), planes }
  }

  /** What is known of a collection's schema; asked beside the first read. */
  #schema({ collectionName, dbName }: Head): Promise<CollectionDescription> {
    const key = JSON.stringify([dbName, collectionName])
    const known = this.#schemas.get(key)
    if (known !== undefined && performance.now() - known.since < SCHEMA_MS) return known.schema
    const schema = this.#data('describeCollection', { collectionName, dbName }) as Promise<CollectionDescription>
    const entry = { schema, since: performance.now() }
    this.#schemas.set(key, entry)
    schema.catch(() => {
      if (this.#schemas.get(key) === entry) this.#schemas.delete(key)
    })
    return schema
  }

  async #data(operation: string, body: Head): Promise<unknown> {
    return (await this.#asked(operation, body)).data
  }

  async #asked(operation: string, body: Head): Promise<Envelope> {
    const endpoint = ENDPOINTS[operation]
    if (endpoint === undefined) {
      throw new ElanusError('UNSUPPORTED', `${OTHER_NAMES[operation] ?? operation} cannot be asked of a server: Milvus's RESTful API has no such call: unsupported operation`)
    }
    if (CHANGES_SCHEMAS.has(operation)) this.#schemas.clear()
    const envelope = await this.#post(endpoint, body)
    if (envelope.code !== 0) throw failureOf(envelope.code, envelope.message ?? '')
    return envelope
  }

  async #post(endpoint: string, body: Head): Promise<Envelope> {
    const url = `${this.#url}/v2/vectordb/${endpoint}`
    let response: Response
    let text: string
    try {
      response = await fetch(url, { method: 'POST', headers: this.#headers, body: printJson(body) })
      text = await response.text()
    } catch (error) {
      if (error instanceof ElanusError) throw error
      throw networkFailure(url, error)
    }
    try {
      const envelope = parseJson(text) as Envelope
      if (typeof envelope.code === 'number') return envelope
    } catch {
      // Told below.
    }
    throw strangerFailure(url, response.status, text)
  }
}

/** Milvus's code for a missing or wrong token. */
const UNAUTHENTICATED = 1800

/** Calls of the client that are named otherwise on the road. */
const OTHER_NAMES: Readonly<Record<string, string | undefined>> = { exportStart: 'export', importChunk: "open with 'from'", trap: 'trap' }

function toInt64(id: string | number | bigint): string | number | bigint {
  return typeof id === 'string' && /^-?\d+$/.test(id) ? BigInt(id) : id
}
