import { Column, readValue } from '../columnar/column.ts'
import { ColumnBuilder } from '../columnar/column-builder.ts'
import { concatColumns } from '../columnar/concat.ts'
import type { Memory } from '../columnar/memory.ts'
import { int32View } from '../columnar/take.ts'
import { assert } from '../errors/assert.ts'
import { compareValues } from '../types/compare.ts'
import type { DataType, Schema } from '../types/data-type.ts'
import { MapValue, type Value } from '../types/value.ts'
import { ColumnReader, ColumnWriter } from './column-codec.ts'
import { hashLanes, strideOf } from './hash-table.ts'
import { Interner } from './interner.ts'

/**
 * Key columns as rows of int32 lanes, the form hash tables take, and back.
 *
 * | type                                    | lanes                                                                |
 * |-----------------------------------------|----------------------------------------------------------------------|
 * | up to 32 bits wide                      | 1                                                                    |
 * | 64 bits wide, DOUBLE                    | 2; -0.0 as 0.0, every NaN as one NaN                                 |
 * | DECIMAL(p>18)                           | 4                                                                    |
 * | STRING, BINARY                          | 1: id of the interned bytes, −1 for NULL                             |
 * | ARRAY, MAP, STRUCT, calendar interval   | 1: id of the interned encoded value, −1 for NULL; a map's entries in key order |
 *
 * The last lanes (one for 32 columns, none if nothing fixed-width may be NULL) hold a bit a column: 1 = NULL, its lanes are 0. So NULL equals NULL.
 */
export class KeyEncoder {
  readonly schema: Schema
  readonly lanes: number
  /** First lane of each column. */
  readonly laneOf: readonly number[]
  #interner = new Interner()
  readonly #nullLane: number
  #words = new Int32Array(0)

  constructor(schema: Schema) {
    this.schema = schema
    let lanes = 0
    this.laneOf = schema.map((f) => {
      const first = lanes
      lanes += lanesOf(f.type)
      return first
    })
    const nullable = schema.some((f) => f.nullable && !isInterned(f.type) && f.type.kind !== 'void')
    this.#nullLane = nullable ? lanes : -1
    this.lanes = lanes + (nullable ? (schema.length + 31) >> 5 : 0)
  }

  get internedCount(): number {
    return this.#interner.count
  }
  get internedColumns(): number {
    return this.schema.filter((f) => isInterned(f.type)).length
  }
  get bytes(): number {
    return this.#interner.memoryBytes
  }

