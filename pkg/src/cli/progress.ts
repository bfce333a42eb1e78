/** A bar on the terminal, on standard error so that output can be piped on; elsewhere nothing. */

import { SingleBar } from 'cli-progress'

/** Shows how far something is. */
export interface Bar {
  update(done: number, rows: number): void
  stop(): void
}

/** A bar to `total`, of which the unit does not show; without a total only rows are counted. */
export function bar(what: string, total: number | undefined): Bar {
  if (process.stderr.isTTY !== true) return { update: () => {}, stop: () => {} }
  const format = total === undefined ? `${what} {rows} rows` : `${what} [{bar}] {percentage}% {rows} rows, {eta_formatted} left`
  const shown = new SingleBar({ format, stream: process.stderr, hideCursor: true, barCompleteChar: '=', barIncompleteChar: ' ' })
  shown.start(total ?? 1, 0, { rows: 0 })
  return { update: (done, rows) => shown.update(total === undefined ? 0 : Math.min(done, total), { rows }), stop: () => shown.stop() }
}
