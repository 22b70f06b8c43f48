import { EngineError } from '../../engine/errors/engine-error.ts'
import { type AvroReader, avroReader } from '../../engine/formats/avro-decoder.ts'
import type { AvroSchema } from '../../engine/formats/avro-schema.ts'
import type { Logger } from '../../engine/log.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import type { AvroOptions } from './avro-options.ts'
import { readerSchema } from './avro-table.ts'
import { NoSuchSchema, SchemaRegistry } from './schema-registry.ts'

/** Numbers that the registry knows nothing of are asked for again after a while: it may have been behind. */
const UNKNOWN_MS = 60_000

/**
 * The readers of one table: for each schema that records were written with, and each choice of columns, code that is generated once. Lives as long
 * as the source; schemas of a registry are fetched when they are first met, and never again.
 */
export class AvroReaders {
  readonly #options: AvroOptions
  readonly #table: Schema
  readonly #reader: AvroSchema | undefined
  readonly #registry: SchemaRegistry | undefined
  readonly #logger: Logger
  readonly #writers = new Map<number, AvroSchema>()
  readonly #unknown = new Map<number, { readonly reason: string; readonly untilMs: number }>()
  readonly #readers = new Map<string, AvroReader | string>()

  /** @param table  the columns that are decoded */
  constructor(options: AvroOptions, table: Schema, topics: readonly string[], logger: Logger) {
    this.#options = options
    this.#table = table
    this.#logger = logger
    const { registry, schema } = options
    this.#registry = registry && new SchemaRegistry(registry.settings)
    this.#reader = readerSchema(options, table, topics)
    if (registry === undefined) this.#writers.set(0, schema!)
  }

  get framed(): boolean {
    return this.#registry !== undefined
  }

  /** The reader of a writer's number; why there is none; undefined: fetch it first. */
  readerOf(id: number, wanted: readonly number[]): AvroReader | string | undefined {
    const key = `${id}:${wanted.join()}`
    const known = this.#readers.get(key)
    if (known !== undefined) return known
    const unknown = this.#unknown.get(id)
    if (unknown !== undefined && performance.now() < unknown.untilMs) return unknown.reason
    if (id < 0) return `${id} is no number of a schema`
    const writer = this.#writers.get(id)
    if (writer === undefined) return undefined
    const made = this.#make(id, writer, wanted)
    this.#readers.set(key, made)
    return made
  }

  /** @throws ConnectorError when the registry does not answer, or refuses */
  async fetch(id: number): Promise<void> {
    try {
      this.#writers.set(id, await this.#registry!.schemaById(id))
    } catch (error) {
      const isAbout = error instanceof NoSuchSchema || (error instanceof EngineError && error.domain === 'user')
      if (!isAbout) throw error
      this.#unknown.set(id, { reason: error.message, untilMs: performance.now() + UNKNOWN_MS })
      this.#logger.warn('values of a schema cannot be read', { schema: id, reason: error.message })
    }
  }

  #make(id: number, writer: AvroSchema, wanted: readonly number[]): AvroReader | string {
    try {
      return avroReader(writer, this.#reader, this.#table, wanted, { types: this.#options.types, meaning: 'writer' })
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      const reason = this.framed ? `schema ${id} of the registry: ${error.message}` : error.message
      this.#logger.warn('values of a schema cannot be read', { schema: id, reason })
      return reason
    }
  }
}
