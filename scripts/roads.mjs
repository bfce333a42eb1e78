// Scenarios are gone through on several roads, in several test runs; here their lines come together. A line reads
// `road NAME: N of M scenarios`.

/** The roads that must have been gone, and how many scenarios each has to take. */
const expected = ['native', 'folder', 'memory', 'rest in the process', 'rest on a socket', 'grpc on a socket', 'browser worker', 'browser thread']
const COUNT_MIN = 40

/** The lines found in `output`, one a road, and what is wrong with them: a missing road, or too few scenarios. */
export function roadLines(output) {
  const counts = new Map()
  for (const [, name, count, total] of output.matchAll(/road ([\w ]+): (\d+) of (\d+) scenarios/g)) counts.set(name, { count: Number(count), total })
  const lines = [...counts].map(([name, { count, total }]) => `  ${name.padEnd(24)} ${count} of ${total}`)
  const failures = expected.filter(name => !((counts.get(name)?.count ?? 0) >= COUNT_MIN)).map(name => `FAILED  fewer than ${COUNT_MIN} scenarios on the road ${name}`)
  return { lines, failures }
}
