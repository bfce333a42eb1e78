// A process of workerd, killed in mid-write: what was acknowledged is there, what was not is there whole or not at all.
//   ELANUS_KILLS=500 node --test tests/edge/kill.test.mjs    as many kills as one likes
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { open } from '../../pkg/dist/node.js'
import { check, write } from '../durability/history.mjs'
import { PATIENCE_MS, TOKEN, spawnWorkerd } from './worker.mjs'

const KILLS = Number(process.env.ELANUS_KILLS ?? 50)

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'elanus-workerd-'))
  after(() => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
  return path
}

/** Writes from number `from` on and kills workerd when it has acknowledged `count` writes, and a little later. */
async function writeAndKill({ url, kill }, from, count, delayMs, options = {}) {
  const db = await open(url, { token: TOKEN })
  const heard = []
  let killing
  const patience = setTimeout(() => void kill(), PATIENCE_MS)
  const die = () => new Promise(resolve => setTimeout(() => resolve(kill()), delayMs))
  // One at a time: requests that wait together come by connections of their own, in any order.
  const failure = await write(db, { from, width: 1, ...options }, op => {
    heard.push(op)
    if (heard.length === count) killing = die()
  }).then(() => undefined, error => error)
  clearTimeout(patience)
  assert.equal(await killing, 'SIGKILL', `${heard.length} of ${count} writes were acknowledged: ${failure}`)
  return heard
}

async function inspect(url, acknowledged) {
  return check(await open(url, { token: TOKEN }), acknowledged)
}

test(`workerd killed ${KILLS} times in mid-write: nothing acknowledged is lost and nothing is half there`, async context => {
  const path = folder()
  let [heardCount, unheard, from, rows] = [0, 0, 0, 0]
  let workerd = await spawnWorkerd(path)
  for (let round = 0; round < KILLS; round++) {
    const heard = await writeAndKill(workerd, from, 3 + (round * 17) % 29, (round * 7) % 23)
    const acknowledged = Math.max(...heard)
    workerd = await spawnWorkerd(path)
    const result = await inspect(workerd.url, acknowledged)
    assert.deepEqual(result.problems, [], `after kill ${round + 1}`)
    heardCount += heard.length
    unheard += result.stored - acknowledged
    from = result.stored + 1
    rows = result.rows
  }
  await workerd.kill()
  assert.ok(rows > 0)
  console.log(`${KILLS} kills of workerd: ${heardCount} writes acknowledged, 0 lost, ${unheard} stored and not acknowledged`)
})

test('a client that acknowledges before it knows is caught', async () => {
  const path = folder()
  const heard = await writeAndKill(await spawnWorkerd(path), 0, 60, 0, { width: 60, isEarly: true })
  const workerd = await spawnWorkerd(path)
  const { problems } = await inspect(workerd.url, Math.max(...heard))
  await workerd.kill()
  assert.notDeepEqual(problems, [])
})
