// The database is deleted under the open handle: the next call says so, nothing is written over it in silence, and the
// next opening is sound.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { folder, launch, site, visit } from './browser.mjs'

let address
let browser

before(async () => {
  address = await site()
  browser = await launch(folder())
})

/** What a user does who clears the site's data, or a browser that needs room. */
async function clearByBrowser(page) {
  const session = await browser.newCDPSession(page)
  await session.send('Storage.clearDataForOrigin', { origin: new URL(address).origin, storageTypes: 'indexeddb' })
}

/** What another page of the site may do. */
async function deleteByPage() {
  const page = await visit(browser, address)
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) {
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.onsuccess = resolve
        request.onerror = () => reject(request.error)
      })
    }
  })
  await page.close()
}

for (const { how, take } of [{ how: 'by the browser', take: clearByBrowser }, { how: 'by another page', take: deleteByPage }]) {
  for (const worker of [true, false]) {
    for (const first of ['write', 'read']) {
      test(`deleted ${how}, ${worker ? 'worker' : 'in-thread'}, then a ${first}`, async () => {
        const page = await visit(browser, address)
        const name = `taken-${how}-${worker}-${first}`
        await page.evaluate(async ([name, worker]) => {
          globalThis.db = await elanus.open(name, { worker })
          await historyOf.write(db, { from: 0, count: 9 }, () => {})
          await db.settled()
        }, [name, worker])
        await take(page)
        const seen = await page.evaluate(async first => {
          const { failure, write, check } = historyOf
          const calls = [() => write(db, { from: 9, count: 1 }, () => {}), () => check(db, 8).then(({ problems }) => { if (problems.length > 0) throw new Error(problems) })]
          if (first === 'read') calls.reverse()
          const failures = []
          for (const call of [...calls, ...calls]) failures.push((await failure(call)) ?? 'done')
          const left = (await indexedDB.databases()).map(({ name }) => name)
          await db.close()
          return { failures, left }
        }, first)
        for (const failure of seen.failures) assert.deepEqual([failure.name, failure.kind, failure.code], ['ElanusError', 'EVICTED', 2], JSON.stringify(seen.failures))
        assert.match(seen.failures[0].message, /evicted|gone|no database/)
        assert.deepEqual(seen.left, [], 'a database was made anew')

        const after = await page.evaluate(async ([name, worker]) => {
          const { failure, write, check } = historyOf
          const refused = await failure(() => elanus.open(name, { worker, whenEvicted: 'fail' }))
          const db = await elanus.open(name, { worker })
          const { wasEvicted } = await db.stats()
          const collections = await db.listCollections()
          await write(db, { from: 0, count: 6 }, () => {})
          await db.close()
          const again = await elanus.open(name, { worker, whenEvicted: 'fail' })
          const { stored, problems } = await check(again, 5)
          const { wasEvicted: isStillEvicted } = await again.stats()
          await again.close()
          return { refused: refused?.kind, wasEvicted, collections, stored, problems, isStillEvicted }
        }, [name, worker])
        assert.deepEqual(after, { refused: 'EVICTED', wasEvicted: true, collections: [], stored: 5, problems: [], isStillEvicted: false })
        await deleteByPage()
        await page.close()
      })
    }
  }
}

test('deleted while writes are under way: each is answered, none with a wrong promise', async () => {
  const page = await visit(browser, address)
  for (let round = 0; round < 5; round++) {
    await page.evaluate(async name => {
      globalThis.db = await elanus.open(name)
      await historyOf.write(db, { from: 0, count: 3 }, () => {})
      globalThis.ended = historyOf.failure(() => historyOf.write(db, { from: 3, count: 2000, width: 4 }, () => {}))
    }, `taken-${round}`)
    await new Promise(resolve => setTimeout(resolve, 20 + 30 * round))
    await clearByBrowser(page)
    const seen = await page.evaluate(async () => {
      const first = await ended
      const second = await historyOf.failure(() => historyOf.write(db, { from: 0, count: 1 }, () => {}))
      const left = (await indexedDB.databases()).map(({ name }) => name)
      await db.close()
      return { kinds: [first?.kind, second?.kind], left, message: first?.message }
    })
    assert.ok(['EVICTED', 'UNKNOWN_COMMIT', 'STORAGE'].includes(seen.kinds[0]), JSON.stringify(seen))
    assert.equal(seen.kinds[1], 'EVICTED', JSON.stringify(seen))
    assert.deepEqual(seen.left, [])
  }
  await page.close()
})
