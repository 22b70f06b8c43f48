import { AnalysisError, UsageError } from '../../engine/errors/engine-error.ts'
import { nearestName } from '../../engine/errors/nearest.ts'
import { holdsRecord } from '../../engine/formats/avro-decoder.ts'
import { planReading } from '../../engine/formats/avro-reading.ts'
import type { AvroSchema } from '../../engine/formats/avro-schema.ts'
import { sqlTypeOfAvro } from '../../engine/formats/avro-sql-types.ts'
import { field, type Schema, sameType, sqlTypeName, structType } from '../../engine/types/data-type.ts'
import type { AvroOptions, RegistryOptions } from './avro-options.ts'
import { NoSuchSchema, SchemaRegistry } from './schema-registry.ts'

/** Of a schema that is no record. */
const VALUE_COLUMN = 'value'

/**
 * The columns of a table of Avro values: those of the schema that is given or, without one, of the subject in the registry. All may be NULL, as
 * malformed values give NULLs.
 *
 * @throws ConnectorError when the registry does not answer; UsageError when it has no such subject
 */
export function avroColumns(options: AvroOptions, topics: readonly string[]): Schema {
  return columnsOf(options.schema ?? subjectSchema(options.registry!, topics), options)
}

function columnsOf(schema: AvroSchema, options: AvroOptions): Schema {
  const { type } = sqlTypeOfAvro(schema, options.types)
  if (holdsRecord(schema) && type.kind === 'struct') return type.fields.map((f) => field(f.name, f.type))
  return [field(VALUE_COLUMN, type)]
}

/**
 * Whether columns that the user has named are in the schema that is given, and of types that it is read as. Schemas of a registry are looked at when
 * they are met.
 */
export function checkAvroColumns(columns: Schema, options: AvroOptions): void {
  const { schema, corruptColumn } = options
  const corrupt = columns.find((f) => f.name === corruptColumn)
  if (corrupt !== undefined && corrupt.type.kind !== 'binary') {
    throw new AnalysisError('INVALID_CORRUPT_RECORD_TYPE', {
      message: `column "${corruptColumn}" takes the bytes of malformed Avro values: it must be BINARY, not ${sqlTypeName(corrupt.type)}`,
      hint: 'Declare it BINARY, or say with "columnNameOfCorruptRecord" that another column is meant.',
      parameters: { columnName: `\`${corruptColumn}\``, actualType: `"${sqlTypeName(corrupt.type)}"` },
    })
  }
  if (schema === undefined) return
  const decoded = columns.filter((f) => f.name !== corruptColumn)
  const record = schema.kind === 'union' ? schema.branches.find(({ kind }) => kind === 'record') : schema
  if (holdsRecord(schema) && record?.kind === 'record') {
    const names = record.fields.map(({ name }) => name)
    const lower = new Set(names.map((name) => name.toLowerCase()))
    const missing = decoded.find((f) => !lower.has(f.name.toLowerCase()))
    if (missing !== undefined) {
      const nearest = nearestName(missing.name, names)
      throw new AnalysisError('INCOMPATIBLE_AVRO_SCHEMA', {
        message: `column "${missing.name}" is not in the Avro schema`,
        detail: `Its fields are ${names.join(', ')}.`,
        hint: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
      })
    }
  } else if (decoded.length !== 1) {
    throw new AnalysisError('INCOMPATIBLE_AVRO_SCHEMA', {
      message: 'the Avro schema is no record, so that its values are one column',
    })
  }
  const type = holdsRecord(schema) ? structType(decoded) : decoded[0]!.type
  planReading(schema, undefined, type, { types: options.types, meaning: 'writer' })
}

interface Fetched {
  readonly schema: AvroSchema
  readonly untilMs: number
}
/** Analysis and the opening of a source ask one after the other, and must hear the same. */
const REMEMBER_MS = 60_000
const fetched = new Map<string, Fetched>()

/**
 * The schema that values are resolved to: the given one or, when the table has the columns that the subject's schema gave it, that one. undefined: the
 * columns were named, and are found by their names in whatever was written.
 */
export function readerSchema(options: AvroOptions, columns: Schema, topics: readonly string[]): AvroSchema | undefined {
  if (options.schema !== undefined || options.registry === undefined) return options.schema
  const { registry } = options
  const subject = registry.subject ?? (topics.length === 1 ? `${topics[0]}-value` : '')
  const schema = fetched.get(keyOf(registry, subject))?.schema
  if (schema === undefined) return undefined
  const given = columnsOf(schema, options)
  const same =
    given.length === columns.length && given.every((f, i) => f.name === columns[i]!.name && sameType(f.type, columns[i]!.type))
  return same ? schema : undefined
}

function keyOf({ settings, version }: RegistryOptions, subject: string): string {
  return JSON.stringify([settings.urls, settings.authorization, subject, version])
}

/** Stands still until the registry has answered. */
function subjectSchema(registry: RegistryOptions, topics: readonly string[]): AvroSchema {
  const subject = registry.subject ?? subjectOf(topics)
  const { settings, version } = registry
  const key = keyOf(registry, subject)
  const known = fetched.get(key)
  if (known !== undefined && performance.now() < known.untilMs) return known.schema
  try {
    const schema = new SchemaRegistry(settings).schemaOfSubjectSync(subject, version)
    fetched.set(key, { schema, untilMs: performance.now() + REMEMBER_MS })
    return schema
  } catch (cause) {
    if (!(cause instanceof NoSuchSchema)) throw cause
    throw new UsageError('AVRO_SUBJECT_NOT_FOUND', {
      message: cause.message,
      hint: 'Name the columns with their types, give "avroSchema", or say which subject has the schema: "schemaRegistry.subject".',
      cause,
    })
  }
}

function subjectOf(topics: readonly string[]): string {
  if (topics.length === 1) return `${topics[0]}-value`
  throw new UsageError('UNABLE_TO_INFER_SCHEMA', {
    message: 'format "avro" of source "kafka" needs columns, as it reads more than one topic',
    hint: 'Name them with their types, give "avroSchema", or say which subject has the schema: "schemaRegistry.subject".',
  })
}
