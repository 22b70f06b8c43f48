import type { DataType } from '../types/data-type.ts'
import { type Column, fixedWidth } from './column.ts'
import { type EqualRows, equalRows } from './compare.ts'
import { int32View } from './take.ts'

/**
 * Hashes of key columns, for grouping, joining and deduplication in memory. Equal keys have equal hashes: NULL equals NULL,
 * NaN equals NaN, -0.0 equals 0.0. The hash is not Spark's `hash()` and is never written to disk.
 *
 * in     columns of `rowCount` rows; rows: which of them to hash (row number of hash i), null for all
 * out    out[i], well mixed: the low bits can be used as they are
 *
 * Columns are hashed one after the other, each by a loop of its own kind of array, and combined.
 */
export function hashKeys(columns: readonly Column[], rowCount: number, rows: Int32Array | null, out: Int32Array): void {
  for (let i = 0; i < rowCount; i++) out[i] = SEED
  for (const column of columns) hashColumn(column, rowCount, rows, out)
}

/** Are key row i of `a` and key row j of `b` the same key? Both hold the columns of `types`. */
export type KeyEquality = (a: readonly Column[], i: number, b: readonly Column[], j: number) => boolean

export function keyEquality(types: readonly DataType[]): KeyEquality {
  const equals: EqualRows[] = types.map(equalRows)
  if (equals.length === 1) {
    const equal = equals[0]!
    return (a, i, b, j) => equal(a[0]!, i, b[0]!, j)
  }
  return (a, i, b, j) => {
    for (let c = 0; c < equals.length; c++) if (!equals[c]!(a[c]!, i, b[c]!, j)) return false
    return true
  }
}

const SEED = 0x2f0b4c47
/** What a NULL contributes, whatever lies under it. */
const NULL_HASH = 0x6e624eb7

function hashColumn(column: Column, count: number, rows: Int32Array | null, out: Int32Array): void {
  const { type, validity } = column
  switch (type.kind) {
    case 'void':
      for (let i = 0; i < count; i++) out[i] = mix(out[i]!, NULL_HASH)
      return
    case 'string':
    case 'binary':
      hashBytesColumn(column.bytes!, column.offsets!, validity, count, rows, out)
      return
    case 'double':
      hashDoubles(column.values as Float64Array, validity, count, rows, out)
      return
    case 'float':
      hashFloats(column.values as Float32Array, validity, count, rows, out)
      return
    case 'struct':
    case 'interval':
      hashStructs(column, count, rows, out)
      return
    case 'array':
    case 'map':
      hashLists(column, count, rows, out)
      return
    case 'boolean':
      hash1(column.values as Uint8Array, validity, count, rows, out)
      return
    case 'tinyint':
      hashTiny(column.values as Int8Array, validity, count, rows, out)
      return
    case 'smallint':
      hash2(column.values as Int16Array, validity, count, rows, out)
      return
  }
  switch (fixedWidth(type)) {
    case 4:
      hash4(column.values as Int32Array, validity, count, rows, out)
      return
    case 8:
      hash8(int32View(column.values!), validity, count, rows, out)
      return
    default:
      hash16(int32View(column.values!), validity, count, rows, out)
  }
}

function mix(hash: number, word: number): number {
  hash = Math.imul(hash ^ word, 0x9e3779b1)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x85ebca6b)
  return hash ^ (hash >>> 13)
}

function isSet(validity: Uint8Array, row: number): boolean {
  return ((validity[row >> 3]! >> (row & 7)) & 1) === 1
}

