import { readValue } from '../columnar/column.ts'
import type { DataType } from '../types/data-type.ts'
import type { AvroSchema, AvroUnion } from './avro-schema.ts'
import { avroValueWriter, cannotWrite, recordPlaces, writeDouble, writeInt, writeLong } from './avro-write.ts'
import type { CellWriter } from './encoder.ts'

/**
 * Writes rows of columns as Avro, without a value for each: what avroValueWriter writes of the same rows, in the same bytes. Scalars that are rare, and
 * unions of several types, are written by way of their values.
 *
 * @throws AnalysisError and, of the writer, ExecutionError as avroValueWriter
 */
export function avroCellWriter(schema: AvroSchema, type: DataType, place = ''): CellWriter {
  if (schema.kind === 'null' || type.kind === 'void') return valueCell(schema, type, place)
  if (schema.kind === 'union') return unionCell(schema, type, place)
  const write = notNullCell(schema, type, place)
  return (column, row, out) => {
    if (column.isNull(row)) throw cannotWrite(place, 'NULL cannot be written, as the schema has no null there')
    write(column, row, out)
  }
}

function unionCell(schema: AvroUnion, type: DataType, place: string): CellWriter {
  const nullBranch = schema.branches.findIndex(({ kind }) => kind === 'null')
  const branch = schema.branches.findIndex(({ kind }) => kind !== 'null')
  if (schema.branches.length !== 2 || nullBranch < 0 || branch < 0) return valueCell(schema, type, place)
  const write = notNullCell(schema.branches[branch] as Exclude<AvroSchema, AvroUnion>, type, place)
  return (column, row, out) => {
    if (column.isNull(row)) {
      writeInt(out, nullBranch)
      return
    }
    writeInt(out, branch)
    write(column, row, out)
  }
}

function valueCell(schema: AvroSchema, type: DataType, place: string): CellWriter {
  const write = avroValueWriter(schema, type, place)
  return (column, row, out) => write(readValue(column, row), out)
}

function notNullCell(schema: Exclude<AvroSchema, AvroUnion>, type: DataType, place: string): CellWriter {
  switch (schema.kind) {
    case 'record': {
      if (type.kind !== 'struct') break
      const fields = recordPlaces(schema, type, place).map(({ field, index, fieldType, inside }) => ({
        index,
        write: index < 0 ? missingCell(field.schema, fieldType, inside) : avroCellWriter(field.schema, fieldType, inside),
      }))
      return (column, row, out) => {
        const { children } = column
        for (let i = 0; i < fields.length; i++) {
          const { index, write } = fields[i]!
          write(index < 0 ? column : children[index]!, row, out)
        }
      }
    }
    case 'array': {
      if (type.kind !== 'array') break
      const write = avroCellWriter(schema.items, type.element, `${place}[]`)
      return (column, row, out) => {
        const end = column.offsets![row + 1]!
        let at = column.offsets![row]!
        if (end > at) writeInt(out, end - at)
        for (; at < end; at++) write(column.children[0]!, at, out)
        out.byte(0)
      }
    }
    case 'map': {
      if (type.kind !== 'map' || type.key.kind !== 'string') break
      const write = avroCellWriter(schema.values, type.value, `${place}{}`)
      return (column, row, out) => {
        const end = column.offsets![row + 1]!
        let at = column.offsets![row]!
        if (end > at) writeInt(out, end - at)
        for (; at < end; at++) {
          bytesCell(column.children[0]!, at, out)
          write(column.children[1]!, at, out)
        }
        out.byte(0)
      }
    }
    default: {
      const write = scalarCell(schema, type)
      if (write !== undefined) return write
    }
  }
  return valueCell(schema, type, place)
}

/** A field that the rows do not have. */
function missingCell(schema: AvroSchema, type: DataType, place: string): CellWriter {
  const write = avroValueWriter(schema, type, place)
  return (_column, _row, out) => write(null, out)
}

const bytesCell: CellWriter = (column, row, out) => {
  const start = column.offsets![row]!
  const end = column.offsets![row + 1]!
  writeInt(out, end - start)
  out.raw(column.bytes!, start, end)
}
const intCell: CellWriter = (column, row, out) => writeInt(out, column.values![row] as number)
const longCell: CellWriter = (column, row, out) => writeLong(out, column.values![row] as bigint)

function scalarCell(schema: Exclude<AvroSchema, AvroUnion>, type: DataType): CellWriter | undefined {
  switch (schema.kind) {
    case 'boolean':
      return type.kind === 'boolean' ? (column, row, out) => out.byte(column.values![row] as number) : undefined
    case 'int':
      return ['tinyint', 'smallint', 'int', 'date', 'interval_year_month'].includes(type.kind) ? intCell : undefined
    case 'long': {
      const logical = schema.logical?.kind
      if (type.kind === 'bigint' || type.kind === 'interval_day_time') return longCell
      if (type.kind === 'timestamp' && logical === 'timestamp-micros') return longCell
      return type.kind === 'timestamp_ntz' && logical === 'local-timestamp-micros' ? longCell : undefined
    }
    case 'float':
    case 'double': {
      const size = schema.kind === 'float' ? 4 : 8
      return type.kind === schema.kind ? (column, row, out) => writeDouble(out, column.values![row] as number, size) : undefined
    }
    case 'string':
      return type.kind === 'string' ? bytesCell : undefined
    case 'bytes':
      return type.kind === 'binary' ? bytesCell : undefined
    default:
      return undefined
  }
}
