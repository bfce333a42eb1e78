// Two tabs on one database, and an engine that fails inside while it is used.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { open } from '../../pkg/dist/node.js'
import { folder, launch, site, visit } from './browser.mjs'
import { trapWhileWriting } from './trap.mjs'

let address
let browser

before(async () => {
  address = await site()
  browser = await launch(folder())
})

/** Tries to open a database in a page; resolves to the failure, if any, and how long it took. */
function tryOpen(page, name, worker) {
  return page.evaluate(async ([name, worker]) => {
    const start = performance.now()
    const refusal = await historyOf.failure(async () => { globalThis.db = await elanus.open(name, { worker }) })
    return { refusal, ms: performance.now() - start }
  }, [name, worker])
}

for (const worker of [true, false]) {
  test(`a second tab is refused after two seconds, and opens once the first has closed or is gone: ${worker ? 'worker' : 'in-thread'}`, async () => {
    const name = `tabs-${worker}`
    const [first, second] = [await visit(browser, address), await visit(browser, address)]
    assert.equal((await tryOpen(first, name, worker)).refusal, undefined)
    await first.evaluate(() => historyOf.write(db, { from: 0, count: 3 }, () => {}))
    const { refusal, ms } = await tryOpen(second, name, worker)
    assert.deepEqual([refusal?.name, refusal?.kind, refusal?.code], ['ElanusError', 'LOCKED', 2])
    assert.ok(ms > 1500, `refused after ${ms} ms`)
    // The one who was refused has disturbed nothing.
    await first.evaluate(() => historyOf.write(db, { from: 3, count: 3 }, () => {}))

    await first.evaluate(() => db.close())
    assert.equal((await tryOpen(second, name, worker)).refusal, undefined)
    assert.deepEqual((await second.evaluate(() => historyOf.check(db, 5))).problems, [])
    await second.evaluate(() => historyOf.write(db, { from: 6, count: 3 }, () => {}))

    // Opening waits while the other tab dies, as when a page is reloaded.
    const opening = tryOpen(first, name, worker)
    await second.close()
    assert.equal((await opening).refusal, undefined)
    assert.deepEqual((await first.evaluate(() => historyOf.check(db, 8))).problems, [])
    await first.close()
  })

  test(`reloading a page in mid-write opens the database again: ${worker ? 'worker' : 'in-thread'}`, async () => {
    const name = `reload-${worker}`
    const page = await visit(browser, address)
    let stored = -1
    for (let round = 0; round < 3; round++) {
      assert.equal((await tryOpen(page, name, worker)).refusal, undefined)
      const result = await page.evaluate(stored => historyOf.check(db, stored), stored)
      assert.deepEqual(result.problems, [])
      stored = await page.evaluate(from => new Promise((resolve, reject) => {
        historyOf.write(db, { from }, op => { if (op >= from + 5) resolve(op) }).catch(reject)
      }), result.stored + 1)
      await page.reload()
      await page.waitForFunction(() => globalThis.isReady)
    }
    await page.close()
  })

  for (const name of [`trap-${worker}`, ':memory:']) {
    test(`a trap while writes are under way: ${name === ':memory:' ? 'memory' : 'IndexedDB'}, ${worker ? 'worker' : 'in-thread'}`, async () => {
      const page = await visit(browser, address)
      const { problems, panics } = await page.evaluate(async ([name, worker]) => {
        return traps.trapWhileWriting(() => elanus.open(name, { worker }), name !== ':memory:')
      }, [name, worker])
      assert.deepEqual(problems, [])
      // Memory has stored what it was given before anything else can happen.
      assert.ok(panics >= (name === ':memory:' ? 0 : 2), `${panics} writes were answered with PANIC`)
      await page.close()
    })
  }
}

for (const path of [join(folder(), 'database'), ':memory:']) {
  test(`a trap while writes are under way: ${path === ':memory:' ? 'memory' : 'folder'}, Node`, async () => {
    const { problems, panics } = await trapWhileWriting(() => open(path), path !== ':memory:')
    assert.deepEqual(problems, [])
    assert.ok(panics >= (path === ':memory:' ? 0 : 2), `${panics} writes were answered with PANIC`)
  })
}
