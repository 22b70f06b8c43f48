import { isUtf8 } from '../columnar/bytes.ts'
import { fitsPrecision } from '../types/decimal.ts'
import { decimalValue } from './avro-reading.ts'
import type { ColumnWriter } from './column-writer.ts'

/**
 * Parts of Avro values from bytes into columns: what generated code calls. Each gives the position behind what it read, or −1 when the value is for
 * avro-value.ts to read (or to refuse). Reading past the end of the bytes gives zeros that are found out later; copying never goes past `end`.
 */
export const REFUSED = -1

const TWO_32 = 4294967296
/** The long read last, for readers of other types: low and high half. */
const halves = new Int32Array(2)

/** A long into halves, low first. Source: the specification's variable-length zig-zag coding. */
export function readLong(b: Uint8Array, p: number, into: Int32Array, row: number): number {
  let low = 0
  let high = 0
  let c = b[p++]!
  low = c & 127
  if (c > 127) {
    c = b[p++]!
    low |= (c & 127) << 7
    if (c > 127) {
      c = b[p++]!
      low |= (c & 127) << 14
      if (c > 127) {
        c = b[p++]!
        low |= (c & 127) << 21
        if (c > 127) {
          c = b[p++]!
          low |= (c & 127) << 28
          high = (c & 127) >>> 4
          if (c > 127) {
            c = b[p++]!
            high |= (c & 127) << 3
            if (c > 127) {
              c = b[p++]!
              high |= (c & 127) << 10
              if (c > 127) {
                c = b[p++]!
                high |= (c & 127) << 17
                if (c > 127) {
                  c = b[p++]!
                  high |= (c & 127) << 24
                  if (c > 127) {
                    c = b[p++]!
                    high |= (c & 127) << 31
                    if (c > 127) return REFUSED
                  }
                }
              }
            }
          }
        }
      }
    }
  }
  const sign = -(low & 1)
  into[2 * row] = ((low >>> 1) | (high << 31)) ^ sign
  into[2 * row + 1] = (high >>> 1) ^ sign
  return p
}

/** A long as a double, in `into`: FLOAT and DOUBLE columns. */
export function readLongAsNumber(b: Uint8Array, p: number, into: Float32Array | Float64Array, row: number): number {
  p = readLong(b, p, halves, 0)
  into[row] = halves[1]! * TWO_32 + (halves[0]! >>> 0)
  return p
}

/** A long times `factor` into halves, for times and timestamps; refused when doubles do not hold it exactly, or it is not in 0 ≤ value < through. */
export function readLongTimes(b: Uint8Array, p: number, into: Int32Array, row: number, factor: number, through: number): number {
  p = readLong(b, p, halves, 0)
  const value = (halves[1]! * TWO_32 + (halves[0]! >>> 0)) * factor
  if (!Number.isSafeInteger(value) || (through > 0 && (value < 0 || value >= through))) return REFUSED
  writeNumber(into, row, value)
  return p
}

/** A whole number that doubles hold exactly, into halves. */
export function writeNumber(into: Int32Array, row: number, value: number): void {
  const high = Math.floor(value / TWO_32)
  into[2 * row] = value - high * TWO_32
  into[2 * row + 1] = high
}

/** Where the bytes behind a length begin; how many there are is in `lengthRead`. */
let lengthRead = 0
function readLength(b: Uint8Array, p: number, end: number): number {
  let n = b[p++]!
  if (n > 127) {
    p = readLong(b, p - 1, halves, 0)
    if (p < 0 || halves[1] !== 0) return REFUSED
    n = halves[0]!
  } else if ((n & 1) !== 0) return REFUSED
  else n >>= 1
  if (n < 0 || n > end - p) return REFUSED
  lengthRead = n
  return p
}

export function skipText(b: Uint8Array, p: number, end: number): number {
  p = readLength(b, p, end)
  return p < 0 ? p : p + lengthRead
}

