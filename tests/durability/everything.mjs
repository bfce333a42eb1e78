// A database with something of everything, and all that can be asked of it as text. Runs in pages and under Node.

const ROWS = 60
const ELEMENTS = ['Bool', 'Int8', 'Int16', 'Int32', 'Int64', 'Float', 'Double', 'VarChar']

function scalar(type, seed) {
  switch (type) {
    case 'Bool': return seed % 2 === 0
    case 'Int8': return (seed % 256) - 128
    case 'Int16': return ((seed * 977) % 65536) - 32768
    case 'Int32': return ((seed * 1_000_003) % 2 ** 32) - 2 ** 31
    case 'Int64': return BigInt(seed) * 1_234_567_890_123_456n - 9_007_199_254_740_993n
    case 'Float': return Math.fround(seed / 7 - 3)
    case 'Double': return seed / 7 - 3
    case 'VarChar': return `${'ä€𝄞'.slice(0, seed % 3)} text ${seed}`
    default: throw new Error(`no values of type ${type}`)
  }
}

function textParams(type) {
  return type === 'VarChar' ? { max_length: 200 } : {}
}

const scalars = ELEMENTS.flatMap(type => [
  { fieldName: `of${type}`, dataType: type, elementTypeParams: textParams(type) },
  { fieldName: `maybe${type}`, dataType: type, nullable: true, elementTypeParams: textParams(type) },
  { fieldName: `usual${type}`, dataType: type, defaultValue: scalar(type, 77), elementTypeParams: textParams(type) },
])
const arrays = ELEMENTS.map(type => ({
  fieldName: `list${type}`, dataType: 'Array', elementDataType: type, nullable: type === 'Int8', elementTypeParams: { max_capacity: 9, ...textParams(type) },
}))
const fields = [
  { fieldName: 'id', dataType: 'Int64', isPrimary: true },
  ...scalars,
  ...arrays,
  { fieldName: 'document', dataType: 'JSON' },
  { fieldName: 'maybeDocument', dataType: 'JSON', nullable: true },
  { fieldName: 'near', dataType: 'FloatVector', elementTypeParams: { dim: 12 } },
  { fieldName: 'far', dataType: 'FloatVector', elementTypeParams: { dim: 3 } },
]

function row(id) {
  const made = { id, document: { id, list: [1, 'two', null, { deep: [[]] }], 'ключ': id / 3 }, extra: id % 4 === 0 ? undefined : { note: `dynamic ${id}` } }
  for (const type of ELEMENTS) {
    made[`of${type}`] = scalar(type, id)
    made[`maybe${type}`] = id % 3 === 0 ? null : scalar(type, id + 1)
    if (id % 2 === 0) made[`usual${type}`] = scalar(type, id + 2)
    made[`list${type}`] = type === 'Int8' && id % 5 === 0 ? null : Array.from({ length: id % 10 }, (_, at) => scalar(type, id + at))
  }
  if (id % 2 === 1) made.maybeDocument = id % 5 === 0 ? null : [id]
  made.near = Float32Array.from({ length: 12 }, (_, at) => Math.sin(id * 12 + at))
  made.far = Float32Array.from({ length: 3 }, (_, at) => Math.cos(id * 3 + at))
  return made
}

