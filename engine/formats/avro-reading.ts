import { AnalysisError } from '../errors/engine-error.ts'
import type { DataType, StructType } from '../types/data-type.ts'
import { powerOfTen } from '../types/decimal.ts'
import { MapValue, type Value } from '../types/value.ts'
import {
  type AvroField,
  type AvroLogical,
  type AvroPrimitive,
  type AvroPrimitiveKind,
  type AvroRecord,
  type AvroSchema,
  type AvroUnion,
  avroSchemaText,
  branchName,
  shortName,
} from './avro-schema.ts'
import { type AvroTypeOptions, cannotConvert, nonNullBranches, numberUnion } from './avro-sql-types.ts'

/**
 * How bytes written with one schema become values of an SQL type: the result of Avro's schema resolution, as a tree that follows the bytes.
 * Generated code (avro-codegen.ts) and the reader of single values (avro-value.ts) are two ways to run it.
 *
 * Source: the Avro specification, "Schema Resolution", as Java resolves; from Avro's values to SQL's, Spark's AvroDeserializer.
 */
export type AvroReading =
  /** Reads nothing: the value is always this one. */
  | { readonly kind: 'constant'; readonly value: Value }
  | AvroScalarReading
  /** Texts by the writer's number; undefined: a symbol that the reader does not know. */
  | { readonly kind: 'enum'; readonly symbols: readonly (string | undefined)[] }
  | {
      readonly kind: 'record'
      /** In the writer's order. */
      readonly fields: readonly AvroFieldReading[]
      /** Fields of the struct that the writer does not have. */
      readonly missing: readonly { readonly target: number; readonly value: Value }[]
    }
  | { readonly kind: 'array'; readonly items: AvroReading }
  | { readonly kind: 'map'; readonly values: AvroReading }
  /** By the writer's branch number. */
  | { readonly kind: 'union'; readonly branches: readonly AvroReading[] }
  /** One field of a union's struct; the others are NULL. */
  | { readonly kind: 'member'; readonly index: number; readonly count: number; readonly of: AvroReading }
  /** Reached by a value only: the value is malformed. */
  | { readonly kind: 'impossible'; readonly reason: string }

export interface AvroScalarReading {
  readonly kind: 'scalar'
  /** What is in the bytes. */
  readonly wire: AvroPrimitiveKind | 'fixed'
  /** Bytes of a fixed. */
  readonly size: number
  readonly to: AvroConversion
}

/** What becomes of a scalar; the column has the fitting type. */
export type AvroConversion =
  | { readonly kind: 'as-is' }
  /** int into TINYINT or SMALLINT: what does not fit is malformed. */
  | { readonly kind: 'narrow'; readonly minimum: number; readonly maximum: number }
  /** An int or long times a constant, into a column of 64 bits: times and timestamps. What it gives must be in 0 ≤ value < through. */
  | { readonly kind: 'times'; readonly factor: number; readonly through?: number }
  /** An unscaled number, big-endian: times 10^shift (or, below 0, divided, half up) it has the column's scale. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly shift: number }

export type AvroFieldReading =
  | { readonly target: number; readonly reading: AvroReading }
  /** Not wanted: passed over. */
  | { readonly target: -1; readonly skipped: AvroSchema }

export interface ReadingOptions {
  readonly types: AvroTypeOptions
  /**
   * Whose logical type says what a number means when writer and reader differ: the reader's, as in Spark (the number is taken as it is), or the
   * writer's, so that it keeps its meaning.
   */
  readonly meaning: 'reader' | 'writer'
  /** Top-level fields of the struct that are wanted; undefined: all. */
  readonly wanted?: ReadonlySet<number>
}

/**
 * @param reader  the schema to resolve to; undefined: the writer's own, and fields are found by the names of the struct
 * @param type    the SQL type to read as; sqlTypeOfAvro(reader) or one that fits
 * @throws AnalysisError INCOMPATIBLE_AVRO_SCHEMA when the type is none that such a schema is read as. Schemas that do not resolve give a reading that
 *         is `impossible` for some or all values
 */
