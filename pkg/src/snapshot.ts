/** Exported databases as streams of bytes, out and in. */

import { ElanusError } from './error.js'
import type { Plane } from './frame.js'
import type { Progress, Transport } from './transport.js'
import type { OpenOptions, SnapshotInput } from './types/open.js'

/** Bytes handed over at a time, so that a large file in memory is not copied whole. */
const CHUNK_BYTES = 1 << 20

/** The database behind `transport` as a file; bytes are asked for as fast as they are read. */
export function exportStream(transport: Transport): ReadableStream<Uint8Array> {
  let id: unknown
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Begun here and not in `start`, for which not every runtime waits.
        id ??= ((await transport.call('exportStart', {})).head as { id: unknown }).id
        const { head, planes } = await transport.call('exportNext', { id })
        if ((head as { done: boolean }).done) {
          await transport.call('exportEnd', { id })
          controller.close()
        } else {
          controller.enqueue(planes[0] as Uint8Array)
        }
      },
      async cancel() {
        if (id !== undefined) await transport.call('exportEnd', { id })
      },
    },
    { highWaterMark: 1 },
  )
}

/** Fills the store behind `transport`, which was not opened yet, from an exported file. */
export async function importFrom(transport: Transport, from: NonNullable<OpenOptions['from']>, name: string, onProgress?: (progress: Progress) => void): Promise<void> {
  if (!(await isEmpty(transport))) {
    if (typeof from === 'function') return
    throw new ElanusError('EXISTS', `open: '${name}' holds a database already; open it without 'from', or under another name: a file fills only an empty one`)
  }
  const input = await (typeof from === 'function' ? from() : from)
  const total = sizeOf(input)
  let done = 0
  for await (const chunk of chunksOf(input)) {
    for (let start = 0; start < chunk.length; start += CHUNK_BYTES) {
      const piece = chunk.slice(start, start + CHUNK_BYTES)
      done += piece.length
      await transport.call('importChunk', {}, [piece])
      onProgress?.({ stage: 'import', done, ...(total === undefined ? {} : { total }) })
    }
  }
  await transport.call('importEnd', {})
}

/** A chunk without bytes starts an import where one is possible, and can be refused for one reason only. */
async function isEmpty(transport: Transport): Promise<boolean> {
  const nothing: Plane = new Uint8Array(0)
  try {
    await transport.call('importChunk', {}, [nothing])
    return true
  } catch (error) {
    if (error instanceof ElanusError && error.kind === 'INVALID') return false
    throw error
  }
}

function sizeOf(input: SnapshotInput): number | undefined {
  if (typeof Blob !== 'undefined' && input instanceof Blob) return input.size
  if (input instanceof Uint8Array || input instanceof ArrayBuffer) return input.byteLength
  if (isResponse(input) && !input.headers.has('Content-Encoding')) {
    const length = Number(input.headers.get('Content-Length'))
    return length > 0 ? length : undefined
  }
  return undefined
}

async function* chunksOf(input: SnapshotInput): AsyncGenerator<Uint8Array> {
  if (input instanceof Uint8Array) yield input
  else if (input instanceof ArrayBuffer) yield new Uint8Array(input)
  else if (isResponse(input)) {
    if (!input.ok || input.body === null) throw new ElanusError('INVALID', `open: from: ${input.url || 'the response'} answered ${input.status}: invalid parameter`)
    yield* read(input.body)
  } else if (typeof Blob !== 'undefined' && input instanceof Blob) yield* read(input.stream())
  else if (input instanceof ReadableStream) yield* read(input)
  else if (typeof input === 'object' && input !== null && Symbol.asyncIterator in input) yield* input
  else throw new ElanusError('INVALID', 'open: from: expected a ReadableStream, Response, Blob, Uint8Array, ArrayBuffer or AsyncIterable: invalid parameter')
}

/** A stream's chunks; not every browser iterates streams. */
async function* read(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function isResponse(input: unknown): input is Response {
  return typeof Response !== 'undefined' && input instanceof Response
}
