/** The messages between a page and its worker. */

import type { ErrorShape } from './error.js'
import type { Plane } from './frame.js'
import type { Progress } from './transport.js'

/** What the worker is to open; it comes first. */
export interface Start {
  module: WebAssembly.Module
  name: string | undefined
  durability: 'relaxed' | 'strict'
  memoryLimitBytes: number
}

/** From the page. The answer to `start` and `close` carries their id too. */
export type Request =
  | { id: number; start: Start }
  | { id: number; operation: string; head: object; planes: readonly Plane[]; wantsProgress: boolean }
  | { id: number; close: true }

/** From the worker. */
export type Response =
  | { id: number; head: unknown; planes: Plane[] }
  | { id: number; error: ErrorShape }
  | { id: number; progress: Progress }
  | { log: string }

/**
 * The buffers that can be given away with a message: those that a plane has to itself. Where a plane is part of a larger
 * buffer, cloning would copy all of that buffer, so the plane is cut out first.
 */
export function prepare(planes: readonly Plane[]): { planes: Plane[]; transfer: ArrayBuffer[] } {
  const transfer = new Set<ArrayBuffer>()
  const prepared = planes.map((plane) => {
    const isWhole = plane.byteLength === plane.buffer.byteLength && plane.buffer instanceof ArrayBuffer && !transfer.has(plane.buffer)
    const own = isWhole ? plane : plane.slice()
    transfer.add(own.buffer as ArrayBuffer)
    return own
  })
  return { planes: prepared, transfer: [...transfer] }
}
