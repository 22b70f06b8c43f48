import { BATCH_ROWS_MAX } from '../../engine/columnar/batch.ts'
import { Column } from '../../engine/columnar/column.ts'
import type { Memory } from '../../engine/columnar/memory.ts'
import type { DataType } from '../../engine/types/data-type.ts'

/** Columns have readable bytes behind their last one. */
const PADDING = 16

/**
 * A BINARY or STRING column of values that lie in the bytes of an answer, with other things between them: they are moved together where they lie, over what has
 * been read already, and the column is a view of it. No second memory is filled, and moving within one array costs half of a copy into another.
 *
 * When values of other bytes follow, or the bytes are about to hold something else (`settle`), what there is moves on into the batch's memory.
 */
export class MovedBytes {
  readonly #type: DataType
  readonly #memory: Memory
  #offsets: Int32Array = new Int32Array(0)
  #validity: Uint8Array | undefined
  /** Where the values are: the bytes they came in, until they have been copied. */
  #home: Uint8Array | undefined
  /** The array that was given; `#home` is a view of it with padding. */
  #given: Uint8Array | undefined
  #isCopy = false
  #end = 0
  #rows = 0

  constructor(type: DataType, memory: Memory) {
    this.#type = type
    this.#memory = memory
  }

  begin(): void {
    this.#offsets = this.#memory.int32(BATCH_ROWS_MAX + 1)
    this.#validity = undefined
    this.#home = undefined
    this.#given = undefined
    this.#isCopy = false
    this.#end = 0
    this.#rows = 0
  }

  /** Values number `from` … `from + count`, at ascending positions of `bytes`, which are written to. A length of −1 is NULL. */
  add(bytes: Uint8Array, positions: Int32Array, lengths: Int32Array, from: number, count: number): void {
    if (this.#given !== bytes) {
      if (this.#rows > 0) this.settle()
      this.#given = bytes
      if (!this.#isCopy) {
        this.#home = paddedView(bytes)
        this.#end = positions[from]!
        this.#offsets[0] = this.#end
      }
    }
    const start = this.#isCopy ? positions[from]! : this.#end
    const end = this.#move(bytes, start, positions, lengths, from, count)
    if (this.#isCopy) this.#append(bytes, start, end)
    else this.#end = end
    this.#rows += count
  }

  /** The bytes that were given may hold something else from now on. */
  settle(): void {
    if (this.#rows === 0 || this.#isCopy) return
    const start = this.#offsets[0]!
    const length = this.#end - start
    const copy = this.#memory.bytes(Math.max(1 << 16, length * 2) + PADDING)
    copy.set(this.#home!.subarray(start, this.#end))
    for (let row = 0; row <= this.#rows; row++) this.#offsets[row]! -= start
    this.#home = copy
    this.#isCopy = true
    this.#end = length
  }

  finish(): Column {
    const rows = this.#rows
    if (this.#home !== undefined && this.#end + PADDING > this.#home.length) this.settle()
    const validity = this.#validity?.subarray(0, (rows + 7) >> 3) ?? null
    return new Column(
      this.#type,
      rows,
      validity,
      null,
      this.#offsets.subarray(0, rows + 1),
      this.#home ?? this.#memory.bytes(PADDING),
    )
  }

  /** Moves values together from `start` on, and says where they lie, as if they were at `#end`. */
  #move(bytes: Uint8Array, start: number, positions: Int32Array, lengths: Int32Array, from: number, count: number): number {
    const offsets = this.#offsets
    const shift = this.#end - start
    let row = this.#rows
    let at = start
    for (let i = from; i < from + count; i++) {
      const length = lengths[i]!
      if (length >= 0) {
        const position = positions[i]!
        if (position !== at) bytes.copyWithin(at, position, position + length)
        at += length
      } else this.#setNull(row)
      offsets[++row] = at + shift
    }
    return at
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    const needed = this.#end + length + PADDING
    if (needed > this.#home!.length) {
      const grown = this.#memory.bytes(needed * 2)
      grown.set(this.#home!.subarray(0, this.#end))
      this.#home = grown
    }
    this.#home!.set(bytes.subarray(start, end), this.#end)
    this.#end += length
  }

  #setNull(row: number): void {
    this.#validity ??= this.#memory.bytes((BATCH_ROWS_MAX + 7) >> 3).fill(255)
    this.#validity[row >> 3]! &= ~(1 << (row & 7))
  }
}

/** A plain array over the same bytes and, where they are, some behind them. */
function paddedView(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes
  return new Uint8Array(buffer, byteOffset, Math.min(byteLength + PADDING, buffer.byteLength - byteOffset))
}
