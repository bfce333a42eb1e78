// Gives the conformance suite its folders: loaded with `node --import`, it puts a function into the global object that
// opens the package's own host on a folder which lasts as long as the process.
import { build } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const source = fileURLToPath(new URL('../../pkg/src/hosts/folder/host.ts', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'elanus-suite-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

const built = join(scratch, 'host.mjs')
await build({ entryPoints: [source], outfile: built, bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning' })
const { FolderHost } = await import(pathToFileURL(built).href)

globalThis.elanusFolderHost = async store => {
  const host = await FolderHost.open(join(scratch, store))
  return {
    list: prefix => host.list(prefix),
    load: keys => host.load(keys),
    commit: batch => host.commit(batch),
    async close() {
      await host.close()
      await host.unlock()
    },
  }
}
