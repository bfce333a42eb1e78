// No room: what is refused leaves no trace, what was acknowledged stays, and room that is made can be used.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { open } from '../../pkg/dist/node.js'
import { liveWithFullStorage } from './ballast.mjs'
import { folder, launch, site, smallDisk, visit } from './browser.mjs'

const QUOTA_BYTES = 20_000_000
const DISK_MEGABYTES = 100

let address

before(async () => {
  address = await site()
})

function judge(context, { problems, refusals, megabytes, isSettled, fits }) {
  assert.deepEqual(problems, [])
  for (const { name, kind, code, message } of refusals) assert.deepEqual([name, kind, code], ['ElanusError', 'QUOTA', 7], message)
  context.diagnostic(`${megabytes} MB fitted; refused with: ${refusals[0].message}; background work ${isSettled ? 'done' : 'refused'}; an insert after reopening ${fits ? 'fitted' : 'was refused'}`)
}

function liveInPage(page, options) {
  return page.evaluate(options => ballast.liveWithFullStorage(() => elanus.open('full', options)), options)
}

for (const worker of [true, false]) {
  test(`a quota in Chromium, ${worker ? 'worker' : 'in-thread'}`, async context => {
    const browser = await launch(folder())
    const page = await visit(browser, address, async page => {
      // The override counts only from a page's own session, and before the origin has written anything.
      const session = await browser.newCDPSession(page)
      await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(address).origin, quotaSize: QUOTA_BYTES })
    })
    judge(context, await liveInPage(page, { worker }))
    await browser.close()
  })
}

test('a full disk in Chromium', async context => {
  const browser = await launch(smallDisk(DISK_MEGABYTES))
  judge(context, await liveInPage(await visit(browser, address), {}))
  await browser.close()
})

test('a full disk under Node', async context => {
  const path = `${smallDisk(20)}/database`
  judge(context, await liveWithFullStorage(() => open(path)))
})
