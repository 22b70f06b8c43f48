import { unreachable } from '../errors/assert.ts'
import type { DataType } from '../types/data-type.ts'
import { MapValue, type Value } from '../types/value.ts'

export type FixedArray = Int8Array | Uint8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array

/**
 * One column in Arrow layout.
 *
 * | type                                             | arrays                                                            |
 * |--------------------------------------------------|-------------------------------------------------------------------|
 * | BOOLEAN                                          | values: Uint8Array, one byte a row, 0 or 1 (bits only at the Arrow boundary, see docs/decisions) |
 * | TINYINT, SMALLINT, INT, DATE, year-month interval| values: Int8Array, Int16Array, Int32Array                         |
 * | BIGINT, TIMESTAMP(_NTZ), TIME, day-time interval, DECIMAL(p<=18) | values: BigInt64Array                             |
 * | DECIMAL(p>18)                                    | values: BigInt64Array of 2 lanes a row, low then high             |
 * | FLOAT, DOUBLE                                    | values: Float32Array, Float64Array                                |
 * | STRING, BINARY                                   | offsets: Int32Array(length + 1), bytes: Uint8Array (>= 8 bytes of padding behind the last) |
 * | ARRAY                                            | offsets, children [element]                                       |
 * | MAP                                              | offsets, children [key, value]                                    |
 * | STRUCT                                           | children, one a field, each of `length` rows                      |
 * | calendar interval                                | children [months INT, days INT, micros BIGINT]                    |
 * | VOID                                             | none                                                              |
 *
 * `validity` is a bitmap, least significant bit first, 1 = not NULL, and null when there are no NULLs. Under a NULL the arrays hold
 * anything; offsets are monotonic all the same. `offsets[0]` need not be 0.
 */
export class Column {
  readonly type: DataType
  readonly length: number
  readonly validity: Uint8Array | null
  readonly values: FixedArray | null
  readonly offsets: Int32Array | null
  readonly bytes: Uint8Array | null
  readonly children: readonly Column[]

  constructor(
    type: DataType,
    length: number,
    validity: Uint8Array | null,
    values: FixedArray | null,
    offsets: Int32Array | null = null,
    bytes: Uint8Array | null = null,
    children: readonly Column[] = [],
  ) {
    this.type = type
    this.length = length
    this.validity = validity
    this.values = values
    this.offsets = offsets
    this.bytes = bytes
    this.children = children
  }

  isNull(row: number): boolean {
    return this.type.kind === 'void' || (this.validity !== null && ((this.validity[row >> 3]! >> (row & 7)) & 1) === 0)
  }
}

/** Bytes that fixed-width values of the type take a row; 0 for types of another layout. */
export function fixedWidth(type: DataType): number {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
      return 1
    case 'smallint':
      return 2
    case 'int':
    case 'date':
    case 'float':
    case 'interval_year_month':
      return 4
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'time':
    case 'interval_day_time':
    case 'double':
      return 8
    case 'decimal':
      return type.precision <= 18 ? 8 : 16
    default:
      return 0
  }
}

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** UTF-8 to text; bytes that are not UTF-8 become U+FFFD. Short text, the usual case, skips the decoder's fixed cost. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return textDecoder.decode(bytes.subarray(start, end))
  let text = ''
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte < 0x80) text += String.fromCharCode(byte)
    else {
      const width = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
      const code = i + width <= end ? multibyte(bytes, i, width) : -1
      if (code < 0) return textDecoder.decode(bytes.subarray(start, end))
      text += code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code)
      i += width - 1
    }
  }
  return text
}

/** The code point of a well-formed sequence of two to four bytes; −1 for any other. */
function multibyte(bytes: Uint8Array, at: number, width: number): number {
  const first = bytes[at]!
  let code = width === 2 ? first & 0x1f : width === 3 ? first & 0x0f : first & 0x07
  for (let i = at + 1; i < at + width; i++) {
    if ((bytes[i]! & 0xc0) !== 0x80) return -1
    code = (code << 6) | (bytes[i]! & 0x3f)
  }
  if (first < 0xc2 || first > 0xf4) return -1
  if (width === 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return -1
  return width === 4 && (code < 0x10000 || code > 0x10ffff) ? -1 : code
}

/** The value of a row as the interpreter sees it. Off the hot path: it makes objects. */
export function readValue(column: Column, row: number): Value {
  if (column.isNull(row)) return null
  const type = column.type
  switch (type.kind) {
    case 'void':
      return null
    case 'boolean':
      return column.values![row] !== 0
    case 'string':
      return decodeText(column.bytes!, column.offsets![row]!, column.offsets![row + 1]!)
    case 'binary':
      return column.bytes!.slice(column.offsets![row]!, column.offsets![row + 1]!)
    case 'decimal':
      if (type.precision <= 18) return column.values![row] as bigint
      return ((column.values![2 * row + 1] as bigint) << 64n) | BigInt.asUintN(64, column.values![2 * row] as bigint)
    case 'array': {
      const out: Value[] = []
      for (let i = column.offsets![row]!; i < column.offsets![row + 1]!; i++) out.push(readValue(column.children[0]!, i))
      return out
    }
    case 'map': {
      const entries: [Value, Value][] = []
      for (let i = column.offsets![row]!; i < column.offsets![row + 1]!; i++) {
        entries.push([readValue(column.children[0]!, i), readValue(column.children[1]!, i)])
      }
      return new MapValue(entries)
    }
    case 'struct':
      return column.children.map((child) => readValue(child, row))
    case 'interval':
      return {
        months: column.children[0]!.values![row] as number,
        days: column.children[1]!.values![row] as number,
        microseconds: column.children[2]!.values![row] as bigint,
      }
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'date':
    case 'float':
    case 'double':
    case 'interval_year_month':
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'time':
    case 'interval_day_time':
      return column.values![row] as number | bigint
    default:
      return unreachable(type)
  }
}
