// The conformance suite of hosts runs in several test runs, each in the host's own environment; here its lines come
// together. A line reads `host suite: NAME: N passed`.

/** The hosts that must have run. */
const expected = ['memory', 'simulated', 'indexeddb', 'folder', 'durable-object']

/** The lines found in `output`, one a host, and what is wrong with them: a missing host, or unequal counts. */
export function hostLines(output) {
  const counts = new Map()
  for (const [, name, count] of output.matchAll(/host suite: ([\w ()-]+): (\d+) passed/g)) counts.set(name, Number(count))
  const lines = [...counts].map(([name, count]) => `  ${name.padEnd(24)} ${count} passed`)
  const failures = expected.filter(name => !counts.has(name)).map(name => `FAILED  no line for the host ${name}`)
  if (new Set(counts.values()).size > 1) failures.push('FAILED  the hosts ran different numbers of tests')
  return { lines, failures }
}
