// The commands, from their arguments to what they print, on a folder and on a server.
import assert from 'node:assert/strict'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { open } from '../../pkg/dist/node.js'
import { elanus, scratch, serve } from './process.mjs'

const books = [
  { id: 1, vector: [0.9, 0.1, 0], title: 'Dune', year: 1965 },
  { id: 3, vector: [0.8, 0.2, 0.1], title: 'Solaris', year: 1961, more: { a: [1, null] } },
  { id: 9007199254740993n, vector: [0.1, 0.9, 0], title: 'Emma', year: 1815 },
]
const lines = `${books.map(book => JSON.stringify(book, (_key, value) => (typeof value === 'bigint' ? `#${value}#` : value)).replace(/"#(\d+)#"/, '$1')).join('\n')}\n`
const same = (one, other) => assert.deepEqual(one.trim().split('\n').map(line => JSON.parse(line)), other.trim().split('\n').map(line => JSON.parse(line)))

/** Runs a command that has to succeed; its standard output. */
async function done(...args) {
  const { code, stdout, stderr } = await elanus(args)
  assert.equal(code, 0, `elanus ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** A folder with the books in it. */
async function library(context) {
  const folder = await scratch(context)
  const place = join(folder, 'data')
  await (await open(place)).close()
  await writeFile(join(folder, 'books.jsonl'), lines)
  await done('import', place, 'books', join(folder, 'books.jsonl'), '--create')
  return { folder, place }
}

for (const road of ['a folder', 'a server']) {
  test(`all commands on ${road}`, async context => {
    const { folder, place: data } = await library(context)
    const place = road === 'a server' ? (await serve(context, data)).url : data
    assert.match(await done('list', place), /│ books +│ 3 +│ yes/)
    assert.deepEqual(JSON.parse(await done('list', place, '--json')), [{ database: 'default', collection: 'books', rows: 3, loaded: true }])
    const described = await done('describe', place, 'books')
    assert.match(described, /books: 3 rows, loaded/)
    assert.match(described, /│ id +│ Int64 +│ primary key/)
    assert.match(described, /│ vector │ FloatVector\(3\)/)
    assert.equal(JSON.parse(await done('describe', place, 'books', '--json')).fields.length, 2)
    assert.equal(await done('count', place, 'books'), '3\n')
    assert.deepEqual(JSON.parse(await done('count', place, 'books', 'year > 1900', '--json')), { count: 2 })
    assert.match(await done('query', place, 'books', 'year < 1900', '--fields', 'title'), /│ 9007199254740993 │ Emma/)
    assert.deepEqual(JSON.parse(await done('query', place, 'books', '--limit', '1', '--offset', '1', '--json', '--fields', 'title')), [{ id: 3, title: 'Solaris' }])
    const hits = JSON.parse(await done('search', place, 'books', '[1, 0, 0]', '--fields', 'title', '--filter', 'year > 1900', '--json'))
    assert.deepEqual(hits, [{ id: 1, distance: 0.9938837, title: 'Dune' }, { id: 3, distance: 0.9630868, title: 'Solaris' }])
    assert.match(await done('search', place, 'books', '--id', '9007199254740993', '-n', '1'), /│ 9007199254740993 │ (1|0\.9999\d*) /)
    same(await done('export', place, 'books'), lines.replace('9007199254740993', '"9007199254740993"').replaceAll(/"(9007199254740993)"/g, '$1'))
    const out = join(folder, 'out.jsonl')
    assert.deepEqual(JSON.parse(await done('export', place, 'books', out, '--json')), { rows: 3, file: out })
    assert.match(await readFile(out, 'utf8'), /"id":9007199254740993,/)
    assert.deepEqual((await readdir(folder)).sort(), ['books.jsonl', 'data', 'out.jsonl'])
    assert.match(await done('import', place, 'copy', out, '--create', '--metric', 'L2'), /^3 rows imported into copy in/)
    same(await done('export', place, 'copy'), await readFile(out, 'utf8'))
  })
}

test('verify reads every checksum, and tells what is damaged', async context => {
  const { place } = await library(context)
  assert.match(await done('verify', place), /^sound: \d+ bytes of 1 collection with 3 rows read, every checksum right/)
  assert.equal(JSON.parse(await done('verify', place, '--json')).isSound, true)
  let damaged = 0
  for (const name of await readdir(place)) {
    const bytes = await readFile(join(place, name))
    const at = bytes.indexOf('Solaris')
    if (at < 0) continue
    bytes[at] ^= 1
    await writeFile(join(place, name), bytes)
    damaged++
  }
  assert.ok(damaged > 0)
  const { code, stderr, stdout } = await elanus(['verify', place])
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /checksum/)
})

test('verify of a server says what to do instead', async context => {
  const server = await serve(context, '--memory')
  const { code, stderr } = await elanus(['verify', server.url])
  assert.equal(code, 1)
  assert.match(stderr, /stop the server and verify its folder/)
})

test('rows come from CSV by the types of the fields', async context => {
  const folder = await scratch(context)
  const place = join(folder, 'data')
  const db = await open(place)
  await db.createCollection({ collectionName: 'c', schema: { enableDynamicField: true, fields: [
    { fieldName: 'id', dataType: 'Int64', isPrimary: true },
    { fieldName: 'name', dataType: 'VarChar', elementTypeParams: { max_length: 99 } },
    { fieldName: 'score', dataType: 'Double', nullable: true },
    { fieldName: 'ok', dataType: 'Bool', nullable: true },
    { fieldName: 'tags', dataType: 'Array', elementDataType: 'VarChar', elementTypeParams: { max_capacity: 4, max_length: 9 }, nullable: true },
    { fieldName: 'doc', dataType: 'JSON', nullable: true },
    { fieldName: 'v', dataType: 'FloatVector', elementTypeParams: { dim: 2 } },
  ] }, indexParams: [{ fieldName: 'v', metricType: 'L2' }] })
  await db.close()
  const file = join(folder, 'rows.csv')
  await writeFile(file, '\uFEFFid,name,score,ok,tags,doc,v,colour,size\r\n9007199254740993,"Ann, ""A""\nLee",1.5,true,"[""a"",""b""]","{""x"":1}","[1, 2]",red,7\r\n2,,,,,,"[3,4]",,\r\n')
  await done('import', place, 'c', file)
  assert.deepEqual((await done('query', place, 'c', '--json')).trim(), JSON.stringify([
    { id: 2, name: '', score: null, ok: null, tags: null, doc: null, v: [3, 4] },
    { id: '#', name: 'Ann, "A"\nLee', score: 1.5, ok: true, tags: ['a', 'b'], doc: { x: 1 }, v: [1, 2], colour: 'red', size: 7 },
  ]).replace('"#"', '9007199254740993'))
  for (const [text, words] of [
    ['id,name,v\n7,x\n', /rows\.csv: .*column/i],
    ['id,name,v\nseven,x,"[1,2]"\n', /rows\.csv, line 2, column id: expected a whole number, got 'seven'/],
    ['id,name,v\n7,x,1;2\n', /line 2, column v: expected JSON, got '1;2'/],
  ]) {
    await writeFile(file, text)
    const { code, stderr } = await elanus(['import', place, 'c', file])
    assert.equal(code, 1)
    assert.match(stderr, words)
  }
})

/** A .npy file of a table. */
function npy(type, values, rows, dim, { version = 1, fortran = 'False' } = {}) {
  const text = `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': (${rows}, ${dim}), }`
  const prefix = version === 1 ? 10 : 12
  const header = Buffer.from(text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1) + '\n', 'latin1')
  const head = Buffer.alloc(prefix)
  head.write('\x93NUMPY', 'latin1')
  head[6] = version
  if (version === 1) head.writeUInt16LE(header.length, 8)
  else head.writeUInt32LE(header.length, 8)
  return Buffer.concat([head, header, Buffer.from(values.buffer)])
}

