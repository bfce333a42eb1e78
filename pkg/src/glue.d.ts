// The generated glue; the build resolves the name and lets every export pass through `guard`.
declare module '#glue' {
  export function createGlue(guard: (exports: WebAssembly.Exports) => WebAssembly.Exports): import('./door.js').Glue
}

/** Set by the build: whether the wasm module that belongs to it has SIMD instructions. */
declare const WASM_HAS_SIMD: boolean

/** Set by the build: the version in package.json. */
declare const PACKAGE_VERSION: string

/** Set by the build in `elanus/inline`: gzip and base64 of the wasm module and of the worker file. */
declare const INLINE_WASM: string
declare const INLINE_WORKER: string
