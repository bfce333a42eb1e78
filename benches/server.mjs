// `elanus serve` under load, from a process of its own: an open loop, so that a slow answer does not slow the asking.
//   node benches/server.mjs [--road grpc|rest] [--rate 2000] [--connections 200] [--seconds 30] [--rows 10000] [--dim 384] [--slow 500]
// With --slow the load is put on twice, the second time beside so many clients that begin requests and do not end them.
// The delay of an answer counts from when its question was due, not from when a connection was free.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { root } from '../scripts/tools.mjs'
import { hold } from './slow.mjs'

const { values } = parseArgs({ options: {
  road: { type: 'string', default: 'grpc' },
  rate: { type: 'string', default: '2000' },
  connections: { type: 'string', default: '200' },
  seconds: { type: 'string', default: '30' },
  rows: { type: 'string', default: '10000' },
  dim: { type: 'string', default: '384' },
  slow: { type: 'string', default: '0' },
  asker: { type: 'string' },
} })
const { road } = values
const [rate, connections, seconds, rows, dim, slow] = ['rate', 'connections', 'seconds', 'rows', 'dim', 'slow'].map(name => Number(values[name]))
const LIMIT = 10
const QUERIES = 64

/** Chance that is the same in every run. */
function random(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
}

const vectors = (count, seed) => {
  const next = random(seed)
  return Array.from({ length: count }, () => Float32Array.from({ length: dim }, next))
}

/** Protobuf, as much as a search takes. */
const field = (number, bytes) => {
  const tag = [(number << 3) | 2]
  let length = bytes.length
  for (; length > 0x7f; length >>>= 7) tag.push((length & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([...tag, length]), bytes])
}
const whole = (number, value) => Buffer.from([number << 3, value])
const pair = (key, value) => field(9, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))]))

function grpcMessage(vector) {
  const placeholder = Buffer.concat([field(1, Buffer.from('$0')), whole(2, 101), field(3, Buffer.from(vector.buffer))])
  const body = Buffer.concat([
    field(3, Buffer.from('load')), whole(7, 1), field(6, field(1, placeholder)),
    pair('anns_field', 'vector'), pair('topk', String(LIMIT)), pair('metric_type', 'COSINE'), pair('params', '{}'), pair('round_decimal', '-1'), whole(12, 1),
  ])
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(body.length, 1)
  return Buffer.concat([prefix, body])
}

