import type { Batch } from '../columnar/batch.ts'
import { type Column, readValue } from '../columnar/column.ts'
import type { DataType } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import type { Zone } from '../types/zone.ts'
import type { ByteWriter } from './byte-writer.ts'

/** Columns to the bytes of a format. */
export interface Encoder {
  /** What a file begins with (the header of CSV). */
  begin(out: ByteWriter): void
  /** Row `row` of the batch as one record. */
  row(batch: Batch, row: number, out: ByteWriter): void
}

/** Writes the value at a row that is not NULL. */
export type CellWriter = (column: Column, row: number, out: ByteWriter) => void

const TWO_32 = 4294967296
/** Up to this high half (the year 2255) doubles hold microseconds exactly. */
const SAFE_HIGH = 1 << 21

function exactMilliseconds(micros: bigint): number {
  const rest = ((micros % 1000n) + 1000n) % 1000n
  return Number((micros - rest) / 1000n)
}

export function writeInteger(column: Column, row: number, out: ByteWriter): void {
  out.integer(column.values![row] as number)
}

export function writeLong(column: Column, row: number, out: ByteWriter): void {
  const value = (column.values as BigInt64Array)[row]!
  const near = Number(value)
  if (Number.isSafeInteger(near)) out.integer(near)
  else out.text(value.toString())
}

export function writeBoolean(column: Column, row: number, out: ByteWriter): void {
  out.text(column.values![row] === 1 ? 'true' : 'false')
}

/** DECIMAL(p ≤ 18, s), plain, with all digits of the scale. */
export function decimalCell(scale: number): CellWriter {
  const unit = 10 ** scale
  return (column, row, out) => {
    const value = (column.values as BigInt64Array)[row]!
    let near = Number(value)
    if (!Number.isSafeInteger(near)) {
      const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
      if (value < 0n) out.byte(0x2d)
      out.text(scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`)
      return
    }
    if (near < 0) {
      out.byte(0x2d)
      near = -near
    }
    const whole = Math.floor(near / unit)
    out.integer(whole)
    if (scale === 0) return
    out.byte(0x2e)
    out.padded(near - whole * unit, scale)
  }
}

/** `yyyy-MM-ddTHH:mm:ss.SSS` and the offset of `zone` (none for undefined); the date's text is kept from row to row. */
export function timestampCell(zone: Zone | undefined, formatDate: (days: number) => string): CellWriter {
  let lastDays = Number.NaN
  let lastText = ''
  let viewed: Column | undefined
  let halves = new Int32Array(0)
  return (column, row, out) => {
    if (viewed !== column) {
      viewed = column
      const values = column.values as BigInt64Array
      halves = new Int32Array(values.buffer as ArrayBuffer, values.byteOffset, values.length * 2)
    }
    const low = halves[2 * row]! >>> 0
    const high = halves[2 * row + 1]!
    let milliseconds =
      high >= -SAFE_HIGH && high < SAFE_HIGH
        ? Math.floor((high * TWO_32 + low) / 1000)
        : exactMilliseconds((column.values as BigInt64Array)[row]!)
    const offset = zone === undefined ? 0 : (zone.fixedOffsetSeconds ?? zone.offsetSecondsAt(Math.floor(milliseconds / 1000)))
    milliseconds += offset * 1000
    const days = Math.floor(milliseconds / 86_400_000)
    if (days !== lastDays) {
      lastDays = days
      lastText = formatDate(days)
    }
    const ofDay = milliseconds - days * 86_400_000
    out.text(lastText)
    out.byte(0x54)
    out.padded(Math.floor(ofDay / 3_600_000), 2)
    out.byte(0x3a)
    out.padded(Math.floor(ofDay / 60_000) % 60, 2)
    out.byte(0x3a)
    out.padded(Math.floor(ofDay / 1000) % 60, 2)
    out.byte(0x2e)
    out.padded(ofDay % 1000, 3)
    if (zone === undefined) return
    if (offset === 0) {
      out.byte(0x5a)
      return
    }
    const minutes = Math.floor(Math.abs(offset) / 60)
    out.byte(offset < 0 ? 0x2d : 0x2b)
    out.padded(Math.floor(minutes / 60), 2)
    out.byte(0x3a)
    out.padded(minutes % 60, 2)
  }
}

/** Any type by way of its value's text. */
export function valueCell(print: (value: Value) => string): CellWriter {
  return (column, row, out) => out.text(print(readValue(column, row)))
}

/** The cells that JSON and CSV write alike; undefined for the rest. */
export function plainCell(type: DataType): CellWriter | undefined {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
      return writeInteger
    case 'bigint':
      return writeLong
    case 'boolean':
      return writeBoolean
    case 'decimal':
      return type.precision <= 18 ? decimalCell(type.scale) : undefined
    default:
      return undefined
  }
}
