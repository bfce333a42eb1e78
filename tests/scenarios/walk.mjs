// Goes through a scenario with the TypeScript API: calls and what they give, written once in the JSON files beside this.
// Runs in Node and in pages.

/** Numbers of 32 bits and rankers' sums are compared with this relative margin. */
const MARGIN = 1e-6

/**
 * Opens a database with `reopen` (which closes the one before), goes through the steps, closes it.
 * Resolves to where it went other than written, one sentence each.
 */
export async function walk(scenario, open, ElanusError) {
  const failures = []
  let db = await open()
  for (const [at, step] of scenario.steps.entries()) {
    if (step.settle) await db.settled()
    else if (step.reopen) {
      await db.close()
      db = await open()
    } else {
      const outcome = await perform(db, step, ElanusError)
      if (outcome) failures.push(`${scenario.name}, step ${at}: ${step.call} ${JSON.stringify(step.with).slice(0, 200)}: ${outcome}`)
    }
  }
  await db.close()
  return failures
}

async function perform(db, { call, with: body, gives, error: expected }, ElanusError) {
  if (typeof db[call] !== 'function') return expected?.code === 3000 ? undefined : 'there is no such method'
  try {
    const given = await db[call](body)
    if (expected) return `it gave ${JSON.stringify(given)}, not an error`
    return gives === undefined ? undefined : difference(given, gives, 'it gave ')
  } catch (error) {
    if (!(error instanceof ElanusError)) return `${error?.stack ?? error}`
    const isAsSaid = expected && error.code === expected.code && error.message.includes(expected.says) && (expected.kind ?? error.kind) === error.kind
    return isAsSaid ? undefined : `${error.code} ${error.kind}: ${error.message}; not ${JSON.stringify(expected)}`
  }
}

/** Where `given` has other than `expected`; it may have more. */
function difference(given, expected, path) {
  if (typeof given === 'number' && typeof expected === 'number') {
    return Math.abs(given - expected) > MARGIN * Math.max(1, Math.abs(expected)) ? `${path}: ${given}, not ${expected}` : undefined
  }
  if (Array.isArray(expected)) {
    const list = given instanceof Float32Array ? Array.from(given) : given
    if (!Array.isArray(list) || list.length !== expected.length) return `${path}: ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`
    return first(expected.map((value, at) => () => difference(list[at], value, `${path}[${at}]`)))
  }
  if (expected !== null && typeof expected === 'object') {
    if (given === null || typeof given !== 'object') return `${path}: ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`
    return first(Object.entries(expected).map(([key, value]) => () => difference(given[key] ?? null, value, `${path}.${key}`)))
  }
  return given === expected ? undefined : `${path}: ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`
}

function first(checks) {
  for (const check of checks) {
    const found = check()
    if (found) return found
  }
  return undefined
}
