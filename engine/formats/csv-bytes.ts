import { isUtf8 } from '../columnar/bytes.ts'
import type { ColumnWriter } from './column-writer.ts'
import { REFUSED } from './json-bytes.ts'
import { POWERS, readLongDigits, writeHalves } from './number-bytes.ts'

/**
 * The parts of the generated CSV decoder that do not depend on the schema: they walk the bytes `b` of a line, make no objects, and refuse what is
 * not plainly right. All give the position behind what they read, where a separator, a quote or a line break must stand. `v` is a view over the
 * same bytes, `separators` the separator in each of the four bytes of a word. The line ends in a line feed.
 */

/** The lowest bit that is set belongs to a separator or a control character. */
function stops(w: number, separators: number): number {
  const x = w ^ separators
  return (((w - 0x20202020) & ~w) | ((x - 0x01010101) & ~x)) & 0x80808080
}

/** To the separator or line break that ends a cell without quotes. */
export function cellEnd(b: Uint8Array, v: DataView, p: number, separators: number): number {
  for (;;) {
    const m = stops(v.getInt32(p, true), separators)
    if (m === 0) {
      p += 4
      continue
    }
    p += (31 - Math.clz32(m & -m)) >> 3
    const c = b[p]!
    if (c === (separators & 255) || c === 0x0a || c === 0x0d) return p
    p++
  }
}

/** To the line break. */
export function lineBreak(b: Uint8Array, v: DataView, p: number): number {
  for (;;) {
    const w = v.getInt32(p, true)
    const m = (w - 0x20202020) & ~w & 0x80808080
    if (m === 0) {
      p += 4
      continue
    }
    p += (31 - Math.clz32(m & -m)) >> 3
    if (b[p] === 0x0a || b[p] === 0x0d) return p
    p++
  }
}

/** A cell without quotes into a column of texts, with as much room as the input is long. */
export function readCell(b: Uint8Array, v: DataView, p: number, separators: number, column: ColumnWriter, row: number): number {
  const offsets = column.offsets!
  const target = column.view!
  const separator = separators & 255
  const start = p
  let o = offsets[row]!
  let all = 0
  for (;;) {
    const w = v.getInt32(p, true)
    target.setInt32(o, w, true)
    const m = stops(w, separators)
    if (m === 0) {
      all |= w
      p += 4
      o += 4
      continue
    }
    const k = (31 - Math.clz32(m & -m)) >> 3
    // Of the bytes before the stop only.
    all |= w & ((1 << (k << 3)) - 1)
    p += k
    o += k
    const c = b[p]!
    if (c === separator || c === 0x0a || c === 0x0d) break
    p++
    o++
  }
  if ((all & 0x80808080) !== 0 && !isUtf8(b, start, p)) return REFUSED
  offsets[row + 1] = o
  return p
}

/** The lowest bit that is set belongs to a quote, an escape or a control character. */
function quotedStops(w: number, quotes: number, escapes: number): number {
  const x = w ^ quotes
  const y = w ^ escapes
  return (((w - 0x20202020) & ~w) | ((x - 0x01010101) & ~x) | ((y - 0x01010101) & ~y)) & 0x80808080
}

/**
 * A cell from behind its opening quote to its closing one; refused when it is empty, has an escape, or a line break. `quotes` and `escapes`: the
 * character in each byte of a word; where there is no escape it is the quote too.
 */
export function readQuotedCell(
  b: Uint8Array,
  v: DataView,
  p: number,
  quotes: number,
  escapes: number,
  column: ColumnWriter,
  row: number,
): number {
  const target = column.view!
  const start = p
  let o = column.offsets![row]!
  let all = 0
  for (;;) {
    const w = v.getInt32(p, true)
    target.setInt32(o, w, true)
    const m = quotedStops(w, quotes, escapes)
    if (m === 0) {
      all |= w
      p += 4
      o += 4
      continue
    }
    const k = (31 - Math.clz32(m & -m)) >> 3
    all |= w & ((1 << (k << 3)) - 1)
    p += k
    o += k
    const c = b[p]!
    if (c === (quotes & 255)) break
    if (c === (escapes & 255) || c === 0x0a || c === 0x0d) return REFUSED
    p++
    o++
  }
  if (p === start || ((all & 0x80808080) !== 0 && !isUtf8(b, start, p))) return REFUSED
  column.offsets![row + 1] = o
  return p
}

