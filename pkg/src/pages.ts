/** Which web pages may ask, by the `Origin` that a browser lets no page choose. */

import { ElanusError } from './error.js'

/** What clients in pages send; `contenttype` is the official HTTP client's own spelling. */
const HEADERS = 'authorization, accept, content-type, contenttype, accept-type-allow-int64, request-timeout, db-name'

/** That long a browser may remember what it may do. */
const PREFLIGHT_SECONDS = 600

/** The pages that are on the list. */
export class Pages {
  readonly #origins: ReadonlySet<string>

  /** `option` is what sets the list, for messages. */
  constructor(allowed: readonly string[], option: string) {
    this.#origins = new Set(allowed.map((text) => parseOrigin(text, option)))
  }

  /** Whether a request of that origin may pass; what comes from no page has none. */
  allows(origin: string | undefined): boolean {
    return origin === undefined || this.#origins.has(origin)
  }

  /** The headers that let a page of an allowed origin read the answer. */
  headersFor(origin: string | undefined): Record<string, string> {
    if (origin === undefined) return this.#origins.size === 0 ? {} : { vary: 'Origin' }
    return { 'access-control-allow-origin': origin, vary: 'Origin' }
  }

  /** The answer to the question whether a page may ask. */
  preflight(origin: string | undefined): Record<string, string> {
    return {
      ...this.headersFor(origin),
      'access-control-allow-methods': 'POST, GET',
      'access-control-allow-headers': HEADERS,
      'access-control-max-age': String(PREFLIGHT_SECONDS),
    }
  }
}

function parseOrigin(text: string, option: string): string {
  let origin = 'null'
  try {
    origin = new URL(text).origin
  } catch {
    // told below
  }
  if (origin === 'null') throw new ElanusError('INVALID', `${option} ${text}: expected an origin such as http://localhost:5173${text === '*' ? '; every page of the web could then read and drop collections' : ''}`)
  return origin
}
