// The packed package under Node when its process is killed and when its files are damaged.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import { npmProject } from './project.mjs'

const ROUNDS = 10
/** Rows of one insert: all of them must be there, or none. */
const BATCH = 7

/** Writes batches without end, several at a time, and tells of each one that was acknowledged. */
const writer = `
import { open } from 'elanus'
const db = await open('store')
if (!(await db.hasCollection({ collectionName: 'c' })).has) await db.createCollection({ collectionName: 'c', dimension: 64 })
const c = db.collection('c')
let batch = Number(process.argv[2])
const next = async () => {
  for (;;) {
    const own = batch++
    await c.insert(Array.from({ length: ${BATCH} }, (_, at) => ({ id: own * ${BATCH} + at, vector: new Float32Array(64).fill(at + 1), text: 'x'.repeat(own % 5000) })))
    if (own % 10 === 9) await c.delete({ ids: [own * ${BATCH}] })
    console.log(own)
  }
}
await Promise.all([next(), next(), next()])
`

const folder = await npmProject('kill', { 'writer.mjs': writer })
const { open, ElanusError } = await import(pathToFileURL(join(folder, 'node_modules', 'elanus', 'dist', 'node.js')).href)
const store = join(folder, 'store')

async function keysOf(path) {
  const db = await open(path)
  try {
    const keys = new Set()
    for await (const { id } of db.collection('c').iterate('', { outputFields: ['id'] })) keys.add(id)
    return keys
  } finally {
    await db.close()
  }
}

test(`a process killed ${ROUNDS} times in mid-write loses nothing that was acknowledged and leaves nothing half done`, async () => {
  const acknowledged = new Set()
  let start = 0
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(process.execPath, ['writer.mjs', String(start)], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise(resolve => child.once('exit', resolve))
    const lines = createInterface({ input: child.stdout })
    const enough = 3 + 17 * round
    let count = 0
    for await (const line of lines) {
      acknowledged.add(Number(line))
      if (++count === enough) child.kill('SIGKILL')
    }
    await ended
    const keys = await keysOf(store)
    for (const batch of acknowledged) {
      const first = batch % 10 === 9 ? 1 : 0
      for (let at = first; at < BATCH; at++) assert.ok(keys.has(batch * BATCH + at), `round ${round}: row ${at} of batch ${batch} was acknowledged`)
      if (first === 1) assert.ok(!keys.has(batch * BATCH), `round ${round}: the deletion of ${batch * BATCH} was acknowledged`)
    }
    const counts = new Map()
    for (const key of keys) counts.set(Math.floor(key / BATCH), (counts.get(Math.floor(key / BATCH)) ?? 0) + 1)
    for (const [batch, rows] of counts) assert.ok(rows === BATCH || (batch % 10 === 9 && rows === BATCH - 1), `round ${round}: batch ${batch} has ${rows} rows`)
    start = Math.max(...keys, 0) + BATCH
    start = Math.ceil(start / BATCH / 10) * 10
  }
  assert.ok(acknowledged.size > 100)
})

test('a damaged file is reported when the store is opened or read, and never answers wrongly', async () => {
  const expected = [...(await keysOf(store))].sort((one, other) => one - other)
  const copy = `${store}-damaged`
  let reported = 0
  let tried = 0
  for (const name of readdirSync(store)) {
    const { length } = readFileSync(join(store, name))
    for (let at = 0; at < length; at += Math.ceil(length / 30)) {
      cpSync(store, copy, { recursive: true })
      const bytes = readFileSync(join(copy, name))
      bytes[at] ^= 0x10
      writeFileSync(join(copy, name), bytes)
      tried++
      try {
        assert.deepEqual([...(await keysOf(copy))].sort((one, other) => one - other), expected, `${name}, byte ${at}`)
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        assert.ok(error instanceof ElanusError && ['CORRUPT', 'VERSION_TOO_NEW'].includes(error.kind), `${name}, byte ${at}: ${error.stack}`)
        reported++
      }
      rmSync(copy, { recursive: true })
    }
  }
  assert.ok(reported > tried / 2, `${reported} of ${tried} damages were reported`)
})
