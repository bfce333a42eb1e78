/** The writer lock of a database in a browser: a Web Lock, held until it is given back or the thread is gone. */

import { ElanusError } from './error.js'

/** A reload overlaps the worker that it replaces; that long is waited for it to die. */
const WAIT_MS = 2000

/** Takes the lock of the database `name`; resolves to what gives it back. */
export async function takeWebLock(name: string, log: (message: string) => void): Promise<() => Promise<void>> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks
  if (locks === undefined) {
    log(`this page has no Web Locks (it needs a secure context), so nothing keeps two tabs from writing to '${name}' but the check in each commit`)
    return async () => {}
  }
  const waited = new AbortController()
  const timer = setTimeout(() => waited.abort(), WAIT_MS)
  let release: () => void = () => {}
  try {
    return await new Promise<() => Promise<void>>((resolve, reject) => {
      const held = locks.request(`elanus:${name}`, { signal: waited.signal }, () => {
        const until = new Promise<void>((done) => {
          release = done
        })
        resolve(async () => {
          release()
          await held
        })
        return until
      })
      held.catch(reject)
    })
  } catch (cause) {
    if (!waited.signal.aborted) throw new ElanusError('STORAGE', `the lock of '${name}' could not be asked for: ${String(cause)}`, { cause })
    throw new ElanusError('LOCKED', `database '${name}' is open elsewhere; close it there (another tab, window or worker of this site)`, { details: { name } })
  } finally {
    clearTimeout(timer)
  }
}
