import { Column, type FixedArray, fixedWidth } from '../columnar/column.ts'
import { allocateFixed } from '../columnar/column-builder.ts'
import { InternalError } from '../errors/engine-error.ts'
import { BIGINT, type DataType, INT } from '../types/data-type.ts'

/**
 * Columns as bytes, for state in a checkpoint. Little-endian, no padding between parts; the types and the row count are the reader's
 * to know.
 *
 *     column    = hasNulls u8, [validity bitmap, ceil(rows / 8) bytes, least significant bit first, 1 = not NULL], body
 *     body      by type: VOID nothing
 *               fixed width: rows × width bytes (BOOLEAN one byte, wide DECIMAL 16)
 *               STRING, BINARY: length u32 a row, then the bytes end to end
 *               ARRAY, MAP: count u32 a row, number of elements u32, then the element columns (key and value columns)
 *               STRUCT, calendar interval: the columns of the fields
 *
 * What stands under a NULL is written as it lies, lengths as 0.
 */
export class ColumnWriter {
  #bytes: Uint8Array
  #view: DataView
  #at = 0

  /** `expected`: bytes, so that they need not be copied while they grow. */
  constructor(expected = 1 << 12) {
    this.#bytes = new Uint8Array(expected)
    this.#view = new DataView(this.#bytes.buffer)
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = value
  }
  u32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }
  f64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }
  column(column: Column): void {
    const { type, length, validity } = column
    this.u8(validity === null ? 0 : 1)
    if (validity !== null) this.#raw(validity, (length + 7) >> 3)
    switch (type.kind) {
      case 'void':
        return
      case 'string':
      case 'binary': {
        const offsets = column.offsets!
        const present = (row: number): boolean => !column.isNull(row)
        for (let row = 0; row < length; row++) this.u32(present(row) ? offsets[row + 1]! - offsets[row]! : 0)
        for (let row = 0; row < length; row++) {
          if (present(row)) this.#raw(column.bytes!.subarray(offsets[row]!), offsets[row + 1]! - offsets[row]!)
        }
        return
      }
      case 'array':
      case 'map': {
        const offsets = column.offsets!
        for (let row = 0; row < length; row++) this.u32(offsets[row + 1]! - offsets[row]!)
        const first = offsets[0]!
        if (first !== 0) throw new InternalError('state columns begin at their first element')
        const total = offsets[length]!
        this.u32(total)
        for (const child of column.children) this.column(headOf(child, total))
        return
      }
      case 'struct':
      case 'interval':
        for (const child of column.children) this.column(headOf(child, length))
        return
      default:
        this.#raw(bytesOf(column.values!), length * fixedWidth(type))
    }
  }
  /** The bytes, not copied: nothing may be written behind it. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }
  get length(): number {
    return this.#at
  }

  #raw(bytes: Uint8Array, length: number): void {
    this.#reserve(length)
    this.#bytes.set(bytes.subarray(0, length), this.#at)
    this.#at += length
  }
  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#at + length, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** Reads what ColumnWriter wrote. Columns are in memory of their own. */
export class ColumnReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  get done(): boolean {
    return this.#at >= this.#bytes.length
  }
  u8(): number {
    return this.#bytes[this.#at++]!
  }
  u32(): number {
    this.#at += 4
    return this.#view.getUint32(this.#at - 4, true)
  }
  f64(): number {
    this.#at += 8
    return this.#view.getFloat64(this.#at - 8, true)
  }
  column(type: DataType, length: number): Column {
    const validity = this.u8() === 0 ? null : this.#raw((length + 7) >> 3)
    switch (type.kind) {
      case 'void':
        return new Column(type, length, validity, null)
      case 'string':
      case 'binary': {
        const offsets = this.#offsets(length)
        const bytes = new Uint8Array(offsets[length]! + 8)
        bytes.set(this.#raw(offsets[length]!))
        return new Column(type, length, validity, null, offsets, bytes)
      }
      case 'array':
      case 'map': {
        const offsets = this.#offsets(length)
        const total = this.u32()
        const types = type.kind === 'array' ? [type.element] : [type.key, type.value]
        return new Column(
          type,
          length,
          validity,
          null,
          offsets,
          null,
          types.map((t) => this.column(t, total)),
        )
      }
      case 'struct':
      case 'interval': {
        const types = type.kind === 'struct' ? type.fields.map((f) => f.type) : [INT, INT, BIGINT]
        const children = types.map((t) => this.column(t, length))
        return new Column(type, length, validity, null, null, null, children)
      }
      default: {
        const values = allocateFixed(type, length)!
        bytesOf(values).set(this.#raw(length * fixedWidth(type)))
        return new Column(type, length, validity, values)
      }
    }
  }

  #offsets(length: number): Int32Array {
    const offsets = new Int32Array(length + 1)
    for (let row = 0; row < length; row++) offsets[row + 1] = offsets[row]! + this.u32()
    return offsets
  }
  #raw(length: number): Uint8Array {
    this.#at += length
    return this.#bytes.slice(this.#at - length, this.#at)
  }
}

function bytesOf(values: FixedArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
/** Children may be longer than their rows say. */
function headOf(column: Column, length: number): Column {
  if (column.length === length) return column
  return new Column(column.type, length, column.validity, column.values, column.offsets, column.bytes, column.children)
}
