import * as arrow from 'apache-arrow'
import { unreachable } from '../errors/assert.ts'
import { UsageError } from '../errors/engine-error.ts'
import {
  arrayType,
  BIGINT,
  BINARY,
  BOOLEAN,
  DATE,
  DAY_TIME,
  type DataType,
  DOUBLE,
  decimalType,
  FLOAT,
  field,
  INT,
  mapType,
  type Schema,
  SMALLINT,
  STRING,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
  timeType,
  VOID,
  YEAR_MONTH,
} from '../types/data-type.ts'
import { Batch } from './batch.ts'
import { Column, type FixedArray } from './column.ts'
import { concatColumns, sliceColumn } from './concat.ts'
import { OWNED_MEMORY } from './memory.ts'
import { takeColumn } from './take.ts'

/**
 * The boundary to apache-arrow. Where layouts agree arrays are shared, not copied: out of it an Arrow table is valid as long as the
 * batch is. Copied are booleans (one byte a row here, bits there), DECIMAL of at most 18 digits (64 bits here, 128 there) and calendar
 * intervals; into it also what Arrow has and SQL has not: unsigned and 16-bit floating numbers, other units of time, dictionaries.
 */

/** TIMESTAMP carries the session's zone, as Spark's toArrow does; TIMESTAMP_NTZ none. */
export function arrowType(type: DataType, timeZone: string): arrow.DataType {
  switch (type.kind) {
    case 'void':
      return new arrow.Null()
    case 'boolean':
      return new arrow.Bool()
    case 'tinyint':
      return new arrow.Int8()
    case 'smallint':
      return new arrow.Int16()
    case 'int':
      return new arrow.Int32()
    case 'bigint':
      return new arrow.Int64()
    case 'float':
      return new arrow.Float32()
    case 'double':
      return new arrow.Float64()
    case 'decimal':
      return new arrow.Decimal(type.scale, type.precision, 128)
    case 'string':
      return new arrow.Utf8()
    case 'binary':
      return new arrow.Binary()
    case 'date':
      return new arrow.DateDay()
    case 'time':
      return new arrow.TimeNanosecond()
    case 'timestamp':
      return new arrow.TimestampMicrosecond(timeZone)
    case 'timestamp_ntz':
      return new arrow.TimestampMicrosecond()
    case 'interval_year_month':
      return new arrow.IntervalYearMonth()
    case 'interval_day_time':
      return new arrow.DurationMicrosecond()
    case 'interval':
      return new arrow.IntervalMonthDayNano()
    case 'array':
      return new arrow.List(new arrow.Field('element', arrowType(type.element, timeZone), type.containsNull))
    case 'map':
      return new arrow.Map_(
        new arrow.Field(
          'entries',
          new arrow.Struct([
            new arrow.Field('key', arrowType(type.key, timeZone), false),
            new arrow.Field('value', arrowType(type.value, timeZone), type.valueContainsNull),
          ]),
          false,
        ) as never,
      )
    case 'struct':
      return new arrow.Struct(type.fields.map((f) => new arrow.Field(f.name, arrowType(f.type, timeZone), f.nullable)))
    default:
      return unreachable(type)
  }
}

export function arrowSchema(schema: Schema, timeZone: string): arrow.Schema {
  return new arrow.Schema(schema.map((f) => new arrow.Field(f.name, arrowType(f.type, timeZone), f.nullable)))
}

export function toRecordBatch(batch: Batch, timeZone: string): arrow.RecordBatch {
  const schema = arrowSchema(batch.schema, timeZone)
  const children = batch.columns.map((column, i) => dataOf(column, batch.rowCount, schema.fields[i]!.type))
  const type = new arrow.Struct(schema.fields)
  return new arrow.RecordBatch(schema, arrow.makeData({ type, length: batch.rowCount, nullCount: 0, children }))
}

export function toArrowTable(schema: Schema, batches: readonly Batch[], timeZone = 'UTC'): arrow.Table {
  return new arrow.Table(
    arrowSchema(schema, timeZone),
    batches.map((batch) => toRecordBatch(batch, timeZone)),
  )
}

