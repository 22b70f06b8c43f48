import { isUtf8 } from '../columnar/bytes.ts'
import { checkedDays } from '../types/date.ts'
import type { Zone } from '../types/zone.ts'
import type { ColumnWriter } from './column-writer.ts'

/**
 * The parts of the generated JSON decoder that do not depend on the schema: they walk bytes, make no objects, and refuse (give −1) whatever
 * is not plainly right. The exact path then says what it is.
 *
 * All take the bytes `b`, a DataView `v` over the same memory where words are read, and a position `p`; they give the position behind what they read.
 * The bytes end in a line feed or a zero, which no value can hold, so that no walk needs to look for the end.
 */
export const REFUSED = -1

export function skipSpace(b: Uint8Array, p: number): number {
  let c = b[p]!
  while (c === 0x20 || c === 0x09) c = b[++p]!
  return p
}

/** The same over line breaks too: for records that are not lines. */
export function skipBlank(b: Uint8Array, p: number): number {
  let c = b[p]!
  while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = b[++p]!
  return p
}

/**
 * What ends a plain walk through a text, looked for in four bytes at once: quote, backslash, control characters. The high bit of a byte is set
 * where one is. Bytes above 0x7f may set it too, and then nothing above the first of them counts.
 *
 * Swapping bit 1 puts the quote (0x22) next to the control characters, so that both are "below 0x21", one subtraction.
 */
function stops(w: number): number {
  return (((w ^ 0x02020202) - 0x21212121) | ((w ^ 0x5c5c5c5c) - 0x01010101)) & 0x80808080
}

/** The same exactly: the lowest bit that is set belongs to a quote, a backslash or a control character. */
function exactStops(w: number): number {
  const x = w ^ 0x02020202
  const y = w ^ 0x5c5c5c5c
  return (((x - 0x21212121) & ~x) | ((y - 0x01010101) & ~y)) & 0x80808080
}

/** From behind the opening quote to the closing quote. A text with escapes is checked, not decoded. */
export function skipText(b: Uint8Array, v: DataView, p: number): number {
  for (;;) {
    if (stops(v.getInt32(p, true)) === 0) {
      p += 4
      if (stops(v.getInt32(p, true)) === 0) {
        p += 4
        continue
      }
    }
    const m = exactStops(v.getInt32(p, true))
    if (m === 0) {
      p += 4
      continue
    }
    p += (31 - Math.clz32(m & -m)) >> 3
    const c = b[p]!
    if (c === 0x22) return p
    if (c !== 0x5c) return REFUSED
    p = skipEscape(b, p + 1)
    if (p < 0) return REFUSED
  }
}

export { isUtf8 }

/** From the character behind the backslash to behind the escape. */
function skipEscape(b: Uint8Array, p: number): number {
  const c = b[p]!
  if (c === 0x75) {
    for (let i = 1; i <= 4; i++) if (hexDigit(b[p + i]!) < 0) return REFUSED
    return p + 5
  }
  return simpleEscape(c) < 0 ? REFUSED : p + 1
}