function restRequest(vector) {
  const body = JSON.stringify({ collectionName: 'load', data: [Array.from(vector)], limit: LIMIT, annsField: 'vector' })
  return Buffer.from(`POST /v2/vectordb/entities/search HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

/** A connection that has one question under way; `ask` resolves to whether the answer is one with hits. */
function restConnection(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let text = ''
  let answered
  socket.setEncoding('latin1')
  socket.on('data', chunk => {
    text += chunk
    const end = text.indexOf('\r\n\r\n')
    if (end < 0 || text.length < end + 4 + Number(/content-length: (\d+)/i.exec(text)[1])) return
    const isRight = text.startsWith('HTTP/1.1 200') && text.includes('"code":0') && text.split('"distance"').length === LIMIT + 1
    text = ''
    answered(isRight)
  })
  socket.on('error', () => answered?.(false))
  return { ask: bytes => new Promise(resolve => {
    answered = resolve
    socket.write(bytes)
  }), close: () => socket.destroy() }
}

function grpcConnection(port) {
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  const headers = { ':method': 'POST', ':path': '/milvus.proto.milvus.MilvusService/Search', 'content-type': 'application/grpc', te: 'trailers' }
  return { ask: bytes => new Promise(resolve => {
    const stream = session.request(headers)
    let size = 0
    let status
    stream.on('data', chunk => (size += chunk.length))
    stream.on('trailers', trailers => (status = trailers['grpc-status']))
    stream.on('close', () => resolve(status === '0' && size > LIMIT * 8))
    stream.on('error', () => resolve(false))
    stream.end(bytes)
  }), close: () => session.destroy() }
}

/** The process that asks. */
async function ask(port) {
  const questions = vectors(QUERIES, 7).map(road === 'grpc' ? grpcMessage : restRequest)
  const all = Array.from({ length: connections }, () => (road === 'grpc' ? grpcConnection : restConnection)(port))
  // Every connection is made before the clock runs.
  await Promise.all(all.map(one => one.ask(questions[0])))
  const free = [...all]
  const due = []
  const delays = []
  let errors = 0
  let asked = 0
  const total = rate * seconds
  const start = performance.now()
  await new Promise(resolve => {
    const send = () => {
      while (free.length > 0 && due.length > 0) {
        const since = due.shift()
        const connection = free.pop()
        void connection.ask(questions[delays.length % QUERIES]).then(isRight => {
          delays.push(performance.now() - since)
          if (!isRight) errors++
          free.push(connection)
          if (delays.length === total) {
            clearInterval(clock)
            resolve()
          } else send()
        })
      }
    }
    const clock = setInterval(() => {
      const now = performance.now()
      while (asked < total && start + (asked * 1000) / rate <= now) due.push(start + (asked++ * 1000) / rate)
      send()
    }, 1)
  })
  const took = (performance.now() - start) / 1000
  delays.sort((one, other) => one - other)
  const at = share => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))]
  for (const one of all) one.close()
  console.log(JSON.stringify({ answers: delays.length, perSecond: delays.length / took, errors, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: delays.at(-1) }))
}

async function main() {
  const server = spawn(process.execPath, [join(root, 'pkg', 'dist', 'cli.js'), 'serve', '--memory', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const port = await new Promise((resolve, reject) => {
      server.stdout.once('data', chunk => resolve(Number(/:(\d+) \(/.exec(String(chunk))[1])))
      server.once('exit', () => reject(new Error('the server did not start')))
    })
    const memory = () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024)
    const call = async (path, body) => {
      const answer = await (await fetch(`http://127.0.0.1:${port}/v2/vectordb/${path}`, { method: 'POST', body: JSON.stringify(body) })).json()
      if (answer.code !== 0) throw new Error(`${path}: ${answer.message}`)
    }
    const idle = memory()
    await call('collections/create', { collectionName: 'load', dimension: dim, metricType: 'COSINE' })
    const all = vectors(rows, 1)
    for (let at = 0; at < rows; at += 1000) await call('entities/insert', { collectionName: 'load', data: all.slice(at, at + 1000).map((vector, row) => ({ id: at + row, vector: Array.from(vector) })) })
    await new Promise(resolve => setTimeout(resolve, 2000))
    const cpu = () => readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((sum, ticks) => sum + Number(ticks) / 100, 0)
    const ms = value => `${value.toFixed(1)} ms`
    /** Puts the load on and tells how it went. */
    const load = async () => {
      const [memoryBefore, cpuBefore] = [memory(), cpu()]
      const asker = spawn(process.execPath, [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--asker', String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      asker.stdout.on('data', chunk => (text += chunk))
      await new Promise(resolve => asker.once('close', resolve))
      const result = JSON.parse(text)
      console.log(`answered: ${result.answers}, ${result.perSecond.toFixed(0)} a second, ${result.errors} errors; server ${((cpu() - cpuBefore) * 1000 / result.answers).toFixed(2)} ms of CPU each`)
      console.log(`delay: p50 ${ms(result.p50)}, p90 ${ms(result.p90)}, p99 ${ms(result.p99)}, max ${ms(result.max)}`)
      console.log(`memory of the server: idle ${idle} MiB, before ${memoryBefore} MiB, after ${memory()} MiB`)
      if (result.errors > 0) process.exitCode = 1
    }
    console.log(`machine: ${cpus()[0].model}, ${cpus().length} cores; ${rows} rows of ${dim}, limit ${LIMIT}, COSINE, ${road}`)
    console.log(`asked: ${rate} searches a second over ${connections} connections for ${seconds} s`)
    await load()
    if (slow > 0) {
      const held = hold(port, slow)
      // They are all there before the load comes.
      await new Promise(resolve => setTimeout(resolve, 2000))
      console.log(`\nthe same beside ${slow} clients that do not end what they begin`)
      await load()
      console.log(`given up by the server meanwhile: ${held.told()}`)
      held.close()
      await new Promise(resolve => setTimeout(resolve, 2000))
      console.log(`memory of the server when they are gone: ${memory()} MiB`)
    }
  } finally {
    server.kill()
  }
}

if (values.asker === undefined) await main()
else await ask(Number(values.asker))
