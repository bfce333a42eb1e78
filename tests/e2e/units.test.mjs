// The page's own logic, module by module: the embedding against numpy, the filter, the address, the data's digest.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { runnerImport } from 'vite'

const www = new URL('../../www/', import.meta.url)
const data = new URL('public/data/', www)
const load = async (name) => (await runnerImport(new URL(`src/${name}.ts`, www).pathname)).module
const bytes = (name) => readFileSync(new URL(name, data))
const floats = (name) => new Float32Array(Uint8Array.from(bytes(name)).buffer)
const description = JSON.parse(readFileSync(new URL('src/gloss-set.json', www), 'utf8'))

async function embedder() {
  const { Embedder } = await load('embedding')
  return new Embedder({
    words: bytes('words.txt').toString().trimEnd().split('\n'),
    vectors: new Int8Array(Uint8Array.from(bytes('words.i8')).buffer),
    scales: floats('words.scale.f32'),
    idf: floats('words.idf.f32'),
    basis: floats('words.basis.f32'),
    wordDim: description.wordDim,
    dim: description.dim,
  })
}

test('texts are embedded as numpy embeds them', async () => {
  const table = await embedder()
  const expected = JSON.parse(readFileSync(new URL('expected/embedding.json', import.meta.url), 'utf8'))
  assert.ok(expected.length >= 4)
  for (const { text, unknown, vector } of expected) {
    const found = table.embed(text)
    assert.deepEqual(found.unknown, unknown, text)
    assert.equal(found.vector.length, vector.length)
    vector.forEach((value, place) => assert.ok(Math.abs(found.vector[place] - value) < 2e-6, `${text} [${place}]`))
  }
})

test('a text without a known word has no vector', async () => {
  const table = await embedder()
  assert.deepEqual(table.embed('  42 zzyzzx ?'), { vector: undefined, unknown: ['zzyzzx'] })
  assert.deepEqual(table.embed(''), { vector: undefined, unknown: [] })
})

test('facets and the typed expression become one expression', async () => {
  const { expressionOf, NO_FILTER } = await load('filter')
  const of = (part) => expressionOf({ ...NO_FILTER, ...part })
  assert.equal(of({}), '')
  assert.equal(of({ typed: '  id > 3 or id == 1 ' }), 'id > 3 or id == 1')
  assert.equal(of({ pos: ['noun'] }), 'pos == "noun"')
  assert.equal(of({ pos: ['noun', 'verb'], own: true }), 'pos in ["noun", "verb"] and added == true')
  assert.equal(
    of({ typed: 'id > 3 or id == 1', categories: ['noun.food'] }),
    '(id > 3 or id == 1) and category == "noun.food"',
  )
})

test('a view survives the way through the address', async () => {
  const { EMPTY_VIEW, formatHash, parseHash } = await load('address')
  const view = {
    text: 'frozen & "solid" water #1',
    like: 17,
    filter: { typed: 'gloss like "%a,b%"', pos: ['noun'], categories: ['noun.food', 'adj.all'], own: true },
  }
  assert.deepEqual(parseHash(formatHash(view)), view)
  assert.equal(formatHash(EMPTY_VIEW), '')
  assert.deepEqual(parseHash(''), EMPTY_VIEW)
  assert.deepEqual(parseHash('#like=cat&unknown=1'), EMPTY_VIEW)
})

test('the newest request is answered and those between are dropped', async () => {
  const { Latest } = await load('latest')
  const ran = []
  const latest = new Latest(async (request) => {
    await new Promise((done) => setTimeout(done, 5))
    ran.push(request)
  })
  for (const request of [1, 2, 3, 4]) void latest.push(request)
  await latest.push(5)
  assert.deepEqual(ran, [1, 5])
  await latest.push(6)
  assert.deepEqual(ran, [1, 5, 6])
})

test('the digest in the addresses of the data files is that of the files', () => {
  const hash = createHash('sha256')
  for (const name of readdirSync(data).filter((file) => file !== 'LICENSE.txt').sort()) hash.update(bytes(name))
  assert.equal(hash.digest('hex').slice(0, 12), description.digest)
})