function simpleEscape(c: number): number {
  switch (c) {
    case 0x22:
    case 0x2f:
    case 0x5c:
      return c
    case 0x62:
      return 8
    case 0x66:
      return 12
    case 0x6e:
      return 10
    case 0x72:
      return 13
    case 0x74:
      return 9
    default:
      return -1
  }
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  const lower = c | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
function hexCode(b: Uint8Array, p: number): number {
  let code = 0
  for (let i = 0; i < 4; i++) {
    const digit = hexDigit(b[p + i]!)
    if (digit < 0) return -1
    code = code * 16 + digit
  }
  return code
}

/**
 * A text from behind its opening quote into the column; gives the position behind the closing quote. There is room for it: the decoder
 * reserves as many bytes as the input still has, and no escape is shorter than what it stands for.
 */
export function readText(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number): number {
  const offsets = column.offsets!
  const target = column.view!
  let o = offsets[row]!
  const start = p
  let isAscii = true
  for (;;) {
    const w = v.getInt32(p, true)
    target.setInt32(o, w, true)
    if (stops(w) === 0) {
      p += 4
      o += 4
      continue
    }
    if ((w & 0x80808080) !== 0) isAscii = false
    const m = exactStops(w)
    if (m === 0) {
      p += 4
      o += 4
      continue
    }
    const k = (31 - Math.clz32(m & -m)) >> 3
    p += k
    o += k
    if (b[p] !== 0x22) return b[p] === 0x5c ? readEscapedText(b, start, column, row) : REFUSED
    if (!isAscii && !isUtf8(b, start, p)) return REFUSED
    offsets[row + 1] = o
    return p + 1
  }
}

/** The same, byte by byte, with escapes decoded. Half a surrogate pair is refused. */
function readEscapedText(b: Uint8Array, p: number, column: ColumnWriter, row: number): number {
  const target = column.bytes!
  let o = column.offsets![row]!
  let start = p
  for (;;) {
    const c = b[p]!
    if (c === 0x22 || c === 0x5c) {
      if (!isUtf8(b, start, p)) return REFUSED
      if (c === 0x22) break
      let code = simpleEscape(b[p + 1]!)
      if (code >= 0) {
        target[o++] = code
        p += 2
      } else {
        if (b[p + 1] !== 0x75) return REFUSED
        code = hexCode(b, p + 2)
        p += 6
        if (code >= 0xd800 && code <= 0xdfff) {
          const low = b[p] === 0x5c && b[p + 1] === 0x75 ? hexCode(b, p + 2) : -1
          if (code > 0xdbff || low < 0xdc00 || low > 0xdfff) return REFUSED
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
          p += 6
        }
        if (code < 0) return REFUSED
        if (code < 0x80) target[o++] = code
        else {
          if (code < 0x800) target[o++] = 0xc0 | (code >> 6)
          else {
            if (code < 0x10000) target[o++] = 0xe0 | (code >> 12)
            else {
              target[o++] = 0xf0 | (code >> 18)
              target[o++] = 0x80 | ((code >> 12) & 63)
            }
            target[o++] = 0x80 | ((code >> 6) & 63)
          }
          target[o++] = 0x80 | (code & 63)
        }
      }
      start = p
      continue
    }
    if (c < 0x20) return REFUSED
    target[o++] = c
    p++
  }
  column.offsets![row + 1] = o
  return p + 1
}

/** As Jackson's limit: what is longer is for the exact path, which refuses it. */
const NUMBER_LENGTH_MAX = 1000

/** A number, checked against JSON's grammar and not read. */
function skipNumber(b: Uint8Array, p: number): number {
  const first = p
  if (b[p] === 0x2d) p++
  let start = p
  while (isDigit(b[p]!)) p++
  if (p === start || (b[start] === 0x30 && p - start > 1)) return REFUSED
  if (b[p] === 0x2e) {
    start = ++p
    while (isDigit(b[p]!)) p++
    if (p === start) return REFUSED
  }
  if ((b[p]! | 0x20) === 0x65) {
    p++
    if (b[p] === 0x2b || b[p] === 0x2d) p++
    start = p
    while (isDigit(b[p]!)) p++
    if (p === start) return REFUSED
  }
  return isNumberEnd(b[p]!) && p - first <= NUMBER_LENGTH_MAX ? p : REFUSED
}

const WORD_TRUE = 0x65757274
const WORD_ALSE = 0x65736c61
const WORD_NULL = 0x6c6c756e

export function isNullWord(v: DataView, p: number): boolean {
  return v.getInt32(p, true) === WORD_NULL
}

const SKIP_DEPTH_MAX = 64

/** Any value, checked and not read. `breaks`: line breaks may stand between its tokens. */
export function skipValue(b: Uint8Array, v: DataView, p: number, breaks = false, depth = 0): number {
  switch (b[p]!) {
    case 0x22:
      p = skipText(b, v, p + 1)
      return p < 0 ? REFUSED : p + 1
    case 0x7b:
    case 0x5b:
      return depth > SKIP_DEPTH_MAX ? REFUSED : skipContainer(b, v, p, breaks, depth)
    case 0x74:
      return v.getInt32(p, true) === WORD_TRUE && isNumberEnd(b[p + 4]!) ? p + 4 : REFUSED
    case 0x66:
      return v.getInt32(p + 1, true) === WORD_ALSE && isNumberEnd(b[p + 5]!) ? p + 5 : REFUSED
    case 0x6e:
      return v.getInt32(p, true) === WORD_NULL && isNumberEnd(b[p + 4]!) ? p + 4 : REFUSED
    default:
      return skipNumber(b, p)
  }
}

function skipContainer(b: Uint8Array, v: DataView, p: number, breaks: boolean, depth: number): number {
  const object = b[p] === 0x7b
  const close = object ? 0x7d : 0x5d
  p = breaks ? skipBlank(b, p + 1) : skipSpace(b, p + 1)
  if (b[p] === close) return p + 1
  for (;;) {
    if (object) {
      if (b[p] !== 0x22) return REFUSED
      p = skipText(b, v, p + 1)
      if (p < 0) return REFUSED
      p = breaks ? skipBlank(b, p + 1) : skipSpace(b, p + 1)
      if (b[p] !== 0x3a) return REFUSED
      p = breaks ? skipBlank(b, p + 1) : skipSpace(b, p + 1)
    }
    p = skipValue(b, v, p, breaks, depth + 1)
    if (p < 0) return REFUSED
    p = breaks ? skipBlank(b, p) : skipSpace(b, p)
    if (b[p] === close) return p + 1
    if (b[p] !== 0x2c) return REFUSED
    p = breaks ? skipBlank(b, p + 1) : skipSpace(b, p + 1)
  }
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39
}
/** What may stand behind a number or word. */
function isNumberEnd(c: number): boolean {
  return c === 0x2c || c === 0x7d || c === 0x5d || c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09
}

const TWO_32 = 4294967296
/** 2^−32, exactly: a high half is a multiplication and a floor. */
const INVERSE_TWO_32 = 1 / TWO_32

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
  const halves = column.halves!
  halves[2 * row] = value | 0
  halves[2 * row + 1] = Math.floor(value * INVERSE_TWO_32)
  return p
}