test('vectors come from .npy, with row numbers as keys', async context => {
  const folder = await scratch(context)
  const place = join(folder, 'data')
  await (await open(place)).close()
  const file = join(folder, 'v.npy')
  const rows = 2500
  await writeFile(file, npy('<f4', Float32Array.from({ length: rows * 3 }, (_, at) => at / 7), rows, 3))
  await done('import', place, 'v', file, '--create', '--metric', 'L2', '--first-id', '10', '--batch', '999')
  assert.equal(await done('count', place, 'v'), `${rows}\n`)
  const [row] = JSON.parse(await done('query', place, 'v', 'id == 2509', '--json'))
  assert.deepEqual(row.vector.map(Math.fround), [7497 / 7, 7498 / 7, 7499 / 7].map(Math.fround))
  await writeFile(file, npy('<f8', Float64Array.of(1, 2, 3), 1, 3, { version: 2 }))
  await done('import', place, 'v', file, '--upsert', '--first-id', '10')
  assert.deepEqual(JSON.parse(await done('query', place, 'v', 'id == 10', '--json')), [{ id: 10, vector: [1, 2, 3] }])
  for (const [bytes, words] of [
    [npy('<i4', Int32Array.of(1, 2, 3), 1, 3), /expected float32 or float64 in little-endian order, got <i4/],
    [npy('<f4', Float32Array.of(1, 2, 3), 1, 3, { fortran: 'True' }), /ascontiguousarray/],
    [npy('<f4', Float32Array.of(1, 2), 1, 3), /ends in the middle/],
    [Buffer.from('hello, world, hello'), /not a \.npy file/],
  ]) {
    await writeFile(file, bytes)
    const { code, stderr } = await elanus(['import', place, 'v', file])
    assert.equal(code, 1)
    assert.match(stderr, words)
  }
})

