// A tour of all calls of the SDK's HttpClient, for pages and for Node. What is expected is Milvus's documented answer.

const NOBODY = { endpoint: 'http://nobody.invalid:19530', token: 'x' }

/** Resolves to what went other than expected, how many methods were called, and which were not. The place may be a real server. */
export async function tour(db, HttpClient, { endpoint, token } = NOBODY) {
  const failures = []
  const called = new Set()
  const client = new HttpClient({ endpoint, username: 'root', password: 'Milvus', fetch: db.fetch })
  const numbers = new HttpClient({ endpoint, token, acceptInt64: true, fetch: db.fetch })

  const expect = async (method, params, expected, on = client) => {
    called.add(method)
    const args = params === undefined ? [] : [params]
    const answer = await on[method](...args).catch(error => ({ thrown: String(error) }))
    const place = difference(answer, expected, method)
    if (place) failures.push(`${place} in ${JSON.stringify(answer).slice(0, 300)}`)
    return answer
  }
  const gives = (method, params, data, more = {}) => expect(method, params, { code: 0, data, ...more })
  const refuses = (method, params, code, message) => expect(method, params, { code, message })
  const lacks = (method, params) => refuses(method, params, 3000, /is not supported by Elanus/)
  const collectionName = 'books'

  // Databases
  await gives('createDatabase', { dbName: 'd', properties: { note: 1 } }, {})
  await gives('alterDatabaseProperties', { dbName: 'd', properties: { more: 'x' } }, {})
  await gives('dropDatabaseProperties', { dbName: 'd', propertyKeys: ['more'] }, {})
  await gives('describeDatabase', { dbName: 'd' }, { dbName: 'd', properties: [{ key: 'note', value: '1' }] })
  await gives('listDatabases', undefined, ['d', 'default'])
  await gives('dropDatabase', { dbName: 'd' }, {})
  await refuses('listCollections', { dbName: 'd' }, 800, 'database not found[database=d]')

  // Collections
  await gives('createCollection', { collectionName: 'quick', dimension: 2 }, {})
  await gives('createCollection', {
    collectionName,
    schema: {
      autoID: false,
      enableDynamicField: true,
      fields: [
        { fieldName: 'id', dataType: 'Int64', isPrimary: true },
        { fieldName: 'v', dataType: 'FloatVector', elementTypeParams: { dim: 4 } },
        { fieldName: 'w', dataType: 'FloatVector', elementTypeParams: { dim: 2 } },
        { fieldName: 'title', dataType: 'VarChar', elementTypeParams: { max_length: 64 } },
        { fieldName: 'about', dataType: 'JSON', nullable: true },
        { fieldName: 'tags', dataType: 'Array', elementDataType: 'VarChar', nullable: true, elementTypeParams: { max_length: 8, max_capacity: 4 } },
      ],
    },
    indexParams: [{ fieldName: 'v', metricType: 'COSINE' }, { fieldName: 'w', indexName: 'w_index', metricType: 'L2' }],
  }, {})
  await refuses('createCollection', { collectionName: 'none' }, 1100, /dimension is required for quickly create collection\(default metric type: COSINE\)/)
  await gives('hasCollection', { collectionName }, { has: true })
  await gives('hasCollection', { collectionName: 'zz' }, { has: false })
  await gives('listCollections', undefined, ['books', 'quick'])
  await gives('describeCollection', { collectionName }, {
    collectionName, autoId: false, enableDynamicField: true, load: 'LoadStateLoaded', consistencyLevel: 'Bounded', shardsNum: 1, partitionsNum: 1,
    indexes: [{ fieldName: 'v', indexName: 'v', metricType: 'COSINE' }],
  })
  await refuses('describeCollection', { collectionName: 'zz' }, 100, "can't find collection[database=default][collection=zz]: collection not found[database=default][collection=zz]")
  await gives('getCollectionLoadState', { collectionName }, { loadState: 'LoadStateLoaded', loadProgress: 100 })
  await gives('alterCollectionProperties', { collectionName, properties: { owner: 'me' } }, {})
  await gives('dropCollectionProperties', { collectionName, propertyKeys: ['owner'] }, {})

  // Entities
  const row = { id: 1, v: [1, 0, 0, 0], w: [0, 0], title: 'Dune', about: { year: 1965 }, tags: ['sand'], loved: true }
  await gives('insert', { collectionName, data: [row, { ...row, id: '9007199254740993', v: [0, 1, 0, 0], title: 'Emma', about: null, tags: null }] },
    { insertCount: 2, insertIds: ['1', '9007199254740993'] }, { cost: 0 })
  await gives('upsert', { collectionName, data: [{ ...row, id: 2, v: [1, 1, 0, 0], w: [3, 4], title: 'Solaris' }] }, { upsertCount: 1, upsertIds: ['2'] })
  await refuses('insert', { collectionName, data: [{ id: 3, v: [1], w: [0, 0], title: 'x' }] }, 1100, /dim \(1\) of vector 0 is not equal to the dim \(4\)/)
  await gives('get', { collectionName, id: [1, 77], outputFields: ['*'] },
    [{ ...row, id: '1', about: '{"year":1965}', tags: { Data: { StringData: { data: ['sand'] } } } }])
  await gives('query', { collectionName, filter: 'about["year"] == 1965', outputFields: ['title'], limit: 5 }, [{ id: '1', title: 'Dune' }, { id: '2', title: 'Solaris' }])
  await gives('query', { collectionName, filter: '', outputFields: ['count(*)'] }, [{ 'count(*)': '3' }])
  await gives('search', { collectionName, data: [[1, 0, 0, 0]], annsField: 'v', limit: 2, outputFields: ['title'] },
    [{ id: '1', title: 'Dune', distance: 1 }, { id: '2', title: 'Solaris', distance: 0.70710677 }], { topks: [2], cost: 0 })
  await gives('search', { collectionName, data: [[0, 0], [3, 4]], annsField: 'w', limit: 1, filter: 'id < 10', searchParams: { params: { radius: 30 } } },
    [[{ id: '1', distance: 0 }], [{ id: '2', distance: 0 }]])
  await gives('hybridSearch', {
    collectionName, limit: 1, outputFields: ['title'], rerank: { strategy: 'rrf', params: { k: 10 } },
    search: [{ data: [[1, 0, 0, 0]], annsField: 'v', limit: 3 }, { data: [[3, 4]], annsField: 'w', limit: 3 }],
    // Both are first in one list and second in the other; the smaller key comes first.
  }, [{ id: '1', title: 'Dune', distance: 1 / 11 + 1 / 12 }])
  await expect('query', { collectionName, filter: 'id > 2', outputFields: ['id'] }, { code: 0, data: [{ id: Number('9007199254740993') }] }, numbers)
  await gives('delete', { collectionName, filter: 'id in [1]' }, { deleteCount: 1 })
  await refuses('search', { collectionName, data: [[1, 0, 0, 0]] }, 1100, /multiple anns_fields exist/)
  await refuses('query', { collectionName, filter: 'id ==' }, 1100, /cannot parse expression/)
  await gives('getCollectionStatistics', { collectionName }, { rowCount: 2 })

  // Partitions
  const partitionName = 'p'
  await gives('createPartition', { collectionName, partitionName }, {})
  await gives('hasPartition', { collectionName, partitionName }, { has: true })
  await gives('listPartitions', { collectionName }, ['_default', 'p'])
  await gives('loadPartitions', { collectionName, partitionNames: ['p'] }, {})
  await gives('getPartitionStatistics', { collectionName, partitionName }, { rowCount: 0 })
  await gives('releasePartitions', { collectionName, partitionNames: ['p'] }, {})
  await gives('dropPartition', { collectionName, partitionName }, {})

  // Aliases
  await gives('createAlias', { collectionName, aliasName: 'a' }, {})
  await gives('describeAlias', { aliasName: 'a' }, { aliasName: 'a', collectionName, dbName: 'default' })
  await gives('alterAlias', { collectionName: 'quick', aliasName: 'a' }, {})
  await gives('listAliases', { collectionName: 'quick' }, ['a'])
  await gives('dropAlias', { aliasName: 'a' }, {})

  // Indexes
  await gives('listIndexes', { collectionName }, ['v', 'w_index'])
  await gives('describeIndex', { collectionName, indexName: 'w_index' }, [{ indexName: 'w_index', fieldName: 'w', metricType: 'L2', indexState: 'Finished' }])
  await refuses('describeIndex', { collectionName, indexName: 'zz' }, 700, /index not found/)
  await gives('releaseCollection', { collectionName }, {})
  await refuses('query', { collectionName, filter: 'id > 0' }, 101, /collection not loaded/)
  await gives('dropIndex', { collectionName, indexName: 'w_index' }, {})
  await refuses('loadCollection', { collectionName }, 700, /index not found/)
  const params = { M: 8, efConstruction: 64 }
  await gives('createIndex', { collectionName, indexParams: [{ fieldName: 'w', indexName: 'w2', indexType: 'HNSW', metricType: 'IP', params }] }, {})
  await gives('alterIndexProperties', { collectionName, indexName: 'w2', properties: { 'mmap.enabled': true } }, {})
  await gives('dropIndexProperties', { collectionName, indexName: 'w2', propertyKeys: ['mmap.enabled'] }, {})
  await gives('alterCollectionFieldProperties', { collectionName, fieldName: 'title', fieldParams: { max_length: 100 } }, {})
  await gives('loadCollection', { collectionName }, {})
  await gives('refreshLoad', { collectionName }, {})

  // A field more
  await gives('addCollectionField', { collectionName, schema: { fieldName: 'pages', dataType: 'Int64', nullable: true, defaultValue: 300 } }, {})
  await gives('query', { collectionName, filter: 'pages == 300', outputFields: ['pages'], limit: 1 }, [{ id: '2', pages: '300' }])
  await refuses('addCollectionField', { collectionName, schema: { fieldName: 'x', dataType: 'Bool' } }, 1100, /added field must be nullable/)

  // Upkeep
  await gives('flushCollection', { collectionName }, {})
  const { data } = await gives('compactCollection', { collectionName }, {})
  await gives('getCompactionState', { jobID: data?.compactionID }, { compactionID: data?.compactionID })
  await gives('renameCollection', { collectionName, newCollectionName: 'shelf' }, {})
  await gives('dropCollection', { collectionName: 'shelf' }, {})
  await gives('dropCollection', { collectionName: 'quick' }, {})
  await gives('listCollections', undefined, [])

  // What an embedded database does not have
  const [userName, roleName] = ['u', 'r']
  const grant = { roleName, objectType: 'Collection', objectName: '*', privilege: 'Search' }
  await lacks('listUsers')
  await lacks('createUser', { userName, password: 'secret' })
  await lacks('updateUserPassword', { userName, password: 'secret', newPassword: 'secret2' })
  await lacks('describeUser', { userName })
  await lacks('dropUser', { userName })
  await lacks('grantRoleToUser', { userName, roleName })
  await lacks('revokeRoleFromUser', { userName, roleName })
  await lacks('listRoles')
  await lacks('createRole', { roleName })
  await lacks('describeRole', { roleName })
  await lacks('dropRole', { roleName })
  await lacks('grantPrivilegeToRole', grant)
  await lacks('revokePrivilegeFromRole', grant)
  await lacks('listImportJobs', { collectionName })
  await lacks('createImportJobs', { collectionName, files: [['a.json']] })
  await lacks('getImportJobProgress', { jobId: '1' })

  return { failures, called: called.size, missed: methods(client).filter(name => !called.has(name)) }
}

/** The calls that a client has. */
function methods(client) {
  const names = []
  const own = ['constructor', 'POST', 'GET', '_handleResponse']
  for (let at = Object.getPrototypeOf(client); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && !own.includes(name)) names.push(name)
    }
  }
  return names
}

/** Where `given` has other than `expected`; objects may have more, numbers differ in the last digits. */
function difference(given, expected, path) {
  if (expected instanceof RegExp) return typeof given === 'string' && expected.test(given) ? undefined : `${path}: ${given} does not match ${expected}`
  if (typeof given === 'number' && typeof expected === 'number') return Math.abs(given - expected) <= 1e-6 * Math.max(1, Math.abs(expected)) ? undefined : `${path}: ${given}, not ${expected}`
  if (typeof expected !== 'object' || expected === null) return given === expected ? undefined : `${path}: ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`
  if (typeof given !== 'object' || given === null || Array.isArray(given) !== Array.isArray(expected)) return `${path}: ${JSON.stringify(given)}`
  if (Array.isArray(expected) && given.length !== expected.length) return `${path}: ${given.length} elements, not ${expected.length}`
  for (const [key, value] of Object.entries(expected)) {
    const place = difference(given[key], value, `${path}.${key}`)
    if (place) return place
  }
  return undefined
}