/** The same, not read. */
export function quotedCellEnd(b: Uint8Array, v: DataView, p: number, quotes: number, escapes: number): number {
  for (;;) {
    const m = quotedStops(v.getInt32(p, true), quotes, escapes)
    if (m === 0) {
      p += 4
      continue
    }
    p += (31 - Math.clz32(m & -m)) >> 3
    const c = b[p]!
    if (c === (quotes & 255)) return p
    if (c === (escapes & 255) || c === 0x0a || c === 0x0d) return REFUSED
    p++
  }
}

/** Is the cell at p this text? */
export function isCell(b: Uint8Array, p: number, text: Uint8Array, separator: number): boolean {
  for (let i = 0; i < text.length; i++) if (b[p + i] !== text[i]) return false
  const c = b[p + text.length]!
  return c === separator || c === 0x0a || c === 0x0d
}

export function readLong(b: Uint8Array, p: number, column: ColumnWriter, row: number): number {
  const sign = b[p]!
  if (sign === 0x2d || sign === 0x2b) p++
  const start = p
  let value = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = b[++p]! - 48
  }
  if (p === start) return REFUSED
  if (p - start > 15) return readLongDigits(b, start, p, sign === 0x2d, column, row)
  writeHalves(column.halves!, row, sign === 0x2d ? 0 - value : value)
  return p
}

export function readInteger(b: Uint8Array, p: number, column: ColumnWriter, row: number, min: number, max: number): number {
  const sign = b[p]!
  if (sign === 0x2d || sign === 0x2b) p++
  const start = p
  let value = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = b[++p]! - 48
  }
  if (p === start || p - start > 15) return REFUSED
  if (sign === 0x2d) value = 0 - value
  if (value < min || value > max) return REFUSED
  column.values![row] = value
  return p
}

/** A plain decimal of up to 15 digits, which one division rounds rightly. */
export function readDouble(b: Uint8Array, p: number, column: ColumnWriter, row: number): number {
  const sign = b[p]!
  if (sign === 0x2d || sign === 0x2b) p++
  const start = p
  let value = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = b[++p]! - 48
  }
  let digits = p - start
  if (b[p] === 0x2e) {
    const point = ++p
    digit = b[p]! - 48
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digit = b[++p]! - 48
    }
    digits += p - point
    if (digits <= 15) value /= POWERS[p - point]!
  }
  if (digits === 0 || digits > 15) return REFUSED
  column.values![row] = sign === 0x2d ? -value : value
  return p
}

/** DECIMAL(p ≤ 18, s) from a plain number of up to 15 digits that needs no rounding. */
export function readDecimal(
  b: Uint8Array,
  p: number,
  column: ColumnWriter,
  row: number,
  precision: number,
  scale: number,
): number {
  const sign = b[p]!
  if (sign === 0x2d || sign === 0x2b) p++
  const start = p
  let value = 0
  let digit = b[p]! - 48
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    digit = b[++p]! - 48
  }
  let digits = p - start
  let written = 0
  if (b[p] === 0x2e) {
    const point = ++p
    digit = b[p]! - 48
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digit = b[++p]! - 48
    }
    written = p - point
    digits += written
  }
  if (digits === 0 || written > scale || digits + scale - written > 15) return REFUSED
  value *= POWERS[scale - written]!
  if (value >= POWERS[Math.min(precision, 22)]!) return REFUSED
  writeHalves(column.halves!, row, sign === 0x2d ? 0 - value : value)
  return p
}

export function readBoolean(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number): number {
  // The bit that tells a capital letter from a small one is set in each of the four bytes.
  const w = v.getInt32(p, true) | 0x20202020
  if (w === 0x65757274) {
    column.values![row] = 1
    return p + 4
  }
  if (w !== 0x736c6166 || (b[p + 4]! | 0x20) !== 0x65) return REFUSED
  column.values![row] = 0
  return p + 5
}
