import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { promises } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, mock, test } from 'node:test'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { ElanusError } from '../../error.js'
import { crc32, crc32ByTable } from './crc32.js'
import { File } from './file.js'
import { FolderHost } from './host.js'
import { Store } from './store.js'

// Thousands of small stores are made and damaged here; in memory their syncs cost nothing.
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'elanus-folder-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
let folderCount = 0
const fresh = (): string => join(scratch, `f${folderCount++}`)

const key = (text: string): Uint8Array => new TextEncoder().encode(text)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const NO_PREFIX = new Uint8Array(0)

type Writes = Record<string, string | null>

function commit(host: FolderHost, writes: Writes, makesRoom = false): Promise<void> {
  return host.commit({ makesRoom, writes: Object.entries(writes).map(([name, value]) => [key(name), value === null ? null : bytes(value)]) })
}

async function content(host: FolderHost): Promise<Record<string, string>> {
  const keys = await host.list(NO_PREFIX)
  const values = await host.load(keys)
  return Object.fromEntries(keys.map((name, at) => [new TextDecoder().decode(name), new TextDecoder().decode(values[at])]))
}

async function shut(host: FolderHost): Promise<void> {
  await host.close()
  await host.unlock()
}

function copied(path: string): string {
  const copy = fresh()
  cpSync(path, copy, { recursive: true })
  return copy
}

/** A copy of the folder as a killed process leaves it. */
function killed(path: string): string {
  const copy = copied(path)
  rmSync(join(copy, 'lock'))
  return copy
}

/** What a folder holds, read without changing a file that counts. */
async function found(path: string): Promise<Record<string, string>> {
  const store = await Store.recover(path)
  try {
    const result: Record<string, string> = {}
    for (const name of store.keys('')) result[name] = String(await store.load(name))
    return result
  } finally {
    await store.retire()
  }
}

async function reopened(path: string): Promise<Record<string, string>> {
  const host = await FolderHost.open(path)
  try {
    return await content(host)
  } finally {
    await shut(host)
  }
}

test('the table gives the same checksums as zlib, and the standard check value', () => {
  assert.equal(crc32ByTable(bytes('123456789')), 0xcbf43926)
  assert.equal(crc32(bytes('123456789')), 0xcbf43926)
  for (const length of [0, 1, 7, 1000]) {
    const random = randomBytes(length)
    assert.equal(crc32ByTable(random), zlibCrc32(random))
    assert.equal(crc32ByTable(random.subarray(3), crc32ByTable(random.subarray(0, 3))), zlibCrc32(random))
  }
})

test('what was committed is there after a clean close, in packs alone, and after a kill', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { b: '2', a: '1', c: '3' })
  await commit(host, { a: null, d: '' })
  const expected = { b: '2', c: '3', d: '' }
  assert.deepEqual(await content(host), expected)
  assert.deepEqual(await reopened(killed(path)), expected)
  await shut(host)
  assert.deepEqual(readdirSync(path).sort(), ['00000002.pack', 'root'])
  assert.deepEqual(await reopened(path), expected)
})

test('keys come in byte order and by prefix', async () => {
  const host = await FolderHost.open(fresh())
  const keys = [[2], [1, 255], [1], [255, 0], [1, 0, 0]].map((key) => Uint8Array.from(key))
  await host.commit({ makesRoom: false, writes: keys.map((key) => [key, key]) })
  assert.deepEqual((await host.list(NO_PREFIX)).map((key) => [...key]), [[1], [1, 0, 0], [1, 255], [2], [255, 0]])
  assert.deepEqual((await host.list(Uint8Array.of(1))).map((key) => [...key]), [[1], [1, 0, 0], [1, 255]])
  assert.deepEqual(await host.load([Uint8Array.of(9), Uint8Array.of(2)]), [undefined, Uint8Array.of(2)])
  await shut(host)
})

test('removed keys stay removed through folds and reopenings, and dead bytes are given back', async () => {
  const path = fresh()
  const expected: Record<string, string> = {}
  for (let round = 0; round < 12; round++) {
    const host = await FolderHost.open(path)
    assert.deepEqual(await content(host), expected, `round ${round}`)
    const writes: Writes = {}
    for (let at = 0; at < 20; at++) {
      const name = `k${(round * 7 + at * 3) % 40}`.padEnd(4, '_')
      writes[name] = (round + at) % 3 === 0 ? null : `${round}.${at}`.repeat(50)
    }
    await commit(host, writes)
    for (const [name, value] of Object.entries(writes)) {
      if (value === null) delete expected[name]
      else expected[name] = value
    }
    await shut(host)
  }
  const host = await FolderHost.open(path)
  await commit(host, Object.fromEntries(Object.keys(expected).map((name) => [name, null])))
  await shut(host)
  assert.deepEqual(readdirSync(path), ['root'])
  assert.deepEqual(await reopened(path), {})
})

