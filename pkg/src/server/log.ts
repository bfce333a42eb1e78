/** What happens, a line each, for people. */

/** Takes lines. */
export interface Log {
  line(message: string): void
}

/** Writes lines with the time before them; the stream is asked for once, and nobody waits for it. */
export function logTo(stream: NodeJS.WritableStream): Log {
  return { line: (message) => void stream.write(`${new Date().toISOString().replace('T', ' ').slice(0, 19)} ${message.replaceAll(/[\r\n]+/g, ' ')}\n`) }
}

/** Says each message once, and after so many different ones nothing more: strangers decide how many there are. */
export function once(log: Log, messagesMax = 100): Log {
  const said = new Set<string>()
  return {
    line(message) {
      if (said.has(message) || said.size >= messagesMax) return
      said.add(message)
      log.line(message)
    },
  }
}