/** The IPC bytes of batches, as a stream or a file. */
export function writeArrowIpc(schema: Schema, batches: readonly Batch[], timeZone: string, form: 'stream' | 'file'): Uint8Array {
  return arrow.tableToIPC(toArrowTable(schema, batches, timeZone), form)
}

/** Batches of IPC bytes, stream or file. They share the memory of `bytes`. Throws UsageError ARROW_TYPE_NOT_SUPPORTED. */
export function readArrowIpc(bytes: Uint8Array): { readonly schema: Schema; readonly batches: readonly Batch[] } {
  const table = arrow.tableFromIPC(bytes)
  return { schema: schemaOfArrow(table.schema), batches: fromArrowTable(table) }
}

export function schemaOfArrow(schema: arrow.Schema): Schema {
  return schema.fields.map((f) => field(f.name, typeOfArrow(f.type, f.name), f.nullable))
}

/** The record batches of a table; they share its memory where layouts agree. */
export function fromArrowTable(table: arrow.Table): Batch[] {
  const schema = schemaOfArrow(table.schema)
  return table.batches.map((batch) => {
    const columns = batch.data.children.map((child, i) => columnOf(child, schema[i]!.name))
    return new Batch(schema, batch.numRows, columns)
  })
}

function dataOf(column: Column, length: number, type: arrow.DataType): arrow.Data {
  const { validity } = column
  const common = { type, length, nullCount: validity === null ? 0 : -1, nullBitmap: validity }
  const make = (buffers: object): arrow.Data => arrow.makeData({ ...common, ...buffers } as never)
  const kind = column.type.kind
  switch (kind) {
    case 'void':
      return arrow.makeData({ type: type as arrow.Null, length })
    case 'boolean':
      return make({ data: packBits(column.values as Uint8Array, length) })
    case 'decimal':
      return make({ data: decimalWords(column, length) })
    case 'interval':
      return make({ data: monthDayNanos(column, length) })
    case 'string':
    case 'binary': {
      const valueOffsets = column.offsets!.subarray(0, length + 1)
      return make({ valueOffsets, data: column.bytes!.subarray(0, valueOffsets[length]) })
    }
    case 'array': {
      const child = column.children[0]!
      return make({
        valueOffsets: column.offsets!.subarray(0, length + 1),
        child: dataOf(child, child.length, type.children[0]!.type),
      })
    }
    case 'map': {
      const entriesType = type.children[0]!.type
      const entryCount = column.children[0]!.length
      const children = column.children.map((child, i) => dataOf(child, entryCount, entriesType.children[i]!.type))
      const child = arrow.makeData({ type: entriesType as arrow.Struct, length: entryCount, nullCount: 0, children })
      return make({ valueOffsets: column.offsets!.subarray(0, length + 1), child })
    }
    case 'struct':
      return make({ children: column.children.map((child, i) => dataOf(child, length, type.children[i]!.type)) })
    default:
      return make({ data: column.values!.subarray(0, length) })
  }
}

function packBits(values: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array((length + 7) >> 3)
  for (let i = 0; i < length; i++) bits[i >> 3]! |= values[i]! << (i & 7)
  return bits
}

/** Arrow's decimals: four 32-bit words a row, the lowest first, which is two of our lanes. */
function decimalWords(column: Column, length: number): Uint32Array {
  const values = column.values as BigInt64Array
  if (column.type.kind === 'decimal' && column.type.precision > 18) {
    return new Uint32Array(values.buffer, values.byteOffset, 4 * length)
  }
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * length)
  const words = new Uint32Array(4 * length)
  for (let i = 0; i < length; i++) {
    words[4 * i] = halves[2 * i]!
    words[4 * i + 1] = halves[2 * i + 1]!
    words[4 * i + 2] = words[4 * i + 3] = halves[2 * i + 1]! >> 31
  }
  return words
}

function monthDayNanos(column: Column, length: number): Int32Array {
  const words = new Int32Array(4 * length)
  const nanos = new BigInt64Array(words.buffer)
  for (let i = 0; i < length; i++) {
    words[4 * i] = column.children[0]!.values![i] as number
    words[4 * i + 1] = column.children[1]!.values![i] as number
    nanos[2 * i + 1] = (column.children[2]!.values![i] as bigint) * 1000n
  }
  return words
}