test('a guard is checked against the commits before it, in the same group too', async () => {
  const host = await FolderHost.open(fresh())
  const guarded = (expected: string | null, value: string): Promise<void> =>
    host.commit({ makesRoom: false, writes: [[key('epoch'), bytes(value)]], guard: { key: key('epoch'), expected: expected === null ? null : bytes(expected) } })
  const results = await Promise.allSettled([guarded(null, '1'), guarded('1', '2'), guarded('1', '3'), guarded('2', '4')])
  assert.deepEqual(results.map((result) => (result.status === 'rejected' ? (result.reason as ElanusError).kind : 'done')), ['done', 'done', 'LOCKED', 'done'])
  assert.deepEqual(await content(host), { epoch: '4' })
  await shut(host)
})

test('commits that wait share a sync, and each is answered', async () => {
  const host = await FolderHost.open(fresh())
  await Promise.all(Array.from({ length: 200 }, (_, at) => commit(host, { [`k${at}`]: `${at}` })))
  assert.equal((await host.list(NO_PREFIX)).length, 200)
  await shut(host)
})

test('a journal cut anywhere loses no more than the frames behind the cut', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  const states: { end: number; content: Record<string, string> }[] = []
  const journal = join(path, '00000001.journal')
  for (let at = 0; at < 4; at++) {
    await commit(host, { [`k${at}`]: `value ${at}`, last: `${at}` })
    states.push({ end: readFileSync(journal).length, content: await content(host) })
  }
  const whole = killed(path)
  await shut(host)
  const size = states.at(-1)?.end as number
  for (let length = 24; length <= size; length++) {
    const copy = copied(whole)
    truncateSync(join(copy, '00000001.journal'), length)
    // A frame may be whole before the empty frame that follows its sync is.
    const kept = states.filter(({ end }) => end - 32 <= length).at(-1)?.content ?? {}
    assert.deepEqual(await found(copy), kept, `length ${length}`)
    rmSync(copy, { recursive: true })
  }
})

test('every flipped byte of a journal is noticed, at opening or at reading', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: 'one', b: 'two' })
  await commit(host, { c: 'three', a: null })
  const expected = await content(host)
  const whole = killed(path)
  await shut(host)
  const size = readFileSync(join(whole, '00000001.journal')).length
  for (let at = 0; at < size; at++) await flip(whole, '00000001.journal', at, expected)
})

test('every flipped byte and every truncation of a closed store is noticed, at opening or at reading', async () => {
  const path = fresh()
  for (const writes of [{ a: 'x'.repeat(300), b: 'two' }, { c: 'three', a: null }]) {
    const host = await FolderHost.open(path)
    await commit(host, writes)
    await shut(host)
  }
  const expected = await reopened(path)
  let errorCount = 0
  let count = 0
  for (const name of readdirSync(path)) {
    const { length } = readFileSync(join(path, name))
    for (let at = 0; at < length; at++) {
      errorCount += await flip(path, name, at, expected)
      count++
    }
    for (let cut = 0; cut < length; cut++) {
      const copy = copied(path)
      truncateSync(join(copy, name), cut)
      await assert.rejects(found(copy), isDamage, `${name} cut to ${cut}`)
      rmSync(copy, { recursive: true })
    }
    const copy = copied(path)
    rmSync(join(copy, name))
    await assert.rejects(reopened(copy), (error: ElanusError) => ['CORRUPT', 'STORAGE'].includes(error.kind), `${name} removed`)
  }
  assert.equal(errorCount, count, 'nothing but checked bytes is in the files of a closed store')
})