test('rows come by standard input, and mistakes in them are told with their line', async context => {
  const { place } = await library(context)
  assert.equal((await elanus(['import', place, 'books', '-'], { input: '\n{"id":77,"vector":[1,2,3]}\n\n' })).code, 0)
  assert.equal(await done('count', place, 'books'), '4\n')
  const { code, stderr } = await elanus(['import', place, 'books', '-', '--batch', '1'], { input: '{"id":78,"vector":[1,2,3]}\n{"id":79,}\n' })
  assert.equal(code, 1)
  assert.match(stderr, /-, line 2: .*; 1 rows before that are in/)
  const refused = await elanus(['import', place, 'books', '-'], { input: '{"id":80,"vector":[1,2]}\n' })
  assert.match(refused.stderr, /dim/)
})

test('a token comes from the option or the environment', async context => {
  const server = await serve(context, '--memory', '--token', 'root:secret')
  assert.equal((await elanus(['list', server.url])).code, 1)
  assert.equal((await elanus(['list', server.url], { env: { ELANUS_TOKEN: 'root:secret' } })).code, 0)
  assert.equal((await elanus(['list', server.url, '--token', 'root:secret'])).code, 0)
})

test('mistakes on the command line are told, with exit code 2', async () => {
  for (const args of [['frobnicate'], ['list'], ['serve', '--port', '70000'], ['serve', '--port', 'x'], ['query', 'data', 'c', '--limit', '-1'], ['import', 'data', 'c', 'f', '--format', 'xml'], ['list', 'a', 'b']]) {
    const { code, stderr, stdout } = await elanus(args)
    assert.equal(code, 2, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, /^error: .*\n[^]*--help/)
  }
})

