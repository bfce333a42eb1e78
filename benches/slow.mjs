// Clients that begin and do not end: half a head, half a body, half a gRPC message, nothing at all. Each sends a byte a second, so that
// it is not idle, and comes again when the server gives it up.
import { connect } from 'node:net'

const BYTE_MS = 1000
/** What a body or message is said to be long, and how much of it comes at once. */
const SAID_BYTES = 1 << 20
const SENT_BYTES = 64 << 10

const PATH = '/v2/vectordb/entities/insert'

/** HTTP/2 by hand, since a client of Node's would end what it begins. */
const frame = (type, flags, stream, payload) => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}
const DATA = 0
const HEADERS = 1
const SETTINGS = 4
const END_HEADERS = 4
/** A header that is in no table: its name and value as they are. */
const literal = (name, value) => Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])

function halfMessage() {
  const headers = [[':method', 'POST'], [':scheme', 'http'], [':path', '/milvus.proto.milvus.MilvusService/Insert'], [':authority', '127.0.0.1'], ['content-type', 'application/grpc'], ['te', 'trailers']]
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(SAID_BYTES, 1)
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0, Buffer.alloc(0)),
    frame(HEADERS, END_HEADERS, 1, Buffer.concat(headers.map(([name, value]) => literal(name, value)))),
    frame(DATA, 0, 1, prefix), frame(DATA, 0, 1, Buffer.alloc(8 << 10)),
  ])
}

/** How a client begins, and what it goes on with. */
const KINDS = [
  { name: 'half a head', begin: Buffer.from(`POST ${PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: `), more: Buffer.from('x') },
  {
    name: 'half a body',
    begin: Buffer.concat([Buffer.from(`POST ${PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${SAID_BYTES}\r\n\r\n`), Buffer.alloc(SENT_BYTES, ' ')]),
    more: Buffer.from(' '),
  },
  { name: 'half a gRPC message', begin: halfMessage(), more: frame(DATA, 0, 1, Buffer.alloc(1)) },
  { name: 'nothing', begin: Buffer.alloc(0), more: Buffer.alloc(0) },
]

/** Holds `count` such clients on a port until `close`, the kinds in turn. `told` says what became of them. */
export function hold(port, count) {
  const given = new Map(KINDS.map(({ name }) => [name, 0]))
  let isOver = false
  const sockets = new Map()
  const begin = at => {
    const { name, begin: bytes, more } = KINDS[at % KINDS.length]
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes))
    const clock = setInterval(() => more.length > 0 && socket.write(more), BYTE_MS)
    sockets.set(at, socket)
    socket.resume()
    socket.on('error', () => {})
    socket.once('close', () => {
      clearInterval(clock)
      if (isOver) return
      given.set(name, given.get(name) + 1)
      begin(at)
    })
  }
  for (let at = 0; at < count; at++) begin(at)
  return {
    told: () => [...given].map(([name, times]) => `${name} ${times} times`).join(', '),
    close() {
      isOver = true
      for (const socket of sockets.values()) socket.destroy()
    },
  }
}