function typeOfArrow(type: arrow.DataType, name: string): DataType {
  if (arrow.DataType.isNull(type)) return VOID
  if (arrow.DataType.isBool(type)) return BOOLEAN
  if (arrow.DataType.isInt(type)) {
    const widths: Readonly<Record<number, readonly [signed: DataType, unsigned: DataType]>> = {
      8: [TINYINT, SMALLINT],
      16: [SMALLINT, INT],
      32: [INT, BIGINT],
      64: [BIGINT, decimalType(20, 0)],
    }
    return widths[type.bitWidth]![type.isSigned ? 0 : 1]
  }
  if (arrow.DataType.isFloat(type)) return type.precision === arrow.Precision.DOUBLE ? DOUBLE : FLOAT
  if (arrow.DataType.isDecimal(type) && type.bitWidth === 128) return decimalType(type.precision, type.scale)
  if (arrow.DataType.isUtf8(type)) return STRING
  if (arrow.DataType.isBinary(type)) return BINARY
  if (arrow.DataType.isDate(type)) return DATE
  if (arrow.DataType.isTime(type)) return timeType(type.unit === arrow.TimeUnit.NANOSECOND ? 9 : 3 * type.unit)
  if (arrow.DataType.isTimestamp(type)) return type.timezone ? TIMESTAMP : TIMESTAMP_NTZ
  if (arrow.DataType.isDuration(type)) return DAY_TIME
  if (arrow.DataType.isInterval(type) && type.unit === arrow.IntervalUnit.YEAR_MONTH) return YEAR_MONTH
  if (arrow.DataType.isDictionary(type)) return typeOfArrow(type.dictionary, name)
  if (arrow.DataType.isList(type)) return arrayType(typeOfArrow(type.valueType, name), type.valueField.nullable)
  if (arrow.DataType.isMap(type)) {
    const [key, value] = type.childType.children as unknown as [arrow.Field, arrow.Field]
    return mapType(typeOfArrow(key.type, name), typeOfArrow(value.type, name), value.nullable)
  }
  if (arrow.DataType.isStruct(type)) {
    return structType(type.children.map((f) => field(f.name, typeOfArrow(f.type, `${name}.${f.name}`), f.nullable)))
  }
  throw new UsageError('ARROW_TYPE_NOT_SUPPORTED', {
    message: `column "${name}" has the Arrow type ${type}, which has no SQL type`,
    hint: 'Cast the column to another type before handing the table over.',
  })
}

function columnOf(data: arrow.Data, name: string): Column {
  const { type, length } = data
  const sqlType = typeOfArrow(type, name)
  const validity = validityOf(data)
  const fixed = (values: FixedArray): Column => new Column(sqlType, length, validity, values)
  if (arrow.DataType.isNull(type)) return new Column(sqlType, length, null, null)
  if (arrow.DataType.isBool(type)) return fixed(unpackBits(data.values as Uint8Array, data.offset, length))
  if (arrow.DataType.isDictionary(type)) return dictionaryColumn(data as arrow.Data<arrow.Dictionary>, validity, name)
  if (arrow.DataType.isUtf8(type) || arrow.DataType.isBinary(type)) {
    return new Column(sqlType, length, validity, null, data.valueOffsets as Int32Array, padded(data.values as Uint8Array))
  }
  if (arrow.DataType.isList(type)) {
    return new Column(sqlType, length, validity, null, data.valueOffsets as Int32Array, null, [columnOf(data.children[0]!, name)])
  }
  if (arrow.DataType.isMap(type)) {
    const entries = data.children[0]!.children.map((child) => columnOf(child, name))
    return new Column(sqlType, length, validity, null, data.valueOffsets as Int32Array, null, entries)
  }
  if (arrow.DataType.isStruct(type)) {
    const children = data.children.map((child, i) => columnOf(child, `${name}.${type.children[i]!.name}`))
    return new Column(
      sqlType,
      length,
      validity,
      null,
      null,
      null,
      children.map((child) => sliceColumn(child, 0, length, OWNED_MEMORY)),
    )
  }
  if (arrow.DataType.isDecimal(type)) {
    const words = data.values as Uint32Array
    const aligned = (words.byteOffset & 7) === 0 ? words : words.slice()
    const lanes = new BigInt64Array(aligned.buffer, aligned.byteOffset, 2 * length)
    return fixed(type.precision > 18 ? lanes : lanes.filter((_, i) => i % 2 === 0))
  }
  return fixed(fixedValues(type, data.values, length))
}

