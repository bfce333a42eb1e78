/**
 * Who may ask over HTTP/1, decided by headers before a body is read. A page of a stranger can make a browser send
 * requests here; it cannot choose their `Origin`, and under a name of its own that leads here (DNS rebinding) it cannot
 * choose their `Host`. gRPC needs no such check: pages cannot speak HTTP/2 without encryption.
 */

import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Pages } from '../pages.js'

/** The rule of one server. */
export class Visitors {
  readonly #hosts: ReadonlySet<string>
  readonly #pages: Pages

  constructor(host: string, allowHosts: readonly string[], allowOrigins: readonly string[]) {
    this.#hosts = new Set(['localhost', '127.0.0.1', '::1', host, ...allowHosts].map((name) => bare(name)))
    this.#pages = new Pages(allowOrigins, '--allow-origin')
  }

  /** Why a request is refused, or undefined. */
  refusal(request: IncomingMessage): string | undefined {
    const { host, origin } = request.headers
    if (host === undefined || !this.#isOurs(nameOf(host), request.socket.localAddress)) {
      return `the Host header '${host ?? ''}' is not on the list; start the server with --allow-host ${host === undefined ? 'NAME' : nameOf(host)} if it is meant to be`
    }
    if (!this.#pages.allows(origin)) {
      return `pages of ${origin} may not ask; start the server with --allow-origin ${origin} if they are meant to`
    }
    return undefined
  }

  /** The headers that let a page of an allowed origin read the answer. */
  headersFor(request: IncomingMessage): Record<string, string> {
    return this.#pages.headersFor(request.headers.origin)
  }

  /** The answer to the question whether a page may ask. */
  preflight(request: IncomingMessage): Record<string, string> {
    return {
      ...this.#pages.preflight(request.headers.origin),
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
