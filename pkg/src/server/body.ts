/** The body of an HTTP request, bounded and counted as it arrives, compressed ones also as they unfold. */

import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Share } from './intake.js'
import { MESSAGE_BYTES_MAX } from './limits.js'

/** Why a body is not taken, as an HTTP status. */
export class Unacceptable extends Error {
  constructor(readonly status: 400 | 413 | 415, message: string) {
    super(message)
  }
}

const decoders: Readonly<Record<string, (() => NodeJS.ReadWriteStream & Readable) | undefined>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** Reads a body whole. */
export async function readBody(request: IncomingMessage, share: Share): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > MESSAGE_BYTES_MAX) throw tooLarge()
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return gather(request, share)
  const decoder = decoders[encoding]?.()
  if (decoder === undefined) throw new Unacceptable(415, `a body in the encoding '${encoding}' is not understood; understood are gzip, deflate and br`)
  request.once('error', (error) => decoder.destroy(error))
  request.once('close', () => {
    if (!request.complete) decoder.destroy(new Unacceptable(400, 'the body is not complete'))
  })
  request.pipe(decoder)
  try {
    return await gather(decoder, share)
  } catch (error) {
    request.unpipe(decoder)
    decoder.destroy()
    throw error instanceof Unacceptable ? error : new Unacceptable(400, `the body cannot be decompressed: ${(error as Error).message}`)
  }
}

/** All that comes. Listeners, since iterating over a stream takes longer than all else that is done for a small body. */
async function gather(source: Readable, share: Share): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    let isOver = false
    const fail = (error: Error): void => {
      isOver = true
      reject(error)
    }
    source.on('data', (chunk: Buffer) => {
      // What is too long is still taken from the connection: the refusal goes out on the one that it came by.
      if (isOver) return
      bytes += chunk.length
      if (bytes > MESSAGE_BYTES_MAX) {
        source.pause()
        fail(tooLarge())
        return
      }
      chunks.push(chunk)
      share.take(source, chunk.length)
    })
    source.on('end', () => {
      isOver = true
      resolve()
    })
    source.on('error', fail)
    source.on('close', () => {
      if (!isOver) fail(new Unacceptable(400, 'the body is not complete'))
    })
  })
  share.arrived()
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)
}

function tooLarge(): Unacceptable {
  return new Unacceptable(413, `a request may have ${MESSAGE_BYTES_MAX} bytes`)
}
