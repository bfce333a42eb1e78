/**
 * Nested values made fit to travel: plain objects, lists, texts, numbers, bigints, truth values and null, at most
 * {@link DEPTH_MAX} levels deep. What JSON can say stays what it is; what no store can hold is refused with its place.
 */

import { ElanusError } from './error.js'

/** Levels of nesting that a value may have; Milvus's JSON fields have the same kind of bound. */
export const DEPTH_MAX = 64

/**
 * A copy of `value` that holds plain data alone (the value itself where it is plain already).
 * `field` and `row` are for the message.
 */
export function plain(value: unknown, field: string, row?: number): unknown {
  return copy(value, 0)

  function copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        if (!isWellFormed(value)) refuse(LONE_SURROGATE)
        return value
      case 'number':
      case 'boolean':
        return value
      case 'bigint':
        if (BigInt.asIntN(64, value) !== value) refuse(`${value} is beyond Int64`)
        return value
      case 'object':
        return value === null ? null : copyObject(value, depth)
      default:
        return refuse(`a ${typeof value} cannot be stored`)
    }
  }

  function copyObject(value: object, depth: number): unknown {
    if (depth >= DEPTH_MAX) refuse(`it is nested deeper than ${DEPTH_MAX} levels, or refers to itself`)
    if (Array.isArray(value)) {
      return Array.from(value, (element: unknown) => (element === undefined ? null : copy(element, depth + 1)))
    }
    if (ArrayBuffer.isView(value)) {
      if (value instanceof DataView) refuse('a DataView cannot be stored')
      if (value instanceof BigUint64Array) return Array.from(value, (element) => copy(element, depth + 1))
      return Array.from(value as Uint8Array)
    }
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return copy(toJSON.call(value), depth + 1)
    if (value instanceof Map || value instanceof Set || value instanceof ArrayBuffer || value instanceof Promise) {
      refuse(`a ${value.constructor.name} cannot be stored; use a plain object or a list`)
    }
    const result: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const member = (value as Record<string, unknown>)[key]
      if (!isWellFormed(key)) refuse(LONE_SURROGATE)
      if (member !== undefined) setOwn(result, key, copy(member, depth + 1))
    }
    return result
  }

  function refuse(reason: string): never {
    const place = row === undefined ? field : `field ${field}, row ${row}`
    throw new ElanusError(row === undefined ? 'INVALID' : 'SCHEMA', `${row === undefined ? '' : 'fail to deal the insert data, error: '}${place}: ${reason}`, {
      details: row === undefined ? { parameter: field } : { field, row },
    })
  }
}

/** Why text is refused that UTF-8 cannot hold: what would be stored in its place, others would be too. */
export const LONE_SURROGATE = 'a text with half of a surrogate pair, which is no Unicode, cannot be stored'

/** Whether a text has no half of a surrogate pair. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

/** Refuses a call's parameters that are no object. */
export function expectObject(body: unknown): void {
  if (typeof body === 'object' && body !== null) return
  throw new ElanusError('INVALID', `expected an object with the call's parameters, got ${body === null ? 'null' : typeof body}: invalid parameter`)
}

/** Sets a key of a plain object; the key `__proto__` becomes one like any other. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    target[key] = value
  }
}
