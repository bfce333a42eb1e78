/** Milvus's codes and words, and failures of the network, as errors of ours. */

import { ElanusError, type ErrorKind } from '../error.js'

/** What each code means to a program; codes that are not here are refused parameters. */
const KINDS: Readonly<Record<number, ErrorKind | undefined>> = {
  1: 'CLOSED', 3: 'MEMORY', 5: 'PANIC', 7: 'QUOTA', 100: 'NOT_FOUND', 200: 'NOT_FOUND', 700: 'NOT_FOUND', 800: 'NOT_FOUND',
  1008: 'STORAGE', 1009: 'CORRUPT', 1600: 'NOT_FOUND', 1601: 'EXISTS', 1602: 'EXISTS', 1700: 'NOT_FOUND', 1701: 'SCHEMA', 1804: 'SCHEMA',
  3000: 'UNSUPPORTED', 10000: 'ABORTED',
}

/** The error of an answer. */
export function failureOf(code: number, message: string): ElanusError {
  return new ElanusError(kindOf(code, message), message, { code })
}

function kindOf(code: number, message: string): ErrorKind {
  // One code for many mistakes; Milvus's words tell them apart.
  if (code === 1100) {
    if (/expected=\d+|\bdim\b|dimension/i.test(message)) return 'DIMENSION'
    if (/duplicate|already (exist|taken)/i.test(message)) return 'EXISTS'
    if (/parse expression|plan parser/i.test(message)) return 'FILTER'
  }
  return KINDS[code] ?? 'INVALID'
}

/** A request that brought no answer of the API. */
export function networkFailure(url: string, thrown: unknown): ElanusError {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const reason = cause instanceof Error ? cause.message || (cause as { code?: string }).code || cause.name : String(cause)
  return new ElanusError('STORAGE', `${url} cannot be reached: ${reason}. Is a server running there?`, { code: 2, details: { url }, cause: thrown })
}

/** An answer in other words than the API's. */
export function strangerFailure(url: string, status: number, text: string): ElanusError {
  const words = text.replaceAll(/\s+/g, ' ').slice(0, 200)
  return new ElanusError('INVALID', `${url} answered ${status}${words === '' ? '' : ` '${words}'`}, which is no answer of Milvus's RESTful API v2`, { details: { url, status } })
}
