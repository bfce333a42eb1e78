// The declarations of the packed package, in the projects of strict users.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { capture } from '../../scripts/run.mjs'
import { project } from './project.mjs'

const usage = `
import { open, init, ElanusError, type Elanus, type Hit, type Stats } from 'elanus'

interface Book { id: number; vector: Float32Array; title: string; year?: number }

export async function use(): Promise<void> {
  await init()
  const db: Elanus = await open('library', { durability: 'strict', signal: new AbortController().signal })
  const books = db.collection<Book>('books')
  const { insertIds } = await books.insert([{ vector: [1, 2], title: 'Dune' }, { id: 2, vector: new Float32Array(2), title: 'Emma', year: 1815 }])
  const ids: (number | bigint | string)[] = insertIds
  await books.insert({ columns: { id: BigInt64Array.of(3n), vector: { dim: 2, values: Float32Array.of(1, 2) }, title: ['x'] } })
  const hits: Hit<Book, 'id', 'title'>[] = await books.search([1, 2], { limit: 3, outputFields: ['title'] })
  const title: string = hits[0]!.title
  const id: number = hits[0]!.id
  const distance: number = hits[0]!.distance
  const lists = await books.search([[1, 2], [3, 4]])
  const first: number = lists[0]![0]!.distance
  // @ts-expect-error a field that was not asked for may be absent
  const year: number = hits[0]!.year
  // @ts-expect-error there is no such field
  await books.search([1, 2], { outputFields: ['titel'] })
  // @ts-expect-error a title is required
  await books.insert([{ id: 1, vector: [1, 2] }])
  // @ts-expect-error hits are not any
  const wrong: string = hits[0]
  const all: Book[] = await books.query('year > 1800')
  for await (const book of books.iterate()) { const t: string = book.title; void t }
  for await (const batch of db.queryIterator<Book>({ collectionName: 'books' })) { const n: number = batch.length; void n }
  const exact = await open(':memory:', { int64: 'bigint' })
  const [big] = (await exact.insert({ collectionName: 'books', data: [{ id: 1n }] })).insertIds
  const key: bigint | string | undefined = big
  const loose = db.collection('anything')
  const value: unknown = (await loose.get([1, '2', 3n]))[0]!['x']
  try { await db.close() } catch (error) { if (error instanceof ElanusError) { const code: number = error.code; const kind: 'LOCKED' | string = error.kind; void [code, kind] } }
  const stats: Stats = await db.stats()
  const stream: ReadableStream<Uint8Array> = db.export()
  await open('copy', { from: stream, onProgress: ({ done, total }) => void [done, total] })
  await using closing = await open(':memory:')
  void [ids, title, id, distance, first, year, wrong, all, key, value, stats, closing]
}
`

const base = { strict: true, noEmit: true, target: 'ES2022', exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false }
const configurations = {
  'bundler, as a page': { ...base, module: 'ESNext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM', 'ESNext.Disposable'], types: [] },
  'nodenext, as a module of Node': { ...base, module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2022', 'DOM'], types: ['node'] },
  'node16, without the types of browsers': { ...base, module: 'Node16', moduleResolution: 'Node16', lib: ['ES2022'], types: ['node'], skipLibCheck: true },
}
const files = { 'use.ts': usage }
for (const [at, compilerOptions] of Object.values(configurations).entries()) {
  files[`tsconfig.${at}.json`] = JSON.stringify({ compilerOptions, include: ['use.ts'] })
}

for (const version of ['5.9', '7']) {
  const folder = await project(`types-${version}`, { typescript: `~${version === '7' ? '7.0.0' : '5.9.0'}`, '@types/node': '^20.19.0' }, files)
  for (const [at, name] of Object.keys(configurations).entries()) {
    test(`TypeScript ${version}: ${name}`, async () => {
      const { code, output } = await capture(join(folder, 'node_modules', '.bin', 'tsc'), ['-p', `tsconfig.${at}.json`], { cwd: folder, limit: 120 })
      assert.equal(code, 0, output)
    })
  }
}
