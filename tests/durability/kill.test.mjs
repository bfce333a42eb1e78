// The browser is killed in mid-write: what was acknowledged is there, what was not is there whole or not at all.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { PATIENCE_MS, folder, kill, launch, site, visit } from './browser.mjs'

let address

before(async () => {
  address = await site()
})

/** Opens the database of a profile and compares it with what was acknowledged; resolves to a running page. */
async function inspect(profile, acknowledged, { durability, features, worker }) {
  const context = await launch(profile, features)
  const heard = { last: -1, count: 0, failure: undefined }
  await context.exposeBinding('tell', (_source, op, failure) => {
    heard.failure ??= failure
    heard.last = Math.max(heard.last, op)
    heard.count++
  })
  const page = await visit(context, address)
  const result = await page.evaluate(async ([durability, worker, acknowledged]) => {
    globalThis.db = await elanus.open('kills', { durability, worker })
    return historyOf.check(db, acknowledged)
  }, [durability, worker, acknowledged])
  return { page, heard, result }
}

/** Writes from `from` on and kills the browser once `count` writes were acknowledged, and a little later. */
async function writeAndKill({ page, heard }, profile, options, count, delayMs) {
  await page.evaluate(options => {
    historyOf.write(db, options, op => globalThis.tell(op)).catch(error => globalThis.tell(-1, String(error)))
  }, options)
  const start = performance.now()
  while (heard.count < count) {
    if (heard.failure !== undefined || performance.now() - start > PATIENCE_MS) throw new Error(`${heard.count} of ${count} writes were acknowledged: ${heard.failure}`)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  await new Promise(resolve => setTimeout(resolve, delayMs))
  // What the pipe still holds was acknowledged before the kill; the end is heard after it.
  const closed = new Promise(resolve => page.context().once('close', resolve))
  await kill(profile)
  await closed
}

for (const { name, kills, durability, features } of [
  { name: 'relaxed', kills: 10, durability: 'relaxed' },
  { name: 'strict', kills: 3, durability: 'strict' },
  { name: 'relaxed, on SQLite', kills: 3, durability: 'relaxed', features: ['IdbSqliteBackingStore'] },
]) {
  test(`killed ${kills} times in mid-write, nothing acknowledged is lost and nothing is half there: ${name}`, async context => {
    const profile = folder()
    let acknowledged = -1
    let heard = 0
    let unheard = 0
    let session = await inspect(profile, acknowledged, { durability, features, worker: true })
    for (let round = 0; round < kills; round++) {
      const from = session.result.stored + 1
      await writeAndKill(session, profile, { from }, 4 + (round * 17) % 29, (round * 7) % 11)
      acknowledged = session.heard.last
      heard += session.heard.count
      // Every other time the engine runs on the page's own thread.
      session = await inspect(profile, acknowledged, { durability, features, worker: round % 2 === 0 })
      assert.deepEqual(session.result.problems, [], `after kill ${round + 1}`)
      unheard += session.result.stored - acknowledged
    }
    assert.ok(session.result.rows > 0)
    context.diagnostic(`${kills} kills, ${heard} writes acknowledged, 0 lost, ${unheard} stored and not acknowledged`)
    await session.page.context().close()
  })
}

test('a page that acknowledges before it knows is caught', async () => {
  const profile = folder()
  // On the page's own thread, so that all is told before anything can be stored.
  const session = await inspect(profile, -1, { durability: 'relaxed', worker: false })
  await writeAndKill(session, profile, { from: 0, width: 300, count: 300, isEarly: true }, 1, 0)
  const { result, page } = await inspect(profile, session.heard.last, { durability: 'relaxed', worker: true })
  assert.notDeepEqual(result.problems, [])
  await page.context().close()
})
