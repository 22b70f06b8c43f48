import { BIGINT, type DataType, INT } from '../types/data-type.ts'
import { Batch } from './batch.ts'
import { Column, fixedWidth } from './column.ts'
import { allocateFixed } from './column-builder.ts'
import { type Memory, OWNED_MEMORY } from './memory.ts'
import { likeArray } from './take.ts'

/** A copy that outlives the call it was given in. */
export function ownedBatch(batch: Batch): Batch {
  return concatBatches([batch], OWNED_MEMORY)
}

/** Batches of one schema end to end, copied into `memory`. The partition is the first one's. At least one batch. */
export function concatBatches(batches: readonly Batch[], memory: Memory): Batch {
  const first = batches[0]!
  const rowCount = batches.reduce((sum, batch) => sum + batch.rowCount, 0)
  const columns = first.schema.map((f, c) =>
    concatColumns(
      f.type,
      batches.map((batch) => batch.columns[c]!),
      memory,
    ),
  )
  let weights: Int8Array | null = null
  if (batches.some((batch) => batch.weights !== null)) {
    weights = memory.int8(rowCount).fill(1)
    let at = 0
    for (const batch of batches) {
      if (batch.weights !== null) weights.set(batch.weights.subarray(0, batch.rowCount), at)
      at += batch.rowCount
    }
  }
  return new Batch(first.schema, rowCount, columns, first.partition, weights)
}

/** Columns of one type end to end, copied into `memory`. None at all gives an empty column. */
export function concatColumns(type: DataType, columns: readonly Column[], memory: Memory): Column {
  const length = columns.reduce((sum, column) => sum + column.length, 0)
  const validity = concatValidity(columns, length, memory)
  switch (type.kind) {
    case 'void':
      return new Column(type, length, null, null)
    case 'string':
    case 'binary': {
      const offsets = concatOffsets(columns, length, memory)
      const bytes = memory.bytes(offsets[length]! + 8)
      let at = 0
      for (const column of columns) {
        const [start, end] = extent(column)
        bytes.set(column.bytes!.subarray(start, end), at)
        at += end - start
      }
      return new Column(type, length, validity, null, offsets, bytes)
    }
    case 'array':
    case 'map': {
      const offsets = concatOffsets(columns, length, memory)
      const types = type.kind === 'array' ? [type.element] : [type.key, type.value]
      const children = types.map((childType, c) =>
        concatColumns(
          childType,
          columns.map((column) => sliceColumn(column.children[c]!, ...extent(column), memory)),
          memory,
        ),
      )
      return new Column(type, length, validity, null, offsets, null, children)
    }
    case 'struct':
    case 'interval': {
      const types = type.kind === 'struct' ? type.fields.map((f) => f.type) : [INT, INT, BIGINT]
      const children = types.map((childType, c) =>
        concatColumns(
          childType,
          columns.map((column) => column.children[c]!),
          memory,
        ),
      )
      return new Column(type, length, validity, null, null, null, children)
    }
    default: {
      const lanes = fixedWidth(type) === 16 ? 2 : 1
      const parts = columns.map((column) => column.values!.subarray(0, column.length * lanes))
      const values = parts[0] === undefined ? allocateFixed(type, 0) : likeArray(parts[0], length * lanes, memory)
      let at = 0
      for (const part of parts) {
        values!.set(part as never, at)
        at += part.length
      }
      return new Column(type, length, validity, values)
    }
  }
}

/** Rows [start, end) of a column. Arrays are views; only a bitmap that does not begin at a byte is copied. */
export function sliceColumn(column: Column, start: number, end: number, memory: Memory): Column {
  const length = end - start
  if (start === 0 && length === column.length) return column
  const { type } = column
  let validity: Uint8Array | null = null
  if (column.validity !== null) {
    if ((start & 7) === 0) validity = column.validity.subarray(start >> 3)
    else {
      validity = memory.bytes((length + 7) >> 3).fill(0)
      copyBits(column.validity, start, length, validity, 0)
    }
  }
  const lanes = fixedWidth(type) === 16 ? 2 : 1
  const isRowwise = type.kind === 'struct' || type.kind === 'interval'
  return new Column(
    type,
    length,
    validity,
    column.values?.subarray(start * lanes, end * lanes) ?? null,
    column.offsets?.subarray(start, end + 1) ?? null,
    column.bytes,
    isRowwise ? column.children.map((child) => sliceColumn(child, start, end, memory)) : column.children,
  )
}

/** Rows [start, end) of a batch, without copying values. */
export function sliceBatch(batch: Batch, start: number, end: number, memory: Memory): Batch {
  if (start === 0 && end === batch.rowCount) return batch
  return new Batch(
    batch.schema,
    end - start,
    batch.columns.map((column) => sliceColumn(column, start, end, memory)),
    batch.partition,
    batch.weights?.subarray(start, end) ?? null,
  )
}

/** The part of the bytes or children that a column of varying width uses. */
function extent(column: Column): [number, number] {
  return [column.offsets![0]!, column.offsets![column.length]!]
}

function concatOffsets(columns: readonly Column[], length: number, memory: Memory): Int32Array {
  const offsets = memory.int32(length + 1)
  offsets[0] = 0
  let row = 0
  for (const column of columns) {
    const shift = offsets[row]! - column.offsets![0]!
    const from = column.offsets!
    for (let i = 1; i <= column.length; i++) offsets[row + i] = from[i]! + shift
    row += column.length
  }
  return offsets
}

function concatValidity(columns: readonly Column[], length: number, memory: Memory): Uint8Array | null {
  if (columns.every((column) => column.validity === null)) return null
  const validity = memory.bytes((length + 7) >> 3).fill(0)
  let at = 0
  for (const column of columns) {
    if (column.validity === null) setBits(validity, at, column.length)
    else copyBits(column.validity, 0, column.length, validity, at)
    at += column.length
  }
  return validity
}

/** Copies bits into a bitmap whose target bits are 0. */
function copyBits(from: Uint8Array, start: number, length: number, into: Uint8Array, at: number): void {
  for (let i = 0; i < length; i++) {
    const bit = (from[(start + i) >> 3]! >> ((start + i) & 7)) & 1
    into[(at + i) >> 3]! |= bit << ((at + i) & 7)
  }
}

function setBits(into: Uint8Array, at: number, length: number): void {
  for (let i = at; i < at + length; i++) into[i >> 3]! |= 1 << (i & 7)
}
