/** What the first argument of `open` means. */

import { ElanusError } from './error.js'

/** A place for a database. */
export type Address = { kind: 'memory' } | { kind: 'name'; name: string } | { kind: 'remote'; url: string }

/** Reads the address that `call` was given. */
export function parseAddress(address: unknown, call: 'open' | 'destroy'): Address {
  if (typeof address !== 'string') {
    throw new ElanusError('UNSUPPORTED', `${call}: expected a name, a path or ':memory:', got ${address === null ? 'null' : typeof address}`)
  }
  if (address === ':memory:') return { kind: 'memory' }
  if (address === '') throw new ElanusError('INVALID', `${call}: expected a name, a path or ':memory:', got an empty text: invalid parameter`)
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(address) && !address.startsWith('file://')) {
    if (/^https?:/i.test(address) && URL.canParse(address)) return { kind: 'remote', url: address }
    throw new ElanusError('UNSUPPORTED', `${call}: ${address}: expected a name, a path, ':memory:', or a server at http:// or https://: unsupported operation`)
  }
  return { kind: 'name', name: address }
}
