/** A session on a thread of a browser, be it the page's or a worker's. */

import { ElanusError } from './error.js'
import { MemoryHost } from './hosts/memory.js'
import { takeWebLock } from './lock.js'
import type { Start } from './protocol.js'
import { Session, type Plan } from './session.js'

/** Takes the lock and makes the session. */
export async function startBrowserSession({ module, name, durability, memoryLimitBytes }: Start, log: (message: string) => void): Promise<Session> {
  const whenIdle = idleByMessage()
  if (name === undefined) {
    return new Session({ module, memoryLimitBytes, whenIdle, host: { kind: 'foreign', host: new MemoryHost() }, unlock: async () => {} })
  }
  if (typeof indexedDB === 'undefined') {
    throw new ElanusError('STORAGE', "this environment has no IndexedDB; open ':memory:' instead, which lasts as long as the page")
  }
  const unlock = await takeWebLock(name, log)
  const host: Plan['host'] = { kind: 'indexeddb', name, durability }
  try {
    return new Session({ module, memoryLimitBytes, whenIdle, host, unlock })
  } catch (error) {
    await unlock()
    throw error
  }
}

/** Idle is after all events that wait already: a message to oneself comes behind them, and is not slowed down in background tabs as timers are. */
export function idleByMessage(): Plan['whenIdle'] {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return (work) => {
    waiting.push(work)
    port2.postMessage(undefined)
  }
}