export function planReading(
  writer: AvroSchema,
  reader: AvroSchema | undefined,
  type: DataType,
  options: ReadingOptions,
): AvroReading {
  return new Planner(options).plan(writer, reader ?? writer, type, '', options.wanted)
}

class Planner {
  readonly #options: ReadingOptions

  constructor(options: ReadingOptions) {
    this.#options = options
  }

  plan(
    writer: AvroSchema,
    reader: AvroSchema,
    type: DataType,
    place: string,
    wanted: ReadonlySet<number> | undefined = undefined,
  ): AvroReading {
    if (writer.kind === 'union') {
      return {
        kind: 'union',
        branches: writer.branches.map((branch) =>
          // A union read as itself: each branch is its own.
          branch.kind === 'null' && allowsNull(reader)
            ? { kind: 'constant', value: null }
            : this.plan(branch, writer === reader ? this.#sameBranch(writer, branch) : reader, type, place, wanted),
        ),
      }
    }
    if (reader.kind === 'union') return this.#intoUnion(writer, reader, type, place, wanted)
    switch (writer.kind) {
      case 'null':
        return reader.kind === 'null' ? { kind: 'constant', value: null } : differ(writer, reader, place)
      case 'record':
        if (reader.kind !== 'record') return differ(writer, reader, place)
        if (type.kind !== 'struct') throw cannotConvert(reader, type, place, 'read')
        return this.#record(writer, reader, type, place, wanted)
      case 'array':
        if (reader.kind !== 'array') return differ(writer, reader, place)
        if (type.kind !== 'array') throw cannotConvert(reader, type, place, 'read')
        return { kind: 'array', items: this.plan(writer.items, reader.items, type.element, `${place}[]`) }
      case 'map':
        if (reader.kind !== 'map') return differ(writer, reader, place)
        if (type.kind !== 'map' || type.key.kind !== 'string') throw cannotConvert(reader, type, place, 'read')
        return { kind: 'map', values: this.plan(writer.values, reader.values, type.value, `${place}{}`) }
      case 'enum': {
        if (reader.kind !== 'enum' || !sameName(writer, reader)) return differ(writer, reader, place)
        if (type.kind !== 'string') throw cannotConvert(reader, type, place, 'read')
        const known = new Set(reader.symbols)
        return { kind: 'enum', symbols: writer.symbols.map((symbol) => (known.has(symbol) ? symbol : reader.byDefault)) }
      }
      case 'fixed':
        if (reader.kind !== 'fixed' || !sameName(writer, reader) || writer.size !== reader.size)
          return differ(writer, reader, place)
        return this.#scalar('fixed', writer.size, 'fixed', writer.logical, reader, reader.logical, type, place)
      default:
        return this.#primitive(writer, reader, type, place)
    }
  }

  /** A union inside its own struct of members is read branch by branch. */
  #sameBranch(union: AvroUnion, branch: AvroSchema): AvroSchema {
    return nonNullBranches(union).length === 1 || numberUnion(nonNullBranches(union)) !== undefined ? branch : union
  }

