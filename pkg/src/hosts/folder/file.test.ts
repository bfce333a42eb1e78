import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { File } from './file.js'

test('a retired file is not read, though its descriptor may be in use again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'elanus-file-'))
  try {
    const first = await File.open(join(folder, 'a'), 'wx+')
    await first.write([Uint8Array.of(1, 2, 3)], 0)
    const early = first.read(0, 3)
    const retired = first.retire()
    assert.deepEqual([...(await early)], [1, 2, 3], 'a reader that came before is served')
    await assert.rejects(first.read(0, 3), { kind: 'STORAGE' })
    await retired
    const second = await File.open(join(folder, 'b'), 'wx+')
    await second.write([Uint8Array.of(7, 8, 9)], 0)
    await assert.rejects(first.read(0, 3), { kind: 'STORAGE' })
    await second.retire()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