  /**
   * Rows of lanes with their hashes, `strideOf(lanes)` words each; valid until the next call.
   * `look`: texts that are not known stay so, and get the id −2: for probing a table that is complete.
   */
  encode(columns: readonly Column[], count: number, look = false): Int32Array {
    const stride = strideOf(this.lanes)
    if (this.#words.length < count * stride) this.#words = new Int32Array(count * stride)
    const words = this.#words
    words.fill(0, 0, count * stride)
    for (let c = 0; c < columns.length; c++) this.#encodeColumn(columns[c]!, count, words, stride, c, look)
    hashLanes(words, this.lanes, count)
    return words
  }

  /** Columns of the keys of ids[0 … count), from a table's dense keys. */
  decode(keys: Int32Array, ids: Int32Array, count: number, memory: Memory): Column[] {
    return this.schema.map((_, c) => this.decodeColumn(c, keys, ids, count, memory))
  }

  decodeColumn(c: number, keys: Int32Array, ids: Int32Array, count: number, memory: Memory): Column {
    const { lanes } = this
    const { type, nullable } = this.schema[c]!
    const first = this.laneOf[c]!
    if (type.kind === 'void') return new Column(type, count, null, null)
    if (isInterned(type)) {
      const texts = memory.int32(count)
      for (let i = 0; i < count; i++) texts[i] = keys[ids[i]! * lanes + first]!
      if (type.kind === 'string' || type.kind === 'binary') return this.#interner.column(type, texts, count, memory)
      return this.#decodeNested(type, texts, count, memory)
    }
    let validity: Uint8Array | null = null
    if (nullable && this.#nullLane >= 0) {
      const nullLane = this.#nullLane + (c >> 5)
      let nulls = 0
      for (let i = 0; i < count; i++) nulls |= keys[ids[i]! * lanes + nullLane]!
      if (((nulls >> (c & 31)) & 1) === 1) {
        validity = memory.bytes((count + 7) >> 3).fill(0)
        for (let i = 0; i < count; i++) {
          const isNull = (keys[ids[i]! * lanes + nullLane]! >> (c & 31)) & 1
          validity[i >> 3]! |= (1 - isNull) << (i & 7)
        }
      }
    }
    return new Column(type, count, validity, decodeFixed(type, keys, lanes, first, ids, count, memory))
  }

  /** Texts that keys no longer use are forgotten: `visit` must call back for every key it holds, with the array and the place of its first lane. */
  compact(visit: (remap: (keys: Int32Array, at: number) => void) => void): void {
    const old = this.#interner
    const fresh = new Interner()
    const lanes = this.laneOf.filter((_, c) => isInterned(this.schema[c]!.type))
    visit((keys, at) => {
      for (const lane of lanes) {
        const id = keys[at + lane]!
        if (id < 0) continue
        const bytes = old.bytesOf(id)
        keys[at + lane] = fresh.intern(bytes, 0, bytes.length)
      }
    })
    this.#interner = fresh
  }

  #encodeColumn(column: Column, count: number, words: Int32Array, stride: number, c: number, look: boolean): void {
    const { type, validity } = column
    const first = this.laneOf[c]!
    switch (type.kind) {
      case 'void':
        return
      case 'string':
      case 'binary':
        this.#interner.internColumn(column, count, words, stride, first, look)
        return
      case 'array':
      case 'map':
      case 'struct':
      case 'interval':
        this.#encodeNested(column, count, words, stride, first)
        return
      default:
        encodeFixed(column, count, words, stride, first)
    }
    if (validity === null) return
    assert(this.#nullLane >= 0, `key column ${this.schema[c]!.name} holds NULL against its schema`)
    const nullLane = this.#nullLane + (c >> 5)
    const width = lanesOf(type)
    for (let row = 0; row < count; row++) {
      if (((validity[row >> 3]! >> (row & 7)) & 1) === 1) continue
      for (let lane = 0; lane < width; lane++) words[row * stride + first + lane] = 0
      words[row * stride + nullLane]! |= 1 << (c & 31)
    }
  }

  #encodeNested(column: Column, count: number, words: Int32Array, stride: number, first: number): void {
    for (let row = 0; row < count; row++) {
      if (column.isNull(row)) {
        words[row * stride + first] = -1
        continue
      }
      const builder = new ColumnBuilder(column.type, 1)
      builder.append(canonical(readValue(column, row), column.type))
      const writer = new ColumnWriter()
      writer.column(builder.finish())
      const bytes = writer.finish()
      words[row * stride + first] = this.#interner.intern(bytes, 0, bytes.length)
    }
  }

  #decodeNested(type: DataType, ids: Int32Array, count: number, memory: Memory): Column {
    const none = new ColumnBuilder(type, 1)
    none.append(null)
    const missing = none.finish()
    const rows = Array.from({ length: count }, (_, i) => {
      const id = ids[i]!
      return id < 0 ? missing : new ColumnReader(this.#interner.bytesOf(id)).column(type, 1)
    })
    return concatColumns(type, rows, memory)
  }
}

export function isInterned(type: DataType): boolean {
  switch (type.kind) {
    case 'string':
    case 'binary':
    case 'array':
    case 'map':
    case 'struct':
    case 'interval':
      return true
    default:
      return false
  }
}

function lanesOf(type: DataType): number {
  switch (type.kind) {
    case 'void':
      return 0
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'time':
    case 'interval_day_time':
    case 'double':
      return 2
    case 'decimal':
      return type.precision <= 18 ? 2 : 4
    default:
      return 1
  }
}

