// The engine traps in the middle of writes: whoever waits is told, and nothing that was acknowledged is lost. Runs in
// pages and under Node.

import { check, failure, write } from './history.mjs'

const ROUNDS = 4

/** Storage may be faster than a trap; rounds go on until so many writes were caught by one, but not for ever. */
const PANICS = 2
const ROUNDS_MAX = 40
const TRAP = Symbol.for('elanus.trap')

/** Resolves to what went wrong (nothing if all is well), and how often a write was answered with `PANIC`. */
export async function trapWhileWriting(open, isKept) {
  const problems = []
  let panics = 0
  let acknowledged = -1
  const tell = op => (acknowledged = op)
  let db = await open()
  await write(db, { from: 0, count: 3 }, tell)
  let round = 0
  for (; round < ROUNDS || (isKept && panics < PANICS && round < ROUNDS_MAX); round++) {
    const enough = acknowledged + 4 + 2 * (round % ROUNDS)
    let trapping
    const ended = await failure(() => write(db, { from: acknowledged + 1, isEnough: () => trapping !== undefined }, op => {
      tell(op)
      // By now the writes after this one are under way.
      if (op === enough) trapping = failure(() => db[TRAP]())
    }))
    const trap = await trapping
    if (trap?.kind !== 'PANIC' || trap.code !== 5) problems.push(`round ${round}: the trap was answered with ${JSON.stringify(trap)}`)
    if (ended !== undefined && ended.kind !== 'PANIC') problems.push(`round ${round}: a write under way was answered with ${JSON.stringify(ended)}`)
    if (ended?.kind === 'PANIC') panics++
    // The same handle goes on.
    const found = await check(db, acknowledged)
    problems.push(...found.problems.map(problem => `round ${round}: ${problem}`))
    if (found.stored === undefined) return { problems, panics }
    acknowledged = found.stored
    await write(db, { from: acknowledged + 1, count: 2 }, tell)
    problems.push(...(await check(db, acknowledged)).problems.map(problem => `round ${round}, writing on: ${problem}`))
  }
  const { restartCount } = await db.stats()
  if (restartCount !== round) problems.push(`${restartCount} restarts`)
  await db.close()
  if (isKept) {
    db = await open()
    problems.push(...(await check(db, acknowledged)).problems.map(problem => `reopened: ${problem}`))
    await db.close()
  }
  return { problems, panics }
}
