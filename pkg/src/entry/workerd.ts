/** `elanus` in Cloudflare Workers, and what makes a Worker and its Durable Objects a server of Milvus's RESTful API. */

export * from '../exports.js'
export { elanus } from '../edge/gateway.js'
export type { Gateway, GatewayOptions, ObjectNamespace } from '../edge/gateway.js'
export { ElanusDurableObject } from '../edge/object.js'
export { destroy, init, open } from '../edge/open.js'
export type { ObjectOpenOptions } from '../edge/open.js'
export type { ObjectStorage } from '../hosts/durable-object/storage.js'
