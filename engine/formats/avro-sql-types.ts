import { AnalysisError } from '../errors/engine-error.ts'
import {
  arrayType,
  BIGINT,
  BINARY,
  BOOLEAN,
  DATE,
  type DataType,
  type DayTimeUnit,
  DOUBLE,
  dayTimeType,
  decimalType,
  type Field,
  FLOAT,
  field,
  INT,
  MAX_PRECISION,
  mapType,
  STRING,
  sqlTypeName,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  timeType,
  VOID,
  type YearMonthUnit,
  yearMonthType,
} from '../types/data-type.ts'
import { type AvroPrimitive, type AvroSchema, type AvroUnion, avroSchemaText, shortName } from './avro-schema.ts'

/** How union branches are named and how deep records may hold themselves. */
export interface AvroTypeOptions {
  /** Fields of a union's struct are `prefix` + the branch's type name; undefined: `member0`, `member1`, …. */
  readonly unionPrefix: string | undefined
  /** How often a record may be found inside itself before it is left out; 0: such records are refused. */
  readonly recursionMax: number
}
export const DEFAULT_TYPE_OPTIONS: AvroTypeOptions = { unionPrefix: undefined, recursionMax: 0 }

export interface NullableType {
  readonly type: DataType
  readonly nullable: boolean
}

/**
 * The SQL type that an Avro schema is read as.
 * Source: SchemaConverters.toSqlType of Spark 4.3, but for timestamps of nanoseconds: those are BIGINT here, as there is no such SQL type.
 *
 * @throws AnalysisError RECURSIVE_AVRO_SCHEMA for a record that holds itself, unless the options allow it
 */
export function sqlTypeOfAvro(schema: AvroSchema, options: AvroTypeOptions = DEFAULT_TYPE_OPTIONS): NullableType {
  return convert(schema, options, new Map())!
}

/** undefined: a record deeper inside itself than it may be. */
function convert(schema: AvroSchema, options: AvroTypeOptions, depths: ReadonlyMap<string, number>): NullableType | undefined {
  switch (schema.kind) {
    case 'null':
      return { type: VOID, nullable: true }
    case 'fixed': {
      const { logical } = schema
      return notNull(logical?.kind === 'decimal' ? decimalOf(logical.precision, logical.scale) : BINARY)
    }
    case 'enum':
      return notNull(STRING)
    case 'array': {
      const items = convert(schema.items, options, depths)
      return items && notNull(arrayType(items.type, items.nullable))
    }
    case 'map': {
      const values = convert(schema.values, options, depths)
      return values && notNull(mapType(STRING, values.type, values.nullable))
    }
    case 'record': {
      const depth = depths.get(schema.name) ?? 0
      if (depth > 0 && options.recursionMax <= 0) throw recursive(schema.name)
      if (depth > 0 && depth >= options.recursionMax) return undefined
      const inside = new Map(depths).set(schema.name, depth + 1)
      const fields = schema.fields.flatMap((f) => {
        const converted = convert(f.schema, options, inside)
        return converted === undefined ? [] : [field(f.name, converted.type, converted.nullable)]
      })
      return notNull(structType(fields))
    }
    case 'union':
      return convertUnion(schema, options, depths)
    default:
      return notNull(primitiveType(schema))
  }
}

function convertUnion(
  schema: AvroUnion,
  options: AvroTypeOptions,
  depths: ReadonlyMap<string, number>,
): NullableType | undefined {
  const branches = nonNullBranches(schema)
  const nullable = branches.length < schema.branches.length
  if (branches.length === 1) {
    const only = convert(branches[0]!, options, depths)
    return only && { type: only.type, nullable: only.nullable || nullable }
  }
  const number = numberUnion(branches)
  if (number !== undefined) return { type: number, nullable }
  const names = memberNames(branches, options)
  const fields = branches.flatMap((branch, i): Field[] => {
    const member = convert(branch, options, depths)
    return member === undefined ? [] : [field(names[i]!, member.type, true)]
  })
  return { type: structType(fields), nullable }
}

