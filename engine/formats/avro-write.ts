import { ExecutionError } from '../errors/engine-error.ts'
import { type DataType, type StructType, VOID } from '../types/data-type.ts'
import type { MapValue, Value } from '../types/value.ts'
import type { AvroField, AvroLogical, AvroPrimitive, AvroRecord, AvroSchema, AvroUnion } from './avro-schema.ts'
import { cannotConvert, nonNullBranches, numberUnion } from './avro-sql-types.ts'
import type { ByteWriter } from './byte-writer.ts'

export type AvroValueWriter = (value: Value, out: ByteWriter) => void

/**
 * Writes values of an SQL type as Avro.
 * Source: AvroSerializer of Spark 4.3. A struct goes into a union by its fields, the one that is not NULL saying which branch, as such unions are read.
 *
 * @throws AnalysisError INCOMPATIBLE_AVRO_SCHEMA when the schema has no place for the type. The writer throws ExecutionError
 *         AVRO_CANNOT_WRITE_VALUE for a value that the schema has no place for: NULL, a text that is no symbol, bytes of another length
 */
export function avroValueWriter(schema: AvroSchema, type: DataType, place = ''): AvroValueWriter {
  if (type.kind === 'void') return nullWriter(schema, place)
  if (schema.kind === 'union') return unionWriter(schema, type, place)
  const write = notNullWriter(schema, type, place)
  return (value, out) => {
    if (value === null) throw cannotWrite(place, 'NULL cannot be written, as the schema has no null there')
    write(value, out)
  }
}

/** Of a value that is never there. */
function nullWriter(schema: AvroSchema, place: string): AvroValueWriter {
  if (schema.kind === 'null') return () => undefined
  const branch = schema.kind === 'union' ? schema.branches.findIndex(({ kind }) => kind === 'null') : -1
  return (_, out) => {
    if (branch < 0) throw cannotWrite(place, 'NULL cannot be written, as the schema has no null there')
    writeInt(out, branch)
  }
}

function unionWriter(schema: AvroUnion, type: DataType, place: string): AvroValueWriter {
  const branches = nonNullBranches(schema)
  const nullBranch = schema.branches.findIndex(({ kind }) => kind === 'null')
  const write = branches.length === 1 ? undefined : severalWriter(schema, branches, type, place)
  const only = branches.length === 1 ? avroValueWriter(branches[0]!, type, place) : undefined
  const branch = schema.branches.indexOf(branches[0]!)
  return (value, out) => {
    if (value === null) {
      if (nullBranch < 0) throw cannotWrite(place, 'NULL cannot be written, as the schema has no null there')
      writeInt(out, nullBranch)
    } else if (only !== undefined) {
      writeInt(out, branch)
      only(value, out)
    } else write!(value, out)
  }
}

function severalWriter(schema: AvroUnion, branches: readonly AvroSchema[], type: DataType, place: string): AvroValueWriter {
  const number = numberUnion(branches)
  if (number !== undefined && type.kind === number.kind) {
    const wide = schema.branches.findIndex(({ kind }) => kind === (number.kind === 'bigint' ? 'long' : 'double'))
    const write = avroValueWriter(schema.branches[wide]!, type, place)
    return (value, out) => {
      writeInt(out, wide)
      write(value, out)
    }
  }
  if (type.kind !== 'struct' || type.fields.length !== branches.length) throw cannotConvert(schema, type, place, 'written')
  const members = branches.map((branch, i) => ({
    branch: schema.branches.indexOf(branch),
    write: avroValueWriter(branch, type.fields[i]!.type, `${place}|${i}`),
  }))
  const nullBranch = schema.branches.findIndex(({ kind }) => kind === 'null')
  return (value, out) => {
    const fields = value as readonly Value[]
    const at = fields.findIndex((f) => f !== null)
    if (fields.findLastIndex((f) => f !== null) > at)
      throw cannotWrite(place, 'more than one field of a union’s struct has a value')
    if (at < 0 && nullBranch < 0) throw cannotWrite(place, 'all fields of a union’s struct are NULL')
    if (at < 0) {
      writeInt(out, nullBranch)
      return
    }
    writeInt(out, members[at]!.branch)
    members[at]!.write(fields[at]!, out)
  }
}

