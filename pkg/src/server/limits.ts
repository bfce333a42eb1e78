/** How much a stranger may send, and how long that may take. */

const MIB = 1 << 20

/** Milvus takes 64 MiB a message; the rest is for what wraps the rows. */
export const MESSAGE_BYTES_MAX = 65 * MIB

/** What can be set; the defaults are {@link LIMITS}. */
export interface Limits {
  /** Connections at the same time. */
  connectionsMax: number
  /** Bytes of requests and replies in memory at the same time, over all connections. */
  inFlightBytesMax: number
  /** From a connection's first moment until it is known what it speaks. */
  greetingMs: number
  /** From a request's first byte to the last of its headers. */
  headersMs: number
  /** From a request's first byte to its last. */
  requestMs: number
  /** That long a reply may wait for a client that does not read. */
  unreadMs: number
  /** That long an HTTP/1 connection without a request is kept. */
  idleMs: number
  /** That long a flush waits for rows to be sealed before it is answered all the same. */
  flushMs: number
  /** That long what runs may take to finish when the server stops. */
  graceMs: number
}

/** The defaults. */
export const LIMITS: Readonly<Limits> = {
  connectionsMax: 1000,
  inFlightBytesMax: 512 * MIB,
  greetingMs: 10_000,
  headersMs: 15_000,
  requestMs: 120_000,
  unreadMs: 60_000,
  idleMs: 65_000,
  flushMs: 10_000,
  graceMs: 10_000,
}