/** The names of the struct's fields that branches of a union are read as. @throws AnalysisError two branches would have one name */
export function memberNames(branches: readonly AvroSchema[], options: AvroTypeOptions): string[] {
  if (options.unionPrefix === undefined) return branches.map((_, i) => `member${i}`)
  const seen = new Set<string>()
  return branches.map((branch) => {
    const name = 'name' in branch ? shortName(branch.name) : branch.kind
    if (seen.has(name.toLowerCase())) {
      throw new AnalysisError('INCOMPATIBLE_AVRO_SCHEMA', {
        message: `the branches of an Avro union cannot be named by their types: "${name}" is there twice`,
        hint: 'Leave out enableStableIdentifiersForUnionType; the fields are then member0, member1 and so on.',
      })
    }
    seen.add(name.toLowerCase())
    return `${options.unionPrefix}${name}`
  })
}

export function nonNullBranches(union: AvroUnion): AvroSchema[] {
  return union.branches.filter((branch) => branch.kind !== 'null')
}

/** int with long, and float with double, are the wider of the two. */
export function numberUnion(branches: readonly AvroSchema[]): DataType | undefined {
  if (branches.length !== 2) return undefined
  const kinds = branches.map(({ kind }) => kind)
  if (kinds.includes('int') && kinds.includes('long')) return BIGINT
  return kinds.includes('float') && kinds.includes('double') ? DOUBLE : undefined
}

function primitiveType({ kind, logical, sqlType }: AvroPrimitive): DataType {
  const written = sqlType === undefined ? undefined : writtenType(sqlType)
  switch (kind) {
    case 'boolean':
      return BOOLEAN
    case 'int':
      return logical?.kind === 'date' ? DATE : (written ?? INT)
    case 'long':
      switch (logical?.kind) {
        case 'timestamp-millis':
        case 'timestamp-micros':
          return TIMESTAMP
        case 'local-timestamp-millis':
        case 'local-timestamp-micros':
          return TIMESTAMP_NTZ
        case 'time-micros':
          return written ?? timeType(6)
        default:
          return written ?? BIGINT
      }
    case 'float':
      return FLOAT
    case 'double':
      return DOUBLE
    case 'bytes':
      return logical?.kind === 'decimal' ? decimalOf(logical.precision, logical.scale) : BINARY
    case 'string':
      return STRING
    case 'null':
      return VOID
  }
}

/** The types that `spark.sql.catalyst.type` is written for. */
function writtenType(text: string): DataType | undefined {
  const [, first, last] = /^interval (\w+)(?: to (\w+))?$/.exec(text) ?? []
  if (first === 'year' || first === 'month') return yearMonthType(first, (last ?? first) as YearMonthUnit)
  if (first !== undefined) return dayTimeType(first as DayTimeUnit, (last ?? first) as DayTimeUnit)
  const [, precision] = /^time\((\d)\)$/.exec(text) ?? []
  return precision === undefined ? undefined : timeType(Number(precision))
}

function decimalOf(precision: number, scale: number): DataType {
  if (precision <= MAX_PRECISION) return decimalType(precision, scale)
  throw new AnalysisError('DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION', {
    message: `decimal precision ${precision} exceeds max precision ${MAX_PRECISION}`,
    parameters: { precision: String(precision), maxPrecision: String(MAX_PRECISION) },
  })
}

function notNull(type: DataType): NullableType {
  return { type, nullable: false }
}

function recursive(name: string): AnalysisError {
  return new AnalysisError('RECURSIVE_AVRO_SCHEMA', {
    message: `the Avro record "${name}" holds itself, which no SQL type can`,
    hint: 'Set recursiveFieldMaxDepth (1 to 15): it is then read that many levels deep, and what lies deeper is left out.',
  })
}

/**
 * The Avro schema that values of an SQL type are written with.
 * Source: SchemaConverters.toAvroType of Spark 4.3: a nullable value is a union whose second branch is null.
 *
 * @throws AnalysisError INCOMPATIBLE_AVRO_SCHEMA for types that Avro has nothing for
 */
