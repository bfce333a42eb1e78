// The page for everybody: the keyboard alone, axe in every state, narrow screens, dark colours.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { ask, settled, start, toast } from './visit.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let site
let profile
let page

before(async () => {
  site = await start()
  profile = await site.profile({ reducedMotion: 'reduce' })
  page = await profile.visit()
})
after(() => site?.close())

/** What axe finds serious or worse, as lines. */
async function violations() {
  await page.evaluate(axe)
  const { violations: found } = await page.evaluate(() => globalThis.axe.run())
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}\n${node.failureSummary}`))
}

async function sidewaysScroll() {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

test('axe would find a serious fault if there were one', async () => {
  await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<button id="fault"></button>'))
  assert.ok((await violations()).some((line) => line.startsWith('button-name')))
  await page.evaluate(() => document.getElementById('fault').remove())
})

for (const colorScheme of ['light', 'dark']) {
  for (const [device, viewport] of [['desktop', { width: 1280, height: 800 }], ['phone', { width: 390, height: 844 }]]) {
    test(`axe finds nothing serious: ${device}, ${colorScheme}`, async () => {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      await page.evaluate(() => (document.getElementById('filters').open = true))
      await ask(page, '')
      assert.deepEqual(await violations(), [], 'welcome')

      await ask(page, 'instrument with strings zzyzzx')
      await page.getByRole('button', { name: /^Delete/ }).first().click()
      // With the keyboard on it, it waits for the check, however long that takes.
      await page.getByRole('button', { name: 'Undo' }).focus()
      await settled(page)
      assert.deepEqual(await violations(), [], 'results and a message')
      await page.getByRole('button', { name: 'Undo' }).click()
      await toast(page, 'is in the dictionary')

      await page.fill('#filter', 'pos ==')
      await page.locator('#filter[aria-invalid=true]').waitFor()
      await page.getByRole('checkbox', { name: /^Verbs/ }).check()
      assert.deepEqual(await violations(), [], 'an error in the filter')
      await page.getByRole('button', { name: 'Clear the filter' }).click()

      await page.getByRole('button', { name: 'Add a meaning' }).click()
      assert.deepEqual(await violations(), [], 'the dialog')
      await page.keyboard.press('Escape')
    })
  }
}

test('nothing scrolls sideways at 360 pixels', async () => {
  await page.setViewportSize({ width: 360, height: 740 })
  await ask(page, '')
  assert.equal(await sidewaysScroll(), 0, 'welcome')
  await page.evaluate(() => (document.getElementById('filters').open = true))
  await page.fill('#filter', 'gloss like "%averyveryverylongpatternthatdoesnotfitintothenarrowbox%" and (')
  await page.locator('#filter[aria-invalid=true]').waitFor()
  assert.equal(await sidewaysScroll(), 0, 'an error in the filter')
  await page.fill('#filter', '')
  for (const meaning of ['a fast-growing animal', 'unit of length', 'a'.repeat(300)]) {
    await ask(page, meaning)
    assert.equal(await sidewaysScroll(), 0, meaning)
  }
  await page.getByRole('button', { name: 'Add a meaning' }).click()
  assert.equal(await sidewaysScroll(), 0, 'the dialog')
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 1280, height: 800 })
})

test('everything can be done with the keyboard', async () => {
  const focused = () => page.evaluate(() => document.activeElement?.ariaLabel || document.activeElement?.id || document.activeElement?.textContent?.trim())
  const tabTo = async (name, key = 'Tab') => {
    for (let presses = 0; presses < 90; presses++) {
      await page.keyboard.press(key)
      if (((await focused()) ?? '').startsWith(name)) return
    }
    assert.fail(`${key} never reaches ${name}`)
  }
  await page.goto(`${site.url}?keyboard`)
  await page.locator('#state[data-state=ready]').waitFor()
  await page.keyboard.press('/')
  assert.equal(await focused(), 'text')
  await page.keyboard.type('person who writes poems')
  assert.equal((await settled(page))[0], 'poet')

  await page.keyboard.press('ArrowDown')
  assert.equal(await focused(), 'More like this: poet')
  await page.keyboard.press('ArrowDown')
  assert.notEqual(await focused(), 'More like this: poet')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await page.getByText('Meanings like poet').waitFor()
  assert.equal(await focused(), 'results-title')
  await tabTo('Back')
  await page.keyboard.press('Enter')
  assert.equal(await focused(), 'text')

  await tabTo('filter')
  await page.keyboard.type('pos == "verb"')
  await settled(page)
  assert.ok((await page.locator('.entry-kind').allInnerTexts()).every((kind) => kind.startsWith('verb')))
  await tabTo('filter-clear')
  await page.keyboard.press('Enter')
  assert.equal((await settled(page))[0], 'poet')

  await tabTo('add')
  await page.keyboard.press('Enter')
  await page.keyboard.type('versifier of the keyboard')
  await page.keyboard.press('Enter')
  await toast(page, 'is in the dictionary')
  assert.ok((await settled(page)).includes('versifier of the keyboard'))

  await tabTo('Delete: versifier')
  await page.keyboard.press('Enter')
  await toast(page, 'is deleted')
  assert.ok(!(await settled(page)).includes('versifier of the keyboard'))
  assert.match(await focused(), /^Delete: /)
  await tabTo('reset')
  await page.keyboard.press('Enter')
  await page.getByText('Start again?').waitFor()
  await page.keyboard.press('Escape')
  assert.equal(await focused(), 'reset')
})

test('focus is visible wherever the keyboard goes', async () => {
  await page.keyboard.press('/')
  for (let presses = 0; presses < 40; presses++) {
    const ring = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement)
      return document.activeElement === document.body || style.outlineStyle !== 'none' ? '' : document.activeElement.outerHTML
    })
    assert.equal(ring, '')
    await page.keyboard.press('Tab')
  }
})

test('nothing was complained about and nobody else was asked', () => {
  assert.deepEqual(profile.problems, [])
})
