/** The worker's side: one session, driven by messages. Built as one file without imports. */

import { startBrowserSession } from './browser-session.js'
import { ElanusError, shapeOf } from './error.js'
import { prepare, type Request, type Response } from './protocol.js'
import type { Session } from './session.js'

interface Scope {
  onmessage: ((event: MessageEvent<Request>) => void) | null
  postMessage(message: Response, transfer: Transferable[]): void
}

/** Listens for a page. */
export function serve(scope: Scope): void {
  let session: Session | undefined

  scope.onmessage = ({ data: request }) => {
    answer(request).catch((error: unknown) => scope.postMessage({ id: request.id, error: shapeOf(error) }, []))
  }

  async function answer(request: Request): Promise<void> {
    const { id } = request
    if ('start' in request) {
      session = await startBrowserSession(request.start, (log) => scope.postMessage({ log }, []))
      scope.postMessage({ id, head: {}, planes: [] }, [])
      return
    }
    if ('close' in request) {
      await session?.close()
      scope.postMessage({ id, head: {}, planes: [] }, [])
      return
    }
    if (session === undefined) throw new ElanusError('CLOSED', 'the database is closed')
    const { operation, head, planes, wantsProgress } = request
    const reply = await session.call(operation, head, planes, wantsProgress ? (progress) => scope.postMessage({ id, progress }, []) : undefined)
    const own = prepare(reply.planes)
    scope.postMessage({ id, head: reply.head, planes: own.planes }, own.transfer)
  }
}
