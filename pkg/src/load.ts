/** From whatever a user or an entry gives to a compiled module, with errors that say what to do. */

import { ElanusError } from './error.js'

/** Where the wasm module may come from. */
export type WasmInput = URL | string | Response | ArrayBuffer | ArrayBufferView | WebAssembly.Module

/** A module with one v128 function: `(func (result v128) i32.const 0 i8x16.splat)`. */
const SIMD_PROBE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11]

const WASM_MAGIC = 0x6d736100

/** Compiles a module. */
export async function compile(input: WasmInput | Promise<WasmInput>): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === 'undefined') {
    throw new ElanusError('WASM_UNAVAILABLE', 'this environment has no WebAssembly (a locked-down browser, or one set to disable it)')
  }
  const given = await input
  if (given instanceof WebAssembly.Module) return given
  if (!WebAssembly.validate(Uint8Array.from(SIMD_PROBE))) {
    throw new ElanusError('WASM_UNAVAILABLE', 'this environment has no WebAssembly SIMD; it came with Chrome 91, Firefox 89, Safari 16.4 and Node 16.4')
  }
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) return compileBytes(viewOf(given), 'the bytes given')
  if (isResponse(given)) return compileResponse(given)
  const url = String(given)
  let response: Response
  try {
    response = await fetch(url)
  } catch (cause) {
    throw new ElanusError('WASM_LOAD', `${url} could not be fetched: ${cause instanceof Error ? cause.message : String(cause)}. ${ADVICE}`, { cause })
  }
  return compileResponse(response)
}

const ADVICE =
  "The bundler may not copy the file: use 'elanus/inline', or serve the file that 'elanus/wasm' names and call init({ wasm: url })"

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  const place = response.url || 'the response'
  if (!response.ok) throw new ElanusError('WASM_LOAD', `${place} answered ${response.status}. ${ADVICE}`, { details: { status: response.status } })
  const type = response.headers.get('Content-Type') ?? ''
  if (type.startsWith('application/wasm') && typeof WebAssembly.compileStreaming === 'function') {
    try {
      return await WebAssembly.compileStreaming(response)
    } catch (cause) {
      throw loadError(place, cause)
    }
  }
  return compileBytes(new Uint8Array(await response.arrayBuffer()), place)
}

async function compileBytes(bytes: Uint8Array<ArrayBuffer>, place: string): Promise<WebAssembly.Module> {
  if (bytes.length < 8 || new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) !== WASM_MAGIC) {
    const start = new TextDecoder().decode(bytes.subarray(0, 40))
    const found = /^\s*</.test(start) ? 'an HTML page (the server answers unknown paths with its index page)' : `${bytes.length} bytes that are no wasm module`
    throw new ElanusError('WASM_LOAD', `${place} is ${found}. ${ADVICE}`)
  }
  try {
    return await WebAssembly.compile(bytes)
  } catch (cause) {
    throw loadError(place, cause)
  }
}

function loadError(place: string, cause: unknown): ElanusError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const policy = /unsafe-eval|Content Security Policy|CSP/i.test(message) ? " The page's Content-Security-Policy needs script-src 'wasm-unsafe-eval'." : ''
  return new ElanusError('WASM_LOAD', `${place} could not be compiled: ${message}.${policy}`, { cause })
}

function isResponse(value: unknown): value is Response {
  return typeof Response !== 'undefined' && value instanceof Response
}

function viewOf(bytes: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes)
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
}
