/** The road to servers, a file of its own: who keeps data in the browser does not download it. */

export { RemoteTransport } from '../remote/transport.js'
