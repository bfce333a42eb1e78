import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ElanusError, shapeOf } from './error.js'
import { MemoryHost } from './hosts/memory.js'
import { Session, type Plan } from './session.js'
import { made } from './testing/glue.js'

const MODULE = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))

async function session(changes: Partial<Plan> = {}): Promise<{ session: Session; host: MemoryHost; unlocked: () => number }> {
  const host = new MemoryHost()
  let unlockCount = 0
  const session = new Session({
    module: MODULE,
    host: { kind: 'foreign', host },
    memoryLimitBytes: 1 << 20,
    unlock: async () => void unlockCount++,
    whenIdle: (work) => void setImmediate(work),
    ...changes,
  })
  await session.call('open', {})
  return { session, host, unlocked: () => unlockCount }
}

test('a trap answers every call in flight with PANIC, and the same session goes on with what is stored', async () => {
  const { session: it } = await session()
  await it.call('put', { key: 'a', value: '1' })
  const before = made.length
  const results = await Promise.allSettled([it.call('never', {}), it.call('never', {}), it.call('trap', {})])
  for (const result of results) {
    assert.equal(result.status, 'rejected')
    const error = (result as PromiseRejectedResult).reason as ElanusError
    assert.ok(error instanceof ElanusError)
    assert.deepEqual([error.kind, error.code, error.details], ['PANIC', 5, { reopened: true }])
    assert.match(error.message, /unreachable.*was reopened/)
  }
  assert.equal(made.length, before + 1, 'one new instance for all of them')
  assert.equal((await it.call('query', { key: 'a' })).head, '1')
  assert.equal(((await it.call('stats', {})).head as { restartCount: number }).restartCount, 1)
  await it.close()
})

test('calls asked while the engine is opened again wait for it', async () => {
  const { session: it } = await session()
  const trapped = it.call('trap', {})
  const later = Promise.resolve().then(() => it.call('put', { key: 'b', value: '2' }))
  await assert.rejects(trapped, { kind: 'PANIC' })
  await later
  assert.equal((await it.call('query', { key: 'b' })).head, '2')
  await it.close()
})

test('a trap when nobody calls is noticed by the next call', async () => {
  const { session: it } = await session()
  const instance = made.at(-1)
  assert.ok(instance)
  instance.isTrapped = true
  await assert.rejects(it.call('put', { key: 'c', value: '3' }), { kind: 'PANIC' })
  await it.call('put', { key: 'c', value: '3' })
  await it.close()
})

test('an engine that cannot be opened again says why, and is tried again by the next call', async () => {
  const { session: it, host } = await session()
  const list = host.list.bind(host)
  host.list = async () => {
    throw new ElanusError('STORAGE', 'the disk is away')
  }
  await assert.rejects(it.call('trap', {}), (error: ElanusError) => {
    assert.equal(error.kind, 'STORAGE')
    assert.match(error.message, /could not be reopened: the disk is away/)
    return true
  })
  host.list = list
  // The instance itself is alive; a store that was not opened is opened by whoever asks next.
  await it.call('open', {})
  await it.call('put', { key: 'd', value: '4' })
  await it.close()
})

test('background work is done when nobody asks, in slices, until none is left', async () => {
  const { session: it } = await session()
  await it.call('put', { key: 'e', value: '5', work: 5 })
  const seen: unknown[] = []
  await it.call('settled', {}, [], (progress) => seen.push(progress))
  assert.ok((made.at(-1)?.maintainCount ?? 0) >= 5)
  assert.deepEqual(seen.at(-1), { stage: 'seal', collection: 'c', done: 1, total: 2 })
  const count = made.at(-1)?.maintainCount
  await it.call('query', { key: 'e' })
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(made.at(-1)?.maintainCount, count, 'a read asks for none')
  await it.close()
})

test('a read that leaves background work wakes it, and no other read does', async () => {
  const { session: it } = await session()
  await it.call('settled', {})
  const count = (): number => made.at(-1)?.maintainCount ?? 0
  const before = count()
  await it.call('query', { key: 'a', news: true })
  await it.call('settled', {})
  assert.equal(count(), before + 1)
  await it.call('query', { key: 'a' })
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(count(), before + 1, 'again')
  await it.close()
})

test('where memory is short, background work is done before rows are refused', async () => {
  const { session: it } = await session()
  await it.call('put', { key: 'a', value: '1', work: 3 })
  await it.call('put', { key: 'b', value: '2', needsRoom: true })
  assert.equal(made.at(-1)?.maintainLeft, 0, 'room was made')
  assert.equal((await it.call('query', { key: 'b' })).head, '2')
  await it.call('put', { key: 'a', value: '3', work: 3 })
  await assert.rejects(it.call('put', { key: 'c', value: '4', needsRoom: 'ever' }), { kind: 'MEMORY' })
  assert.equal((await it.call('query', { key: 'c' })).head, null)
  await it.close()
})

test('close gives the lock back once, tells who waits, and refuses later calls', async () => {
  const { session: it, unlocked } = await session()
  await Promise.all([it.close(), it.close()])
  assert.equal(unlocked(), 1)
  await assert.rejects(it.call('query', { key: 'a' }), { kind: 'CLOSED', code: 1 })
})

test('an error survives the boundary with all that it tells', () => {
  const error = new ElanusError('DIMENSION', 'dims', { details: { expected: 3, got: 2 }, cause: new TypeError('why') })
  const copy = ElanusError.from(structuredClone(shapeOf(error)))
  assert.ok(copy instanceof ElanusError && copy instanceof Error)
  assert.deepEqual([copy.code, copy.kind, copy.message, copy.details, copy.cause], [1100, 'DIMENSION', 'dims', { expected: 3, got: 2 }, { name: 'TypeError', message: 'why' }])
  assert.equal(shapeOf(new RangeError('odd')).kind, 'STORAGE')
})
