// What can go wrong around the page: cut short, open twice, refused storage, missing data. Each is said and can be repaired.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask, figure, figureBecomes, figureNumber, ready, start } from './visit.mjs'

let site

before(async () => {
  site = await start()
})
after(() => site?.close())

/** A service worker's requests cannot be tampered with. */
const TAMPERED = { serviceWorkers: 'block' }

/** Runs `work` with a fresh profile. */
async function withProfile(work, options = {}) {
  const profile = await site.profile(options)
  try {
    await work(profile)
  } finally {
    await profile.close()
  }
}

async function failureOf(page) {
  const failure = page.locator('#failure')
  await failure.waitFor({ timeout: 60_000 })
  return failure.innerText()
}

test('an import that was cut short is completed by the next visit, no row twice', () =>
  withProfile(async ({ context, problems }) => {
    const first = await context.newPage()
    await first.goto(site.url)
    await first.locator('#importing-detail', { hasText: /^(?:[2468]|1[02468]),000 of/ }).waitFor({ timeout: 60_000 })
    await first.close()

    const second = await context.newPage()
    await second.goto(site.url)
    await ready(second)
    const [imported] = /[\d,]+/.exec(await second.textContent('#state'))
    assert.ok(Number(imported.replace(',', '')) < 20000, `${imported} imported again`)
    await figureBecomes(second, 'Rows', 20000)
    const found = await ask(second, 'instrument for measuring temperature')
    assert.equal(found.filter((word) => word === 'thermometer').length, 1)
    assert.deepEqual(problems, [])
  }))

test('a second tab says so, takes over, and gives back', () =>
  withProfile(async ({ context, visit, problems }) => {
    const first = await visit()
    const second = await context.newPage()
    await second.goto(site.url)
    assert.match(await failureOf(second), /open in another tab/)
    await second.getByRole('button', { name: 'Continue here' }).click()
    await ready(second)
    assert.equal((await ask(second, 'person who writes poems'))[0], 'poet')

    assert.match(await failureOf(first), /went on in another tab/)
    await first.getByRole('button', { name: 'Continue here' }).click()
    await ready(first)
    assert.equal((await ask(first, 'person who writes poems'))[0], 'poet')
    assert.match(await failureOf(second), /went on in another tab/)
    assert.deepEqual(problems, [])
  }))

test('once the other tab is closed, trying again opens the dictionary', () =>
  withProfile(async ({ context, visit }) => {
    const first = await visit()
    const second = await context.newPage()
    await second.goto(site.url)
    await failureOf(second)
    await first.close()
    await second.getByRole('button', { name: 'Try again' }).click()
    await ready(second)
    await figureBecomes(second, 'Rows', 20000)
  }))

test('without IndexedDB the page says so and works from memory', () =>
  withProfile(async ({ context }) => {
    const forbid = "Object.defineProperty(globalThis, 'indexedDB', { value: undefined });\n"
    await context.route(/worker[^/]*\.js/, async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, body: forbid + (await response.text()) })
    })
    await context.addInitScript(forbid)
    const page = await context.newPage()
    await page.goto(site.url)
    assert.match(await failureOf(page), /refuses to store data/)
    await page.getByRole('button', { name: 'Go on without storing' }).click()
    await ready(page)
    assert.equal((await ask(page, 'person who writes poems'))[0], 'poet')
    assert.equal(await figure(page, 'Stored in'), 'memory only')
  }, TAMPERED))

test('a full disk is said, loses nothing, and the page works from memory', () =>
  withProfile(async ({ context }) => {
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 10_000_000 })
    await page.goto(site.url)
    assert.match(await failureOf(page), /no room left/)
    const stored = await figureNumber(page, 'Rows')
    assert.ok(stored < 20000 && stored % 2000 === 0, `${stored} rows`)
    await page.getByRole('button', { name: 'Go on without storing' }).click()
    await ready(page)
    assert.equal((await ask(page, 'person who writes poems'))[0], 'poet')
  }))

for (const [name, spoil] of [
  ['missing', (route) => route.fulfill({ status: 404, body: '' })],
  ['cut short', (route) => route.fulfill({ status: 200, body: 'short' })],
  ['out of reach', (route) => route.abort()],
]) {
  test(`data that is ${name} is said, and trying again repairs it`, () =>
    withProfile(async ({ context }) => {
      await context.route(/glosses\.i8/, spoil)
      const page = await context.newPage()
      await page.goto(site.url)
      assert.match(await failureOf(page), /The dictionary data/)
      await context.unroute(/glosses\.i8/)
      await page.getByRole('button', { name: 'Try again' }).click()
      await ready(page)
      assert.ok(await page.locator('#failure').isHidden())
      await figureBecomes(page, 'Rows', 20000)
    }, TAMPERED))
}

test('a word table that does not come is said, and trying again repairs it', () =>
  withProfile(async ({ context }) => {
    await context.route(/words\.i8/, (route) => route.fulfill({ status: 500, body: '' }))
    const page = await context.newPage()
    await page.goto(site.url)
    assert.match(await failureOf(page), /words\.i8/)
    await context.unroute(/words\.i8/)
    await page.getByRole('button', { name: 'Try again' }).click()
    await ready(page)
    assert.equal((await ask(page, 'person who writes poems'))[0], 'poet')
  }, TAMPERED))
