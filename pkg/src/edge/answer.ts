/** Answers in the forms of Milvus's RESTful API that need no engine, and bodies of bounded size. */

/**
 * What a body may have. An isolate has 128 MB, and a body takes ten times its size until it is answered; Milvus's own
 * 64 MB would end it.
 */
export const BODY_BYTES_MAX = 8 << 20

/** Milvus's envelope of failures. */
export function envelope(status: number, code: number, message: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ code, message }), { status, headers: { ...headers, 'content-type': 'application/json; charset=utf-8' } })
}

/** What is answered at addresses that are none. */
export function notFound(): Response {
  return new Response('404 page not found', { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' } })
}

/** Why a body is not taken. */
export class Unacceptable extends Error {
  constructor(readonly status: 400 | 413 | 415, message: string) {
    super(message)
  }

  /** The refusal as an answer. */
  response(headers: Record<string, string> = {}): Response {
    return envelope(this.status, this.status === 413 ? 1100 : 1801, this.message, headers)
  }
}

/** What is left of a body that is too large is read and dropped, so that its sender can read why; up to here. */
const DROPPED_BYTES_MAX = 64 << 20

/** A body whole, counted as it arrives, compressed ones also as they unfold. */
export async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  if (request.body === null) return new Uint8Array(0)
  const stream = unfolded(request)
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw new Unacceptable(400, `the body cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    })
    if (done) break
    length += value.length
    if (length <= BODY_BYTES_MAX) chunks.push(value)
    else chunks.length = 0
    if (length <= (stream === request.body ? DROPPED_BYTES_MAX : BODY_BYTES_MAX)) continue
    await reader.cancel().catch(() => {})
    break
  }
  if (length > BODY_BYTES_MAX) {
    throw new Unacceptable(413, `a request to a Worker may have ${BODY_BYTES_MAX} bytes, because of the memory of its isolate: write fewer rows at a time`)
  }
  const body = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    body.set(chunk, at)
    at += chunk.length
  }
  return body
}

function unfolded(request: Request): ReadableStream<Uint8Array> {
  const body = request.body as ReadableStream<Uint8Array<ArrayBuffer>>
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return body
  if (encoding === 'gzip' || encoding === 'x-gzip') return body.pipeThrough(new DecompressionStream('gzip'))
  if (encoding === 'deflate') return body.pipeThrough(new DecompressionStream('deflate'))
  throw new Unacceptable(415, `a body in the encoding '${encoding}' is not understood; understood are gzip and deflate`)
}