/** Numbers and times, in the unit of the SQL type. */
function fixedValues(
  type: arrow.DataType,
  values: FixedArray | Uint16Array | Uint32Array | BigUint64Array,
  length: number,
): FixedArray {
  if (arrow.DataType.isInt(type) && !type.isSigned) {
    if (type.bitWidth === 8) return Int16Array.from(values as Uint8Array)
    if (type.bitWidth === 16) return Int32Array.from(values as Uint16Array)
    if (type.bitWidth === 32) return BigInt64Array.from(values as Uint32Array, BigInt)
    const lanes = new BigInt64Array(2 * length)
    for (let i = 0; i < length; i++) lanes[2 * i] = (values as BigUint64Array)[i]!
    return lanes
  }
  if (arrow.DataType.isFloat(type) && type.precision === arrow.Precision.HALF) {
    return Float32Array.from(values as Uint16Array, arrow.util.uint16ToFloat64)
  }
  if (arrow.DataType.isDate(type) && type.unit === arrow.DateUnit.MILLISECOND) {
    return Int32Array.from(values as BigInt64Array, (millis) => Number(floorDivide(millis as unknown as bigint, 86_400_000n)))
  }
  if (arrow.DataType.isTimestamp(type) || arrow.DataType.isDuration(type))
    return inUnit(values as BigInt64Array, type.unit, arrow.TimeUnit.MICROSECOND)
  if (arrow.DataType.isTime(type)) {
    const wide = type.bitWidth === 64 ? (values as BigInt64Array) : BigInt64Array.from(values as Int32Array, BigInt)
    return inUnit(wide, type.unit, arrow.TimeUnit.NANOSECOND)
  }
  return values as FixedArray
}

/** Units are numbered from seconds in steps of a thousand. */
function inUnit(values: BigInt64Array, from: arrow.TimeUnit, to: arrow.TimeUnit): BigInt64Array {
  if (from === to) return values
  const factor = 1000n ** BigInt(Math.abs(to - from))
  return from < to ? values.map((value) => value * factor) : values.map((value) => floorDivide(value, factor))
}
function floorDivide(value: bigint, by: bigint): bigint {
  return value < 0n && value % by !== 0n ? value / by - 1n : value / by
}

function validityOf(data: arrow.Data): Uint8Array | null {
  const bitmap = data.nullBitmap as Uint8Array | null | undefined
  if (!bitmap || bitmap.length === 0 || data.nullCount === 0) return null
  if ((data.offset & 7) === 0) return bitmap.subarray(data.offset >> 3)
  const validity = new Uint8Array((data.length + 7) >> 3)
  for (let i = 0; i < data.length; i++) {
    const at = data.offset + i
    validity[i >> 3]! |= ((bitmap[at >> 3]! >> (at & 7)) & 1) << (i & 7)
  }
  return validity
}

function unpackBits(bits: Uint8Array, offset: number, length: number): Uint8Array {
  const values = new Uint8Array(length)
  for (let i = 0; i < length; i++) values[i] = (bits[(offset + i) >> 3]! >> ((offset + i) & 7)) & 1
  return values
}

/** Engine loops may read 8 bytes past the last text, within the array. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.byteOffset + bytes.length + 8 <= bytes.buffer.byteLength) {
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length + 8)
  }
  const copy = new Uint8Array(bytes.length + 8)
  copy.set(bytes)
  return copy
}

function dictionaryColumn(data: arrow.Data<arrow.Dictionary>, validity: Uint8Array | null, name: string): Column {
  const entries = data.dictionary!.data.map((part) => columnOf(part, name))
  const rows = Int32Array.from({ length: data.length }, (_, i) =>
    validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0 ? -1 : Number(data.values[i]),
  )
  const dictionary =
    entries.length === 1 ? entries[0]! : concatColumns(typeOfArrow(data.type.dictionary, name), entries, OWNED_MEMORY)
  return takeColumn(dictionary, rows, rows.length, OWNED_MEMORY)
}
