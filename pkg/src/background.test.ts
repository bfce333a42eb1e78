import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Background } from './background.js'
import { ElanusError } from './error.js'

/** Background work of `left` slices, whose slices fail while `isFull`. */
function chores(left: number) {
  const state = { left, isFull: false }
  const background = new Background({
    maintain: async () => {
      if (state.isFull) throw new ElanusError('QUOTA', 'no room')
      state.left--
      return { hasMore: state.left > 0 }
    },
    heldMs: () => 1,
    rest: async () => {},
    isBusy: () => false,
    whenIdle: (work) => void setImmediate(work),
  })
  return { state, background }
}

test('settled() tells of work that failed before it was asked, and resolves once that work is done', async () => {
  const { state, background } = chores(3)
  state.isFull = true
  background.want()
  background.nudge()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await assert.rejects(background.settled(), { kind: 'QUOTA' })
  await assert.rejects(background.settled(), { kind: 'QUOTA' })
  assert.equal(state.left, 3)
  state.isFull = false
  await background.settled()
  assert.equal(state.left, 0)
  await background.settled()
})

test('settled() tells of a slice that fails while it waits for its turn', async () => {
  const { state, background } = chores(3)
  background.want()
  background.nudge()
  const settled = background.settled()
  state.isFull = true
  await assert.rejects(settled, { kind: 'QUOTA' })
})

for (const [units, expected] of [[undefined, 'grow'], [1024, 'stay']] as const) {
  test(`slices that seem to take no time ${expected}${units === undefined ? '' : ', where the clock stands still'}`, async () => {
    const budgets: number[] = []
    const background = new Background({
      maintain: async (budget) => ({ hasMore: budgets.push(budget) < 5 }),
      heldMs: () => 0,
      rest: async () => {},
      isBusy: () => false,
      whenIdle: (work) => void setImmediate(work),
    }, units)
    background.want()
    await background.settled()
    assert.equal(budgets.length, 5)
    if (units === undefined) assert.ok((budgets.at(-1) as number) > (budgets[0] as number))
    else assert.deepEqual(budgets, Array(5).fill(units))
  })
}

test('where room is needed, what brings none is left for later', async () => {
  const said: string[] = []
  let left = 3
  const background = new Background({
    maintain: async (_, how) => {
      said.push(how)
      left--
      return { hasMore: how === 'relieve' ? left > 1 : left > 0, progress: { stage: 'seal', collection: 'c', done: 0, total: 1 } }
    },
    heldMs: () => 1,
    rest: async () => {},
    isBusy: () => false,
    whenIdle: (work) => void setImmediate(work),
  })
  background.want()
  await Promise.all([background.relieve(), background.relieve()])
  const relieved = said.length
  assert.ok(relieved >= 2 && !said.includes('maintain'))
  await background.settled()
  assert.ok(said.length > relieved && !said.includes('relieve', relieved))
})
