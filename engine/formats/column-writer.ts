import { Column, type FixedArray, fixedWidth } from '../columnar/column.ts'
import type { Memory } from '../columnar/memory.ts'
import { BIGINT, type DataType, INT } from '../types/data-type.ts'
import type { CalendarInterval, MapValue, Value } from '../types/value.ts'

/**
 * The arrays of one column while a decoder fills them, row by row, in the scan's memory.
 *
 * A row may be written again before the next one is begun (a fast path that gives up leaves the row to the exact path): where a text or
 * a list begins is always read from `offsets[row]`, so nothing has to be undone. Decoders write the arrays directly; `set` is for values.
 *
 * law: rows are written in order; every row up to `finish(rows)` has been written or set to NULL.
 */
export class ColumnWriter {
  readonly type: DataType
  readonly children: readonly ColumnWriter[]
  values: FixedArray | null = null
  /** `values` of 8-byte types as 32-bit halves, low first. */
  halves: Int32Array | null = null
  offsets: Int32Array | null = null
  bytes: Uint8Array | null = null
  view: DataView | null = null
  validity: Uint8Array | null = null
  hasNulls = false
  #capacity = 0
  #memory: Memory | null = null
  /** Bytes of text that the last batch needed: the next one starts with that much. */
  #bytesHint = 0

  constructor(type: DataType) {
    this.type = type
    this.children = childTypes(type).map((child) => new ColumnWriter(child))
  }

  /** Fresh arrays for `rows` rows. */
  begin(memory: Memory, rows: number): void {
    this.#memory = memory
    this.#capacity = rows
    this.hasNulls = false
    this.validity = memory.bytes((rows + 7) >> 3).fill(255)
    this.#setValues(allocate(this.type, rows, memory))
    if (isVariable(this.type)) {
      this.offsets = memory.int32(rows + 1)
      this.offsets[0] = 0
      if (this.type.kind === 'string' || this.type.kind === 'binary') this.#setBytes(memory.bytes(Math.max(256, this.#bytesHint)))
    }
    const childRows = this.type.kind === 'struct' || this.type.kind === 'interval' ? rows : Math.min(rows, 1024)
    for (const child of this.children) child.begin(memory, childRows)
  }

  /** Room for `length` more bytes of text behind row `row` in this column and the columns below it. */
  reserve(row: number, length: number): void {
    if (this.bytes !== null) {
      const used = this.offsets![row]!
      if (used + length > this.bytes.length) {
        const grown = this.#memory!.bytes(Math.max(used + length, this.bytes.length * 2))
        grown.set(this.bytes.subarray(0, used))
        this.#setBytes(grown)
      }
    }
    if (this.children.length === 0) return
    const childRow = this.offsets === null ? row : this.offsets[row]!
    for (const child of this.children) child.reserve(childRow, length)
  }