/** A text in UTF-8; there is room for it behind `offsets[row]`. */
export function readText(
  b: Uint8Array,
  v: DataView,
  p: number,
  end: number,
  offsets: Int32Array,
  target: Uint8Array,
  view: DataView,
  row: number,
): number {
  p = readLength(b, p, end)
  if (p < 0) return p
  const length = lengthRead
  const at = offsets[row]!
  let all = 0
  if (length > LONG_BYTES || p + length + 3 > v.byteLength) {
    all = -1
    target.set(b.subarray(p, p + length), at)
  } else {
    let i = 0
    for (; i + 4 <= length; i += 4) {
      const word = v.getInt32(p + i, true)
      all |= word
      view.setInt32(at + i, word, true)
    }
    if (i < length) {
      const word = v.getInt32(p + i, true)
      all |= word & ((1 << ((length - i) * 8)) - 1)
      view.setInt32(at + i, word, true)
    }
  }
  if ((all & 0x80808080) !== 0 && !isUtf8(b, p, p + length)) return REFUSED
  offsets[row + 1] = at + length
  return p + length
}
const LONG_BYTES = 256

export function readBytes(
  b: Uint8Array,
  v: DataView,
  p: number,
  end: number,
  offsets: Int32Array,
  target: Uint8Array,
  view: DataView,
  row: number,
): number {
  p = readLength(b, p, end)
  return p < 0 ? p : readFixed(b, v, p, end, lengthRead, offsets, target, view, row)
}

export function readFixed(
  b: Uint8Array,
  v: DataView,
  p: number,
  end: number,
  length: number,
  offsets: Int32Array,
  target: Uint8Array,
  view: DataView,
  row: number,
): number {
  if (length > end - p) return REFUSED
  const at = offsets[row]!
  if (length > LONG_BYTES || p + length + 3 > v.byteLength) target.set(b.subarray(p, p + length), at)
  else for (let i = 0; i < length; i += 4) view.setInt32(at + i, v.getInt32(p + i, true), true)
  offsets[row + 1] = at + length
  return p + length
}

/** Bytes known beforehand: a symbol of an enum. May be longer than what stands for it, so that room is made. */
export function writeText(column: ColumnWriter, row: number, text: Uint8Array): void {
  column.reserve(row, text.length)
  const at = column.offsets![row]!
  const target = column.bytes!
  for (let i = 0; i < text.length; i++) target[at + i] = text[i]!
  column.offsets![row + 1] = at + text.length
}

/** A decimal; `size` −1: its length stands before it. */
export function readDecimal(
  b: Uint8Array,
  p: number,
  end: number,
  size: number,
  column: ColumnWriter,
  row: number,
  precision: number,
  shift: number,
): number {
  let length = size
  if (size < 0) {
    p = readLength(b, p, end)
    if (p < 0) return p
    length = lengthRead
  }
  if (length === 0 || length > end - p) return REFUSED
  const behind = p + length
  if (precision <= 18 && shift === 0) {
    // Most numbers are small: leading bytes that only repeat the sign are passed over.
    const sign = b[p]! > 127 ? 255 : 0
    let first = p
    while (behind - first > 6 && b[first] === sign && b[first + 1]! >> 7 === sign >> 7) first++
    if (behind - first <= 6) {
      let value = b[first]! - (sign === 0 ? 0 : 256)
      for (let i = first + 1; i < behind; i++) value = value * 256 + b[i]!
      if (precision < 15 && Math.abs(value) >= 10 ** precision) return REFUSED
      writeNumber(column.halves!, row, value)
      return behind
    }
  }
  const value = decimalValue(b, p, behind, shift)
  if (!fitsPrecision(value, precision)) return REFUSED
  if (precision <= 18) (column.values as BigInt64Array)[row] = value
  else {
    const lanes = column.values as BigInt64Array
    lanes[2 * row] = BigInt.asIntN(64, value)
    lanes[2 * row + 1] = value >> 64n
  }
  return behind
}