test('an import that makes its collection makes the database too', async context => {
  const folder = await scratch(context)
  const [place, file, other] = [join(folder, 'a', 'data'), join(folder, 'books.jsonl'), join(folder, 'file')]
  const { code, stderr } = await elanus(['import', place, 'books', file, '--create'])
  assert.equal(code, 1)
  assert.match(stderr, /cannot be read: ENOENT/)
  await Promise.all([writeFile(file, lines), writeFile(other, '')])
  for (const [where, words] of [[folder, /no database of Elanus, and is no empty folder/], [other, /no database of Elanus, and is no empty folder/]]) {
    const refused = await elanus(['import', where, 'books', file, '--create'])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, words)
    assert.doesNotMatch(refused.stderr, /\n\s+at /)
  }
  assert.match((await elanus(['import', place, 'books', file])).stderr, /there is no folder/)
  assert.deepEqual((await readdir(folder)).sort(), ['books.jsonl', 'file'])
  const made = await elanus(['import', place, 'books', file, '--create'])
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /^3 rows imported into books in/)
  assert.ok(made.stderr.startsWith(`a new database in ${place}\n`), made.stderr)
  assert.equal(await done('count', place, 'books'), '3\n')
  assert.doesNotMatch((await elanus(['import', place, 'more', file, '--create'])).stderr, /new database/)
})

test('what cannot be done is told, with exit code 1 and no stack', async context => {
  const { folder, place } = await library(context)
  const cases = [
    [['list', join(folder, 'nosuch')], /there is no folder .*nosuch; a server's address begins with http/],
    [['list', folder], /holds no database of Elanus/],
    [['list', 'http://127.0.0.1:9'], /cannot be reached/],
    [['describe', place, 'nosuch'], /can't find collection/],
    [['query', place, 'books', 'year >'], /cannot parse expression/],
    [['search', place, 'books'], /say what to search for/],
    [['search', place, 'books', '[1,2]'], /dim/],
    [['search', place, 'books', 'x'], /the vector is not JSON/],
    [['search', place, 'books', '--id', '5'], /has no row with the key 5/],
    [['import', place, 'books', 'rows.parquet'], /say --format/],
    [['import', place, 'books', join(folder, 'nosuch.csv')], /cannot be read: ENOENT/],
    [['import', place, 'nosuch', join(folder, 'books.jsonl')], /--create makes one/],
    [['serve', place, '--memory'], /exclude each other/],
  ]
  for (const [args, words] of cases) {
    const { code, stderr, stdout } = await elanus(args)
    assert.equal(code, 1, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, words)
    assert.doesNotMatch(stderr, /\n\s+at /)
  }
  assert.deepEqual((await readdir(folder)).sort(), ['books.jsonl', 'data'])
})

test('a folder that is served says how it can be asked', async context => {
  const { place } = await library(context)
  await serve(context, place)
  const { code, stderr } = await elanus(['list', place])
  assert.equal(code, 1)
  assert.match(stderr, /is open elsewhere .*ask it by its address: http:\/\/127\.0\.0\.1:19530/)
})

test('help teaches: every command has a sentence and an example', async () => {
  const help = await done('--help')
  const names = ['serve', 'list', 'describe', 'count', 'query', 'search', 'import', 'export', 'verify']
  for (const name of names) {
    assert.match(help, new RegExp(`^  ${name} .{12,}`, 'm'))
    const own = await done(name, '--help')
    assert.match(own, /Usage: elanus/)
    assert.match(own, new RegExp(`^  .*elanus ${name} `, 'm'))
  }
  assert.equal((await done('--version')).trim(), JSON.parse(await readFile(new URL('../../pkg/package.json', import.meta.url), 'utf8')).version)
})

test('a reader of the output may stop early', async context => {
  const { place } = await library(context)
  const { spawnSync } = await import('node:child_process')
  const { command } = await import('./process.mjs')
  const { status, stdout, stderr } = spawnSync('sh', ['-c', '"$0" "$1" export "$2" books | head -c 1', process.execPath, command, place], { encoding: 'utf8' })
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '{', stderr: '' })
})
