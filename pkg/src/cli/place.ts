/** The first argument of most commands: a folder, or a server at an address. */

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Elanus } from '../client.js'
import { ElanusError } from '../error.js'
import { RemoteTransport } from '../remote/transport.js'
import { openDatabase } from '../server/database.js'
import type { Transport } from '../transport.js'

/** Options of every command that opens a place. */
export interface PlaceOptions {
  token?: string
  db?: string
  json?: boolean
}

/** An open place. */
export interface OpenPlace {
  db: Elanus
  transport: Transport
  isRemote: boolean
}

/** Opens a place, hands it to `work`, and closes it whatever happens. A folder that is not there is made for who `creates`. */
export async function within<T>(place: string, options: PlaceOptions, work: (open: OpenPlace) => Promise<T>, creates = false): Promise<T> {
  const open = await openPlace(place, options, creates)
  try {
    return await work(open)
  } finally {
    await open.db.close()
  }
}

async function openPlace(place: string, { token }: PlaceOptions, creates: boolean): Promise<OpenPlace> {
  const isRemote = /^https?:\/\//i.test(place)
  const transport = isRemote ? new RemoteTransport(place, token) : await openFolder(place, creates)
  if (isRemote) await transport.call('open', {})
  const facts = isRemote ? {} : ({ host: 'folder', durability: 'strict', wasEvicted: false } as const)
  return { db: new Elanus(transport, 'number', { name: place, facts: async () => facts, persist: async () => true }), transport, isRemote }
}

/** A folder that holds a database; looking into one must not make it. */
async function openFolder(folder: string, creates: boolean): Promise<Transport> {
  const isThere = existsSync(folder)
  if (!isThere && !creates) throw new ElanusError('NOT_FOUND', `there is no folder ${folder}; a server's address begins with http://`)
  if (!existsSync(join(folder, 'root'))) {
    if (!creates) throw new ElanusError('NOT_FOUND', `${folder} holds no database of Elanus`)
    // What else is in a folder would be mixed up with the database's files.
    if (isThere && !isEmptyFolder(folder)) throw new ElanusError('INVALID', `${folder} holds no database of Elanus, and is no empty folder: choose another for a new database`)
    process.stderr.write(`a new database in ${folder}\n`)
  }
  try {
    return await openDatabase({ folder })
  } catch (error) {
    if (!(error instanceof ElanusError) || (error as ElanusError).kind !== 'LOCKED') throw error
    throw new ElanusError('LOCKED', `${(error as ElanusError).message}. If that is elanus serve, ask it by its address: http://127.0.0.1:19530`, { cause: error })
  }
}

function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0
}

/** What names a collection, with the database when one was chosen. */
export function named(collectionName: string, { db }: PlaceOptions): { collectionName: string; dbName?: string } {
  return { collectionName, ...(db === undefined ? {} : { dbName: db }) }
}
