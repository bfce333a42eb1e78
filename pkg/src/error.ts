/**
 * The one error that Elanus throws: Milvus's code, a kind to switch on, and words that say what to do.
 * It crosses the worker boundary as an {@link ErrorShape}, because structured cloning keeps only name and message.
 */

/** The class of an error. */
export type ErrorKind =
  | 'INVALID'
  | 'SCHEMA'
  | 'DIMENSION'
  | 'FILTER'
  | 'NOT_FOUND'
  | 'EXISTS'
  | 'LOCKED'
  | 'CLOSED'
  | 'QUOTA'
  | 'MEMORY'
  | 'STORAGE'
  | 'CORRUPT'
  | 'VERSION_TOO_NEW'
  | 'EVICTED'
  | 'ABORTED'
  | 'WASM_LOAD'
  | 'WASM_UNAVAILABLE'
  | 'PANIC'
  | 'UNSUPPORTED'
  | 'DENIED'
  | 'UNKNOWN_COMMIT'

/** What an error consists of, as plain data. */
export interface ErrorShape {
  code: number
  kind: string
  message: string
  details?: object | undefined
  cause?: { name: string; message: string } | undefined
}

/** Milvus's code for errors that are born in JavaScript; the engine's own errors bring theirs. */
const CODES: Record<ErrorKind, number> = {
  CLOSED: 1,
  LOCKED: 2,
  EVICTED: 2,
  WASM_LOAD: 2,
  WASM_UNAVAILABLE: 2,
  MEMORY: 3,
  PANIC: 5,
  QUOTA: 7,
  NOT_FOUND: 100,
  STORAGE: 1008,
  UNKNOWN_COMMIT: 1008,
  CORRUPT: 1009,
  VERSION_TOO_NEW: 1009,
  INVALID: 1100,
  DIMENSION: 1100,
  FILTER: 1100,
  DENIED: 1401,
  EXISTS: 1602,
  SCHEMA: 1804,
  UNSUPPORTED: 3000,
  ABORTED: 10000,
}

const BRAND = Symbol.for('elanus.error')

/** A failure of a call: nothing changed, unless its kind is `UNKNOWN_COMMIT` or `PANIC`. */
export class ElanusError extends Error {
  /** Milvus's error code. */
  readonly code: number
  /** The class of the error. */
  readonly kind: ErrorKind
  /** Facts for programs, such as `{ expected, got, row }`. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    kind: ErrorKind,
    message: string,
    options: { code?: number; details?: object | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ElanusError'
    this.kind = kind
    this.code = options.code ?? CODES[kind]
    this.details = { ...options.details }
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** True for errors of every copy of this package, so that `elanus` and `elanus/inline` may be mixed. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  /** The error of a shape, such as one that came from a worker. */
  static from(shape: ErrorShape): ElanusError {
    return new ElanusError(shape.kind as ErrorKind, shape.message, {
      code: shape.code,
      details: shape.details,
      cause: shape.cause,
    })
  }

  /** Plain data that `structuredClone` and `JSON.stringify` keep. */
  toJSON(): ErrorShape {
    const { cause } = this
    const told = cause instanceof Error ? { name: cause.name, message: cause.message } : undefined
    return {
      code: this.code,
      kind: this.kind,
      message: this.message,
      details: this.details,
      cause: told ?? (cause as ErrorShape['cause']),
    }
  }
}

/** The shape of anything that was thrown; what is not ours becomes a storage failure with its words. */
export function shapeOf(thrown: unknown): ErrorShape {
  if (thrown instanceof ElanusError) return (thrown as ElanusError).toJSON()
  return asError(thrown).toJSON()
}

/** Anything that was thrown, as an {@link ElanusError}. */
export function asError(thrown: unknown, kind: ErrorKind = 'STORAGE'): ElanusError {
  if (thrown instanceof ElanusError) return thrown as ElanusError
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new ElanusError(kind, message, { cause: thrown })
}
