// Connections by hand: what no well-behaved client sends.
import { connect } from 'node:net'

/** Opens a connection; resolves to { write, read(pattern, ms), closed, end } . */
export function raw(port) {
  const socket = connect({ port, host: '127.0.0.1' })
  let text = ''
  let notify = () => {}
  socket.setEncoding('latin1')
  socket.on('data', chunk => {
    text += chunk
    notify()
  })
  socket.on('error', () => {})
  const closed = new Promise(resolve => socket.once('close', resolve))
  /** Everything until `pattern` is found, or the connection is closed. */
  const read = async pattern => {
    let isClosed = false
    void closed.then(() => {
      isClosed = true
      notify()
    })
    while (!pattern.test(text) && !isClosed) await new Promise(resolve => (notify = resolve))
    return text
  }
  return { write: bytes => socket.write(bytes), read, closed, end: () => socket.end(), destroy: () => socket.destroy() }
}

/** A request of HTTP/1.1 as text; `body` undefined leaves it without one. */
export function request(method, path, headers, body) {
  const lines = [`${method} ${path} HTTP/1.1`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** Whether a promise is settled within so many milliseconds. */
export async function within(promise, ms) {
  let timer
  const late = new Promise(resolve => (timer = setTimeout(resolve, ms, false)))
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