  #intoUnion(
    writer: AvroSchema,
    reader: AvroUnion,
    type: DataType,
    place: string,
    wanted: ReadonlySet<number> | undefined,
  ): AvroReading {
    const branches = nonNullBranches(reader)
    const found = this.#branchFor(writer, reader)
    if (found === undefined) return differ(writer, reader, place)
    if (branches.length === 1 || numberUnion(branches) !== undefined) return this.plan(writer, found, type, place, wanted)
    if (type.kind !== 'struct' || type.fields.length !== branches.length) throw cannotConvert(reader, type, place, 'read')
    const index = branches.indexOf(found)
    const of = this.plan(writer, found, type.fields[index]!.type, place)
    return { kind: 'member', index, count: branches.length, of }
  }

  /** The first branch that a value of the writer goes to: by name, by shape, by promotion. As Java's Resolver.ReaderUnion. */
  #branchFor(writer: AvroSchema, reader: AvroUnion): AvroSchema | undefined {
    const alike = reader.branches.filter((branch) => branch.kind === writer.kind)
    if (writer.kind === 'record' || writer.kind === 'enum' || writer.kind === 'fixed') {
      const named = alike.find((branch) => branchName(branch) === writer.name || aliasesOf(branch).includes(writer.name))
      if (named !== undefined || writer.kind !== 'record') return named
      const fitting = alike.filter((branch) => this.#couldRead(writer, branch as AvroRecord))
      return fitting.find((branch) => shortName(branchName(branch)) === shortName(writer.name)) ?? fitting[0]
    }
    if (alike.length > 0) return alike[0]
    return reader.branches.find((branch) => PROMOTIONS[writer.kind]?.includes(branch.kind))
  }

  #couldRead(writer: AvroRecord, reader: AvroRecord): boolean {
    return reader.fields.every((f) => writerField(writer, f) !== undefined || f.byDefault !== undefined)
  }

  #record(
    writer: AvroRecord,
    reader: AvroRecord,
    type: StructType,
    place: string,
    wanted: ReadonlySet<number> | undefined,
  ): AvroReading {
    const targets = new Map<AvroField, { target: number; readerField: AvroField }>()
    const missing: { target: number; value: Value }[] = []
    for (let target = 0; target < type.fields.length; target++) {
      if (wanted !== undefined && !wanted.has(target)) continue
      const { name, type: fieldType, nullable } = type.fields[target]!
      const inside = place === '' ? name : `${place}.${name}`
      const readerField = fieldByName(reader, name)
      const source = readerField && (writer === reader ? readerField : writerField(writer, readerField))
      if (readerField !== undefined && source !== undefined && !targets.has(source)) {
        targets.set(source, { target, readerField })
        continue
      }
      if (readerField?.byDefault !== undefined && writer !== reader) {
        missing.push({ target, value: this.#defaultValue(readerField.schema, readerField.byDefault, fieldType, inside) })
        continue
      }
      if (readerField !== undefined && writer !== reader && source === undefined) {
        return {
          kind: 'impossible',
          reason: `the reader's field "${inside}" is not in the writer's record "${writer.name}" and has no default`,
        }
      }
      if (!nullable)
        return { kind: 'impossible', reason: `field "${inside}" is not in the Avro record "${writer.name}" and cannot be NULL` }
      missing.push({ target, value: null })
    }
    const fields = writer.fields.map((f): AvroFieldReading => {
      const found = targets.get(f)
      if (found === undefined) return { target: -1, skipped: f.schema }
      const { target, readerField } = found
      const inside = place === '' ? f.name : `${place}.${f.name}`
      return { target, reading: this.plan(f.schema, readerField.schema, type.fields[target]!.type, inside) }
    })
    // A field that can never be read makes the record so; a union's branch waits for a value.
    for (const f of fields) if (f.target >= 0 && 'reading' in f && f.reading.kind === 'impossible') return f.reading
    return { kind: 'record', fields, missing }
  }

  #primitive(writer: AvroPrimitive, reader: AvroSchema, type: DataType, place: string): AvroReading {
    const promoted = writer.kind === reader.kind || PROMOTIONS[writer.kind]?.includes(reader.kind)
    if (!promoted) return differ(writer, reader, place)
    const { kind, logical } = reader as AvroPrimitive
    return this.#scalar(writer.kind, 0, kind, writer.logical, reader, logical, type, place)
  }

  /** `as`: the reader's kind, that the writer's value has been promoted to. */
  #scalar(
    wire: AvroPrimitiveKind | 'fixed',
    size: number,
    as: AvroPrimitiveKind | 'fixed',
    writerLogical: AvroLogical | undefined,
    reader: AvroSchema,
    readerLogical: AvroLogical | undefined,
    type: DataType,
    place: string,
  ): AvroReading {
    const logical = this.#options.meaning === 'writer' ? (writerLogical ?? readerLogical) : readerLogical
    const to = conversion(as, logical, type)
    if (to === undefined) throw cannotConvert(reader, type, place, 'read')
    return { kind: 'scalar', wire, size, to }
  }

  #defaultValue(schema: AvroSchema, json: unknown, type: DataType, place: string): Value {
    const value = defaultOf(schema, json, type)
    if (value !== undefined) return value
    throw new AnalysisError('INVALID_AVRO_SCHEMA', {
      message: `the default ${JSON.stringify(json)} of field "${place}" is no value of Avro ${avroSchemaText(schema)}`,
    })
  }
}

