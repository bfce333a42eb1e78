// A database whose calls go as HTTP requests through its own `fetch`: the RESTful road for scenarios. What Milvus's RESTful
// API says in another form than the TypeScript one (COMPAT.md, RESTful v2) is said back in the latter's.

/** Paths of the operations; those that are not here have none. */
const PATHS = {
  createDatabase: 'databases/create', dropDatabase: 'databases/drop', listDatabases: 'databases/list', describeDatabase: 'databases/describe',
  alterDatabaseProperties: 'databases/alter_properties', dropDatabaseProperties: 'databases/drop_properties',
  createCollection: 'collections/create', dropCollection: 'collections/drop', hasCollection: 'collections/has', describeCollection: 'collections/describe',
  listCollections: 'collections/list', renameCollection: 'collections/rename', loadCollection: 'collections/load', releaseCollection: 'collections/release',
  getLoadState: 'collections/get_load_state', getCollectionStats: 'collections/get_stats', alterCollectionProperties: 'collections/alter_properties',
  dropCollectionProperties: 'collections/drop_properties', truncateCollection: 'collections/truncate', addCollectionField: 'collections/fields/add', alterFieldProperties: 'collections/fields/alter_properties',
  flush: 'collections/flush', compact: 'collections/compact',
  getCompactionState: 'collections/get_compaction_state',
  createPartition: 'partitions/create', dropPartition: 'partitions/drop', hasPartition: 'partitions/has', listPartitions: 'partitions/list',
  loadPartitions: 'partitions/load', releasePartitions: 'partitions/release', getPartitionStats: 'partitions/get_stats',
  alterIndexProperties: 'indexes/alter_properties', dropIndexProperties: 'indexes/drop_properties',
  createIndex: 'indexes/create', dropIndex: 'indexes/drop', describeIndex: 'indexes/describe', listIndexes: 'indexes/list',
  createAlias: 'aliases/create', alterAlias: 'aliases/alter', dropAlias: 'aliases/drop', describeAlias: 'aliases/describe', listAliases: 'aliases/list',
  insert: 'entities/insert', upsert: 'entities/upsert', delete: 'entities/delete', get: 'entities/get', query: 'entities/query',
  search: 'entities/search', hybridSearch: 'entities/hybrid_search', runAnalyzer: 'common/run_analyzer',
}

/** A failure as the RESTful API tells it. */
export class RestError extends Error {
  constructor({ code, message }) {
    super(message)
    this.code = code
  }
}

/** The same methods as `db` has, by HTTP. */
export function overHttp(db) {
  const road = { settled: () => db.settled(), close: () => db.close() }
  for (const [operation, path] of Object.entries(PATHS)) road[operation] = body => call(db, operation, path, body)
  return road
}

/**
 * The scenarios that the RESTful API can say, with what it does not have taken out of their expectations: the kinds of
 * errors, and the words for what is missing. A step whose error is another one there says so in `overHttp`.
 */
export function expressible(scenarios) {
  return scenarios.filter(({ steps }) => steps.every(isExpressible)).map(scenario => ({ ...scenario, steps: scenario.steps.map(stripped) }))
}

function isExpressible({ call, with: body }) {
  if (call === undefined) return true
  return call in PATHS && body?.columns === undefined && !(call === 'search' && body?.vector !== undefined && body?.data !== undefined)
}

function stripped({ error, overHttp, ...step }) {
  if (error === undefined) return step
  const { kind: _, ...told } = overHttp ?? error
  return { ...step, error: told.code === 1802 ? { ...told, says: 'missing required parameters' } : told }
}

async function post(db, path, body) {
  const response = await db.fetch(`http://milvus:19530/v2/vectordb/${path}`, { method: 'POST', body: JSON.stringify(body ?? {}) })
  if (response.status !== 200) throw new Error(`${path}: HTTP ${response.status}`)
  const answer = await response.json()
  if (answer.code !== 0) throw new RestError(answer)
  return answer
}

async function call(db, operation, path, body) {
  const sent = await request(db, operation, body)
  try {
    return await reply(db, operation, body, await post(db, path, sent))
  } catch (error) {
    // A value of the wrong type has a code of its own.
    if (error instanceof RestError && error.code === 1801) error.code = 1100
    throw error
  }
}

/** The body as the RESTful API has it. */
async function request(db, operation, body) {
  switch (operation) {
    case 'search': {
      const { vector, ...rest } = body
      return vector === undefined ? rest : { ...rest, data: [vector] }
    }
    case 'hybridSearch':
      return { ...body, search: body.search?.map(({ data, ...rest }) => ({ ...rest, data: isVector(data) ? [data] : data })) }
    case 'delete': {
      const { ids, ...rest } = body
      if (ids === undefined) return rest
      const key = (await fieldsOf(db, body)).find(field => field.primaryKey)
      return { ...rest, filter: `${key.name} in {keys}`, exprParams: { keys: ids } }
    }
    default:
      return body
  }
}

function isVector(data) {
  return Array.isArray(data) && typeof data[0] === 'number'
}

async function fieldsOf(db, { dbName, collectionName }) {
  return (await post(db, 'collections/describe', { dbName, collectionName })).data.fields
}

/** What the call gives in the TypeScript API. */
async function reply(db, operation, body, { data, topks }) {
  switch (operation) {
    case 'describeCollection':
      for (const field of data.fields) if (field.defaultValue !== undefined) field.defaultValue = Object.values(field.defaultValue.Data)[0]
      return data
    case 'insert':
    case 'upsert': {
      const key = (await fieldsOf(db, body)).find(field => field.primaryKey)
      const ids = data[`${operation}Ids`]
      return { ...data, [`${operation}Ids`]: ids.map(id => (key.type === 'Int64' ? whole(id) : id)) }
    }
    case 'get':
    case 'query':
      return rows(data, await fieldsOf(db, body))
    case 'search':
    case 'hybridSearch': {
      const hits = rows(data, await fieldsOf(db, body))
      const isOne = operation === 'hybridSearch' || body.vector !== undefined
      const counts = topks ?? (isOne ? [] : (body.data ?? body.ids).map(() => 0))
      if (counts.reduce((sum, count) => sum + count, 0) !== hits.length) throw new Error(`topks ${topks} of ${hits.length} hits`)
      let end = 0
      const lists = counts.map(count => hits.slice(end, (end += count)))
      return isOne ? (lists[0] ?? []) : lists
    }
    default:
      return data
  }
}

/** Rows with values in JavaScript's forms. Whatever should leave as text and does not is an error. */
function rows(data, fields) {
  const types = new Map(fields.map(({ name, type }) => [name, type]))
  types.set('count(*)', 'Int64')
  return data.map(row => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? null : natural(types.get(key), value)])))
}

function natural(type, value) {
  if (type === 'Int64') return whole(value)
  if (type === 'JSON') return JSON.parse(value)
  if (type === 'Array') return Object.values(value.Data)[0].data
  return value
}

function whole(text) {
  if (typeof text !== 'string') throw new TypeError(`an Int64 came as ${typeof text} ${text}`)
  return Number(text)
}
