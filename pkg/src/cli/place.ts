/** The first argument of most commands: a folder, or a server at an address. */

import { existsSync } from 'node:fs'
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

/** Opens a place, hands it to `work`, and closes it whatever happens. */
export async function within<T>(place: string, options: PlaceOptions, work: (open: OpenPlace) => Promise<T>): Promise<T> {
  const open = await openPlace(place, options)
  try {
    return await work(open)
  } finally {
    await open.db.close()
  }
}

async function openPlace(place: string, { token }: PlaceOptions): Promise<OpenPlace> {
  const isRemote = /^https?:\/\//i.test(place)
  const transport = isRemote ? new RemoteTransport(place, token) : await openFolder(place)
  if (isRemote) await transport.call('open', {})
  const facts = isRemote ? {} : ({ host: 'folder', durability: 'strict', wasEvicted: false } as const)
  return { db: new Elanus(transport, 'number', { name: place, facts: async () => facts, persist: async () => true }), transport, isRemote }
}

/** A folder that holds a database; looking into one must not make it. */
async function openFolder(folder: string): Promise<Transport> {
  if (!existsSync(folder)) throw new ElanusError('NOT_FOUND', `there is no folder ${folder}; a server's address begins with http://`)
  if (!existsSync(join(folder, 'root'))) throw new ElanusError('NOT_FOUND', `${folder} holds no database of Elanus`)
  try {
    return await openDatabase({ folder })
  } catch (error) {
    if (!(error instanceof ElanusError) || (error as ElanusError).kind !== 'LOCKED') throw error
    throw new ElanusError('LOCKED', `${(error as ElanusError).message}. If that is elanus serve, ask it by its address: http://127.0.0.1:19530`, { cause: error })
  }
}

/** What names a collection, with the database when one was chosen. */
export function named(collectionName: string, { db }: PlaceOptions): { collectionName: string; dbName?: string } {
  return { collectionName, ...(db === undefined ? {} : { dbName: db }) }
}
