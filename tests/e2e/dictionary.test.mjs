// The dictionary as a visitor uses it: first visit, search, filter, neighbours, own entries, reload.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runnerImport } from 'vite'
import { ask, figureBecomes, ready, settled, start, toast, words } from './visit.mjs'

let site
let profile
let page

before(async () => {
  site = await start()
  profile = await site.profile()
})
after(() => site?.close())

test('the first visit imports every meaning, with progress', async () => {
  page = await profile.context.newPage()
  await page.addInitScript(() => {
    globalThis.progress = []
    const record = () => {
      const text = document.getElementById('importing-detail')?.textContent
      if (text && text !== globalThis.progress.at(-1)) globalThis.progress.push(text)
    }
    new MutationObserver(record).observe(document, { subtree: true, childList: true, characterData: true })
  })
  await page.goto(site.url)
  await ready(page)
  const progress = await page.evaluate(() => globalThis.progress)
  const stored = progress.filter((text) => text.endsWith('stored')).map((text) => Number(text.split(' ')[0].replace(',', '')))
  assert.ok(progress.some((text) => /^fetching [\d.]+ MB of 8\.9 MB$/.test(text)), progress.join('; '))
  assert.deepEqual(stored, [0, 2000, 4000, 6000, 8000, 10000, 12000, 14000, 16000, 18000, 20000])
  await figureBecomes(page, 'Rows', 20000)
  assert.match(await page.innerText('#state'), /20,000 meanings imported in/)
  assert.ok(await page.locator('#importing').isHidden())
})

test('a meaning finds its word', async () => {
  const found = await ask(page, 'instrument for measuring temperature')
  assert.equal(found[0], 'thermometer')
  assert.equal(found.length, 20)
  assert.match(await page.innerText('#timing'), /^20 of 20,000 in [\d.]+ ms$/)
  // 0.7653: the cosine that numpy finds between the query vector and the decoded gloss.
  assert.match(await page.locator('.entry-score').first().innerText(), /0\.76[56]/)
})

test('every suggestion finds its word first', async () => {
  const { SUGGESTIONS } = (await runnerImport(new URL('../../www/src/suggestion.ts', import.meta.url).pathname)).module
  assert.ok(SUGGESTIONS.length >= 5)
  for (const { meaning, word } of SUGGESTIONS) {
    await page.getByRole('button', { name: meaning, exact: true }).click()
    await settled(page)
    const first = await page.locator('.entry h3').first().innerText()
    assert.ok(first.split(', ').includes(word), `${meaning}: ${first}`)
  }
})

test('a filter narrows the answer, and its errors are shown at the box', async () => {
  await ask(page, 'instrument for measuring temperature')
  await page.fill('#filter', 'pos == "verb" and category in ["verb.change", "verb.contact"]')
  await settled(page)
  const kinds = await page.locator('.entry-kind').allInnerTexts()
  assert.equal(kinds.length, 20)
  assert.deepEqual(new Set(kinds.map((kind) => kind.split(' ')[0])), new Set(['verb']))
  assert.match(await page.innerText('#timing'), /^20 of 1,634 in/)

  await page.fill('#filter', 'pos == ')
  await page.locator('#filter[aria-invalid=true]').waitFor()
  assert.equal(await page.innerText('#filter-error code'), 'pos ==\n      ^')
  assert.equal((await words(page)).length, 20, 'the last answer stays')

  await page.fill('#filter', 'gloss == 3')
  await page.waitForFunction(() => document.getElementById('filter-error').textContent.includes('gloss == 3'))
  assert.equal(await page.getAttribute('#filter', 'aria-invalid'), 'true')

  await page.fill('#filter', 'array_contains(lemmas, "thermometer")')
  await page.locator('#filter:not([aria-invalid])').waitFor()
  assert.deepEqual(await settled(page), ['thermometer'])
  await page.fill('#filter', '')
})

test('a filter alone lists what it lets through', async () => {
  await page.fill('#text', '')
  await page.fill('#filter', 'array_contains(lemmas, "thermometer")')
  assert.deepEqual(await settled(page), ['thermometer'])
  await page.fill('#filter', '')
  await page.locator('#welcome').waitFor()
})

