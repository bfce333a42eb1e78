/** HTTP/1: checks who asks, reads what is asked, and lets the engine answer. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { readBody, Unacceptable } from './body.js'
import { Deadlines } from './deadlines.js'
import type { Intake } from './intake.js'
import type { Limits } from './limits.js'
import type { Visitors } from './origin.js'

/** A request whose body is here. */
export interface WebRequest {
  method: string
  path: string
  /** Those of {@link MEANT_HEADERS} that came. */
  headers: Record<string, string>
  body: Uint8Array
}

/** What goes back. */
export interface WebReply {
  status: number
  headers: Record<string, string>
  body: Uint8Array
}

/** Who answers, and who is told of refusals. */
export interface WebDesk {
  answer(request: WebRequest): Promise<WebReply>
  isHealthy(): Promise<boolean>
  refused(why: string): void
}

const HEADER_BYTES_MAX = 16 << 10

/** The headers that mean something to the engine. To hand a header over takes as long as to read a small body. */
const MEANT_HEADERS = ['authorization', 'db-name', 'accept-type-allow-int64']

/** A reply up to this size is sent at once: it is taken, or it is not. */
const SMALL_BYTES = 16 << 10

/** That long what is left of a refused body is read and dropped, so that the client can read why. */
const LINGER_MS = 2000

/** Answers the requests of HTTP/1 connections that are handed in. */
export class WebRoad {
  readonly #server: Server
  readonly #desk: WebDesk
  readonly #visitors: Visitors
  readonly #intake: Intake
  readonly #limits: Limits
  readonly #deadlines: Deadlines
  #isStopping = false

  constructor(desk: WebDesk, visitors: Visitors, intake: Intake, limits: Limits) {
    this.#desk = desk
    this.#visitors = visitors
    this.#intake = intake
    this.#limits = limits
    this.#deadlines = new Deadlines(limits.unreadMs)
    this.#server = createServer({
      headersTimeout: Math.min(limits.headersMs, limits.requestMs),
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.max(100, Math.min(5000, limits.headersMs / 4)),
      maxHeaderSize: HEADER_BYTES_MAX,
    })
    this.#server.on('request', (request, response) => void this.#serve(request, response))
    // `Expect: 100-continue`: a body is asked for only when its headers may pass.
    this.#server.on('checkContinue', (request, response) => void this.#serve(request, response))
    this.#server.on('upgrade', (_request, socket) => socket.destroy())
    // It never listens itself, and without this its time limits on headers and bodies would never be looked at.
    this.#server.emit('listening')
  }

  /** Takes a connection over. */
  take(socket: Socket): void {
    this.#server.emit('connection', socket)
  }

  /** Lets connections go that do nothing; the others after their answer. */
  stop(): void {
    this.#isStopping = true
    this.#server.close(() => {})
    this.#server.closeIdleConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', ignore)
    response.on('error', ignore)
    const url = request.url ?? '/'
    const path = url.split('?', 1)[0] as string
    const why = this.#visitors.refusal(request)
    if (why !== undefined) {
      this.#desk.refused(why)
      refuse(request, response, 403, why)
      return
    }
    const extra = this.#visitors.headersFor(request)
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      send(response, { status: 204, headers: this.#visitors.preflight(request), body: new Uint8Array(0) })
      return
    }
    if (path === '/healthz' && (request.method === 'GET' || request.method === 'HEAD')) {
      await health(response, this.#desk)
      return
    }
    const share = this.#intake.open(() => refuse(request, response, 408, 'the request came too slowly while others waited'))
    response.on('close', () => {
      this.#deadlines.clear(response)
      share.close()
    })
    try {
      if (request.headers.expect !== undefined) response.writeContinue()
      const body = await readBody(request, share)
      const reply = await this.#desk.answer({ method: request.method ?? 'GET', path: url, headers: meant(request), body })
      share.replace(reply.body.length)
      // Whoever does not take the answer gives up its place. A long one may take longer, as long as some of it is taken.
      const giveUp = (): void => void request.socket.destroy()
      if (reply.body.length > SMALL_BYTES) response.setTimeout(this.#limits.unreadMs, giveUp)
      else if (!response.closed) this.#deadlines.set(response, this.#limits.unreadMs, giveUp)
      // A connection that would go idle now would keep the server from ending.
      send(response, { ...reply, headers: { ...reply.headers, ...extra, ...(this.#isStopping ? { connection: 'close' } : {}) } })
    } catch (error) {
      const status = error instanceof Unacceptable ? error.status : 400
      refuse(request, response, status, error instanceof Error ? error.message : String(error), extra)
    }
  }
}

/** A server that answers `/healthz` alone, for those who expect Milvus's second port. */
export function healthServer(desk: WebDesk): Server {
  return createServer((request, response) => {
    if ((request.url ?? '').split('?', 1)[0] === '/healthz') void health(response, desk)
    else send(response, text(404, '404 page not found'))
  })
}

async function health(response: ServerResponse, desk: WebDesk): Promise<void> {
  const isHealthy = await desk.isHealthy()
  send(response, text(isHealthy ? 200 : 503, isHealthy ? 'OK' : 'the engine does not answer'))
}

/** Answers with a refusal in the API's envelope, and ends the connection when its client goes on sending. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string, headers: Record<string, string> = {}): void {
  if (response.headersSent || response.destroyed) return
  const body = Buffer.from(JSON.stringify({ code: CODES[status] ?? 1100, message }))
  send(response, { status, headers: { ...headers, 'content-type': 'application/json; charset=utf-8', connection: 'close' }, body })
  if (request.complete) return
  request.resume()
  setTimeout(() => request.socket.destroy(), LINGER_MS).unref()
}

/** Milvus's codes for what is refused here: no privilege, a body that is none, too much of it. */
const CODES: Readonly<Record<number, number>> = { 400: 1801, 403: 1401, 408: 1, 413: 1100, 415: 1801 }

function text(status: number, message: string): WebReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(message) }
}

function send(response: ServerResponse, { status, headers, body }: WebReply): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': body.length })
  response.end(body)
}

/** The headers that the engine reads, by lower-case name, each one text. */
function meant({ headers }: IncomingMessage): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of MEANT_HEADERS) {
    const value = headers[name]
    if (value !== undefined) found[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return found
}

const ignore = (): void => {}
