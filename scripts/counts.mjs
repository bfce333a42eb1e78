// Reads from a test runner's output how many tests really ran.

const runners = [
  // cargo test and wasm-bindgen's runner, one line a binary
  { line: /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm, fields: ['passed', 'failed', 'skipped'] },
  // node --test, in both of its reporters
  { line: /^(?:#|ℹ) pass (\d+)$/gm, fields: ['passed'] },
  { line: /^(?:#|ℹ) (?:fail|cancelled) (\d+)$/gm, fields: ['failed'] },
  { line: /^(?:#|ℹ) (?:skipped|todo) (\d+)$/gm, fields: ['skipped'] },
  // the plain line of the project's own runners
  { line: /^(\d+) passed, (\d+) failed$/gm, fields: ['passed', 'failed'] },
]

/** The tests that `output` reports, summed over all its runners: { passed, failed, skipped }. */
export function countTests(output) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  const text = output.replace(/\x1b\[[0-9;]*m/g, '')
  for (const { line, fields } of runners) {
    for (const match of text.matchAll(line)) fields.forEach((field, at) => (total[field] += Number(match[at + 1])))
  }
  return total
}