test('facets say how many, combine, and show what is sent', async () => {
  const facet = (name) => page.locator('.facet', { has: page.locator(`span:text-is("${name}")`) })
  await page.waitForFunction(() => /\d/.test(document.querySelector('#categories .facet:last-of-type span:last-child').textContent))
  assert.match(await facet('Nouns').innerText(), /9,949/)
  assert.match(await facet('Adverbs').innerText(), /598/)
  assert.match(await facet('animal').innerText(), /216/)
  await ask(page, 'instrument for measuring temperature')
  await facet('Nouns').locator('input').check()
  await facet('animal').locator('input').check()
  await page.getByText('Sent to the database').waitFor()
  assert.match(await page.innerText('#filter-sent'), /pos == "noun" and category == "noun.animal"/)
  await page.waitForFunction(() => document.getElementById('timing').textContent.includes('of 216 in'))
  assert.ok((await page.locator('.entry-kind').allInnerTexts()).every((kind) => kind === 'noun · animal'))
  assert.match(page.url(), /pos=noun&category=noun.animal/)
  await page.fill('#filter', '(id < 3')
  await page.locator('#filter[aria-invalid=true]').waitFor()
  assert.equal(await page.innerText('#filter-error code'), '(id < 3\n       ^', 'the place is in what was typed')
  await page.getByRole('button', { name: 'Clear the filter' }).click()
  assert.equal((await settled(page))[0], 'thermometer')
})

test('more like this finds the neighbours of an entry, and Back comes back', async () => {
  await ask(page, 'a person who plays the piano')
  await page.getByRole('button', { name: 'More like this: pianist' }).click()
  await page.getByText('Meanings like pianist').waitFor()
  const found = await settled(page)
  assert.ok(!found.includes('pianist'))
  assert.ok(found.slice(0, 5).includes('musician'), found.join(', '))
  await page.goBack()
  assert.equal((await settled(page))[0], 'pianist')
})

test('entries can be added and deleted, undone, and all of it survives a reload', async () => {
  await ask(page, 'instrument for measuring temperature')
  await page.getByRole('button', { name: 'Add a meaning' }).click()
  await page.fill('#composer-words', 'hygrothermograph, damp clock')
  await page.fill('#composer-gloss', 'a recording instrument for measuring temperature and the moisture of air')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await toast(page, 'is in the dictionary')
  let found = await settled(page)
  assert.ok(found.slice(0, 3).includes('hygrothermograph'), found.join(', '))

  await page.getByRole('button', { name: 'Delete: thermometer' }).click()
  await toast(page, '“thermometer” is deleted')
  assert.ok(!(await settled(page)).includes('thermometer'))
  await page.getByRole('button', { name: 'Undo' }).click()
  await toast(page, '“thermometer” is in the dictionary')
  assert.ok((await settled(page)).includes('thermometer'))
  await page.getByRole('button', { name: 'Delete: thermometer' }).click()
  await toast(page, '“thermometer” is deleted')
  await settled(page)

  await page.reload()
  await ready(page)
  found = await settled(page)
  assert.ok(found.includes('hygrothermograph'))
  assert.ok(!found.includes('thermometer'))
  await figureBecomes(page, 'Rows', 20000)
  const own = page.locator('.facet', { hasText: 'Added by you' })
  await own.waitFor()
  await own.locator('input').check()
  assert.deepEqual(await settled(page), ['hygrothermograph'])
})

test('a reload opens from IndexedDB, asks for no meaning again, and keeps the question', async () => {
  const fetched = []
  page.on('request', (request) => fetched.push(request.url()))
  await page.goto(`${site.url}#q=frozen+water`)
  await page.reload()
  const begun = performance.now()
  await ready(page)
  assert.equal((await settled(page))[0], 'ice')
  const state = await page.innerText('#state')
  assert.match(state, /opened from IndexedDB in/)
  assert.ok(!fetched.some((address) => address.includes('glosses')))
  console.log(`reload: ${state}; ready ${Math.round(performance.now() - begun)} ms after the page`)
})

test('with the network off the page opens and answers', async () => {
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await profile.context.setOffline(true)
  await page.reload()
  await ready(page)
  assert.equal((await ask(page, 'a word with the opposite meaning'))[0], 'antonym')
  await profile.context.setOffline(false)
})

test('the database is exported to a file', async () => {
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  const stream = await (await download).createReadStream()
  let size = 0
  for await (const chunk of stream) size += chunk.length
  // 20,000 vectors of 384 floats, and text.
  assert.ok(size > 20000 * 384 * 4, `${size} bytes`)
})

test('a reset brings the dictionary back as it was', async () => {
  await page.getByRole('button', { name: 'Reset' }).click()
  await page.getByRole('button', { name: 'Remove and start again' }).click()
  await page.locator('#state[data-state=busy]').waitFor()
  await ready(page)
  assert.equal((await ask(page, 'instrument for measuring temperature'))[0], 'thermometer')
  await figureBecomes(page, 'Rows', 20000)
})

test('nothing was complained about and nobody else was asked', () => {
  assert.deepEqual(profile.problems, [])
})