function hash1(values: Uint8Array, validity: Uint8Array | null, count: number, rows: Int32Array | null, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    out[i] = mix(out[i]!, validity === null || isSet(validity, row) ? values[row]! : NULL_HASH)
  }
}
function hashTiny(values: Int8Array, validity: Uint8Array | null, count: number, rows: Int32Array | null, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    out[i] = mix(out[i]!, validity === null || isSet(validity, row) ? values[row]! : NULL_HASH)
  }
}
function hash2(values: Int16Array, validity: Uint8Array | null, count: number, rows: Int32Array | null, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    out[i] = mix(out[i]!, validity === null || isSet(validity, row) ? values[row]! : NULL_HASH)
  }
}
function hash4(values: Int32Array, validity: Uint8Array | null, count: number, rows: Int32Array | null, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    out[i] = mix(out[i]!, validity === null || isSet(validity, row) ? values[row]! : NULL_HASH)
  }
}
function hash8(lanes: Int32Array, validity: Uint8Array | null, count: number, rows: Int32Array | null, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    if (validity === null || isSet(validity, row)) {
      out[i] = mix(Math.imul(out[i]! ^ lanes[2 * row]!, 0x27d4eb2f), lanes[2 * row + 1]!)
    } else out[i] = mix(out[i]!, NULL_HASH)
  }
}
function hash16(lanes: Int32Array, validity: Uint8Array | null, count: number, rows: Int32Array | null, out: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    if (validity === null || isSet(validity, row)) {
      let hash = out[i]!
      for (let lane = 0; lane < 4; lane++) hash = mix(hash, lanes[4 * row + lane]!)
      out[i] = hash
    } else out[i] = mix(out[i]!, NULL_HASH)
  }
}

const doubleBits = new Float64Array(1)
const doubleLanes = new Int32Array(doubleBits.buffer)
function hashDoubles(
  values: Float64Array,
  validity: Uint8Array | null,
  count: number,
  rows: Int32Array | null,
  out: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    if (validity === null || isSet(validity, row)) out[i] = hashDouble(out[i]!, values[row]!)
    else out[i] = mix(out[i]!, NULL_HASH)
  }
}
function hashFloats(
  values: Float32Array,
  validity: Uint8Array | null,
  count: number,
  rows: Int32Array | null,
  out: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    if (validity === null || isSet(validity, row)) out[i] = hashDouble(out[i]!, values[row]!)
    else out[i] = mix(out[i]!, NULL_HASH)
  }
}
function hashDouble(hash: number, value: number): number {
  // Adding 0 makes -0.0 into 0.0; every NaN becomes the one NaN.
  doubleBits[0] = Number.isNaN(value) ? Number.NaN : value + 0
  return mix(Math.imul(hash ^ doubleLanes[0]!, 0x27d4eb2f), doubleLanes[1]!)
}

function hashBytesColumn(
  bytes: Uint8Array,
  offsets: Int32Array,
  validity: Uint8Array | null,
  count: number,
  rows: Int32Array | null,
  out: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    if (validity === null || isSet(validity, row)) out[i] = hashBytes(out[i]!, bytes, offsets[row]!, offsets[row + 1]!)
    else out[i] = mix(out[i]!, NULL_HASH)
  }
}

/** Four bytes a step; the length is part of the hash, so that a zero byte at the end counts. */
export function hashBytes(hash: number, bytes: Uint8Array, start: number, end: number): number {
  hash ^= end - start
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash = Math.imul(hash ^ word, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  let tail = 0
  for (let shift = 0; at < end; at++, shift += 8) tail |= bytes[at]! << shift
  return mix(hash, tail)
}

function hashStructs(column: Column, count: number, rows: Int32Array | null, out: Int32Array): void {
  if (column.validity === null) {
    for (const child of column.children) hashColumn(child, count, rows, out)
    return
  }
  const present = out.slice(0, count)
  for (const child of column.children) hashColumn(child, count, rows, present)
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    out[i] = isSet(column.validity, row) ? present[i]! : mix(out[i]!, NULL_HASH)
  }
}

function hashLists(column: Column, count: number, rows: Int32Array | null, out: Int32Array): void {
  const offsets = column.offsets!
  const first = offsets[0]!
  const total = offsets[column.length]! - first
  const elements = new Int32Array(total).fill(SEED)
  const elementRows = Int32Array.from(elements, (_, i) => first + i)
  for (const child of column.children) hashColumn(child, total, elementRows, elements)
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!
    if (column.isNull(row)) {
      out[i] = mix(out[i]!, NULL_HASH)
      continue
    }
    let hash = mix(out[i]!, offsets[row + 1]! - offsets[row]!)
    for (let e = offsets[row]!; e < offsets[row + 1]!; e++) hash = mix(hash, elements[e - first]!)
    out[i] = hash
  }
}
