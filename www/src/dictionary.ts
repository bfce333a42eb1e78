/** The dictionary in the database: one collection, and every call that the page makes on it. */

import { destroy, open, type Collection, type Elanus, type Stats } from 'elanus'
import { DIM } from './data'

/** A meaning as it is stored, without its vector. */
export interface Entry {
  readonly id: number
  readonly lemmas: readonly string[]
  readonly pos: string
  readonly category: string
  readonly gloss: string
  /** Only entries that the visitor wrote have it. */
  readonly added?: boolean
}

/** An entry with its vector, as it is written. */
export interface Row extends Entry {
  readonly vector: Float32Array
}

/** Rows by column; place i of each belongs to row i. */
export interface RowColumns {
  readonly id: readonly number[]
  readonly lemmas: readonly (readonly string[])[]
  readonly pos: readonly string[]
  readonly category: readonly string[]
  readonly gloss: readonly string[]
  /** `DIM` numbers a row. */
  readonly vectors: Float32Array
}

/** An entry found by a search: `distance` is its cosine with the query, larger is nearer. */
export interface Hit extends Entry {
  readonly distance: number
}

/** What to find: the nearest to `vector`, or without one the first that the filter lets through. */
export interface Question {
  readonly vector: Float32Array | undefined
  readonly filter: string
  readonly limit: number
}

/** Numbers about the open database. */
export type Figures = Stats

const DATABASE = 'elanus-dictionary'
const COLLECTION = 'glosses'
const FIELDS = ['id', 'lemmas', 'pos', 'category', 'gloss', 'added'] as const
const ALL_FIELDS = [...FIELDS, 'vector'] as const

/** The open dictionary. */
export class Dictionary {
  private constructor(
    private readonly database: Elanus,
    private readonly glosses: Collection<Row, 'id'>,
  ) {}

  /** Opens the database of this site, or one that is gone with the tab, making the collection when it is new. */
  static async open(isKept: boolean): Promise<Dictionary> {
    const database = await open(isKept ? DATABASE : ':memory:')
    try {
      const { has } = await database.hasCollection({ collectionName: COLLECTION })
      if (!has) await createCollection(database)
      return new Dictionary(database, database.collection<Row>(COLLECTION))
    } catch (error) {
      await database.close()
      throw error
    }
  }

  /** Removes the database of this site, also one that cannot be opened. */
  static async destroy(): Promise<void> {
    await destroy(DATABASE)
  }

  /** Adds an entry. */
  async add(row: Row): Promise<void> {
    await this.glosses.insert([row])
  }

  /** Adds many rows at once, all of them or none; the vectors lie end to end and are given away. */
  async addColumns({ vectors, ...columns }: RowColumns): Promise<void> {
    await this.glosses.insert({ columns: { ...columns, vector: { dim: DIM, values: vectors } } }, { transfer: true })
  }

  /** Removes one entry and hands it back, so that it can be put back. */
  async remove(id: number): Promise<Row | undefined> {
    const row = await this.get(id)
    await this.glosses.delete({ ids: [id] })
    return row
  }

  /** One entry with its vector. */
  async get(id: number): Promise<Row | undefined> {
    const [row] = await this.glosses.get(id, { outputFields: ALL_FIELDS })
    return row
  }

  /** Answers a question; without a vector the entries come in no particular order and have no distance. */
  async find({ vector, filter, limit }: Question): Promise<readonly (Entry | Hit)[]> {
    const options = { limit, outputFields: FIELDS }
    if (!vector) return this.glosses.query(filter, options)
    return this.glosses.search(vector, filter ? { ...options, filter } : options)
  }

  /** How many entries the filter lets through; all without one. */
  count(filter = ''): Promise<number> {
    return this.glosses.count(filter)
  }

  stats(): Promise<Figures> {
    return this.database.stats()
  }

  /** Asks the browser to keep the database when space is short; whether it promised. */
  persist(): Promise<boolean> {
    return this.database.persist()
  }

  /** The whole database as one file. */
  export(): ReadableStream<Uint8Array> {
    return this.database.export()
  }

  /** Forgets every entry. */
  async reset(): Promise<void> {
    await this.database.dropCollection({ collectionName: COLLECTION })
    await createCollection(this.database)
  }

  close(): Promise<void> {
    return this.database.close()
  }
}

async function createCollection(database: Elanus): Promise<void> {
  await database.createCollection({
    collectionName: COLLECTION,
    schema: {
      autoID: false,
      enableDynamicField: true,
      fields: [
        { fieldName: 'id', dataType: 'Int64', isPrimary: true },
        { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim: DIM } },
        {
          fieldName: 'lemmas',
          dataType: 'Array',
          elementDataType: 'VarChar',
          elementTypeParams: { max_capacity: 64, max_length: 128 },
        },
        { fieldName: 'pos', dataType: 'VarChar', elementTypeParams: { max_length: 16 } },
        { fieldName: 'category', dataType: 'VarChar', elementTypeParams: { max_length: 32 } },
        { fieldName: 'gloss', dataType: 'VarChar', elementTypeParams: { max_length: 2048 } },
      ],
    },
    indexParams: [{ fieldName: 'vector', indexName: 'vector', metricType: 'COSINE', indexType: 'AUTOINDEX' }],
  })
}
