import { Batch } from './batch.ts'
import { Column, type FixedArray, fixedWidth } from './column.ts'
import type { Memory } from './memory.ts'

/**
 * The rows `rows[0 … count)` of a column, in that order, copied into `memory`. A row may come often; −1 gives NULL.
 *
 * Values are moved as bytes of their width (8 bytes as two int32 lanes), so that each gather loop sees one kind of typed array:
 * a loop shared by several kinds is many times slower, and BigInt loads are slow until they are optimised.
 */
export function takeColumn(column: Column, rows: Int32Array, count: number, memory: Memory): Column {
  return take(column, rows, count, hasMissing(rows, count), memory)
}

/** The named rows of a batch, weights included. */
export function takeBatch(batch: Batch, rows: Int32Array, count: number, memory: Memory): Batch {
  const missing = hasMissing(rows, count)
  const columns = batch.columns.map((column) => take(column, rows, count, missing, memory))
  let weights: Int8Array | null = null
  if (batch.weights !== null) {
    weights = memory.int8(count)
    for (let i = 0; i < count; i++) weights[i] = batch.weights[rows[i]!]!
  }
  return new Batch(batch.schema, count, columns, batch.partition, weights)
}

function hasMissing(rows: Int32Array, count: number): boolean {
  let sign = 0
  for (let i = 0; i < count; i++) sign |= rows[i]!
  return sign < 0
}

function take(column: Column, rows: Int32Array, count: number, missing: boolean, memory: Memory): Column {
  const { type } = column
  const validity = takeValidity(column, rows, count, missing, memory)
  switch (type.kind) {
    case 'void':
      return new Column(type, count, null, null)
    case 'string':
    case 'binary':
      return takeBytes(column, rows, count, validity, memory)
    case 'array':
    case 'map':
      return takeLists(column, rows, count, validity, memory)
    case 'struct':
    case 'interval':
      return new Column(
        type,
        count,
        validity,
        null,
        null,
        null,
        column.children.map((child) => take(child, rows, count, missing, memory)),
      )
    default:
      return new Column(type, count, validity, takeFixed(column.values!, fixedWidth(type), rows, count, memory))
  }
}

function takeValidity(column: Column, rows: Int32Array, count: number, missing: boolean, memory: Memory): Uint8Array | null {
  const { validity } = column
  if (validity === null && !missing) return null
  const out = memory.bytes((count + 7) >> 3).fill(0)
  let nulls = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const bit = row < 0 ? 0 : validity === null ? 1 : (validity[row >> 3]! >> (row & 7)) & 1
    out[i >> 3]! |= bit << (i & 7)
    nulls += 1 - bit
  }
  return nulls === 0 ? null : out
}

function takeFixed(values: FixedArray, width: number, rows: Int32Array, count: number, memory: Memory): FixedArray {
  const { buffer, byteOffset, byteLength } = values
  const out = likeArray(values, count * (width === 16 ? 2 : 1), memory)
  switch (width) {
    case 1:
      take1(
        new Uint8Array(buffer, byteOffset, byteLength),
        rows,
        count,
        new Uint8Array(out.buffer, out.byteOffset, out.byteLength),
      )
      break
    case 2:
      take2(values as Int16Array, rows, count, out as Int16Array)
      break
    case 4:
      take4(int32View(values), rows, count, int32View(out))
      break
    case 8:
      take8(int32View(values), rows, count, int32View(out))
      break
    default:
      take16(int32View(values), rows, count, int32View(out))
  }
  return out
}

/** A new array of the same kind. */
export function likeArray(values: FixedArray, length: number, memory: Memory): FixedArray {
  if (values instanceof BigInt64Array) return memory.int64(length)
  if (values instanceof Float64Array) return memory.float64(length)
  if (values instanceof Int32Array) return memory.int32(length)
  if (values instanceof Float32Array) return memory.float32(length)
  if (values instanceof Int16Array) return memory.int16(length)
  if (values instanceof Int8Array) return memory.int8(length)
  return memory.bytes(length)
}

export function int32View(values: FixedArray): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.byteLength >> 2)
}

// A missing row (−1) reads row 0; what lies under a NULL means nothing.
function take1(values: Uint8Array, rows: Int32Array, count: number, out: Uint8Array): void {
  for (let i = 0; i < count; i++) out[i] = values[Math.max(0, rows[i]!)]!
}
function take2(values: Int16Array, rows: Int32Array, count: number, out: Int16Array): void {
  for (let i = 0; i < count; i++) out[i] = values[Math.max(0, rows[i]!)]!
}
function take4(values: Int32Array, rows: Int32Array, count: number, out: Int32Array): void {
  for (let i = 0; i < count; i++) out[i] = values[Math.max(0, rows[i]!)]!
}
function take8(values: Int32Array, rows: Int32Array, count: number, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const from = 2 * Math.max(0, rows[i]!)
    out[2 * i] = values[from]!
    out[2 * i + 1] = values[from + 1]!
  }
}
function take16(values: Int32Array, rows: Int32Array, count: number, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const from = 4 * Math.max(0, rows[i]!)
    const to = 4 * i
    out[to] = values[from]!
    out[to + 1] = values[from + 1]!
    out[to + 2] = values[from + 2]!
    out[to + 3] = values[from + 3]!
  }
}

function takeBytes(column: Column, rows: Int32Array, count: number, validity: Uint8Array | null, memory: Memory): Column {
  const from = column.offsets!
  const source = column.bytes!
  const offsets = memory.int32(count + 1)
  let total = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    offsets[i] = total
    if (row >= 0) total += from[row + 1]! - from[row]!
  }
  offsets[count] = total
  const bytes = memory.bytes(total + 8)
  const read = new DataView(source.buffer, source.byteOffset, source.length)
  const write = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (row < 0) continue
    const end = from[row + 1]!
    let at = from[row]!
    let to = offsets[i]!
    for (; at + 4 <= end; at += 4, to += 4) write.setInt32(to, read.getInt32(at, true), true)
    for (; at < end; at++, to++) bytes[to] = source[at]!
  }
  return new Column(column.type, count, validity, null, offsets, bytes)
}

/** Short ranges byte by byte: below about 32 bytes the fixed cost of `set` on a subarray is the larger one. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start > 32) target.set(source.subarray(start, end), at)
  else for (let i = start; i < end; i++) target[at++] = source[i]!
}

function takeLists(column: Column, rows: Int32Array, count: number, validity: Uint8Array | null, memory: Memory): Column {
  const from = column.offsets!
  const offsets = memory.int32(count + 1)
  let total = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    offsets[i] = total
    // Elements under a NULL are left out: they would only be copied along.
    if (row >= 0 && !column.isNull(row)) total += from[row + 1]! - from[row]!
  }
  offsets[count] = total
  const elements = memory.int32(total)
  for (let i = 0; i < count; i++) {
    const start = offsets[i]!
    const length = offsets[i + 1]! - start
    const first = length === 0 ? 0 : from[rows[i]!]!
    for (let j = 0; j < length; j++) elements[start + j] = first + j
  }
  return new Column(
    column.type,
    count,
    validity,
    null,
    offsets,
    null,
    column.children.map((child) => take(child, elements, total, false, memory)),
  )
}