function notNullWriter(schema: Exclude<AvroSchema, AvroUnion>, type: DataType, place: string): AvroValueWriter {
  switch (schema.kind) {
    case 'record':
      if (type.kind === 'struct') return recordWriter(schema, type, place)
      break
    case 'array': {
      if (type.kind !== 'array') break
      const write = avroValueWriter(schema.items, type.element, `${place}[]`)
      return (value, out) => {
        const items = value as readonly Value[]
        if (items.length > 0) writeInt(out, items.length)
        for (const item of items) write(item, out)
        out.byte(0)
      }
    }
    case 'map': {
      if (type.kind !== 'map' || type.key.kind !== 'string') break
      const write = avroValueWriter(schema.values, type.value, `${place}{}`)
      return (value, out) => {
        const { entries } = value as MapValue
        if (entries.length > 0) writeInt(out, entries.length)
        for (const [key, item] of entries) {
          writeText(out, key as string)
          write(item, out)
        }
        out.byte(0)
      }
    }
    case 'enum': {
      if (type.kind !== 'string') break
      const numbers = new Map(schema.symbols.map((symbol, i) => [symbol, i]))
      return (value, out) => {
        const number = numbers.get(value as string)
        if (number === undefined)
          throw cannotWrite(place, `"${String(value)}" is none of the symbols ${schema.symbols.join(', ')}`)
        writeInt(out, number)
      }
    }
    case 'fixed': {
      const { size, logical } = schema
      if (isDecimal(type, logical)) return (value, out) => writeBigEndian(out, value as bigint, size)
      if (type.kind !== 'binary') break
      return (value, out) => {
        const bytes = value as Uint8Array
        if (bytes.length !== size) throw cannotWrite(place, `${bytes.length} bytes cannot be written as ${size} bytes`)
        out.raw(bytes)
      }
    }
    default: {
      const write = primitiveWriter(schema, type)
      if (write !== undefined) return write
    }
  }
  throw cannotConvert(schema, type, place, 'written')
}

function recordWriter(schema: AvroRecord, type: StructType, place: string): AvroValueWriter {
  const writers = recordPlaces(schema, type, place).map(({ index, field, fieldType, inside }) => ({
    index,
    write: avroValueWriter(field.schema, fieldType, inside),
  }))
  return (value, out) => {
    const fields = value as readonly Value[]
    for (const { index, write } of writers) write(index < 0 ? null : fields[index]!, out)
  }
}

/** Where a field of a record comes from. */
interface RecordPlace {
  readonly field: AvroField
  /** The struct's field; −1: none, NULL is written. */
  readonly index: number
  readonly fieldType: DataType
  readonly inside: string
}

/** Fields are found by name, without regard to case; all of the struct's must have a place, and all of the record's a value. */
export function recordPlaces(schema: AvroRecord, type: StructType, place: string): RecordPlace[] {
  const taken = new Set<number>()
  const places = schema.fields.map((field): RecordPlace => {
    const lower = field.name.toLowerCase()
    const exact = type.fields.findIndex(({ name }) => name === field.name)
    const index = exact >= 0 ? exact : type.fields.findIndex(({ name }) => name.toLowerCase() === lower)
    const inside = place === '' ? field.name : `${place}.${field.name}`
    if (index < 0 ? !allowsNull(field.schema) : taken.has(index)) throw cannotConvert(schema, type, place, 'written')
    if (index < 0) return { field, index, fieldType: VOID, inside }
    taken.add(index)
    return { field, index, fieldType: type.fields[index]!.type, inside }
  })
  if (taken.size < type.fields.length) throw cannotConvert(schema, type, place, 'written')
  return places
}
function allowsNull(schema: AvroSchema): boolean {
  return schema.kind === 'null' || (schema.kind === 'union' && schema.branches.some(({ kind }) => kind === 'null'))
}