const normalized = new Float64Array(1)
const normalizedLanes = new Int32Array(normalized.buffer)
const normalizedFloat = new Float32Array(1)
const normalizedFloatLane = new Int32Array(normalizedFloat.buffer)

function encodeFixed(column: Column, count: number, words: Int32Array, stride: number, first: number): void {
  const values = column.values!
  if (values instanceof Float64Array) {
    for (let row = 0; row < count; row++) {
      // Adding 0 makes -0.0 into 0.0.
      normalized[0] = Number.isNaN(values[row]!) ? Number.NaN : values[row]! + 0
      words[row * stride + first] = normalizedLanes[0]!
      words[row * stride + first + 1] = normalizedLanes[1]!
    }
  } else if (values instanceof Float32Array) {
    for (let row = 0; row < count; row++) {
      normalizedFloat[0] = Number.isNaN(values[row]!) ? Number.NaN : values[row]! + 0
      words[row * stride + first] = normalizedFloatLane[0]!
    }
  } else if (values instanceof BigInt64Array) {
    const lanes = int32View(values)
    if (lanesOf(column.type) === 4) {
      for (let row = 0; row < count; row++) {
        for (let lane = 0; lane < 4; lane++) words[row * stride + first + lane] = lanes[4 * row + lane]!
      }
    } else encodeLongs(lanes, count, words, stride, first)
  } else if (values instanceof Int32Array) encodeInts(values, count, words, stride, first)
  else for (let row = 0; row < count; row++) words[row * stride + first] = values[row]!
}

function encodeLongs(lanes: Int32Array, count: number, words: Int32Array, stride: number, first: number): void {
  for (let row = 0, at = first; row < count; row++, at += stride) {
    words[at] = lanes[2 * row]!
    words[at + 1] = lanes[2 * row + 1]!
  }
}
function encodeInts(values: Int32Array, count: number, words: Int32Array, stride: number, first: number): void {
  for (let row = 0, at = first; row < count; row++, at += stride) words[at] = values[row]!
}

function decodeFixed(
  type: DataType,
  keys: Int32Array,
  lanes: number,
  first: number,
  ids: Int32Array,
  count: number,
  memory: Memory,
): Column['values'] {
  const width = lanesOf(type)
  if (width > 1) {
    const values = type.kind === 'double' ? memory.float64(count) : memory.int64((count * width) / 2)
    const out = int32View(values)
    if (width === 2) {
      for (let i = 0; i < count; i++) {
        const from = ids[i]! * lanes + first
        out[2 * i] = keys[from]!
        out[2 * i + 1] = keys[from + 1]!
      }
    } else {
      for (let i = 0; i < count; i++) {
        const from = ids[i]! * lanes + first
        for (let lane = 0; lane < width; lane++) out[i * width + lane] = keys[from + lane]!
      }
    }
    return values
  }
  const out = memory.int32(count)
  for (let i = 0; i < count; i++) out[i] = keys[ids[i]! * lanes + first]!
  switch (type.kind) {
    case 'float':
      return new Float32Array(out.buffer, out.byteOffset, count)
    case 'boolean':
      return Uint8Array.from(out)
    case 'tinyint':
      return Int8Array.from(out)
    case 'smallint':
      return Int16Array.from(out)
    default:
      return out
  }
}

/** Equal values in one form: zeros and NaNs of one kind, entries of maps by key. */
function canonical(value: Value, type: DataType): Value {
  if (value === null) return null
  switch (type.kind) {
    case 'float':
    case 'double':
      return Number.isNaN(value) ? Number.NaN : (value as number) + 0
    case 'array':
      return (value as readonly Value[]).map((v) => canonical(v, type.element))
    case 'struct':
      return (value as readonly Value[]).map((v, i) => canonical(v, type.fields[i]!.type))
    case 'map': {
      const compare = compareValues(type.key)
      const entries = (value as MapValue).entries.map(([k, v]) => [canonical(k, type.key), canonical(v, type.value)] as const)
      return new MapValue(entries.sort((a, b) => compare(a[0], b[0])))
    }
    default:
      return value
  }
}
