// A database whose calls go through pymilvus's MilvusClient, which speaks gRPC: the gRPC road for scenarios. A Python process
// (python_client.py) makes the calls; what the client gives in another form than the TypeScript API is said back in the latter's there.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NEW, environment } from '../clients/python.mjs'

/** A failure as the client's exception tells it. */
export class GrpcError extends Error {
  constructor({ code, message }) {
    super(message)
    this.code = code
  }
}

/**
 * The scenarios as the client can say them, with what it does not have taken out of them: the kinds of errors; who answers a
 * search; calls without what its methods demand (1802). Where the client itself refuses or gives other than is asked of it, a
 * step says so in `overGrpc`, as does one that it has no words for: `unsaid`, with the reason.
 */
export function expressible(scenarios) {
  return scenarios.map(({ name, steps }) => ({ name, steps: steps.filter(isExpressible).map(stripped) }))
}

function isExpressible({ error, overGrpc }) {
  return error?.code !== 1802 && overGrpc?.unsaid === undefined
}

function stripped({ error, overGrpc, ...step }) {
  if (overGrpc?.gives !== undefined) return { ...step, gives: overGrpc.gives }
  if (error !== undefined) {
    const { kind: _, ...told } = overGrpc ?? error
    return { ...step, error: told }
  }
  if (step.call !== 'describeIndex') return step
  return { ...step, gives: step.gives.map(({ answeredBy: _, ...index }) => index) }
}

/** Starts the client's process; it ends with the test. Resolves to the road to a server: a function of its address. */
export async function grpcRoad(context) {
  const programs = await environment(NEW)
  const child = spawn(join(programs, 'python'), [join(import.meta.dirname, 'python_client.py')], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise(resolve => child.once('close', resolve))
  context.after(async () => {
    child.stdin.end()
    await ended
  })
  let complaints = ''
  child.stderr.on('data', chunk => (complaints += chunk))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const call = async (uri, operation, body) => {
    child.stdin.write(`${JSON.stringify({ uri, call: operation, with: body })}\n`)
    const { value, done } = await lines.next()
    if (done) throw new Error(`the client ended: ${complaints}`)
    const answer = JSON.parse(value)
    if (answer.broken !== undefined) throw new Error(answer.broken)
    if (answer.code !== undefined) throw new GrpcError(answer)
    return answer.gives
  }
  // Any operation; the other side knows which there are.
  return uri => new Proxy({}, { get: (_, operation) => (operation === 'then' ? undefined : body => call(uri, operation, body)) })
}
