/** `elanus serve`: from the command line to a running server, and to its end. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Owner } from '../door.js'
import { ElanusError } from '../error.js'
import { LOCK_NAME } from '../hosts/folder/lock-file.js'
import { openDatabase } from '../server/database.js'
import { logTo } from '../server/log.js'
import { Server } from '../server/server.js'

/** The options of the command. */
export interface ServeOptions {
  host: string
  port: number
  token?: string
  memory?: boolean
  healthPort?: number
  allowHost: string[]
  allowOrigin: string[]
  memoryLimit?: number
  requestTimeout?: number
  maxInFlight?: number
  greetingTimeout?: number
  breakLock?: boolean
  quiet?: boolean
}

const FOLDER = 'elanus-data'
const MIB = 1 << 20

/** Serves until a signal asks for the end; resolves to the exit code. */
export async function serve(given: string | undefined, options: ServeOptions): Promise<number> {
  if (given !== undefined && options.memory === true) throw new ElanusError('INVALID', 'a folder and --memory exclude each other')
  const folder = options.memory === true ? undefined : (given ?? FOLDER)
  const owner = options.token === undefined ? undefined : ownerOf(options.token)
  const log = options.quiet === true ? { line: () => {} } : logTo(process.stdout)
  const stopped = signalled()
  // Whoever read the log may go; the server stays.
  process.stdout.removeAllListeners('error').on('error', () => {})
  // Whoever held it learns so before its next commit: the lock is looked at each time.
  if (options.breakLock === true && folder !== undefined) await rm(join(folder, LOCK_NAME), { force: true })
  // Listening does not wait for the folder, so that clients which come at once find a door and wait there.
  const database = openDatabase({ folder, owner, ...(options.memoryLimit === undefined ? {} : { memoryLimitBytes: options.memoryLimit * MIB }) })
  const started = Server.start(database, { ...settingsOf(options), hasUsers: owner !== undefined }, log)
  const [opening, listening] = await Promise.allSettled([database, started])
  if (listening.status === 'rejected') {
    if (opening.status === 'fulfilled') await opening.value.close()
    throw listening.reason
  }
  const server = listening.value
  if (opening.status === 'rejected') {
    await server.stop().catch(() => {})
    throw opening.reason
  }
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  log.line(`elanus ${PACKAGE_VERSION} serves ${folder ?? 'memory, gone when it stops'} at http://${host}:${server.port} (gRPC and REST${options.token === undefined ? '' : ', with a password'}); Ctrl+C stops it`)
  const signal = await stopped
  log.line(`${signal}: stopping; what was asked is answered first`)
  await server.stop()
  log.line('stopped; what was acknowledged is stored')
  return 0
}

function settingsOf({ host, port, healthPort, allowHost, allowOrigin, requestTimeout, maxInFlight, greetingTimeout }: ServeOptions): Parameters<typeof Server.start>[1] {
  return {
    host,
    port,
    ...(healthPort === undefined ? {} : { healthPort }),
    allowHosts: allowHost,
    allowOrigins: allowOrigin,
    limits: {
      ...(requestTimeout === undefined ? {} : { requestMs: requestTimeout * 1000 }),
      ...(greetingTimeout === undefined ? {} : { greetingMs: greetingTimeout * 1000 }),
      ...(maxInFlight === undefined ? {} : { inFlightBytesMax: maxInFlight * MIB }),
    },
  }
}

/** The user that a token names. */
function ownerOf(token: string): Owner {
  const [, name, password] = /^([^:]+):(.+)$/s.exec(token) ?? []
  if (name === undefined || password === undefined) throw new ElanusError('INVALID', '--token: expected user:password, such as root:Milvus')
  return { name, password }
}

/** The first signal to stop; a second one ends the process at once, as it would without us. */
function signalled(): Promise<string> {
  return new Promise((resolve) => {
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    const take = (name: string): void => {
      for (const each of names) process.removeListener(each, take)
      resolve(name)
    }
    for (const name of names) process.on(name, take)
  })
}
