// A database as a file: made in one place and opened in another it is the same database and the same file; damaged it is
// refused, and what it was to fill stays empty and usable.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { open } from '../../pkg/dist/node.js'
import { folder, launch, site, visit } from './browser.mjs'
import { describeEverything, exported, fillWithEverything } from './everything.mjs'
import { failure } from './history.mjs'

/** The bytes 8 to 15 of a file say its version, which may be one of the future, or have features unknown here. */
const VERSION_BYTES = [8, 9, 12, 13, 14, 15]

let address
let browser

before(async () => {
  address = await site()
  browser = await launch(folder())
})

/** Runs `work` on a database under Node that is closed in the end, and tells what is in it and its file. */
async function inNode(path, options, work = async () => {}) {
  const db = await open(path, options)
  try {
    await work(db)
    const { text, problems } = await describeEverything(db)
    assert.deepEqual(problems, [])
    return { text, file: Buffer.from(await exported(db)) }
  } finally {
    await db.close()
  }
}

/** The same in a page; `from` is a file that it fetches, or undefined for a database that it fills or has. */
async function inPage(name, { worker, from, isNew = false }) {
  const page = await visit(browser, address)
  await page.route('**/exported-file', route => route.fulfill({ body: from, contentType: 'application/octet-stream' }))
  const { text, problems, file } = await page.evaluate(async ({ name, worker, hasFile, isNew }) => {
    const db = await elanus.open(name, { worker, ...(hasFile ? { from: fetch('/exported-file') } : {}) })
    if (isNew) await everything.fillWithEverything(db)
    const described = await everything.describeEverything(db)
    const file = await everything.exported(db)
    await db.close()
    let binary = ''
    for (let at = 0; at < file.length; at += 8192) binary += String.fromCharCode(...file.subarray(at, at + 8192))
    return { ...described, file: btoa(binary) }
  }, { name, worker, hasFile: from !== undefined, isNew })
  await page.close()
  assert.deepEqual(problems, [])
  return { text, file: Buffer.from(file, 'base64') }
}

function assertSame(got, expected, where) {
  assert.equal(got.text, expected.text, `${where}: the answers`)
  assert.ok(got.file.equals(expected.file), `${where}: files of ${got.file.length} and ${expected.file.length} bytes`)
}

test('from a folder under Node to Chromium and back: the same answers and, byte for byte, the same file', async () => {
  const made = await inNode(join(folder(), 'made'), {}, fillWithEverything)
  assertSame(await inPage('from-node', { worker: true, from: made.file }), made, 'in Chromium')
  const stored = await inPage('from-node', { worker: true })
  assertSame(stored, made, 'reopened in Chromium')
  const path = join(folder(), 'back')
  assertSame(await inNode(path, { from: stored.file }), made, 'back under Node')
  assertSame(await inNode(path, {}), made, 'reopened under Node')
})

test('from Chromium to Node and back: the same answers and, byte for byte, the same file', async () => {
  const made = await inPage('made-in-page', { worker: false, isNew: true })
  const path = join(folder(), 'from-page')
  assertSame(await inNode(path, { from: made.file }), made, 'under Node')
  const stored = await inNode(path, {})
  assertSame(stored, made, 'reopened under Node')
  assertSame(await inNode(':memory:', { from: stored.file }), made, 'in memory')
  assertSame(await inPage('back-in-page', { worker: false, from: stored.file }), made, 'back in Chromium')
  assertSame(await inPage('back-in-page', { worker: true }), made, 'reopened in Chromium')
})

test('another database gives another file, so that equal files mean something', async () => {
  const one = await inNode(':memory:', {}, fillWithEverything)
  const db = await open(':memory:', { from: one.file })
  await db.collection('everything').delete({ ids: [7] })
  assert.ok(!Buffer.from(await exported(db)).equals(one.file))
  assert.notDeepEqual((await describeEverything(db)).problems, [])
  await db.close()
})

