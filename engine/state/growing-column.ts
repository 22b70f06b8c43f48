import { Column, type FixedArray, fixedWidth } from '../columnar/column.ts'
import { allocateFixed } from '../columnar/column-builder.ts'
import { copyBytes, int32View } from '../columnar/take.ts'
import { BIGINT, type DataType, INT } from '../types/data-type.ts'

/**
 * A column that rows are appended to, in memory of its own that grows by doubling. `view` is an ordinary column over the rows so far, without
 * a copy, so that stored rows are gathered as any others are.
 */
export class GrowingColumn {
  readonly type: DataType
  #length = 0
  #capacity = 16
  #validity: Uint8Array | null = null
  #values: FixedArray | null
  #offsets: Int32Array | null = null
  #bytes: Uint8Array | null = null
  readonly #children: readonly GrowingColumn[]

  constructor(type: DataType) {
    this.type = type
    this.#values = allocateFixed(type, this.#capacity)
    if (hasOffsets(type)) this.#offsets = new Int32Array(this.#capacity + 1)
    if (type.kind === 'string' || type.kind === 'binary') this.#bytes = new Uint8Array(8 * this.#capacity)
    this.#children = childTypes(type).map((child) => new GrowingColumn(child))
  }

  get length(): number {
    return this.#length
  }
  get memoryBytes(): number {
    const own = [this.#validity, this.#values, this.#offsets, this.#bytes].reduce(
      (sum, array) => sum + (array?.byteLength ?? 0),
      0,
    )
    return this.#children.reduce((sum, child) => sum + child.memoryBytes, own)
  }

  /** Valid until the next `append`. */
  view(): Column {
    const children = this.#children.map((child) => child.view())
    return new Column(this.type, this.#length, this.#validity, this.#values, this.#offsets, this.#bytes, children)
  }

  /** Appends rows[0 … count) of a column of the same type. */
  append(column: Column, rows: Int32Array, count: number): void {
    this.#reserve(this.#length + count)
    this.#appendValidity(column, rows, count)
    const at = this.#length
    switch (this.type.kind) {
      case 'void':
        break
      case 'string':
      case 'binary':
        this.#appendBytes(column, rows, count)
        break
      case 'array':
      case 'map':
        this.#appendLists(column, rows, count)
        break
      case 'struct':
      case 'interval':
        for (const [c, child] of this.#children.entries()) child.append(column.children[c]!, rows, count)
        break
      default:
        copyFixed(column.values!, this.#values!, fixedWidth(this.type), rows, count, at)
    }
    this.#length = at + count
  }

  #appendValidity(column: Column, rows: Int32Array, count: number): void {
    const from = column.validity
    if (from === null && this.#validity === null) return
    this.#validity ??= new Uint8Array((this.#capacity + 7) >> 3).fill(255)
    const into = this.#validity
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const at = this.#length + i
      if (from === null || ((from[row >> 3]! >> (row & 7)) & 1) === 1) into[at >> 3]! |= 1 << (at & 7)
      else into[at >> 3]! &= ~(1 << (at & 7))
    }
  }

  #appendBytes(column: Column, rows: Int32Array, count: number): void {
    const from = column.offsets!
    const offsets = this.#offsets!
    let end = offsets[this.#length]!
    for (let i = 0; i < count; i++) end += from[rows[i]! + 1]! - from[rows[i]!]!
    if (end + 8 > this.#bytes!.length) {
      const grown = new Uint8Array(Math.max(end + 8, 2 * this.#bytes!.length))
      grown.set(this.#bytes!)
      this.#bytes = grown
    }
    const bytes = this.#bytes!
    let at = offsets[this.#length]!
    for (let i = 0; i < count; i++) {
      const start = from[rows[i]!]!
      const stop = from[rows[i]! + 1]!
      copyBytes(column.bytes!, start, stop, bytes, at)
      at += stop - start
      offsets[this.#length + i + 1] = at
    }
  }

  #appendLists(column: Column, rows: Int32Array, count: number): void {
    const from = column.offsets!
    const offsets = this.#offsets!
    let total = 0
    for (let i = 0; i < count; i++) total += lengthOf(column, rows[i]!)
    const elements = new Int32Array(total)
    let next = 0
    for (let i = 0; i < count; i++) {
      const length = lengthOf(column, rows[i]!)
      for (let e = 0; e < length; e++) elements[next++] = from[rows[i]!]! + e
      offsets[this.#length + i + 1] = offsets[this.#length + i]! + length
    }
    for (const [c, child] of this.#children.entries()) child.append(column.children[c]!, elements, total)
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return
    const capacity = Math.max(length, 2 * this.#capacity)
    this.#capacity = capacity
    if (this.#values !== null) {
      const values = allocateFixed(this.type, capacity)!
      values.set(this.#values as never)
      this.#values = values
    }
    if (this.#offsets !== null) {
      const offsets = new Int32Array(capacity + 1)
      offsets.set(this.#offsets)
      this.#offsets = offsets
    }
    if (this.#validity !== null) {
      const validity = new Uint8Array((capacity + 7) >> 3).fill(255)
      validity.set(this.#validity)
      this.#validity = validity
    }
  }
}

function hasOffsets(type: DataType): boolean {
  return type.kind === 'string' || type.kind === 'binary' || type.kind === 'array' || type.kind === 'map'
}

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

/** Elements under a NULL are left out. */
function lengthOf(column: Column, row: number): number {
  return column.isNull(row) ? 0 : column.offsets![row + 1]! - column.offsets![row]!
}

// One loop a width, each over one kind of typed array (see columnar/take.ts).
function copyFixed(from: FixedArray, into: FixedArray, width: number, rows: Int32Array, count: number, at: number): void {
  switch (width) {
    case 1:
      copy1(bytesOf(from), bytesOf(into), rows, count, at)
      break
    case 2:
      copy2(from as Int16Array, into as Int16Array, rows, count, at)
      break
    case 4:
      copy4(int32View(from), int32View(into), rows, count, at)
      break
    case 8:
      copy8(int32View(from), int32View(into), rows, count, at)
      break
    default:
      for (let i = 0; i < count; i++) {
        for (let lane = 0; lane < 2; lane++) into[2 * (at + i) + lane] = from[2 * rows[i]! + lane]! as never
      }
  }
}
function copy1(from: Uint8Array, into: Uint8Array, rows: Int32Array, count: number, at: number): void {
  for (let i = 0; i < count; i++) into[at + i] = from[rows[i]!]!
}
function copy2(from: Int16Array, into: Int16Array, rows: Int32Array, count: number, at: number): void {
  for (let i = 0; i < count; i++) into[at + i] = from[rows[i]!]!
}
function copy4(from: Int32Array, into: Int32Array, rows: Int32Array, count: number, at: number): void {
  for (let i = 0; i < count; i++) into[at + i] = from[rows[i]!]!
}
function copy8(from: Int32Array, into: Int32Array, rows: Int32Array, count: number, at: number): void {
  for (let i = 0, to = 2 * at; i < count; i++, to += 2) {
    into[to] = from[2 * rows[i]!]!
    into[to + 1] = from[2 * rows[i]! + 1]!
  }
}

function bytesOf(values: FixedArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
