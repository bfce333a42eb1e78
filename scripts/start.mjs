// npm start: sets up what is missing, builds what changed, serves the demo.
import { join } from 'node:path'
import { build } from './build.mjs'
import { main } from './run.mjs'
import { serve } from './serve.mjs'
import { setUp } from './setup.mjs'
import { root } from './tools.mjs'

await main(async () => {
  console.log('Elanus: the first start on a new machine takes about 5 minutes on two cores, later ones a few seconds.')
  await build(await setUp())
  const { url, close } = await serve(join(root, 'www', 'dist'))
  console.log(`\nThe demo is at ${url} (Ctrl+C ends it)`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, close)
})