/** Some ways to damage a file; each says what it did. */
function damages(file, count) {
  const list = []
  const step = Math.max(1, Math.floor(file.length / count))
  for (const at of [...Array(20).keys(), ...Array.from({ length: count }, (_, index) => index * step + (index % 7)), ...Array.from({ length: 30 }, (_, index) => file.length - 1 - index)]) {
    if (at >= file.length) continue
    const flipped = Buffer.from(file)
    flipped[at] ^= 1 << (at % 8)
    list.push({ what: `byte ${at} of ${file.length} flipped`, bytes: flipped, isVersion: VERSION_BYTES.includes(at) })
    list.push({ what: `cut to ${at} bytes of ${file.length}`, bytes: file.subarray(0, at) })
  }
  list.push({ what: 'a byte more', bytes: Buffer.concat([file, Buffer.of(0)]) })
  list.push({ what: 'the file twice', bytes: Buffer.concat([file, file]) })
  return list
}

/** A file of which much is stored before its end, where the damage is, has been looked at. */
async function damagedLate() {
  const db = await open(':memory:')
  await db.createCollection({ collectionName: 'large', dimension: 1000, metricType: 'L2' })
  for (let batch = 0; batch < 3; batch++) {
    const ids = Array.from({ length: 1000 }, (_, at) => batch * 1000 + at)
    await db.collection('large').insert({ columns: { id: ids, vector: { dim: 1000, values: new Float32Array(1_000_000).fill(batch) } } })
  }
  const file = Buffer.from(await exported(db))
  await db.close()
  assert.ok(file.length > 12_000_000)
  const flipped = Buffer.from(file)
  flipped[file.length - 2000] ^= 1
  return [{ what: 'a large file with a late flip', bytes: flipped }, { what: 'a large file without its end', bytes: file.subarray(0, -20) }]
}

function assertRefused(refusal, { what, isVersion = false }) {
  const kinds = isVersion ? ['CORRUPT', 'VERSION_TOO_NEW', 'UNSUPPORTED'] : ['CORRUPT']
  assert.ok(refusal?.name === 'ElanusError' && kinds.includes(refusal.kind), `${what}: ${JSON.stringify(refusal)}`)
}

test('a damaged file is refused in memory and in a folder, which stays empty and usable', async context => {
  const made = await inNode(':memory:', {}, fillWithEverything)
  const all = damages(made.file, 150)
  for (const damage of all) assertRefused(await failure(() => open(':memory:', { from: damage.bytes })), damage)
  const path = join(folder(), 'target')
  const some = [...damages(made.file, 12), ...(await damagedLate())]
  for (const damage of some) {
    assertRefused(await failure(() => open(path, { from: damage.bytes })), damage)
    const db = await open(path)
    assert.deepEqual(await db.listCollections(), [], damage.what)
    await db.close()
  }
  assertSame(await inNode(path, { from: made.file }), made, 'after all refusals')
  context.diagnostic(`${all.length + some.length} damaged files refused`)
})

test('a damaged file is refused in Chromium, and the database stays empty and usable', async context => {
  const made = await inNode(':memory:', {}, fillWithEverything)
  const page = await visit(browser, address)
  let body
  await page.route('**/exported-file', route => route.fulfill({ body, contentType: 'application/octet-stream' }))
  const some = [...damages(made.file, 4).filter((_, index) => index % 4 === 0), ...(await damagedLate())]
  for (const [index, damage] of some.entries()) {
    body = damage.bytes
    const { refusal, collections } = await page.evaluate(async worker => {
      const refusal = await historyOf.failure(async () => elanus.open('target', { worker, from: fetch('/exported-file') }))
      const db = await elanus.open('target', { worker })
      const collections = await db.listCollections()
      await db.close()
      return { refusal, collections }
    }, index % 2 === 0)
    assertRefused(refusal, damage)
    assert.deepEqual(collections, [], damage.what)
  }
  await page.close()
  assertSame(await inPage('target', { worker: true, from: made.file }), made, 'after all refusals')
  context.diagnostic(`${some.length} damaged files refused`)
})