/** From what a writer's value may be promoted to. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

const AS_IS: AvroConversion = { kind: 'as-is' }
const MICROS_A_MILLI = 1000
const DAY_NANOS = 86_400_000_000_000

/** undefined: such a value is none of the type. */
function conversion(
  as: AvroPrimitiveKind | 'fixed',
  logical: AvroLogical | undefined,
  type: DataType,
): AvroConversion | undefined {
  const { kind } = type
  switch (as) {
    case 'boolean':
      return kind === 'boolean' ? AS_IS : undefined
    case 'int':
      if (kind === 'tinyint') return { kind: 'narrow', minimum: -128, maximum: 127 }
      if (kind === 'smallint') return { kind: 'narrow', minimum: -32768, maximum: 32767 }
      if (kind === 'time') return { kind: 'times', factor: 1_000_000, through: DAY_NANOS }
      return ['int', 'bigint', 'float', 'double', 'date', 'interval_year_month'].includes(kind) ? AS_IS : undefined
    case 'long':
      switch (kind) {
        case 'bigint':
        case 'double':
        case 'float':
        case 'interval_day_time':
          return AS_IS
        case 'time':
          return { kind: 'times', factor: 1000, through: DAY_NANOS }
        case 'timestamp':
        case 'timestamp_ntz':
          // Without a logical type they are milliseconds, as old writers had them.
          return { kind: 'times', factor: logical?.kind.endsWith('timestamp-micros') === true ? 1 : MICROS_A_MILLI }
        default:
          return undefined
      }
    case 'float':
      return kind === 'float' || kind === 'double' ? AS_IS : undefined
    case 'double':
      return kind === 'double' ? AS_IS : undefined
    case 'string':
      return kind === 'string' || kind === 'binary' ? AS_IS : undefined
    case 'bytes':
    case 'fixed':
      if (type.kind === 'decimal' && logical?.kind === 'decimal') {
        return { kind: 'decimal', precision: type.precision, shift: type.scale - logical.scale }
      }
      return kind === 'binary' ? AS_IS : undefined
    case 'null':
      return undefined
  }
}

