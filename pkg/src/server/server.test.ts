/** A server before a database that only notes what it is asked. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Answer, Transport } from '../transport.js'
import type { Limits } from './limits.js'
import { Server } from './server.js'

const QUIET = { line: () => {} }

/** Starts a server whose database says `settled` when `settled` resolves. */
async function start(context: TestContext, limits: Partial<Limits>, settled: (events: string[]) => Promise<void>): Promise<{ flush(): Promise<void>; events: string[] }> {
  const events: string[] = []
  const database: Transport = {
    thread: 'in-thread',
    call: async (operation): Promise<Answer> => {
      events.push(operation)
      if (operation === 'settled') await settled(events)
      return { head: { status: 200, headers: {} }, planes: [new TextEncoder().encode('{"code":0}')] }
    },
    close: async () => {},
  }
  const server = await Server.start(Promise.resolve(database), { host: '127.0.0.1', port: 0, limits }, QUIET)
  context.after(() => server.stop())
  const flush = async (): Promise<void> => {
    const reply = await fetch(`http://127.0.0.1:${server.port}/v2/vectordb/collections/flush`, { method: 'POST', body: '{}' })
    events.push(await reply.text())
  }
  return { flush, events }
}

test('a flush is answered when the rows are sealed', async (context) => {
  const { flush, events } = await start(context, {}, async (events) => {
    await new Promise((resolve) => setImmediate(resolve))
    events.push('sealed')
  })
  await flush()
  assert.deepEqual(events, ['http', 'settled', 'sealed', '{"code":0}'])
})

test('a flush is answered all the same when others write on and on', async (context) => {
  const { flush, events } = await start(context, { flushMs: 1 }, () => new Promise(() => {}))
  await flush()
  assert.deepEqual(events, ['http', 'settled', '{"code":0}'])
})
