// A Durable Object that runs the host suite, and other tests of its host, on its own storage.
import { DurableObject } from 'cloudflare:workers'
import module from './suite.wasm'
import { initSync, run } from 'host-suite'
import { DurableObjectHost } from '../../pkg/src/hosts/durable-object/host.ts'
import { production } from './production.mjs'

const bytes = (length, seed) => Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17 + (at >> 8)) & 255)
const same = (one, other) => one !== undefined && one.length === other.length && one.every((byte, at) => byte === other[at])
const key = (...numbers) => Uint8Array.from(numbers)

export class Suite extends DurableObject {
  async fetch(request) {
    try {
      return Response.json(await this[new URL(request.url).pathname.slice(1)]())
    } catch (error) {
      return Response.json({ error: String(error?.stack ?? error) })
    }
  }

  /** The suite; each store is a table of its own. */
  async suite() {
    initSync({ module })
    const storages = new Map()
    const open = async store => {
      const table = `elanus_blobs_${store}`
      if (!storages.has(store)) storages.set(store, production(this.ctx.storage, query => query.replaceAll('elanus_blobs', table)))
      const host = new DurableObjectHost(storages.get(store))
      return {
        list: prefix => host.list(prefix),
        load: keys => host.load(keys),
        commit: batch => host.commit(batch),
        async close() {
          await host.close()
          host.unlock()
        },
      }
    }
    return { line: await new Promise((resolve, reject) => run(open, message => reject(new Error(message))).then(resolve, reject)) }
  }

  /** Blobs around and far above the size of a row. */
  async sizes() {
    const storage = production(this.ctx.storage)
    const host = new DurableObjectHost(storage)
    const lengths = [0, 1, 1_899_999, 1_900_000, 1_900_001, 2_000_000, 2_100_000, 3_800_000, 9_000_000]
    const blobs = lengths.map(bytes)
    await host.commit({ makesRoom: false, writes: blobs.map((blob, at) => [key(1, at), blob]) })
    const loaded = await host.load(blobs.map((_, at) => key(1, at)))
    const wrong = lengths.filter((_, at) => !same(loaded[at], blobs[at]))
    const [{ largest }] = storage.sql.exec('SELECT max(length(bytes)) AS largest FROM elanus_blobs')
    // A long one becomes a short one: nothing of the long one is left.
    await host.commit({ makesRoom: false, writes: [[key(1, 8), bytes(10, 3)], [key(1, 7), null]] })
    const [short, gone] = await host.load([key(1, 8), key(1, 7)])
    const [{ parts }] = storage.sql.exec('SELECT count(*) AS parts FROM elanus_blobs WHERE key = ?', key(1, 8).buffer)
    const keys = (await host.list(key(1))).map(one => one[1])
    // A row that is lost is noticed.
    await host.commit({ makesRoom: false, writes: [[key(2), bytes(4_000_000, 1)]] })
    const damages = []
    for (const part of [0, 1, 2]) {
      await host.commit({ makesRoom: false, writes: [[key(2), bytes(4_000_000, 1)]] })
      storage.sql.exec('DELETE FROM elanus_blobs WHERE key = ? AND part = ?', key(2).buffer, part)
      damages.push(await host.load([key(2)]).then(() => 'nothing', error => error.kind))
    }
    host.unlock()
    return { wrong, largest, short: same(short, bytes(10, 3)), gone: gone === undefined, parts, keys, damages }
  }

  /** A commit that fails in its midst, the bounds themselves, and a second writer. */
  async failures() {
    const storage = production(this.ctx.storage)
    let isFailing = false
    const host = new DurableObjectHost({
      ...storage,
      sql: {
        exec(query, ...bindings) {
          if (isFailing && query.startsWith('INSERT') && new Uint8Array(bindings[0])[1] === 2) throw new Error('database or disk is full: SQLITE_FULL')
          return storage.sql.exec(query, ...bindings)
        },
      },
    })
    const put = (text, ...ats) => ({ makesRoom: false, writes: ats.map(at => [key(3, at), new TextEncoder().encode(text)]) })
    await host.commit(put('old', 1, 2, 3))
    isFailing = true
    const kind = await host.commit(put('new', 1, 2, 3)).then(() => 'none', error => error.kind)
    isFailing = false
    const texts = (await host.load([1, 2, 3].map(at => key(3, at)))).map(blob => new TextDecoder().decode(blob))
    const refusals = []
    for (const [query, ...bindings] of [
      ['SELECT ?', new ArrayBuffer(2_100_000)],
      [`SELECT ${Array(101).fill('?').join()}`, ...Array(101).fill(1)],
      [`SELECT '${'x'.repeat(100_001)}'`],
    ]) {
      try {
        storage.sql.exec(query, ...bindings)
        refusals.push('taken')
      } catch (error) {
        refusals.push(error.message.replace(/:.*/, ''))
      }
    }
    const first = new DurableObjectHost(storage)
    let second = 'taken'
    try {
      new DurableObjectHost(storage)
    } catch (error) {
      second = error.kind
    }
    first.unlock()
    new DurableObjectHost(storage).unlock()
    return { kind, texts, refusals, second }
  }
}

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url)
    return env.SUITE.get(env.SUITE.idFromName(pathname)).fetch(request)
  },
}
