/** One listening socket for two protocols: a connection's first bytes say whether it speaks HTTP/2 (gRPC) or HTTP/1. */

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { ElanusError } from '../error.js'

/** How every HTTP/2 connection begins; no HTTP/1 method is called so. */
const PREFACE = Buffer.from('PRI * HTTP/2.0')

/** Where connections go. */
export interface Roads {
  http2(socket: Socket): void
  http1(socket: Socket): void
}

/** A port that is listened on. */
export class Port {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #undecided = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  /** Listens; resolves when connections are accepted. */
  static async listen(host: string, port: number, options: { connectionsMax: number; greetingMs: number }, roads: Roads): Promise<Port> {
    // HTTP/1 clients may close their side before the answer.
    const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    const self = new Port(server)
    server.maxConnections = options.connectionsMax
    server.on('connection', (socket) => self.#accept(socket, options.greetingMs, roads))
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(portError(error, host, port)))
      server.listen({ host, port, backlog: 1024 }, resolve)
    })
    return self
  }

  /** The port's number, also when the system was asked to choose one. */
  get number(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Accepts nothing more, and drops who has not said anything yet. */
  stop(): void {
    this.#server.close()
    for (const socket of this.#undecided) socket.destroy()
  }

  /** Resolves when every connection is gone. */
  async gone(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => new Promise((resolve) => (socket.closed ? resolve(undefined) : socket.once('close', resolve)))))
  }

  /** Ends every connection. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: Socket, greetingMs: number, roads: Roads): void {
    this.#sockets.add(socket)
    this.#undecided.add(socket)
    const late = setTimeout(() => socket.destroy(), greetingMs)
    const ignore = (): void => {}
    let seen: Buffer = Buffer.alloc(0)
    const decide = (isHttp2: boolean): void => {
      clearTimeout(late)
      this.#undecided.delete(socket)
      socket.removeListener('data', look)
      socket.removeListener('end', ended)
      socket.removeListener('error', ignore)
      // Flowing, the socket would give the bytes to nobody.
      socket.pause()
      socket.unshift(seen)
      if (isHttp2) {
        socket.allowHalfOpen = false
        roads.http2(socket)
      } else {
        roads.http1(socket)
        socket.resume()
      }
    }
    const look = (chunk: Buffer): void => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const length = Math.min(seen.length, PREFACE.length)
      if (seen.compare(PREFACE, 0, length, 0, length) !== 0) decide(false)
      else if (length === PREFACE.length) decide(true)
    }
    const ended = (): void => void socket.destroy()
    socket.on('data', look)
    socket.once('end', ended)
    socket.on('error', ignore)
    socket.once('close', () => {
      clearTimeout(late)
      this.#sockets.delete(socket)
      this.#undecided.delete(socket)
    })
  }
}

/** What keeps a port from being listened on, with what to do about it. */
export function portError(error: NodeJS.ErrnoException, host: string, port: number): ElanusError {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const reasons: Record<string, string> = {
    EADDRINUSE: `${place} is taken: another server (Milvus, or another elanus serve) listens there; stop it, or choose another port with --port`,
    EACCES: `${place} may not be used by this user: ports below 1024 belong to the administrator; choose another with --port`,
    EADDRNOTAVAIL: `${host} is no address of this machine`,
    ENOTFOUND: `${host} is not a name that can be found`,
  }
  return new ElanusError('INVALID', reasons[error.code ?? ''] ?? `${place} cannot be listened on: ${error.message}`, { details: { host, port }, cause: error })
}
