// A static server for the demo, on 127.0.0.1 only.
//   node scripts/serve.mjs [FOLDER] [PORT]
import { createReadStream, realpathSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure, main } from './run.mjs'
import { root } from './tools.mjs'

const types = {
  '.css': 'text/css; charset=utf-8',
  '.gz': 'application/gzip',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  // Streaming compilation is refused under any other type.
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/**
 * Serves the files of `folder`. Takes the first free port from `port` upward (0: any).
 * Resolves to { url, close } when it listens.
 */
export async function serve(folder, port = 5173) {
  const home = realpathSync(folder)
  const server = createServer((request, response) => answer(home, request, response))
  for (let attempt = port; ; attempt++) {
    const taken = await new Promise((resolve, reject) => {
      server.once('error', error => (error.code === 'EADDRINUSE' && port !== 0 ? resolve(true) : reject(error)))
      server.listen(attempt, '127.0.0.1', () => resolve(false))
    })
    server.removeAllListeners('error')
    if (!taken) break
    if (attempt >= port + 100) throw new Failure(`no free port between ${port} and ${attempt}`)
  }
  const close = () => new Promise(done => {
    server.close(done)
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${server.address().port}/`, close }
}

function answer(home, request, response) {
  const refuse = (status, text) => response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'only GET and HEAD')
  const file = locate(home, request.url)
  if (file === undefined) return refuse(404, 'not found')
  const { size } = statSync(file)
  response.writeHead(200, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Length': size,
    // A rebuilt demo must not meet yesterday's files.
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  })
  if (request.method === 'HEAD') return response.end()
  createReadStream(file).on('error', () => response.destroy()).pipe(response)
}

/** The file that a request names, or undefined: nothing outside `home` is ever named, by dots or by links. */
function locate(home, url) {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0])
    if (path.includes('\0')) return undefined
    let file = resolve(home, `.${path}`)
    if (statSync(file).isDirectory()) file = join(file, 'index.html')
    const real = realpathSync(file)
    return real.startsWith(home + sep) && statSync(real).isFile() ? real : undefined
  } catch {
    return undefined
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { url } = await serve(process.argv[2] ?? join(root, 'www', 'dist'), Number(process.argv[3] ?? 5173))
    console.log(url)
  })
}
