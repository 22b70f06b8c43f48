import { unreachable } from '../errors/assert.ts'
import { BIGINT, type DataType, INT } from '../types/data-type.ts'
import type { CalendarInterval, MapValue, Value } from '../types/value.ts'
import { Column, type FixedArray } from './column.ts'

/**
 * Appends plain values into owned (not arena) memory and gives a Column. The general way in for rows that come as values: the interpreter,
 * literals, memory sources, restored state. Hot decoders and generated code write arrays directly instead.
 */
export class ColumnBuilder {
  readonly type: DataType
  #length = 0
  #capacity: number
  #validity: Uint8Array | null = null
  #values: FixedArray | null
  #offsets: Int32Array | null = null
  #bytes: Uint8Array | null = null
  #children: ColumnBuilder[] = []

  constructor(type: DataType, capacity = 64) {
    this.type = type
    this.#capacity = Math.max(8, capacity)
    this.#values = allocateFixed(type, this.#capacity)
    switch (type.kind) {
      case 'string':
      case 'binary':
        this.#offsets = new Int32Array(this.#capacity + 1)
        this.#bytes = new Uint8Array(this.#capacity * 8 + 16)
        break
      case 'array':
        this.#offsets = new Int32Array(this.#capacity + 1)
        this.#children = [new ColumnBuilder(type.element, capacity)]
        break
      case 'map':
        this.#offsets = new Int32Array(this.#capacity + 1)
        this.#children = [new ColumnBuilder(type.key, capacity), new ColumnBuilder(type.value, capacity)]
        break
      case 'struct':
        this.#children = type.fields.map((f) => new ColumnBuilder(f.type, capacity))
        break
      case 'interval':
        this.#children = [new ColumnBuilder(INT, capacity), new ColumnBuilder(INT, capacity), new ColumnBuilder(BIGINT, capacity)]
        break
    }
  }

  get length(): number {
    return this.#length
  }

  append(value: Value): void {
    const row = this.#length
    if (row === this.#capacity) this.#grow()
    this.#length = row + 1
    if (value === null) {
      this.#appendNull(row)
      return
    }
    if (this.#validity !== null) this.#validity[row >> 3]! |= 1 << (row & 7)
    const type = this.type
    switch (type.kind) {
      case 'void':
        return
      case 'boolean':
        this.#values![row] = value === true ? 1 : 0
        return
      case 'string':
        this.#appendText(row, value as string)
        return
      case 'binary':
        this.#appendBytes(row, value as Uint8Array)
        return
      case 'decimal':
        if (type.precision <= 18) (this.#values as BigInt64Array)[row] = value as bigint
        else {
          ;(this.#values as BigInt64Array)[2 * row] = BigInt.asIntN(64, value as bigint)
          ;(this.#values as BigInt64Array)[2 * row + 1] = (value as bigint) >> 64n
        }
        return
      case 'array':
        for (const element of value as readonly Value[]) this.#children[0]!.append(element)
        this.#offsets![row + 1] = this.#children[0]!.length
        return
      case 'map':
        for (const [key, item] of (value as MapValue).entries) {
          this.#children[0]!.append(key)
          this.#children[1]!.append(item)
        }
        this.#offsets![row + 1] = this.#children[0]!.length
        return
      case 'struct':
        for (let i = 0; i < this.#children.length; i++) this.#children[i]!.append((value as readonly Value[])[i]!)
        return
      case 'interval': {
        const interval = value as CalendarInterval
        this.#children[0]!.append(interval.months)
        this.#children[1]!.append(interval.days)
        this.#children[2]!.append(interval.microseconds)
        return
      }
      default:
        this.#values![row] = value as never
    }
  }

  /** The column so far; the builder must not be used afterwards. */
  finish(): Column {
    return new Column(
      this.type,
      this.#length,
      this.#validity,
      this.#values,
      this.#offsets,
      this.#bytes,
      this.#children.map((child) => child.finish()),
    )
  }

  #appendNull(row: number): void {
    if (this.#validity === null) {
      this.#validity = new Uint8Array((this.#capacity + 7) >> 3).fill(255)
    }
    this.#validity[row >> 3]! &= ~(1 << (row & 7))
    if (this.#offsets !== null) this.#offsets[row + 1] = this.#offsets[row]!
    if (this.type.kind === 'struct' || this.type.kind === 'interval') for (const child of this.#children) child.append(null)
  }

  #appendText(row: number, text: string): void {
    const at = this.#offsets![row]!
    this.#reserve(at + text.length * 3)
    const bytes = this.#bytes!
    let end = at
    let i = 0
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) break
      bytes[end++] = code
    }
    if (i < text.length) end += textEncoder.encodeInto(i === 0 ? text : text.slice(i), bytes.subarray(end)).written
    this.#offsets![row + 1] = end
  }

  #appendBytes(row: number, value: Uint8Array): void {
    const at = this.#offsets![row]!
    this.#reserve(at + value.length)
    this.#bytes!.set(value, at)
    this.#offsets![row + 1] = at + value.length
  }

  #reserve(end: number): void {
    if (end + 16 <= this.#bytes!.length) return
    const grown = new Uint8Array(Math.max(end + 16, this.#bytes!.length * 2))
    grown.set(this.#bytes!)
    this.#bytes = grown
  }

  #grow(): void {
    this.#capacity *= 2
    if (this.#values !== null) {
      const grown = allocateFixed(this.type, this.#capacity)!
      grown.set(this.#values as never)
      this.#values = grown
    }
    if (this.#validity !== null) {
      const grown = new Uint8Array((this.#capacity + 7) >> 3).fill(255)
      grown.set(this.#validity)
      this.#validity = grown
    }
    if (this.#offsets !== null) {
      const grown = new Int32Array(this.#capacity + 1)
      grown.set(this.#offsets)
      this.#offsets = grown
    }
  }
}

const textEncoder = new TextEncoder()

/** The values array of a fixed-width type for `length` rows (two lanes a row for wide decimals); null for types of another layout. */
export function allocateFixed(type: DataType, length: number): FixedArray | null {
  switch (type.kind) {
    case 'boolean':
      return new Uint8Array(length)
    case 'tinyint':
      return new Int8Array(length)
    case 'smallint':
      return new Int16Array(length)
    case 'int':
    case 'date':
    case 'interval_year_month':
      return new Int32Array(length)
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'time':
    case 'interval_day_time':
      return new BigInt64Array(length)
    case 'decimal':
      return new BigInt64Array(type.precision <= 18 ? length : 2 * length)
    case 'float':
      return new Float32Array(length)
    case 'double':
      return new Float64Array(length)
    case 'void':
    case 'string':
    case 'binary':
    case 'array':
    case 'map':
    case 'struct':
    case 'interval':
      return null
    default:
      return unreachable(type)
  }
}
