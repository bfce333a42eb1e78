/** The command `elanus`. Each subcommand is loaded when it is asked for. */

import { Command, InvalidArgumentError, Option } from 'commander'
import { ElanusError } from '../error.js'

/** Exit codes: 0 done, 1 it failed, 2 the command line is wrong. */
const WRONG_USAGE = 2

const METRICS = ['L2', 'IP', 'COSINE']

const program = new Command('elanus')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE))
  .description('Milvus that fits in a browser tab: serve a folder to Milvus clients, and look into it.')
  .version(PACKAGE_VERSION)
  .showHelpAfterError('(elanus --help, or elanus COMMAND --help, tells more)')

const list = (value: string, before: string[]): string[] => [...before, value]

program
  .command('serve')
  .summary('answer Milvus clients (gRPC and REST on one port)')
  .description('Answers Milvus clients, gRPC and RESTful v2 on one port, from a folder (made if it does not exist).')
  .argument('[folder]', 'where the data is (default: elanus-data)')
  .option('--host <address>', 'the address to listen on; anything but this machine needs --token', '127.0.0.1')
  .option('-p, --port <number>', 'the port; 0 lets the system choose', portNumber, 19530)
  .addOption(new Option('--token <user:password>', 'who may connect').env('ELANUS_TOKEN'))
  .option('--memory', 'keep everything in memory, gone when it stops')
  .option('--health-port <number>', "open Milvus's second port for /healthz (9091 there)", portNumber)
  .option('--allow-host <name>', 'accept this Host header too (repeatable)', list, [])
  .option('--allow-origin <origin>', 'let pages of this origin ask, such as http://localhost:5173 (repeatable)', list, [])
  .option('--memory-limit <MiB>', 'memory that collections may use', wholeNumber)
  .option('--max-in-flight <MiB>', 'requests and replies in memory at the same time', wholeNumber)
  .option('--request-timeout <seconds>', 'that long a request may take to arrive', wholeNumber)
  .option('--greeting-timeout <seconds>', 'that long a connection may say nothing at first', wholeNumber)
  .option('--break-lock', 'take the folder over from a process that is gone without this machine knowing, such as a killed container')
  .option('-q, --quiet', 'no log')
  .addHelpText('after', `
Examples:
  elanus serve                                    # ./elanus-data at 127.0.0.1:19530
  elanus serve library --port 19531
  elanus serve --memory                           # for tests
  elanus serve --host 0.0.0.0 --token root:secret # for other machines

Then, in Python:  MilvusClient("http://127.0.0.1:19530")`)
  .action(async (folder: string | undefined, options) => {
    const { serve } = await import('./serve.js')
    process.exitCode = await serve(folder, options)
  })

const FIELD_LIST = ['--fields <names>', 'fields to show, separated by commas (default: all)'] as const

/** A command on a place. */
function onPlace(name: string, summary: string, examples: string): Command {
  return program
    .command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .argument('<place>', 'a folder, or the address of a server such as http://127.0.0.1:19530')
    .addOption(new Option('--token <user:password>', 'for a server that wants one').env('ELANUS_TOKEN'))
    .option('--db <name>', 'the database (default: default)')
    .option('--json', 'for programs')
    .addHelpText('after', `\nExamples:\n${examples}`)
}

onPlace('list', 'the collections', `  elanus list elanus-data
  elanus list http://127.0.0.1:19530 --token root:Milvus --json`)
  .action(async (place: string, options) => (await import('./look.js')).list(place, options))

onPlace('describe', 'the schema, indexes and state of a collection', '  elanus describe elanus-data books')
  .argument('<collection>')
  .action(async (place: string, collection: string, options) => (await import('./look.js')).describe(place, collection, options))

onPlace('count', 'how many rows match a filter', `  elanus count elanus-data books
  elanus count elanus-data books 'year > 1900'`)
  .argument('<collection>')
  .argument('[filter]', "an expression of Milvus's filter language")
  .action(async (place: string, collection: string, filter: string | undefined, options) => (await import('./look.js')).count(place, collection, filter, options))