function primitiveWriter({ kind, logical }: AvroPrimitive, type: DataType): AvroValueWriter | undefined {
  switch (kind) {
    case 'boolean':
      return type.kind === 'boolean' ? (value, out) => out.byte(value === true ? 1 : 0) : undefined
    case 'int':
      return ['tinyint', 'smallint', 'int', 'date', 'interval_year_month'].includes(type.kind)
        ? (value, out) => writeInt(out, value as number)
        : undefined
    case 'long':
      return longWriter(type, logical)
    case 'float':
      return type.kind === 'float' ? (value, out) => writeDouble(out, value as number, 4) : undefined
    case 'double':
      return type.kind === 'double' ? (value, out) => writeDouble(out, value as number, 8) : undefined
    case 'string':
      return type.kind === 'string' ? (value, out) => writeText(out, value as string) : undefined
    case 'bytes':
      if (type.kind === 'binary') return (value, out) => writeBytes(out, value as Uint8Array)
      return isDecimal(type, logical) ? (value, out) => writeBytes(out, bigEndian(value as bigint)) : undefined
    case 'null':
      return undefined
  }
}

function longWriter(type: DataType, logical: AvroLogical | undefined): AvroValueWriter | undefined {
  switch (type.kind) {
    case 'bigint':
    case 'interval_day_time':
      return (value, out) => writeLong(out, value as bigint)
    case 'time':
      return logical?.kind === 'time-micros' ? (value, out) => writeLong(out, (value as bigint) / 1000n) : undefined
    case 'timestamp':
    case 'timestamp_ntz': {
      const local = type.kind === 'timestamp_ntz' ? 'local-' : ''
      if (logical?.kind === `${local}timestamp-micros`) return (value, out) => writeLong(out, value as bigint)
      if (logical !== undefined && logical.kind !== `${local}timestamp-millis`) return undefined
      return (value, out) => writeLong(out, floorMillis(value as bigint))
    }
    default:
      return undefined
  }
}

function isDecimal(type: DataType, logical: AvroLogical | undefined): boolean {
  return (
    type.kind === 'decimal' && logical?.kind === 'decimal' && type.precision === logical.precision && type.scale === logical.scale
  )
}

function floorMillis(micros: bigint): bigint {
  const millis = micros / 1000n
  return micros < 0n && millis * 1000n !== micros ? millis - 1n : millis
}

export function writeInt(out: ByteWriter, value: number): void {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest > 127) {
    out.byte((rest & 127) | 128)
    rest >>>= 7
  }
  out.byte(rest)
}
export function writeLong(out: ByteWriter, value: bigint): void {
  if (value >= -0x40000000n && value < 0x40000000n) {
    writeInt(out, Number(value))
    return
  }
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  while (rest > 127n) {
    out.byte(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  out.byte(Number(rest))
}
const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)
export function writeDouble(out: ByteWriter, value: number, size: 4 | 8): void {
  if (size === 4) scratch.setFloat32(0, value, true)
  else scratch.setFloat64(0, value, true)
  out.raw(scratchBytes, 0, size)
}
function writeBytes(out: ByteWriter, bytes: Uint8Array): void {
  writeInt(out, bytes.length)
  out.raw(bytes)
}
const textEncoder = new TextEncoder()
function writeText(out: ByteWriter, text: string): void {
  writeBytes(out, textEncoder.encode(text))
}
/** The fewest bytes of two's complement. */
function bigEndian(value: bigint): Uint8Array {
  let size = 1
  while (BigInt.asIntN(8 * size, value) !== value) size++
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 255n))
}
function writeBigEndian(out: ByteWriter, value: bigint, size: number): void {
  for (let i = size - 1; i >= 0; i--) out.byte(Number((value >> BigInt(8 * i)) & 255n))
}

export function cannotWrite(place: string, why: string): ExecutionError {
  return new ExecutionError('AVRO_CANNOT_WRITE_VALUE', { message: place === '' ? why : `at "${place}", ${why}` })
}