/** Flips a byte in a copy; resolves to 1 when that was noticed, 0 when the answer was right all the same. */
async function flip(path: string, name: string, at: number, expected: Record<string, string>): Promise<number> {
  const copy = copied(path)
  const file = readFileSync(join(copy, name))
  file[at] = (file[at] as number) ^ 0x41
  writeFileSync(join(copy, name), file)
  try {
    assert.deepEqual(await found(copy), expected, `${name}, byte ${at}: a wrong answer`)
    return 0
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    assert.ok(isDamage(error as ElanusError), `${name}, byte ${at}: ${String(error)}`)
    return 1
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function isDamage(error: ElanusError): boolean {
  return error.kind === 'CORRUPT' || error.kind === 'VERSION_TOO_NEW'
}

test('garbage behind the journal is a torn write; behind acknowledged frames nothing else may be unreadable', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: '1' })
  const whole = killed(path)
  await shut(host)
  for (const tail of [Buffer.alloc(5000), randomBytes(5000)]) {
    const copy = copied(whole)
    appendFileSync(join(copy, '00000001.journal'), tail)
    assert.deepEqual(await reopened(copy), { a: '1' })
  }
})

test('a second opening waits for the first to end, and is refused when it lasts', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await assert.rejects(FolderHost.open(path, 0), { kind: 'LOCKED', code: 2 })
  const [second] = await Promise.all([FolderHost.open(path), shut(host)])
  await shut(second)
})

test('the lock of a process that is gone is broken; of a later process with its id too; of another machine never', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  const lock = JSON.parse(readFileSync(join(path, 'lock'), 'utf8')) as Record<string, unknown>
  await shut(host)
  const gone = spawnSync(process.execPath, ['-e', 'console.log(process.pid)']).stdout.toString().trim()
  for (const change of [{ pid: Number(gone) }, { started: '1' }, { boot: 'an earlier one' }]) {
    writeFileSync(join(path, 'lock'), JSON.stringify({ ...lock, ...change }))
    await shut(await FolderHost.open(path))
  }
  writeFileSync(join(path, 'lock'), '')
  await shut(await FolderHost.open(path))
  for (const change of [{ machine: 'elsewhere' }, { space: 'pid:[1]' }, {}]) {
    writeFileSync(join(path, 'lock'), JSON.stringify({ ...lock, ...change }))
    await assert.rejects(FolderHost.open(path, 0), { kind: 'LOCKED' })
  }
  rmSync(join(path, 'lock'))
})

test('a writer that lost its lock commits nothing more', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: '1' })
  rmSync(join(path, 'lock'))
  const other = await FolderHost.open(path)
  await assert.rejects(commit(host, { a: '2' }), { kind: 'LOCKED' })
  await assert.rejects(host.list(NO_PREFIX), { kind: 'LOCKED' })
  assert.deepEqual(await content(other), { a: '1' })
  await shut(other)
})

test('a folder of somebody else is left alone', async () => {
  const path = fresh()
  mkdirSync(path)
  writeFileSync(join(path, 'thesis.txt'), 'precious')
  await assert.rejects(FolderHost.open(path), { kind: 'INVALID' })
  assert.deepEqual(readdirSync(path), ['thesis.txt'])
})

test('a database is removed with its folder, unless it is open or something else is in there', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: '1' })
  await assert.rejects(FolderHost.destroy(path, 50), { kind: 'LOCKED' })
  assert.deepEqual(await content(host), { a: '1' })
  await shut(host)
  for (const name of ['00000009.pack', 'root.new']) writeFileSync(join(path, name), 'leftover')
  await FolderHost.destroy(path)
  assert.equal(existsSync(path), false)
  await FolderHost.destroy(path)

  await shut(await FolderHost.open(path))
  writeFileSync(join(path, 'thesis.txt'), 'precious')
  await FolderHost.destroy(path)
  assert.deepEqual(readdirSync(path), ['thesis.txt'])
  await FolderHost.destroy(path)
  assert.deepEqual(readdirSync(path), ['thesis.txt'])
})

test('a removal that was cut off leaves no database, or all of it', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: '1' })
  await shut(host)
  const removed = mock.method(promises, 'rm')
  await FolderHost.destroy(copied(path))
  const calls = removed.mock.callCount()
  removed.mock.restore()
  assert.ok(calls >= readdirSync(path).length)
  const outcomes: string[] = []
  for (let kept = 0; kept < calls; kept++) {
    const copy = copied(path)
    let count = 0
    const real = promises.rm.bind(promises)
    const cut = mock.method(promises, 'rm', async (...args: Parameters<typeof real>) => {
      if (count++ >= kept) throw Object.assign(new Error('cut off'), { code: 'EIO' })
      return real(...args)
    })
    await assert.rejects(FolderHost.destroy(copy))
    cut.mock.restore()
    outcomes.push(JSON.stringify(await reopened(copy)))
    await FolderHost.destroy(copy)
    assert.equal(existsSync(copy), false)
  }
  const whole = outcomes.lastIndexOf('{"a":"1"}') + 1
  assert.ok(whole > 0 && whole < calls && outcomes.slice(whole).every((left) => left === '{}'), outcomes.join(' '))
})

