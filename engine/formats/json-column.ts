import { type Column, decodeText } from '../columnar/column.ts'
import type { DataType, Schema, StructType } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import { zoneOf } from '../types/zone.ts'
import { ColumnWriter } from './column-writer.ts'
import { generateJsonRecordDecoder, generateJsonValueDecoder, type ValueReader } from './json-codegen.ts'
import type { JsonOptions } from './json-options.ts'
import { JsonRecords } from './json-records.ts'
import { jsonFieldReader } from './json-value.ts'
import { type FieldsRead, StructWriter, type TextColumnReader } from './text-column.ts'

/**
 * from_json over a column: the generated decoder of files straight from the texts' bytes into the columns of the value. Texts it refuses, and
 * NULLs, are for `exact`.
 *
 * @param fields  what is read of a struct; the rest becomes columns of VOID. What a field holds does not depend on which others are read, but
 *                in FAILFAST mode and in the corrupt-record column.
 * @returns undefined for types that have no generated form
 */
export function jsonColumnReader(
  type: DataType,
  options: JsonOptions,
  fields: FieldsRead | undefined,
): TextColumnReader | undefined {
  if (!hasPlainNames(type)) return undefined
  const plan = {
    zone: zoneOf(options.timeZone),
    standardTimes:
      options.dateFormat === undefined && options.timestampFormat === undefined && options.timestampNtzFormat === undefined,
    exactText: options.exactText,
  }
  if (type.kind === 'struct') return structReader(type, options, plan, fields)
  const writer = new ColumnWriter(type)
  const decode = generateJsonValueDecoder(type, plan, writer)
  const records = new JsonRecords([], () => decode)
  return (texts, count, memory, exact) => {
    writer.begin(memory, count)
    readRows(records, texts, count, [writer], (row) => writer.set(row, texts.isNull(row) ? null : exact(row)))
    return writer.finish(count)
  }
}

interface Plan {
  readonly zone: ReturnType<typeof zoneOf>
  readonly standardTimes: boolean
  readonly exactText: boolean
}

function structReader(type: StructType, options: JsonOptions, plan: Plan, fields: FieldsRead | undefined): TextColumnReader {
  const corrupt = type.fields.findIndex((f) => f.name === options.columnNameOfCorruptRecord && f.type.kind === 'string')
  const all = fields === undefined || options.mode === 'failfast' || fields.has(corrupt)
  const struct = new StructWriter(type, all ? undefined : fields)
  const read = struct.fields
  const { writers } = struct
  const columns = read.map((i, n) => ({ name: type.fields[i]!.name, type: i === corrupt ? undefined : writers[n]!.type }))
  const readers = read.map((_, n): ValueReader => {
    const readValue = jsonFieldReader(writers[n]!.type, options)
    return (bytes, start, end, row) => {
      const value = readValue(decodeText(bytes, start, end))
      if (value === undefined) return false
      writers[n]!.set(row, value)
      return true
    }
  })
  const keys = columns.map((c) => (c.type === undefined ? undefined : textEncoder.encode(c.name)))
  const records = new JsonRecords(keys, (layout) =>
    generateJsonRecordDecoder({ ...plan, fields: columns, equals: [] }, layout, writers, readers),
  )
  return (texts, count, memory, exact) => {
    struct.begin(memory, count)
    readRows(records, texts, count, writers, (row) => struct.set(row, texts.isNull(row) ? null : (exact(row) as Row | null)))
    return struct.finish()
  }
}

/** All rows in order: runs of plain texts by the records' decoder, each of the others by `other`. */
export function readRows(
  records: JsonRecords,
  texts: Column,
  count: number,
  writers: readonly ColumnWriter[],
  other: (row: number) => void,
): void {
  const starts = texts.offsets!
  const ends = starts.subarray(1)
  for (let row = 0; row < count; row++) {
    row = records.decode(texts.bytes!, starts, ends, texts.validity, row, count, row, count, writers)
    if (row < count) other(row)
  }
}

/** Names that are given twice, or that bytes which are no UTF-8 could be taken for, are left to the exact reader. */
function hasPlainNames(type: DataType): boolean {
  switch (type.kind) {
    case 'struct':
      return areDistinct(type.fields) && type.fields.every((f) => !f.name.includes('\ufffd') && hasPlainNames(f.type))
    case 'array':
      return hasPlainNames(type.element)
    case 'map':
      return hasPlainNames(type.value)
    default:
      return true
  }
}
function areDistinct(fields: Schema): boolean {
  return new Set(fields.map((f) => f.name)).size === fields.length
}

const textEncoder = new TextEncoder()
