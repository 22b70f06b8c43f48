import type { Batch } from '../columnar/batch.ts'
import { Column, type FixedArray } from '../columnar/column.ts'
import type { Memory } from '../columnar/memory.ts'
import type { DataType } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import type { RowFunction } from './compile.ts'
import { isWide } from './lane.ts'
import type { RowReader } from './row-reader.ts'

const encoder = new TextEncoder()

/** The column a generated loop writes, and the slow way of one row. One object a batch and expression. */
export class ColumnOutput {
  values: FixedArray | null = null
  offsets: Int32Array | null = null
  bytes: Uint8Array | null = null
  /** Bits are set for rows that have a value; null while no row can be, or has been, NULL. */
  validity: Uint8Array | null = null
  readonly #type: DataType
  readonly #count: number
  readonly #batch: Batch
  readonly #memory: Memory
  readonly #evaluate: RowFunction
  readonly #reader: RowReader
  #mayBeNull = false
  #nulls = 0

  constructor(type: DataType, count: number, batch: Batch, memory: Memory, evaluate: RowFunction, reader: RowReader) {
    this.#type = type
    this.#count = count
    this.#batch = batch
    this.#memory = memory
    this.#evaluate = evaluate
    this.#reader = reader
    if (type.kind === 'string' || type.kind === 'binary') {
      this.offsets = memory.int32(count + 1)
      this.offsets[0] = 0
      this.bytes = memory.bytes(count * 16 + 64)
    } else this.values = fixedArray(type, count, memory)
  }

  beginNulls(): void {
    this.#mayBeNull = true
    this.validity = this.#memory.bytes((this.#count + 7) >> 3).fill(0)
  }
  endNulls(nulls: number): void {
    this.#nulls += nulls
  }

  /** Evaluates input row i by the interpreter into output row k. */
  slow(i: number, k: number): void {
    const value = this.#evaluate(this.#reader.read(this.#batch, i))
    this.#mark(k, value)
    if (value === null) return
    const values = this.values!
    if (isWide(this.#type)) {
      ;(values as BigInt64Array)[2 * k] = BigInt.asIntN(64, value as bigint)
      ;(values as BigInt64Array)[2 * k + 1] = (value as bigint) >> 64n
    } else values[k] = (typeof value === 'boolean' ? Number(value) : value) as never
  }

  /** As `slow`, for text that is appended at byte `position`; gives the position after it. */
  slowText(i: number, k: number, position: number): number {
    const value = this.#evaluate(this.#reader.read(this.#batch, i))
    this.#mark(k, value)
    let end = position
    if (value !== null) {
      const bytes = typeof value === 'string' ? encoder.encode(value) : (value as Uint8Array)
      end += bytes.length
      if (end > this.bytes!.length - 8) this.grow(position, bytes.length)
      this.bytes!.set(bytes, position)
    }
    this.offsets![k + 1] = end
    return end
  }

  /** More room behind `used` bytes. */
  grow(used: number, needed: number): Uint8Array {
    const grown = this.#memory.bytes(2 * (used + needed) + 64)
    grown.set(this.bytes!.subarray(0, used))
    this.bytes = grown
    return grown
  }
  finish(): Column {
    const validity = this.#nulls === 0 ? null : this.validity
    return new Column(this.#type, this.#count, validity, this.values, this.offsets, this.bytes)
  }

  #mark(k: number, value: Value): void {
    if (value === null) {
      this.#nulls++
      // A loop that knows of no NULL keeps no bitmap: its other rows all have values.
      if (!this.#mayBeNull) {
        this.validity ??= this.#memory.bytes((this.#count + 7) >> 3).fill(255)
        this.validity[k >> 3]! &= ~(1 << (k & 7))
      }
    } else if (this.#mayBeNull) this.validity![k >> 3]! |= 1 << (k & 7)
  }
}

function fixedArray(type: DataType, count: number, memory: Memory): FixedArray {
  switch (type.kind) {
    case 'boolean':
      return memory.bytes(count)
    case 'tinyint':
      return memory.int8(count)
    case 'smallint':
      return memory.int16(count)
    case 'int':
    case 'date':
    case 'interval_year_month':
      return memory.int32(count)
    case 'float':
      return memory.float32(count)
    case 'double':
      return memory.float64(count)
    default:
      return memory.int64(isWide(type) ? 2 * count : count)
  }
}
