/**
 * Who may ask over HTTP/1, decided by headers before a body is read. A page of a stranger can make a browser send
 * requests here; it cannot choose their `Origin`, and under a name of its own that leads here (DNS rebinding) it cannot
 * choose their `Host`. gRPC needs no such check: pages cannot speak HTTP/2 without encryption.
 */

import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { ElanusError } from '../error.js'

/** What clients in pages send; `contenttype` is the official HTTP client's own spelling. */
const HEADERS = 'authorization, accept, content-type, contenttype, accept-type-allow-int64, request-timeout, db-name'

/** That long a browser may remember what it may do. */
const PREFLIGHT_SECONDS = 600

/** The rule of one server. */
export class Visitors {
  readonly #hosts: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>

  constructor(host: string, allowHosts: readonly string[], allowOrigins: readonly string[]) {
    this.#hosts = new Set(['localhost', '127.0.0.1', '::1', host, ...allowHosts].map((name) => bare(name)))
    this.#origins = new Set(allowOrigins.map(parseOrigin))
  }

  /** Why a request is refused, or undefined. */
  refusal(request: IncomingMessage): string | undefined {
    const { host, origin } = request.headers
    if (host === undefined || !this.#isOurs(nameOf(host), request.socket.localAddress)) {
      return `the Host header '${host ?? ''}' is not on the list; start the server with --allow-host ${host === undefined ? 'NAME' : nameOf(host)} if it is meant to be`
    }
    if (origin !== undefined && !this.#origins.has(origin)) {
      return `pages of ${origin} may not ask; start the server with --allow-origin ${origin} if they are meant to`
    }
    return undefined
  }

  /** The headers that let a page of an allowed origin read the answer. */
  headersFor(request: IncomingMessage): Record<string, string> {
    const { origin } = request.headers
    if (origin === undefined) return this.#origins.size === 0 ? {} : { vary: 'Origin' }
    return { 'access-control-allow-origin': origin, vary: 'Origin' }
  }

  /** The answer to the question whether a page may ask. */
  preflight(request: IncomingMessage): Record<string, string> {
    return {
      ...this.headersFor(request),
      'access-control-allow-methods': 'POST, GET',
      'access-control-allow-headers': HEADERS,
      'access-control-max-age': String(PREFLIGHT_SECONDS),
      ...(request.headers['access-control-request-private-network'] === 'true' ? { 'access-control-allow-private-network': 'true' } : {}),
    }
  }

  /** A name of the list, or the very address that was connected to: no name that leads here can be an address. */
  #isOurs(name: string, local: string | undefined): boolean {
    return this.#hosts.has(name) || (isIP(name) !== 0 && name === local?.replace(/^::ffff:/, ''))
  }
}

/** The name in a Host header, without port. */
function nameOf(host: string): string {
  return bare(host.replace(/:\d*$/, ''))
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

function parseOrigin(text: string): string {
  let origin = 'null'
  try {
    origin = new URL(text).origin
  } catch {
    // told below
  }
  if (origin === 'null') throw new ElanusError('INVALID', `--allow-origin ${text}: expected an origin such as http://localhost:5173${text === '*' ? '; every page of the web could then read and drop collections' : ''}`)
  return origin
}