/** A default as the schema's JSON has it, as a value; undefined: it is none. A union's default is of its first branch. */
function defaultOf(schema: AvroSchema, json: unknown, type: DataType): Value | undefined {
  switch (schema.kind) {
    case 'union': {
      const first = schema.branches[0]
      if (first === undefined) return undefined
      if (first.kind === 'null') return json === null ? null : undefined
      const branches = nonNullBranches(schema)
      if (branches.length === 1 || numberUnion(branches) !== undefined) return defaultOf(first, json, type)
      if (type.kind !== 'struct') return undefined
      const value = defaultOf(first, json, type.fields[0]!.type)
      return value === undefined ? undefined : type.fields.map((_, i) => (i === 0 ? value : null))
    }
    case 'null':
      return json === null ? null : undefined
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined
    case 'int':
    case 'long':
      return typeof json === 'number' && Number.isSafeInteger(json) ? numberValue(BigInt(json), schema, type) : undefined
    case 'float':
    case 'double':
      if (typeof json !== 'number') return undefined
      return type.kind === 'float' ? Math.fround(json) : json
    case 'string':
    case 'enum':
      if (typeof json !== 'string') return undefined
      return type.kind === 'binary' ? Buffer.from(json) : json
    case 'bytes':
    case 'fixed': {
      // Characters stand for bytes.
      if (typeof json !== 'string') return undefined
      const bytes = Uint8Array.from(json, (character) => character.charCodeAt(0))
      const to = conversion(schema.kind, schema.logical, type)
      if (to?.kind !== 'decimal') return type.kind === 'string' ? Buffer.from(bytes).toString() : bytes
      return decimalValue(bytes, 0, bytes.length, to.shift)
    }
    case 'array':
      if (!Array.isArray(json) || type.kind !== 'array') return undefined
      return allDefined(json.map((item) => defaultOf(schema.items, item, type.element)))
    case 'map': {
      if (typeof json !== 'object' || json === null || type.kind !== 'map') return undefined
      const values = allDefined(Object.values(json).map((value) => defaultOf(schema.values, value, type.value)))
      return values && new MapValue(Object.keys(json).map((key, i) => [key, values[i]!]))
    }
    case 'record': {
      if (typeof json !== 'object' || json === null || type.kind !== 'struct') return undefined
      const given = json as Readonly<Record<string, unknown>>
      return allDefined(
        type.fields.map((f) => {
          const of = fieldByName(schema, f.name)
          if (of === undefined) return null
          return defaultOf(of.schema, given[of.name] ?? of.byDefault, f.type)
        }),
      )
    }
  }
}

function allDefined(values: readonly (Value | undefined)[]): readonly Value[] | undefined {
  return values.includes(undefined) ? undefined : (values as readonly Value[])
}

function numberValue(number: bigint, schema: AvroPrimitive, type: DataType): Value | undefined {
  const to = conversion(schema.kind, schema.logical, type)
  if (to === undefined) return undefined
  if (to.kind === 'times') return number * BigInt(to.factor)
  return type.kind === 'bigint' || type.kind === 'interval_day_time' ? number : Number(number)
}

/** Big-endian two's complement to the unscaled value at the wanted scale. */
export function decimalValue(bytes: Uint8Array, start: number, end: number, shift: number): bigint {
  let unscaled = (bytes[start]! & 128) === 0 ? 0n : -1n
  for (let i = start; i < end; i++) unscaled = (unscaled << 8n) | BigInt(bytes[i]!)
  if (shift >= 0) return shift === 0 ? unscaled : unscaled * powerOfTen(shift)
  const divisor = powerOfTen(-shift)
  const half = divisor / 2n
  return (unscaled + (unscaled < 0n ? -half : half)) / divisor
}

function allowsNull(reader: AvroSchema): boolean {
  return reader.kind === 'null' || (reader.kind === 'union' && reader.branches.some(({ kind }) => kind === 'null'))
}
function aliasesOf(schema: AvroSchema): readonly string[] {
  return 'aliases' in schema ? schema.aliases : []
}
function sameName(
  writer: { readonly name: string },
  reader: { readonly name: string; readonly aliases: readonly string[] },
): boolean {
  return writer.name === reader.name || reader.aliases.includes(writer.name)
}
/** By exact name, else without regard to case. */
function fieldByName(record: AvroRecord, name: string): AvroField | undefined {
  const lower = name.toLowerCase()
  return record.fields.find((f) => f.name === name) ?? record.fields.find((f) => f.name.toLowerCase() === lower)
}
function writerField(writer: AvroRecord, reader: AvroField): AvroField | undefined {
  return writer.fields.find((f) => f.name === reader.name) ?? writer.fields.find((f) => reader.aliases.includes(f.name))
}
function differ(writer: AvroSchema, reader: AvroSchema, place: string): AvroReading {
  const where = place === '' ? '' : `at "${place}", `
  return { kind: 'impossible', reason: `${where}found ${branchName(writer)}, expecting ${readable(reader)}` }
}
function readable(schema: AvroSchema): string {
  return schema.kind === 'union' ? `one of ${schema.branches.map(branchName).join(', ')}` : branchName(schema)
}
