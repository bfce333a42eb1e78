import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'

/** Writes the service worker: the list of what this build made, and the code that keeps those files. */
function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle(_options, bundle) {
      const { digest } = JSON.parse(readFileSync(new URL('src/gloss-set.json', import.meta.url), 'utf8')) as { digest: string }
      const words = readdirSync(new URL('public/data', import.meta.url)).filter((name) => name.startsWith('words.'))
      const files = [
        './',
        'icon.svg',
        ...words.map((name) => `data/${name}?${digest}`),
        ...Object.keys(bundle).filter((name) => name !== 'index.html'),
      ]
      const code = readFileSync(new URL('src/offline.js', import.meta.url), 'utf8')
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: `const FILES = ${JSON.stringify(files)}\n${code}` })
    },
  }
}

// Relative addresses, so that the built folder works under any path of any static host.
export default defineConfig({
  base: './',
  plugins: [offline()],
  build: { target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: false },
})
