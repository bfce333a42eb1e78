// A tour of the Node SDK's MilvusClient, which speaks gRPC.
import assert from 'node:assert/strict'
import { DataType, MilvusClient } from '@zilliz/milvus2-sdk-node'

const client = new MilvusClient({ address: `127.0.0.1:${process.argv[2]}` })
await client.connectPromise

/** Checks that a call went well; resolves to its answer. */
async function done(asked) {
  const answer = await asked
  const status = answer.status ?? answer
  assert.equal(status.error_code, 'Success', JSON.stringify(answer))
  return answer
}

assert.match((await done(client.getVersion())).version, /^v/)
assert.equal((await client.checkHealth()).isHealthy, true)

// The quick form, rows, searches.
await done(client.createCollection({ collection_name: 'quick', dimension: 4, metric_type: 'L2' }))
assert.equal((await client.hasCollection({ collection_name: 'quick' })).value, true)
assert.equal((await client.hasCollection({ collection_name: 'absent' })).value, false)
const data = Array.from({ length: 30 }, (_, at) => ({ id: at, vector: [at, 0, 0, 0], color: at % 2 ? 'red' : 'blue' }))
assert.equal((await done(client.insert({ collection_name: 'quick', data }))).insert_cnt, '30')
const { results } = await done(client.search({ collection_name: 'quick', data: [3, 0, 0, 0], limit: 3, output_fields: ['id', 'color'] }))
assert.deepEqual(results.map(({ id, color }) => [id, color]), [['3', 'red'], ['2', 'blue'], ['4', 'blue']])
const filtered = await done(client.search({ collection_name: 'quick', data: [[3, 0, 0, 0], [9, 0, 0, 0]], limit: 1, filter: 'color == "blue"', output_fields: ['id'] }))
assert.deepEqual(filtered.results.map(hits => hits.map(({ id }) => id)), [['2'], ['8']])
const found = await done(client.query({ collection_name: 'quick', filter: 'id in [5, 7]', output_fields: ['color'] }))
assert.deepEqual(found.data.map(({ id, $meta }) => [id, $meta.color]), [['5', 'red'], ['7', 'red']])
assert.equal((await done(client.count({ collection_name: 'quick' }))).data, 30)
assert.deepEqual((await done(client.get({ collection_name: 'quick', ids: [4, 1] }))).data.map(({ id }) => id), ['1', '4'])
await done(client.upsert({ collection_name: 'quick', data: [{ id: 1, vector: [1, 1, 1, 1], color: 'green' }] }))
assert.equal((await done(client.get({ collection_name: 'quick', ids: [1] }))).data[0].$meta.color, 'green')
assert.equal((await done(client.delete({ collection_name: 'quick', ids: [29] }))).delete_cnt, '1')
await done(client.flushSync({ collection_names: ['quick'] }))

// Iterators.
const seen = []
for await (const page of await client.queryIterator({ collection_name: 'quick', batchSize: 8, expr: 'id >= 0', output_fields: ['id'] })) {
  seen.push(...page.map(({ id }) => Number(id)))
}
assert.deepEqual(seen, Array.from({ length: 29 }, (_, at) => at))
const near = []
for await (const page of await client.searchIterator({ collection_name: 'quick', data: [0, 0, 0, 0], batchSize: 5, limit: 12, output_fields: ['id'] })) {
  near.push(...page.map(({ id }) => Number(id)))
}
assert.equal(near.length, 12)
assert.equal(new Set(near).size, 12)

// A schema, indexes, partitions, aliases, databases.
await done(client.createDatabase({ db_name: 'tour' }))
assert.ok((await done(client.listDatabases())).db_names.includes('tour'))
await done(client.createCollection({
  collection_name: 'full',
  fields: [
    { name: 'key', data_type: DataType.VarChar, is_primary_key: true, max_length: 32 },
    { name: 'whole', data_type: DataType.Int64, nullable: true },
    { name: 'document', data_type: DataType.JSON },
    { name: 'words', data_type: DataType.Array, element_type: DataType.VarChar, max_capacity: 4, max_length: 8 },
    { name: 'near', data_type: DataType.FloatVector, dim: 4 },
    { name: 'far', data_type: DataType.FloatVector, dim: 2 },
  ],
}))
await done(client.createIndex([
  { collection_name: 'full', field_name: 'near', index_type: 'HNSW', metric_type: 'COSINE', params: { M: 8, efConstruction: 64 } },
  { collection_name: 'full', field_name: 'far', index_type: 'FLAT', metric_type: 'IP' },
]))
await done(client.loadCollectionSync({ collection_name: 'full' }))
const rows = Array.from({ length: 10 }, (_, at) => ({ key: `k${at}`, whole: at % 3 ? at : null, document: { n: at }, words: ['all', `w${at}`], near: [1, at, 0, 0], far: [at, 1] }))
await done(client.insert({ collection_name: 'full', data: rows }))
const [row] = (await done(client.query({ collection_name: 'full', filter: 'key == "k3"', output_fields: ['*'] }))).data
assert.deepEqual([row.key, row.whole, row.document, row.words], ['k3', null, { n: 3 }, ['all', 'w3']])
const fused = await done(client.hybridSearch({
  collection_name: 'full',
  data: [{ anns_field: 'near', data: [1, 2, 0, 0] }, { anns_field: 'far', data: [2, 1] }],
  rerank: { strategy: 'rrf', params: { k: 60 } },
  limit: 4,
}))
assert.equal(fused.results.length, 4)
const told = await done(client.describeCollection({ collection_name: 'full' }))
assert.deepEqual(told.schema.fields.map(({ name }) => name), ['key', 'whole', 'document', 'words', 'near', 'far'])
assert.equal((await done(client.describeIndex({ collection_name: 'full', field_name: 'near' }))).index_descriptions[0].state, 'Finished')
await done(client.addCollectionField({ collection_name: 'full', field: { name: 'added', data_type: DataType.Int64, nullable: true } }))
assert.deepEqual((await done(client.query({ collection_name: 'full', filter: 'added is null', output_fields: ['count(*)'] }))).data, [{ 'count(*)': '10' }])
await done(client.createPartition({ collection_name: 'full', partition_name: 'late' }))
assert.deepEqual((await done(client.showPartitions({ collection_name: 'full' }))).partition_names, ['_default', 'late'])
await done(client.createAlias({ collection_name: 'full', alias: 'nick' }))
assert.equal((await done(client.describeAlias({ collection_name: 'full', alias: 'nick' }))).collection, 'full')
await done(client.dropAlias({ alias: 'nick' }))
await done(client.releaseCollection({ collection_name: 'full' }))
assert.equal((await client.query({ collection_name: 'full', filter: 'key == "k3"' })).status.code, 101)
await done(client.renameCollection({ collection_name: 'full', new_collection_name: 'whole' }))
assert.equal((await client.describeCollection({ collection_name: 'absent' })).status.code, 100)

// Users.
await done(client.createUser({ username: 'ann', password: 'secret1' }))
await done(client.createRole({ roleName: 'reader' }))
await done(client.addUserToRole({ username: 'ann', roleName: 'reader' }))
assert.ok((await done(client.listUsers())).usernames.includes('ann'))
await done(client.removeUserFromRole({ username: 'ann', roleName: 'reader' }))
await done(client.dropRole({ roleName: 'reader' }))
await done(client.deleteUser({ username: 'ann' }))

for (const collection_name of ['quick', 'whole']) await done(client.dropCollection({ collection_name }))
await done(client.dropDatabase({ db_name: 'tour' }))
await client.closeConnection()
console.log('the tour is over')
