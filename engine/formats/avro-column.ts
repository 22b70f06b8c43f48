import type { Column } from '../columnar/column.ts'
import type { DataType } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import { type AvroDecodeState, type AvroProgram, compileAvro } from './avro-codegen.ts'
import { forgetNulls } from './avro-decoder.ts'
import type { AvroReading } from './avro-reading.ts'
import { ColumnWriter } from './column-writer.ts'
import { StructWriter, type TextColumnReader } from './text-column.ts'

/** Bytes of values for which text columns get room at a time. */
const SLICE_BYTES = 1 << 18
const BARE = -1

/**
 * from_avro over a column: the generated decoder of records straight from the bytes of values into the columns of a struct, or the one column. Values
 * that it refuses are for `exact`. All fields are read, whether they are wanted or not: a part that is malformed makes the whole value so.
 */
export function avroColumnReader(reading: AvroReading, type: DataType): TextColumnReader {
  if (type.kind !== 'struct' || !isRecord(reading)) {
    const writer = new ColumnWriter(type)
    const fill = filler(compileAvro(reading, [type]), [writer])
    return (values, count, memory, exact) => {
      writer.begin(memory, count)
      fill(values, count, (row) => writer.set(row, values.isNull(row) ? null : exact(row)))
      return writer.finish(count)
    }
  }
  const struct = new StructWriter(type, undefined)
  const types = type.fields.map((f) => f.type)
  const fill = filler(compileAvro(reading, types), struct.writers)
  return (values, count, memory, exact) => {
    struct.begin(memory, count)
    fill(values, count, (row) => struct.set(row, values.isNull(row) ? null : (exact(row) as Row | null)))
    return struct.finish()
  }
}

/** Of a union with null too: a null there is refused. */
function isRecord(reading: AvroReading): boolean {
  if (reading.kind !== 'union') return reading.kind === 'record'
  const others = reading.branches.filter((branch) => branch.kind !== 'constant')
  return others.length === 1 && others[0]!.kind === 'record'
}

/** All rows in order: runs of plain values by generated code, each of the others by `other`. */
function filler(
  program: AvroProgram,
  writers: readonly ColumnWriter[],
): (values: Column, count: number, other: (row: number) => void) => void {
  const decode = program(writers)
  const state: AvroDecodeState = { index: 0, row: 0 }
  let lengths = new Int32Array(0)
  let sources = new Int32Array(0)
  let viewOf: Uint8Array | undefined
  let view = new DataView(new ArrayBuffer(0)) as DataView
  return (values, count, other) => {
    const at = values.offsets!
    const bytes = values.bytes!
    if (viewOf !== bytes) {
      viewOf = bytes
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    if (lengths.length < count) {
      lengths = new Int32Array(count)
      sources = new Int32Array(count)
    }
    for (let row = 0; row < count; row++) lengths[row] = at[row + 1]! - at[row]!
    for (let row = 0; row < count; ) {
      let to = row
      while (to < count && at[to]! - at[row]! < SLICE_BYTES && !values.isNull(to)) to++
      for (const writer of writers) writer.reserve(row, at[to]! - at[row]! + 16)
      decode(bytes, view, at, lengths, row, to, row, to, BARE, sources, state)
      row = state.row
      if (row === to && to < count && !values.isNull(to)) continue
      if (row === count) return
      for (const writer of writers) forgetNulls(writer, row)
      other(row++)
    }
  }
}