/** A whole number that doubles hold exactly as 64 bits. */
export function writeHalves(halves: Int32Array, row: number, value: number): void {
  halves[2 * row] = value | 0
  halves[2 * row + 1] = Math.floor(value * INVERSE_TWO_32)
}

export function readLongDigits(
  b: Uint8Array,
  start: number,
  end: number,
  negative: boolean,
  column: ColumnWriter,
  row: number,
): number {
  if (end - start > 19) return REFUSED
  let high = 0
  let low = 0
  let p = start
  for (; p < end - 9; p++) high = high * 10 + b[p]! - 48
  for (; p < end; p++) low = low * 10 + b[p]! - 48
  let value = BigInt(high) * 1_000_000_000n + BigInt(low)
  if (negative) value = -value
  if (BigInt.asIntN(64, value) !== value) return REFUSED
  ;(column.values as BigInt64Array)[row] = value
  return end
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

export const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i)

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
  const halves = column.halves!
  halves[2 * row] = value | 0
  halves[2 * row + 1] = Math.floor(value * INVERSE_TWO_32)
  return p
}

export function readBoolean(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number): number {
  const c = b[p]!
  if (c === 0x74 && v.getInt32(p, true) === WORD_TRUE && isNumberEnd(b[p + 4]!)) {
    column.values![row] = 1
    return p + 4
  }
  if (c === 0x66 && v.getInt32(p + 1, true) === WORD_ALSE && isNumberEnd(b[p + 5]!)) {
    column.values![row] = 0
    return p + 5
  }
  return REFUSED
}

/** The last date read, as bytes and as days: rows of a stream mostly have the same one. */
let lastDate0 = 0
let lastDate1 = 0
let lastDate2 = 0
let lastDays = 0

/** Days since 1970 of `yyyy-MM-dd` at p; NaN when it is not one. */
export function daysAt(b: Uint8Array, v: DataView, p: number): number {
  const w0 = v.getInt32(p, true)
  const w1 = v.getInt32(p + 4, true)
  const w2 = v.getInt32(p + 6, true)
  if (w0 === lastDate0 && w1 === lastDate1 && w2 === lastDate2) return lastDays
  if (b[p + 4] !== 0x2d || b[p + 7] !== 0x2d) return Number.NaN
  const century = twoDigits(b, p)
  const year = twoDigits(b, p + 2)
  const month = twoDigits(b, p + 5)
  const day = twoDigits(b, p + 8)
  if (century < 0 || year < 0 || month < 0 || day < 0) return Number.NaN
  const days = checkedDays(century * 100 + year, month, day)
  if (days === undefined) return Number.NaN
  lastDate0 = w0
  lastDate1 = w1
  lastDate2 = w2
  return (lastDays = days)
}

