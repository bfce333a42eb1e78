/**
 * gRPC's unary calls over HTTP/2, messages as bytes: framing, compression, statuses. What a message means is the
 * engine's business. Node's own HTTP/2 is used without a library on top, so that every byte of an unfinished message
 * can be counted and reading can be held back.
 */

import { constants, createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { Deadlines } from './deadlines.js'
import type { Intake, Share } from './intake.js'
import { MESSAGE_BYTES_MAX, type Limits } from './limits.js'

/** gRPC's status codes that are born here. */
export const Status = {
  OK: 0,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const

/** A call as it came. */
export interface Call {
  service: string
  method: string
  headers: IncomingHttpHeaders
  message: Uint8Array
}

/** The answer to a call; a message goes with code 0 only. */
export interface Outcome {
  code: number
  message: string
  body?: Uint8Array
}

/** A refusal on the way in. */
class Refused extends Error {
  constructor(readonly code: number, message: string) {
    super(message)
  }
}

/** A byte for compression and four for the length come before each message. */
const PREFIX_BYTES = 5

/** A reply up to this size is sent in one piece with its prefix. */
const JOINED_BYTES_MAX = 16 << 10

/** Bytes of one call, and of one connection, that may come before we have looked at them. */
const STREAM_WINDOW_BYTES = 1 << 20
const CONNECTION_WINDOW_BYTES = 1 << 20

/** Calls at the same time on one connection. */
const STREAMS_MAX = 1000

const ENCODINGS = 'identity,gzip,deflate'

/** The headers of every answer, and the trailers of most. */
const HEADERS = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': ENCODINGS }
const DONE = { 'grpc-status': '0' }

/** How an answer begins. gRPC has no use for a date. */
const WITH_MESSAGE = { waitForTrailers: true, sendDate: false }
const WITHOUT_MESSAGE = { endStream: true, sendDate: false }

const TOO_LARGE = `a message may have ${MESSAGE_BYTES_MAX} bytes`

const CONTENT_TYPE = /^application\/grpc(\+proto)?(;|$)/

const decoders: Readonly<Record<string, ((bytes: Uint8Array) => Promise<Uint8Array>) | undefined>> = {
  gzip: (bytes) => promisify<Uint8Array, object, Buffer>(gunzip)(bytes, { maxOutputLength: MESSAGE_BYTES_MAX }),
  deflate: (bytes) => promisify<Uint8Array, object, Buffer>(inflate)(bytes, { maxOutputLength: MESSAGE_BYTES_MAX }),
}

/** Answers the calls of HTTP/2 connections that are handed in. */
export class GrpcRoad {
  readonly #server: Http2Server
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #answer: (call: Call) => Promise<Outcome>
  readonly #intake: Intake
  readonly #limits: Limits
  readonly #deadlines: Deadlines

  constructor(answer: (call: Call) => Promise<Outcome>, intake: Intake, limits: Limits) {
    this.#answer = answer
    this.#intake = intake
    this.#limits = limits
    this.#deadlines = new Deadlines(Math.min(limits.requestMs, limits.unreadMs))
    this.#server = createServer({
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: 64 << 10 },
      maxSessionMemory: 64,
    })
    this.#server.on('session', (session) => {
      session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
    })
    this.#server.on('stream', (stream, headers) => void this.#serve(stream, headers))
    // A connection that breaks is its client's affair.
    this.#server.on('sessionError', () => {})
  }

  /** Takes a connection over. */
  take(socket: Socket): void {
    this.#server.emit('connection', socket)
  }

  /** Begins nothing new; connections close when their calls are answered. */
  stop(): void {
    for (const session of this.#sessions) session.close()
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', ignore)
    if (!CONTENT_TYPE.test(headers['content-type'] ?? '')) {
      // What gRPC says to whoever does not speak it; REST is for HTTP/1.
      stream.respond({ ':status': 415 }, { endStream: true })
      return
    }
    const share = this.#intake.open(() => finish(stream, { code: Status.DEADLINE_EXCEEDED, message: 'the request came too slowly while others waited' }))
    try {
      const message = await this.#read(stream, headers, share)
      if (stream.closed) return
      const [, service = '', method = ''] = String(headers[':path']).split('/')
      const outcome = await this.#answer({ service, method, headers, message })
      if (stream.closed) return
      const length = outcome.body?.length ?? 0
      share.replace(length)
      const { unreadMs } = this.#limits
      const giveUp = (): void => stream.close(constants.NGHTTP2_CANCEL)
      // A long answer may take longer, as long as some of it is taken.
      if (length > JOINED_BYTES_MAX) stream.setTimeout(unreadMs, giveUp)
      else this.#deadlines.set(stream, unreadMs, giveUp)
      finish(stream, outcome)
    } catch (error) {
      if (error instanceof Refused) finish(stream, { code: error.code, message: error.message })
      else finish(stream, { code: Status.INTERNAL, message: error instanceof Error ? error.message : String(error) })
    }
  }

  /** The one message of a call; its bytes are counted as they come. */
  async #read(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, share: Share): Promise<Uint8Array> {
    const chunks: Buffer[] = []
    let bytes = 0
    let isWaiting = true
    await new Promise<void>((resolve, reject) => {
      const refuse = (code: number, message: string): void => {
        isWaiting = false
        reject(new Refused(code, message))
      }
      const { requestMs } = this.#limits
      this.#deadlines.set(stream, requestMs, () => refuse(Status.DEADLINE_EXCEEDED, `the request was not complete after ${requestMs} ms`))
      stream.on('data', (chunk: Buffer) => {
        if (!isWaiting) return
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes - PREFIX_BYTES > MESSAGE_BYTES_MAX || announced(chunks) > MESSAGE_BYTES_MAX) {
          stream.pause()
          this.#deadlines.clear(stream)
          refuse(Status.RESOURCE_EXHAUSTED, TOO_LARGE)
          return
        }
        share.take(stream, chunk.length)
      })
      stream.on('end', () => {
        isWaiting = false
        resolve()
      })
      stream.on('close', () => {
        this.#deadlines.clear(stream)
        share.close()
        // Not an error for every call that has its message: to make one takes long.
        if (isWaiting) refuse(Status.UNAVAILABLE, 'the connection is gone')
      })
    })
    this.#deadlines.clear(stream)
    share.arrived()
    const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)
    if (all.length < PREFIX_BYTES) throw new Refused(Status.INTERNAL, 'the request has no message')
    const length = all.readUInt32BE(1)
    if (all.length !== PREFIX_BYTES + length) throw new Refused(Status.INTERNAL, `expected one message of ${length} bytes, got ${all.length - PREFIX_BYTES} bytes`)
    const body = all.subarray(PREFIX_BYTES)
    return all[0] === 0 ? body : decompress(body, headers['grpc-encoding'], share)
  }
}

