import { checkedDays } from '../types/date.ts'
import type { Zone } from '../types/zone.ts'
import type { ColumnWriter } from './column-writer.ts'
import { REFUSED } from './json-bytes.ts'
import { POWERS, writeHalves } from './number-bytes.ts'

// Dates and timestamps of the generated decoders of JSON and CSV, from bytes into columns.

/** The last date read, as bytes and as days: rows of a stream mostly have the same one. */
let lastDate0 = 0
let lastDate1 = 0
let lastDate2 = 0
let lastDays = 0

/** Days since 1970 of `yyyy-MM-dd` at p; NaN when it is not one. */
function daysAt(b: Uint8Array, v: DataView, p: number): number {
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

/** seconds · 10⁶ + micros as 64 bits. The product passes 2^53 after the year 2255, so halves are multiplied apart. */
export function writeMicros(halves: Int32Array, row: number, seconds: number, micros: number): void {
  const value = seconds * 1_000_000 + micros
  if (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) {
    writeHalves(halves, row, value)
    return
  }
  const exact = BigInt(seconds) * 1_000_000n + BigInt(micros)
  halves[2 * row] = Number(BigInt.asIntN(32, exact))
  halves[2 * row + 1] = Number(exact >> 32n)
}