/** The last minute read, as bytes and as seconds. */
let lastMinute0 = 0
let lastMinute1 = 0
let lastMinute2 = 0
let lastMinute3 = 0
let lastSeconds = 0

/** Seconds since 1970 of `yyyy-MM-ddTHH:mm` (or a blank for the T) at p; NaN when it is not one. */
function minuteAt(b: Uint8Array, v: DataView, p: number): number {
  const w0 = v.getInt32(p, true)
  const w1 = v.getInt32(p + 4, true)
  const w2 = v.getInt32(p + 8, true)
  const w3 = v.getInt32(p + 12, true)
  if (w3 === lastMinute3 && w2 === lastMinute2 && w1 === lastMinute1 && w0 === lastMinute0) return lastSeconds
  const days = daysAt(b, v, p)
  if (Number.isNaN(days)) return Number.NaN
  const hour = twoDigits(b, p + 11)
  const minute = twoDigits(b, p + 14)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return Number.NaN
  if ((b[p + 10] !== 0x54 && b[p + 10] !== 0x20) || b[p + 13] !== 0x3a) return Number.NaN
  lastMinute0 = w0
  lastMinute1 = w1
  lastMinute2 = w2
  lastMinute3 = w3
  return (lastSeconds = days * 86400 + hour * 3600 + minute * 60)
}

function twoDigits(b: Uint8Array, p: number): number {
  const tens = b[p]! - 48
  const ones = b[p + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

/** `yyyy-MM-dd` in quotes, from behind the opening one. */
export function readDate(b: Uint8Array, v: DataView, p: number, column: ColumnWriter, row: number, quote: number): number {
  const days = daysAt(b, v, p)
  if (Number.isNaN(days) || b[p + 10] !== quote) return REFUSED
  column.values![row] = days
  return p + 11
}

/**
 * `yyyy-MM-ddTHH:mm:ss[.f…][Z]` (or a blank for the T); what stands behind it is not looked at. Without Z it is local time of `zone`, or no
 * zone's when that is undefined, in which case Z is read over.
 */
export function readTimestampText(
  b: Uint8Array,
  v: DataView,
  p: number,
  column: ColumnWriter,
  row: number,
  zone: Zone | undefined,
): number {
  const minute = minuteAt(b, v, p)
  if (Number.isNaN(minute) || b[p + 16] !== 0x3a) return REFUSED
  const second = twoDigits(b, p + 17)
  if (second < 0 || second > 59) return REFUSED
  p += 19
  let micros = 0
  if (b[p] === 0x2e) {
    const start = ++p
    let digit = b[p]! - 48
    while (digit >= 0 && digit <= 9) {
      if (p - start < 6) micros = micros * 10 + digit
      digit = b[++p]! - 48
    }
    const digits = p - start
    if (digits === 0) return REFUSED
    if (digits < 6) micros *= POWERS[6 - digits]!
  }
  let seconds = minute + second
  if (b[p] === 0x5a) p++
  else if (zone !== undefined) seconds -= zone.fixedOffsetSeconds ?? zone.offsetSecondsOfLocal(seconds)
  writeMicros(column.halves!, row, seconds, micros)
  return p
}

/** The same in quotes, from behind the opening one to behind the closing one. */
export function readTimestamp(
  b: Uint8Array,
  v: DataView,
  p: number,
  column: ColumnWriter,
  row: number,
  quote: number,
  zone: Zone | undefined,
): number {
  p = readTimestampText(b, v, p, column, row, zone)
  return p !== REFUSED && b[p] === quote ? p + 1 : REFUSED
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

/** seconds · 10⁶ + micros as 64 bits. The product passes 2^53 after the year 2255, so halves are multiplied apart. */
export function writeMicros(halves: Int32Array, row: number, seconds: number, micros: number): void {
  const value = seconds * 1_000_000 + micros
  if (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) {
    halves[2 * row] = value | 0
    halves[2 * row + 1] = Math.floor(value * INVERSE_TWO_32)
    return
  }
  const exact = BigInt(seconds) * 1_000_000n + BigInt(micros)
  halves[2 * row] = Number(BigInt.asIntN(32, exact))
  halves[2 * row + 1] = Number(exact >> 32n)
}
