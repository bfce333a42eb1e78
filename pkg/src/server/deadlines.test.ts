import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Deadlines } from './deadlines.js'

test('what is due is done once, in its time, unless it was cleared or put off', () => {
  let now = 0
  mock.timers.enable({ apis: ['setInterval'] })
  mock.method(performance, 'now', () => now)
  const pass = (ms: number): void => {
    now += ms
    mock.timers.tick(ms)
  }
  try {
    const deadlines = new Deadlines(4000)
    const [first, second, third] = [{}, {}, {}]
    const done: string[] = []
    deadlines.set(first, 4000, () => done.push('first'))
    deadlines.set(second, 4000, () => done.push('second'))
    deadlines.set(third, 4000, () => done.push('third'))
    pass(3000)
    deadlines.clear(second)
    deadlines.set(third, 4000, () => done.push('third later'))
    assert.equal(done.join(), '')
    pass(1000)
    assert.equal(done.join(), 'first')
    pass(10_000)
    assert.equal(done.join(), 'first,third later')
    // The clock stood still meanwhile; it goes on when there is something to look at.
    deadlines.set(first, 1000, () => done.push('again'))
    pass(1000)
    assert.equal(done.join(), 'first,third later,again')
  } finally {
    mock.timers.reset()
    mock.restoreAll()
  }
})