/** Fills an empty database: rows sealed, growing and deleted, in partitions, under aliases, in a second database. */
export async function fillWithEverything(db) {
  const target = { collectionName: 'everything' }
  const indexParams = [
    { fieldName: 'near', indexName: 'near_index', indexType: 'HNSW', metricType: 'COSINE', params: { M: 16, efConstruction: 64 } },
    { fieldName: 'far', indexType: 'IVF_FLAT', metricType: 'L2', params: { nlist: 8 } },
    { fieldName: 'ofVarChar', indexName: 'words', indexType: 'INVERTED' },
  ]
  await db.createCollection({ ...target, description: 'all of it', schema: { enableDynamicField: true, fields }, indexParams, properties: { 'collection.ttl.seconds': '0' } })
  await db.createPartition({ ...target, partitionName: 'odd' })
  await db.createAlias({ ...target, aliasName: 'all' })
  const all = db.collection('everything')
  const ids = Array.from({ length: ROWS }, (_, id) => id)
  await all.insert(ids.filter(id => id % 2 === 0).map(row))
  await all.insert(ids.filter(id => id % 2 === 1).map(row), { partitionName: 'odd' })
  await db.flush(target)
  await db.settled()
  await all.delete('id in [4, 5, 6]')
  await all.upsert([row(8), { ...row(6), ofInt32: 6 }])
  await all.insert(ids.slice(0, 10).map(id => ({ ...row(id), id: 1000 + id })))
  await db.createDatabase({ dbName: 'second', properties: { 'database.replica.number': '1' } })
  await db.createCollection({ dbName: 'second', collectionName: 'words', dimension: 4, idType: 'VarChar', params: { max_length: 20 }, metricType: 'IP' })
  await db.insert({ dbName: 'second', collectionName: 'words', data: ['a', 'b', 'c'].map((id, at) => ({ id, vector: [at, 1, 2, 3], note: at })) })
  await db.settled()
}

/** What the rows of the filled database must be, computed without it. */
function expectedRows() {
  const ids = [...Array.from({ length: ROWS }, (_, id) => id).filter(id => id !== 4 && id !== 5), ...Array.from({ length: 10 }, (_, at) => 1000 + at)]
  return ids.map(id => {
    const made = row(id < 1000 ? id : id - 1000)
    made.id = id
    if (id === 6) made.ofInt32 = 6
    for (const { fieldName, defaultValue = null } of fields) made[fieldName] ??= defaultValue
    return made
  })
}

/** Text that is the same for the same values, in whatever order keys come; an Int64 is a number when it is safe. */
function textOf(value) {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === 'bigint') return BigInt(Number(inner)) === inner && Number.isSafeInteger(Number(inner)) ? Number(inner) : `${inner}n`
    if (ArrayBuffer.isView(inner)) return [inner.constructor.name, ...inner]
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.keys(inner).sort().map(key => [key, inner[key]]))
  }, 1)
}

/** All that the database answers, as text that is the same for the same answers; and what of its rows is wrong. */
export async function describeEverything(db) {
  const told = {}
  for (const dbName of await db.listDatabases()) {
    const collections = {}
    for (const collectionName of await db.listCollections({ dbName })) {
      const target = { dbName, collectionName }
      const indexes = []
      for (const indexName of await db.listIndexes(target)) indexes.push(await db.describeIndex({ ...target, indexName }))
      const rows = []
      for await (const batch of db.queryIterator({ ...target, filter: '', outputFields: ['*'] })) rows.push(...batch)
      const partitions = {}
      for (const partitionName of await db.listPartitions(target)) partitions[partitionName] = await db.getPartitionStats({ ...target, partitionName })
      const found = collectionName === 'everything' ? await search(db, target) : []
      collections[collectionName] = { description: await db.describeCollection(target), indexes, partitions, found, rows }
    }
    told[dbName] = { description: await db.describeDatabase({ dbName }), aliases: await db.listAliases({ dbName }), collections }
  }
  const rows = told.default?.collections.everything?.rows ?? []
  const problems = expectedRows().flatMap((expected, at) => (textOf(rows[at]) === textOf(expected) ? [] : [`expected ${textOf(expected)}, got ${textOf(rows[at])}`]))
  if (rows.length !== expectedRows().length) problems.push(`${rows.length} rows`)
  return { text: textOf(told), problems: problems.slice(0, 2) }
}

async function search(db, target) {
  return [
    await db.search({ ...target, vector: row(7).near, annsField: 'near', limit: 7, filter: 'ofInt64 > 0', outputFields: ['id', 'ofDouble'] }),
    await db.search({ ...target, vector: row(9).far, annsField: 'far', limit: 7, partitionNames: ['odd'] }),
    await db.query({ ...target, filter: "document['id'] < 20 and array_contains(listInt16, -32768) or extra['note'] like 'dynamic 1_'", outputFields: ['id'] }),
  ]
}

/** A database as a file. */
export async function exported(db) {
  return new Uint8Array(await new Response(db.export()).arrayBuffer())
}