onPlace('query', 'rows that match a filter, by ascending key', `  elanus query elanus-data books 'year > 1900' --fields title,year
  elanus query elanus-data books --limit 3 --json`)
  .argument('<collection>')
  .argument('[filter]', "an expression of Milvus's filter language")
  .option('-n, --limit <rows>', 'rows at most', wholeNumber, 10)
  .option('--offset <rows>', 'rows to leave out first', wholeNumber)
  .option(...FIELD_LIST)
  .action(async (place: string, collection: string, filter: string | undefined, options) => (await import('./look.js')).query(place, collection, filter, options))

onPlace('search', 'the rows that are nearest to a vector or to a row', `  elanus search elanus-data books '[0.9, 0.1, 0]' --fields title
  elanus search elanus-data books --id 42 --filter 'year > 1900'`)
  .argument('<collection>')
  .argument('[vector]', 'a JSON list of numbers')
  .option('--id <key>', 'search with the vector of this row')
  .option('--vector-file <file>', 'a file with a JSON list of numbers')
  .option('-n, --limit <rows>', 'rows at most', wholeNumber, 10)
  .option('--offset <rows>', 'rows to leave out first', wholeNumber)
  .option('--filter <expression>', 'only rows that match')
  .option('--fields <names>', 'fields to show, separated by commas (default: the key)')
  .option('--field <name>', 'the field of vectors, when there are several')
  .addOption(new Option('--metric <type>', 'must be that of the index').choices(METRICS))
  .option('--params <json>', 'search parameters, such as {"nprobe": 16} or {"radius": 0.5}')
  .action(async (place: string, collection: string, vector: string | undefined, options) => (await import('./look.js')).search(place, collection, vector, options))

onPlace('import', 'rows of a file into a collection', `  elanus import elanus-data books books.jsonl --create   # an object a line
  elanus import elanus-data books books.csv              # names in the first line, vectors as "[0.1, 0.2]"
  elanus import elanus-data words vectors.npy --create   # keys are row numbers
  zcat books.jsonl.gz | elanus import http://127.0.0.1:19530 books -`)
  .argument('<collection>')
  .argument('<file>', 'JSON lines, CSV or .npy; - is standard input (JSON lines)')
  .addOption(new Option('--format <name>', 'what the file is, when its name does not tell').choices(['jsonl', 'csv', 'npy']))
  .option('--create', 'make the collection if there is none, from the first row, and the folder\'s database too')
  .addOption(new Option('--metric <type>', 'of a collection that is made').choices(METRICS).default('COSINE'))
  .option('--field <name>', 'the field of vectors')
  .option('--first-id <number>', 'the key of the first row of a .npy file', wholeNumber, 0)
  .option('--upsert', 'replace rows with the same key')
  .option('--batch <rows>', 'rows a request', positive, 1000)
  .action(async (place: string, collection: string, file: string, options) => (await import('./carry.js')).importRows(place, collection, file, options))

onPlace('export', 'rows of a collection as JSON lines', `  elanus export elanus-data books books.jsonl
  elanus export elanus-data books --filter 'year > 1900' | gzip > new.jsonl.gz`)
  .argument('<collection>')
  .argument('[file]', 'without one, standard output')
  .option('--filter <expression>', 'only rows that match')
  .option(...FIELD_LIST)
  .action(async (place: string, collection: string, file: string | undefined, options) => (await import('./carry.js')).exportRows(place, collection, file, options))

onPlace('verify', 'read everything that is stored and compare every checksum', '  elanus verify elanus-data     # exit code 0: sound, 1: damaged')
  .action(async (place: string, options) => (await import('./carry.js')).verify(place, options))

function positive(text: string): number {
  const value = wholeNumber(text)
  if (value === 0) throw new InvalidArgumentError('expected at least 1.')
  return value
}

function portNumber(text: string): number {
  const value = wholeNumber(text)
  if (value > 65_535) throw new InvalidArgumentError('expected a number from 0 to 65535.')
  return value
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a whole number.')
  return Number(text)
}

/** Ours say what to do in their message; others are mistakes of ours, of which the place is wanted. */
function told(error: unknown): string {
  return error instanceof ElanusError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
}

// Whoever reads our output may stop before its end, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`elanus: ${told(error)}\n`)
  process.exitCode = 1
})
