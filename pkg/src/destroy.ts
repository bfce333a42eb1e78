/** Removing a database from IndexedDB. */

import { ElanusError } from './error.js'
import { takeWebLock } from './lock.js'

/** Removes the database `name` under its writer's lock. */
export async function destroyIndexedDb(name: string): Promise<void> {
  const unlock = await takeWebLock(name, () => {})
  try {
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name)
      request.onsuccess = () => resolve()
      request.onerror = () => reject(new ElanusError('STORAGE', `destroy: the browser could not delete '${name}': ${String(request.error)}`, { cause: request.error }))
      // Only code that is not ours keeps it open under the lock, or a page without locks.
      request.onblocked = () => reject(new ElanusError('LOCKED', `database '${name}' is open elsewhere; the browser deletes it when it is closed there`, { details: { name } }))
    })
  } finally {
    await unlock()
  }
}
