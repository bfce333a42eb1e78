/** A server: one database behind one port. */

import type { Server as HttpServer } from 'node:http'
import { ElanusError, asError } from '../error.js'
import type { Plane } from '../frame.js'
import type { Transport } from '../transport.js'
import { GrpcRoad, Status, type Call, type Outcome } from './grpc.js'
import { healthServer, WebRoad, type WebDesk, type WebReply, type WebRequest } from './http.js'
import { Intake } from './intake.js'
import { LIMITS, type Limits } from './limits.js'
import { once, type Log } from './log.js'
import { Visitors } from './origin.js'
import { Port, portError } from './port.js'
import { isFlush } from './reads.js'

/** What a server is asked to be. */
export interface Settings {
  host: string
  port: number
  /** A second port for `/healthz` alone. */
  healthPort?: number
  /** Whether callers have to say who they are; the database knows its users. */
  hasUsers?: boolean
  allowHosts?: readonly string[]
  allowOrigins?: readonly string[]
  limits?: Partial<Limits>
}

const SERVICE = 'milvus.proto.milvus.MilvusService'

/** The addresses that nobody else can connect to. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/i

/** A server that accepts connections; its database may still be opening, and calls wait for it. */
export class Server {
  readonly #port: Port
  readonly #health: HttpServer | undefined
  readonly #roads: { grpc: GrpcRoad; web: WebRoad }
  readonly #desk: Desk
  readonly #limits: Limits

  private constructor(port: Port, health: HttpServer | undefined, roads: { grpc: GrpcRoad; web: WebRoad }, desk: Desk, limits: Limits) {
    this.#port = port
    this.#health = health
    this.#roads = roads
    this.#desk = desk
    this.#limits = limits
  }

  /** Listens. The database is closed by {@link stop}; when listening fails, it is left to the caller. */
  static async start(database: Promise<Transport>, settings: Settings, log: Log): Promise<Server> {
    const { host, port, healthPort, hasUsers = false, allowHosts = [], allowOrigins = [] } = settings
    if (!hasUsers && !LOOPBACK.test(host)) {
      throw new ElanusError('INVALID', `${host} can be reached from other machines: choose a password with --token user:password, or leave --host out to serve this machine alone`)
    }
    const limits = { ...LIMITS, ...settings.limits }
    const desk = new Desk(database, log, limits)
    const intake = new Intake(limits.inFlightBytesMax)
    const grpc = new GrpcRoad((call) => desk.call(call), intake, limits)
    const web = new WebRoad(desk, new Visitors(host, allowHosts, allowOrigins), intake, limits)
    const listening = await Port.listen(host, port, limits, { http2: (socket) => grpc.take(socket), http1: (socket) => web.take(socket) })
    try {
      const health = healthPort === undefined ? undefined : await listenForHealth(desk, host, healthPort)
      return new Server(listening, health, { grpc, web }, desk, limits)
    } catch (error) {
      listening.stop()
      throw error
    }
  }

  /** The port's number. */
  get port(): number {
    return this.#port.number
  }

  /** Accepts nothing more, answers what was asked, and closes the database; what was acknowledged is stored then. */
  async stop(): Promise<void> {
    this.#health?.close()
    this.#health?.closeAllConnections()
    this.#port.stop()
    this.#roads.grpc.stop()
    this.#roads.web.stop()
    let timer: ReturnType<typeof setTimeout> | undefined
    const grace = new Promise((resolve) => (timer = setTimeout(resolve, this.#limits.graceMs)))
    await Promise.race([this.#port.gone(), grace])
    clearTimeout(timer)
    this.#port.destroy()
    await this.#desk.close()
  }
}

function listenForHealth(desk: WebDesk, host: string, port: number): Promise<HttpServer> {
  const server = healthServer(desk)
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(portError(error, host, port)))
    server.listen(port, host, () => resolve(server))
  })
}

/** Hands requests to the database and puts its answers into each protocol's words. */
class Desk implements WebDesk {
  readonly #database: Promise<Transport>
  readonly #log: Log
  readonly #refusals: Log
  readonly #limits: Limits

  constructor(database: Promise<Transport>, log: Log, limits: Limits) {
    this.#database = database
    this.#log = log
    this.#refusals = once(log)
    this.#limits = limits
  }

  async call({ service, method, headers, message }: Call): Promise<Outcome> {
    if (service !== SERVICE) return { code: Status.UNIMPLEMENTED, message: `unknown service ${service}` }
    const { authorization, dbname } = headers
    const metadata = { ...(authorization === undefined ? {} : { authorization }), ...(typeof dbname === 'string' ? { dbname } : {}) }
    try {
      const database = await this.#database
      const { head, planes } = await database.call('grpc', { method, metadata }, [own(message)])
      const outcome = head as { code: number; message: string }
      if (isFlush(method) && outcome.code === Status.OK) await this.#sealed(database)
      return outcome.code === Status.OK ? { ...outcome, body: planes[0] as Uint8Array } : outcome
    } catch (thrown) {
      const error = this.#failed(method, thrown)
      if (error.kind === 'UNSUPPORTED') return { code: Status.UNIMPLEMENTED, message: error.message }
      return { code: error.kind === 'CLOSED' ? Status.UNAVAILABLE : Status.INTERNAL, message: error.message }
    }
  }

  async answer({ method, path, headers, body }: WebRequest): Promise<WebReply> {
    try {
      const database = await this.#database
      const { head, planes } = await database.call('http', { method, path, headers }, [own(body)])
      const { status, headers: answered } = head as { status: number; headers: Record<string, string> }
      if (isFlush(path)) await this.#sealed(database)
      return { status, headers: answered, body: (planes[0] as Uint8Array | undefined) ?? new Uint8Array(0) }
    } catch (thrown) {
      const error = this.#failed(path, thrown)
      return envelope(error.kind === 'CLOSED' ? 503 : 200, error.code, error.message)
    }
  }

  async isHealthy(): Promise<boolean> {
    try {
      await (await this.#database).call('listDatabases', {})
      return true
    } catch {
      return false
    }
  }

  refused(why: string): void {
    this.#refusals.line(`refused: ${why}`)
  }

  async close(): Promise<void> {
    await (await this.#database).close()
  }

  /**
   * Waits until nothing is left to seal, as whoever flushes expects; rows are durable before. No longer than the limit, since
   * others may write on and on.
   */
  async #sealed(database: Transport): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise((resolve) => (timer = setTimeout(resolve, this.#limits.flushMs)))
    try {
      await Promise.race([database.call('settled', {}), late])
    } catch (error) {
      // The rows stand all the same; the log says why they are not sealed.
      this.#failed('flush', error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** What the engine throws is its own failure; what a caller did wrong comes as an answer. */
  #failed(what: string, thrown: unknown): ElanusError {
    const error = asError(thrown, 'PANIC')
    if (error.kind !== 'UNSUPPORTED' && error.kind !== 'CLOSED') this.#log.line(`error in ${what}: ${error.kind} ${error.message}`)
    return error
  }
}

function envelope(status: number, code: number, message: string): WebReply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: Buffer.from(JSON.stringify({ code, message })) }
}

/** A plain view: small buffers of Node's are parts of a shared pool, and a class of their own. */
function own(bytes: Uint8Array): Plane {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