export function avroSchemaOf(type: DataType, nullable: boolean, name = 'topLevelRecord', namespace = ''): AvroSchema {
  const schema = notNullSchema(type, name, namespace)
  return nullable && type.kind !== 'void' ? { kind: 'union', branches: [schema, { kind: 'null' }] } : schema
}

function notNullSchema(type: DataType, name: string, namespace: string): AvroSchema {
  const inside = namespace === '' ? name : `${namespace}.${name}`
  switch (type.kind) {
    case 'boolean':
    case 'float':
    case 'double':
      return { kind: type.kind }
    case 'tinyint':
    case 'smallint':
    case 'int':
      return { kind: 'int' }
    case 'bigint':
      return { kind: 'long' }
    case 'date':
      return { kind: 'int', logical: { kind: 'date' } }
    case 'timestamp':
      return { kind: 'long', logical: { kind: 'timestamp-micros' } }
    case 'timestamp_ntz':
      return { kind: 'long', logical: { kind: 'local-timestamp-micros' } }
    case 'time':
      return { kind: 'long', logical: { kind: 'time-micros' }, sqlType: String(type) }
    case 'interval_year_month':
      return { kind: 'int', sqlType: String(type) }
    case 'interval_day_time':
      return { kind: 'long', sqlType: String(type) }
    case 'string':
      if (type.length === undefined) return { kind: 'string' }
      break
    case 'binary':
      return { kind: 'bytes' }
    case 'void':
      return { kind: 'null' }
    case 'decimal': {
      const { precision, scale } = type
      return {
        kind: 'fixed',
        name: `${inside}.fixed`,
        aliases: [],
        size: bytesOfDecimal(precision),
        logical: { kind: 'decimal', precision, scale },
      }
    }
    case 'array':
      return { kind: 'array', items: avroSchemaOf(type.element, type.containsNull, name, namespace) }
    case 'map':
      if (type.key.kind === 'string')
        return { kind: 'map', values: avroSchemaOf(type.value, type.valueContainsNull, name, namespace) }
      break
    case 'struct':
      return {
        kind: 'record',
        name: inside,
        aliases: [],
        fields: type.fields.map((f) => {
          checkFieldName(f.name)
          return { name: f.name, schema: avroSchemaOf(f.type, f.nullable, f.name, inside), aliases: [], byDefault: undefined }
        }),
      }
  }
  throw new AnalysisError('INCOMPATIBLE_AVRO_SCHEMA', {
    message: `Avro has no type for ${sqlTypeName(type)}`,
    hint: type.kind === 'map' ? 'Keys of maps are STRING in Avro: cast them.' : 'Cast the value to a type that Avro has.',
  })
}

function checkFieldName(name: string): void {
  if (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) return
  throw new AnalysisError('INVALID_AVRO_SCHEMA', {
    message: `"${name}" cannot be the name of an Avro field: letters, digits and _, no digit first`,
    hint: 'Rename it: SELECT … AS name.',
  })
}

/** Bytes that hold all numbers of that many digits in two's complement. */
function bytesOfDecimal(precision: number): number {
  const limit = 10n ** BigInt(precision)
  let bytes = 1
  while (1n << BigInt(8 * bytes - 1) < limit) bytes++
  return bytes
}

/** Both sides of a mismatch, as messages name them. */
export function cannotConvert(schema: AvroSchema, type: DataType, place: string, direction: 'read' | 'written'): AnalysisError {
  const where = place === '' ? '' : `at "${place}", `
  const text = avroSchemaText(schema)
  return new AnalysisError('INCOMPATIBLE_AVRO_SCHEMA', {
    message:
      direction === 'read'
        ? `${where}Avro ${text} cannot be read as ${sqlTypeName(type)}`
        : `${where}${sqlTypeName(type)} cannot be written as Avro ${text}`,
    parameters: { sqlType: `"${sqlTypeName(type)}"`, avroType: text },
  })
}
