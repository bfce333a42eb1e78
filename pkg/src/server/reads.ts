/** Which calls leave nothing to be done in the background, and which wait for it. */

/** By method; a write that looks like a read would cost nothing but a later seal. */
const METHODS = /^(Search|HybridSearch|Query|Has|Describe|Show|Get|List|Select|Check|Connect|Calc)/

/** Whether a call reads only. */
export function isRead(operation: string, head: object): boolean {
  return operation === 'grpc' && METHODS.test((head as { method: string }).method)
}

/** Whether a call, by its method or path, is answered only when rows are sealed. */
export function isFlush(name: string): boolean {
  return name === 'Flush' || name === 'FlushAll' || name.endsWith('/collections/flush')
}
