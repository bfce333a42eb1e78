/** Which calls over gRPC leave nothing to be done in the background. */

/** By method; a write that looks like a read would cost nothing but a later seal. */
const METHODS = /^(Search|HybridSearch|Query|Has|Describe|Show|Get|List|Select|Check|Connect|Calc)/

/** Whether a call reads only. */
export function isRead(operation: string, head: object): boolean {
  return operation === 'grpc' && METHODS.test((head as { method: string }).method)
}
