// A folder under Node: the process is killed in mid-write, and bytes of its files are damaged.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { after, test } from 'node:test'
import { ElanusError, open } from '../../pkg/dist/node.js'
import { PATIENCE_MS, folder } from './browser.mjs'
import { check, write } from './history.mjs'

const KILLS = 12
const EDGE_BYTES = 256
const RANDOM_POSITIONS = 200
const TRUNCATIONS = 60

const writer = fileURLToPath(new URL('writer.mjs', import.meta.url))

// Thousands of small stores are made here; in memory their syncs cost nothing.
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'elanus-damage-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** Lets a process write from number `from` on and kills it when it has acknowledged `count` writes, and a little later. */
async function writeAndKill(path, from, count, delayMs) {
  const child = spawn(process.execPath, [writer, path, String(from)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  child.stderr.on('data', text => said.push(String(text)))
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const ended = new Promise(resolve => child.once('close', (code, signal) => resolve(signal)))
  const heard = []
  for await (const line of createInterface({ input: child.stdout })) {
    heard.push(Number(line))
    if (heard.length === count) setTimeout(() => child.kill('SIGKILL'), delayMs)
  }
  clearTimeout(patience)
  assert.equal(await ended, 'SIGKILL', said.join(''))
  assert.ok(heard.length >= count, `${heard.length} of ${count} writes were acknowledged`)
  return heard
}

async function inspect(path, acknowledged) {
  const db = await open(path)
  try {
    return await check(db, acknowledged)
  } finally {
    await db.close()
  }
}

test(`a process killed ${KILLS} times in mid-write: nothing acknowledged is lost and nothing is half there`, async context => {
  const path = join(folder(), 'database')
  let heardCount = 0
  let unheard = 0
  let from = 0
  for (let round = 0; round < KILLS; round++) {
    const heard = await writeAndKill(path, from, 3 + (round * 17) % 37, (round * 3) % 8)
    const acknowledged = Math.max(...heard)
    const { stored, problems } = await inspect(path, acknowledged)
    assert.deepEqual(problems, [], `after kill ${round + 1}`)
    heardCount += heard.length
    unheard += stored - acknowledged
    from = stored + 1
  }
  context.diagnostic(`${KILLS} kills, ${heardCount} writes acknowledged, 0 lost, ${unheard} stored and not acknowledged`)
})

test('a lost write would be noticed', async () => {
  const path = join(folder(), 'database')
  const heard = await writeAndKill(path, 0, 5, 0)
  const { stored } = await inspect(path, Math.max(...heard))
  assert.notDeepEqual((await inspect(path, stored + 1)).problems, [])
})

/** The first and last bytes of a file and some between, the same ones in every run. */
function positions(length, count) {
  const chosen = new Set()
  for (let at = 0; at < Math.min(EDGE_BYTES, length); at++) chosen.add(at).add(length - 1 - at)
  let state = 12345
  for (let drawn = 0; drawn < count; drawn++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    chosen.add(state % length)
  }
  return [...chosen].sort((one, other) => one - other)
}

/** A store of two sealed segments and some of the log; cleanly closed, or left behind by a killed process. */
async function smallStore(name, isClosed) {
  const path = join(scratch, name)
  const db = await open(path)
  await write(db, { from: 0, count: 1 }, () => {})
  await db.flush({ collectionName: 'history' })
  await db.settled()
  await write(db, { from: 1, count: 2 }, () => {})
  if (isClosed) {
    await db.close()
    return path
  }
  const left = `${path}-left`
  cpSync(path, left, { recursive: true })
  rmSync(join(left, 'lock'))
  await db.close()
  return left
}

/** Changes a file of a copy of the store; what is read then must be right, or refused with a typed error. */
async function withDamage(store, name, what, damage) {
  const copy = `${store}-damaged`
  cpSync(store, copy, { recursive: true })
  const path = join(copy, name)
  writeFileSync(path, damage(readFileSync(path)))
  try {
    const { stored, problems } = await inspect(copy, 2)
    assert.deepEqual([problems, stored], [[], 2], `${name}, ${what}`)
    return 'right'
  } catch (error) {
    if (!(error instanceof ElanusError)) throw error
    assert.ok(['CORRUPT', 'VERSION_TOO_NEW', 'UNSUPPORTED'].includes(error.kind), `${name}, ${what}: ${error.kind}: ${error.message}`)
    return error.kind
  } finally {
    rmSync(copy, { recursive: true })
  }
}

function flip(bytes, at) {
  bytes[at] ^= 1 << (at % 8)
  return bytes
}

function tally(outcomes) {
  const counts = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

test('every flipped byte and truncation of a closed folder is refused with a typed error, or changes no answer', async context => {
  const store = await smallStore('closed', true)
  const names = readdirSync(store).sort()
  assert.ok(names.includes('root') && names.some(name => name.endsWith('.pack')), names.join())
  for (const name of names) {
    const { length } = readFileSync(join(store, name))
    const flips = []
    for (const at of positions(length, RANDOM_POSITIONS)) flips.push(await withDamage(store, name, `byte ${at} of ${length} flipped`, bytes => flip(bytes, at)))
    const cuts = []
    const lengths = positions(length, TRUNCATIONS)
    for (let at = 0; at < lengths.length; at += Math.ceil(lengths.length / TRUNCATIONS)) cuts.push(await withDamage(store, name, `cut to ${lengths[at]} bytes`, bytes => bytes.subarray(0, lengths[at])))
    context.diagnostic(`${name}, ${length} bytes: flips ${JSON.stringify(tally(flips))}, truncations ${JSON.stringify(tally(cuts))}`)
    assert.equal(tally(cuts).right, undefined, 'a shorter file passes for whole')
    assert.ok((tally(flips).right ?? 0) < flips.length / 10, 'flipped bytes pass for whole')
  }
})

test('every flipped byte of what a killed process left is refused with a typed error, or changes no answer', async context => {
  const store = await smallStore('killed', false)
  const names = readdirSync(store).filter(name => name !== 'reserve').sort()
  assert.ok(names.some(name => name.endsWith('.journal')), names.join())
  for (const name of names) {
    const { length } = readFileSync(join(store, name))
    const outcomes = []
    for (const at of positions(length, RANDOM_POSITIONS).filter((_, index) => index % 3 === 0)) outcomes.push(await withDamage(store, name, `byte ${at} of ${length} flipped`, bytes => flip(bytes, at)))
    context.diagnostic(`${name}, ${length} bytes: flips ${JSON.stringify(tally(outcomes))}`)
  }
})
