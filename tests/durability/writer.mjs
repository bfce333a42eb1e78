// A process that writes the history to a folder until it is killed, and says the number of each write that was acknowledged.
//   node writer.mjs FOLDER FROM
import { open } from '../../pkg/dist/node.js'
import { write } from './history.mjs'

const [path, from] = process.argv.slice(2)
await write(await open(path), { from: Number(from) }, op => console.log(op))
