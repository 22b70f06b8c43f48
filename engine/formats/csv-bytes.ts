import { decodeText } from '../columnar/column.ts'
import { zoneOf } from '../types/zone.ts'
import type { ColumnWriter } from './column-writer.ts'
import type { CsvOptions } from './csv-options.ts'
import { csvReading } from './csv-value.ts'
import { readDate, readTimestamp } from './json-bytes.ts'

/**
 * Writes the cell in bytes[start, end) into its column; false when the exact reader must look at it. The view that dates and timestamps need
 * is over the same bytes; `bytes[end]` is the separator or line break.
 */
export type CellReader = (bytes: Uint8Array, start: number, end: number, row: number) => boolean

const INVERSE_TWO_32 = 1 / 4294967296

/** The reader of a column's cells; undefined for types that only the exact reader takes. */
export function csvCellReader(column: ColumnWriter, options: CsvOptions): CellReader | undefined {
  const nullBytes = new TextEncoder().encode(options.nullValue)
  const read = typedReader(column, options)
  return (bytes, start, end, row) => {
    if (start === end || isText(bytes, start, end, nullBytes)) {
      column.setNull(row)
      return true
    }
    if (column.hasNulls) column.validity![row >> 3]! |= 1 << (row & 7)
    return read(bytes, start, end, row)
  }
}

function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false
  return true
}

function typedReader(column: ColumnWriter, options: CsvOptions): CellReader {
  const type = column.type
  switch (type.kind) {
    case 'string':
      return (bytes, start, end, row) => {
        const offsets = column.offsets!
        const target = column.bytes!
        let o = offsets[row]!
        if (end - start > 64) {
          target.set(bytes.subarray(start, end), o)
          o += end - start
        } else for (let p = start; p < end; p++) target[o++] = bytes[p]!
        offsets[row + 1] = o
        return true
      }
    case 'bigint':
      return (bytes, start, end, row) => {
        const value = integerOf(bytes, start, end)
        if (Number.isNaN(value)) return false
        const halves = column.halves!
        halves[2 * row] = value | 0
        halves[2 * row + 1] = Math.floor(value * INVERSE_TWO_32)
        return true
      }
    case 'int':
      return smallReader(column, -2147483648, 2147483647)
    case 'smallint':
      return smallReader(column, -32768, 32767)
    case 'tinyint':
      return smallReader(column, -128, 127)
    case 'float':
    case 'double':
      return (bytes, start, end, row) => {
        const value = doubleOf(bytes, start, end)
        if (Number.isNaN(value)) return false
        column.values![row] = value
        return true
      }
    case 'date':
      if (options.dateFormat !== undefined) break
      return (bytes, start, end, row) => readDate(bytes, viewOf(bytes), start, column, row, bytes[end]!) === end + 1
    case 'timestamp':
    case 'timestamp_ntz': {
      const format = type.kind === 'timestamp' ? options.timestampFormat : options.timestampNtzFormat
      if (format !== undefined) break
      const zone = type.kind === 'timestamp' ? zoneOf(options.timeZone) : undefined
      return (bytes, start, end, row) => readTimestamp(bytes, viewOf(bytes), start, column, row, bytes[end]!, zone) === end + 1
    }
  }
  const reading = csvReading(type, options)
  return (bytes, start, end, row) => {
    const value = reading(decodeText(bytes, start, end))
    if (value === undefined) return false
    column.set(row, value)
    return true
  }
}

function smallReader(column: ColumnWriter, min: number, max: number): CellReader {
  return (bytes, start, end, row) => {
    const value = integerOf(bytes, start, end)
    // NaN is in no range.
    if (!(value >= min && value <= max)) return false
    column.values![row] = value
    return true
  }
}

/** Up to 15 digits; NaN for anything else. */
function integerOf(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start]!
  let p = sign === 0x2d || sign === 0x2b ? start + 1 : start
  if (p === end || end - p > 15) return Number.NaN
  let value = 0
  for (; p < end; p++) {
    const digit = bytes[p]! - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return sign === 0x2d ? 0 - value : value
}

const POWERS = Array.from({ length: 16 }, (_, i) => 10 ** i)

/** A plain decimal of up to 15 digits, which one division rounds rightly; NaN for anything else. */
function doubleOf(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start]!
  let p = sign === 0x2d || sign === 0x2b ? start + 1 : start
  if (p === end || end - p > 16) return Number.NaN
  let value = 0
  let digits = 0
  let point = -1
  for (; p < end; p++) {
    const digit = bytes[p]! - 48
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digits++
    } else if (bytes[p] === 0x2e && point < 0) point = p
    else return Number.NaN
  }
  if (digits === 0 || digits > 15) return Number.NaN
  if (point >= 0) value /= POWERS[end - point - 1]!
  return sign === 0x2d ? -value : value
}

let viewed: Uint8Array | undefined
let view = new DataView(new ArrayBuffer(0))
/** A view over the bytes being decoded: one for each buffer, which decoders keep for many rows. */
function viewOf(bytes: Uint8Array): DataView {
  if (viewed !== bytes) {
    viewed = bytes
    view = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
  }
  return view
}