const ignore = (): void => {}

/** The length that a message's prefix tells, as soon as it is here. */
function announced(chunks: readonly Buffer[]): number {
  const first = chunks[0] as Buffer
  if (first.length >= PREFIX_BYTES) return first.readUInt32BE(1)
  const start = Buffer.concat(chunks)
  return start.length >= PREFIX_BYTES ? start.readUInt32BE(1) : 0
}

async function decompress(body: Uint8Array, encoding: string | string[] | undefined, share: Share): Promise<Uint8Array> {
  const decode = decoders[String(encoding)]
  if (decode === undefined) throw new Refused(Status.UNIMPLEMENTED, `messages compressed by '${String(encoding)}' are not understood; understood are ${ENCODINGS}`)
  try {
    const message = await decode(body)
    share.replace(message.length)
    return message
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new Refused(Status.RESOURCE_EXHAUSTED, TOO_LARGE)
    throw new Refused(Status.INTERNAL, `the message cannot be decompressed: ${(error as Error).message}`)
  }
}

/** Answers, unless the call has an answer or nobody waits for one. */
function finish(stream: ServerHttp2Stream, { code, message, body }: Outcome): void {
  if (stream.headersSent || stream.closed || stream.destroyed) return
  if (body === undefined || code !== Status.OK) {
    stream.respond({ ...HEADERS, 'grpc-status': String(code), ...(message === '' ? {} : { 'grpc-message': percentEncoded(message) }) }, WITHOUT_MESSAGE)
    // Whoever still sends may stop.
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
    return
  }
  stream.respond(HEADERS, WITH_MESSAGE)
  stream.on('wantTrailers', sendDone)
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(body.length, 1)
  if (body.length <= JOINED_BYTES_MAX) {
    stream.end(Buffer.concat([prefix, body]))
    return
  }
  stream.write(prefix)
  stream.end(body)
}

function sendDone(this: ServerHttp2Stream): void {
  this.sendTrailers(DONE)
}

/** Text as a header may carry it: gRPC wants what is not printable ASCII, and `%`, as bytes in hexadecimal. */
function percentEncoded(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text)) {
    encoded += byte < 0x20 || byte > 0x7e || byte === 0x25 ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte)
  }
  return encoded
}
