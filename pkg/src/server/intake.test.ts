import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Intake } from './intake.js'

const KIB = 1 << 10
const isSettled = async (promise: Promise<void> | undefined): Promise<boolean> => {
  let settled = promise === undefined
  void promise?.then(() => (settled = true))
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

test('large requests wait for room, the oldest and small ones do not', async () => {
  const intake = new Intake(1024 * KIB)
  const [oldest, large, small] = [intake.open(() => {}), intake.open(() => {}), intake.open(() => {})]
  assert.equal(oldest.add(1000 * KIB), undefined)
  const waiting = large.add(100 * KIB)
  assert.notEqual(waiting, undefined)
  assert.equal(small.add(KIB), undefined)
  assert.equal(oldest.add(500 * KIB), undefined)
  assert.equal(await isSettled(waiting), false)
  oldest.arrived()
  // Now it is the oldest that still arrives.
  assert.equal(await isSettled(waiting), true)
  oldest.close()
  large.close()
  small.close()
  assert.equal(intake.bytes, 0)
})

test('small requests wait too when there are very many of them', async () => {
  const intake = new Intake(1024 * KIB)
  const shares = Array.from({ length: 40 }, () => intake.open(() => {}))
  const waits = shares.map((share) => share.add(60 * KIB))
  assert.equal(waits[20], undefined)
  assert.notEqual(waits[39], undefined)
  for (const share of shares.slice(0, 30)) share.close()
  assert.equal(await isSettled(waits[39]), true)
  for (const share of shares) share.close()
  assert.equal(intake.bytes, 0)
})

test('who keeps others waiting and does not send is given up, who sends is not', async () => {
  mock.timers.enable({ apis: ['setInterval'] })
  try {
    const intake = new Intake(1024 * KIB)
    const given: string[] = []
    const stalled = intake.open(() => {
      given.push('stalled')
      stalled.close()
    })
    const busy = intake.open(() => given.push('busy'))
    stalled.add(900 * KIB)
    busy.add(100 * KIB)
    const waiting = intake.open(() => given.push('waiting'))
    const wait = waiting.add(200 * KIB)
    mock.timers.tick(1000)
    assert.deepEqual(given, [])
    busy.arrived()
    mock.timers.tick(1000)
    assert.deepEqual(given, ['stalled'])
    assert.equal(await isSettled(wait), true)
    busy.close()
    waiting.close()
    assert.equal(intake.bytes, 0)
  } finally {
    mock.timers.reset()
  }
})

test('a reply takes the place of its request, and nothing is counted twice', () => {
  const intake = new Intake(KIB)
  const share = intake.open(() => {})
  share.add(10)
  share.arrived()
  share.replace(700)
  assert.equal(intake.bytes, 700)
  share.close()
  share.close()
  share.add(5)
  share.replace(9)
  assert.equal(intake.bytes, 0)
})
