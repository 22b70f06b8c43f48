import type { ColumnWriter } from './column-writer.ts'
import { isNumberEnd, REFUSED, skipNumber } from './json-bytes.ts'
import { POWERS, readLongDigits, writeHalves } from './number-bytes.ts'
import { writeMicros } from './time-bytes.ts'

// The numbers of the generated JSON decoder: as json-bytes.ts, they refuse what is not plainly right.

/** An integer of up to 15 digits into 32-bit halves; more digits go through a bigint. */
export function readLong(b: Uint8Array, p: number, column: ColumnWriter, row: number): number {
  const negative = b[p] === 0x2d
  if (negative) p++
  const start = p
  let value = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = b[++p]! - 48
  }
  const digits = p - start
  if (digits === 0 || (digits > 1 && b[start] === 0x30) || !isNumberEnd(b[p]!)) return REFUSED
  if (digits > 15) return readLongDigits(b, start, p, negative, column, row)
  if (negative) value = -value
  writeHalves(column.halves!, row, value)
  return p
}

/** An integer within [min, max] into an array of numbers. */
export function readInteger(b: Uint8Array, p: number, column: ColumnWriter, row: number, min: number, max: number): number {
  const negative = b[p] === 0x2d
  if (negative) p++
  const start = p
  let value = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = b[++p]! - 48
  }
  const digits = p - start
  if (digits === 0 || digits > 11 || (digits > 1 && b[start] === 0x30) || !isNumberEnd(b[p]!)) return REFUSED
  if (negative) value = -value
  if (value < min || value > max) return REFUSED
  column.values![row] = value
  return p
}

/** A number into an array of doubles or floats. Up to 15 digits and 10^±22 one operation is exactly rounded; else the platform reads the text. */
export function readDouble(b: Uint8Array, p: number, column: ColumnWriter, row: number): number {
  const start = p
  const negative = b[p] === 0x2d
  if (negative) p++
  const first = p
  let mantissa = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit
    digit = b[++p]! - 48
  }
  let digits = p - first
  if (digits === 0 || (digits > 1 && b[first] === 0x30)) return REFUSED
  let scale = 0
  if (b[p] === 0x2e) {
    const fraction = ++p
    digit = b[p]! - 48
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit
      digit = b[++p]! - 48
    }
    scale = p - fraction
    if (scale === 0) return REFUSED
    digits += scale
  }
  let value: number
  if (digits > 15 || scale > 22 || (b[p]! | 0x20) === 0x65) {
    p = skipNumber(b, start)
    if (p < 0) return REFUSED
    let text = ''
    for (let i = start; i < p; i++) text += String.fromCharCode(b[i]!)
    value = Number(text)
  } else {
    if (!isNumberEnd(b[p]!)) return REFUSED
    value = scale === 0 ? mantissa : mantissa / POWERS[scale]!
    // An integer −0 is 0, as an int is read first.
    if (negative && (scale > 0 || mantissa !== 0)) value = -value
  }
  column.values![row] = value
  return p
}

/** DECIMAL(p ≤ 18, s) from a plain number that needs no rounding. */
export function readDecimal(
  b: Uint8Array,
  p: number,
  column: ColumnWriter,
  row: number,
  precision: number,
  scale: number,
): number {
  const negative = b[p] === 0x2d
  if (negative) p++
  const first = p
  let value = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = b[++p]! - 48
  }
  let digits = p - first
  if (digits === 0 || (digits > 1 && b[first] === 0x30)) return REFUSED
  let written = 0
  if (b[p] === 0x2e) {
    const fraction = ++p
    digit = b[p]! - 48
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digit = b[++p]! - 48
    }
    written = p - fraction
    if (written === 0) return REFUSED
    digits += written
  }
  digits += scale - written
  if (written > scale || digits > 15 || digits > precision + (first === p - 1 ? 1 : 0) || !isNumberEnd(b[p]!)) return REFUSED
  value *= POWERS[scale - written]!
  if (value >= POWERS[Math.min(precision, 22)]!) return REFUSED
  if (negative) value = -value
  writeHalves(column.halves!, row, value)
  return p
}
/** An integer is whole seconds since 1970. */
export function readSeconds(b: Uint8Array, p: number, column: ColumnWriter, row: number): number {
  const negative = b[p] === 0x2d
  if (negative) p++
  const start = p
  let value = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = b[++p]! - 48
  }
  const digits = p - start
  // Twelve digits of seconds are microseconds within 64 bits.
  if (digits === 0 || digits > 12 || (digits > 1 && b[start] === 0x30) || !isNumberEnd(b[p]!)) return REFUSED
  writeMicros(column.halves!, row, negative ? 0 - value : value, 0)
  return p
}