test('what a crash leaves beside the files that count is removed', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: '1' })
  await shut(host)
  for (const name of ['00000009.pack', '00000007.journal', 'root.new']) writeFileSync(join(path, name), 'leftover')
  assert.deepEqual(await reopened(path), { a: '1' })
  assert.deepEqual(readdirSync(path).sort(), ['00000002.pack', 'root'])
})

test('a long journal is folded at rest, and reading goes on meanwhile', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  const large = 'x'.repeat(600_000)
  await commit(host, { a: large, b: large })
  assert.equal(existsSync(join(path, '00000001.journal')), true)
  const [, values] = await Promise.all([host.rest(), content(host)])
  assert.deepEqual(values, { a: large, b: large })
  assert.equal(existsSync(join(path, '00000001.journal')), false)
  assert.equal((await content(host))['b'], large)
  assert.ok(host.storageBytes() > 1_200_000)
  await commit(host, { c: '1' })
  assert.deepEqual(Object.keys(await reopened(killed(path))), ['a', 'b', 'c'])
  await shut(host)
})

test('a full disk is refused as QUOTA with nothing stored, and writing works again when there is room', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: '1' })
  const { write } = File.prototype
  const failing = mock.method(File.prototype, 'write', async function (this: File, buffers: readonly Uint8Array[], position: number) {
    await write.call(this, buffers.slice(0, 2), position)
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  })
  await assert.rejects(commit(host, { a: '2' }), { kind: 'QUOTA', code: 7 })
  failing.mock.restore()
  assert.deepEqual(await content(host), { a: '1' })
  await commit(host, { b: '2' })
  assert.deepEqual(await reopened(killed(path)), { a: '1', b: '2' })
  await shut(host)
})

test('a failed sync is final: the commit is unknown, nothing is written on, and the folder is read anew without it', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: '1' })
  const failing = mock.method(File.prototype, 'sync', async () => {
    throw Object.assign(new Error('i/o error'), { code: 'EIO' })
  })
  await assert.rejects(commit(host, { a: '2' }), { kind: 'UNKNOWN_COMMIT', code: 1008 })
  failing.mock.restore()
  await assert.rejects(commit(host, { b: '1' }), { kind: 'STORAGE' })
  assert.deepEqual(await content(host), { a: '1' })
  await commit(host, { c: '3' })
  assert.deepEqual(await reopened(killed(path)), { a: '1', c: '3' })
  await shut(host)
})

test('a root that may or may not have been replaced is read again, and nothing is lost either way', async () => {
  for (const isDone of [true, false]) {
    const path = fresh()
    const host = await FolderHost.open(path)
    const large = 'x'.repeat(2_000_000)
    await commit(host, { a: large })
    const { rename } = promises
    const failing = mock.method(promises, 'rename', async (from: string, to: string) => {
      if (isDone) await rename(from, to)
      throw Object.assign(new Error('i/o error'), { code: 'EIO' })
    })
    await assert.rejects(host.rest(), { kind: 'UNKNOWN_COMMIT' })
    failing.mock.restore()
    await assert.rejects(commit(host, { b: '1' }), { kind: 'STORAGE' })
    assert.deepEqual(await content(host), { a: large })
    await commit(host, { b: '2' })
    assert.deepEqual(await reopened(killed(path)), { a: large, b: '2' })
    await shut(host)
  }
})

test('a disk without any room still takes what frees room', async () => {
  const path = fresh()
  const host = await FolderHost.open(path)
  await commit(host, { a: 'x'.repeat(100_000), b: '1' })
  assert.ok(existsSync(join(path, 'reserve')))
  const { write } = File.prototype
  const failing = mock.method(File.prototype, 'write', async function (this: File, buffers: readonly Uint8Array[], position: number) {
    if (existsSync(join(path, 'reserve'))) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    await write.call(this, buffers, position)
  })
  await assert.rejects(commit(host, { c: 'x'.repeat(100_000) }), { kind: 'QUOTA' })
  await assert.rejects(commit(host, { c: 'x' }), { kind: 'QUOTA' })
  await commit(host, { a: null }, true)
  failing.mock.restore()
  assert.deepEqual(await content(host), { b: '1' })
  await shut(host)
  assert.deepEqual(readdirSync(path).sort(), ['00000002.pack', 'root'])
})