  /** Room for rows below `rows`; keeps what is written. */
  ensureRows(rows: number): void {
    if (rows <= this.#capacity) return
    const memory = this.#memory!
    const capacity = Math.max(rows, this.#capacity * 2)
    const written = this.#capacity
    this.#capacity = capacity
    const validity = memory.bytes((capacity + 7) >> 3).fill(255)
    validity.set(this.validity!)
    this.validity = validity
    const values = allocate(this.type, capacity, memory)
    if (values !== null) values.set(this.values as never)
    this.#setValues(values)
    if (this.offsets !== null) {
      const offsets = memory.int32(capacity + 1)
      offsets.set(this.offsets.subarray(0, written + 1))
      this.offsets = offsets
    } else for (const child of this.children) child.ensureRows(capacity)
  }

  setNull(row: number): void {
    this.hasNulls = true
    this.validity![row >> 3]! &= ~(1 << (row & 7))
    if (this.offsets !== null) this.offsets[row + 1] = this.offsets[row]!
    else for (const child of this.children) child.setNull(row)
  }

  set(row: number, value: Value): void {
    if (value === null) {
      this.setNull(row)
      return
    }
    // Only a row that is written a second time can have its bit cleared.
    if (this.hasNulls) this.validity![row >> 3]! |= 1 << (row & 7)
    const type = this.type
    switch (type.kind) {
      case 'void':
        return
      case 'boolean':
        this.values![row] = value === true ? 1 : 0
        return
      case 'string':
        this.#setText(row, value as string)
        return
      case 'binary': {
        const source = value as Uint8Array
        this.reserve(row, source.length)
        const at = this.offsets![row]!
        this.bytes!.set(source, at)
        this.offsets![row + 1] = at + source.length
        return
      }
      case 'decimal':
        if (type.precision <= 18) this.values![row] = value as never
        else {
          const lanes = this.values as BigInt64Array
          lanes[2 * row] = BigInt.asIntN(64, value as bigint)
          lanes[2 * row + 1] = (value as bigint) >> 64n
        }
        return
      case 'array': {
        const elements = value as readonly Value[]
        const at = this.offsets![row]!
        this.children[0]!.ensureRows(at + elements.length)
        for (let i = 0; i < elements.length; i++) this.children[0]!.set(at + i, elements[i]!)
        this.offsets![row + 1] = at + elements.length
        return
      }
      case 'map': {
        const entries = (value as MapValue).entries
        const at = this.offsets![row]!
        for (const child of this.children) child.ensureRows(at + entries.length)
        for (let i = 0; i < entries.length; i++) {
          this.children[0]!.set(at + i, entries[i]![0])
          this.children[1]!.set(at + i, entries[i]![1])
        }
        this.offsets![row + 1] = at + entries.length
        return
      }
      case 'struct':
        for (let i = 0; i < this.children.length; i++) this.children[i]!.set(row, (value as readonly Value[])[i]!)
        return
      case 'interval': {
        const interval = value as CalendarInterval
        this.children[0]!.set(row, interval.months)
        this.children[1]!.set(row, interval.days)
        this.children[2]!.set(row, interval.microseconds)
        return
      }
      default:
        this.values![row] = value as never
    }
  }

  /** The first `rows` rows. The writer must be begun again before its next use. */
  finish(rows: number): Column {
    if (this.bytes !== null) this.#bytesHint = this.offsets![rows]! + 64
    const childRows = this.offsets === null ? rows : this.offsets[rows]!
    return new Column(
      this.type,
      rows,
      this.hasNulls ? this.validity!.subarray(0, (rows + 7) >> 3) : null,
      this.values === null ? null : (this.values.subarray(0, isWide(this.type) ? 2 * rows : rows) as FixedArray),
      this.offsets === null ? null : this.offsets.subarray(0, rows + 1),
      this.bytes,
      this.children.map((child) => child.finish(childRows)),
    )
  }

  #setText(row: number, text: string): void {
    this.reserve(row, text.length * 3)
    const bytes = this.bytes!
    const at = this.offsets![row]!
    let end = at
    let i = 0
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) break
      bytes[end++] = code
    }
    if (i < text.length) end += textEncoder.encodeInto(i === 0 ? text : text.slice(i), bytes.subarray(end)).written
    this.offsets![row + 1] = end
  }

  #setValues(values: FixedArray | null): void {
    this.values = values
    this.halves =
      values instanceof BigInt64Array || values instanceof Float64Array
        ? new Int32Array(values.buffer, values.byteOffset, values.length * 2)
        : null
  }
  #setBytes(bytes: Uint8Array): void {
    this.bytes = bytes
    // Copying four bytes at a time may write up to three past the end; every region has padding for it.
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length + 8)
  }
}

const textEncoder = new TextEncoder()

function childTypes(type: DataType): readonly DataType[] {
  switch (type.kind) {
    case 'array':
      return [type.element]
    case 'map':
      return [type.key, type.value]
    case 'struct':
      return type.fields.map((f) => f.type)
    case 'interval':
      return [INT, INT, BIGINT]
    default:
      return []
  }
}
function isVariable(type: DataType): boolean {
  return type.kind === 'string' || type.kind === 'binary' || type.kind === 'array' || type.kind === 'map'
}
function isWide(type: DataType): boolean {
  return type.kind === 'decimal' && type.precision > 18
}
function allocate(type: DataType, rows: number, memory: Memory): FixedArray | null {
  switch (fixedWidth(type)) {
    case 0:
      return null
    case 1:
      return type.kind === 'boolean' ? memory.bytes(rows) : memory.int8(rows)
    case 2:
      return memory.int16(rows)
    case 4:
      return type.kind === 'float' ? memory.float32(rows) : memory.int32(rows)
    case 8:
      return type.kind === 'double' ? memory.float64(rows) : memory.int64(rows)
    default:
      return memory.int64(2 * rows)
  }
}

/** The text at `row` is also at one of the rows from `first` on: a map would have the key twice. */
export function isRepeated(keys: ColumnWriter, first: number, row: number): boolean {
  const offsets = keys.offsets!
  const bytes = keys.bytes!
  const start = offsets[row]!
  const length = offsets[row + 1]! - start
  for (let other = first; other < row; other++) {
    const from = offsets[other]!
    if (offsets[other + 1]! - from !== length) continue
    let k = 0
    while (k < length && bytes[start + k] === bytes[from + k]) k++
    if (k === length) return true
  }
  return false
}
