import { checkedDays, civilFromDays, DAY_TEXTS, formatYear, MONTH_TEXTS, trimmedEnd, trimmedStart, twoDigits } from './date.ts'
import { fractionOfMicros, isBigint64, microsOfSeconds, SECONDS_PER_DAY, secondsOfMicros } from './micros.ts'
import { findZone, type Zone } from './zone.ts'

export { civilFromDays, daysFromCivil, formatDate, parseDate } from './date.ts'

/**
 * Timestamps: microseconds since 1970-01-01 00:00:00, of UTC for TIMESTAMP, of a clock without zone for TIMESTAMP_NTZ.
 * Text forms are those of CAST.
 */

/** The parts of a timestamp text, before a zone gives them meaning. One object is reused by every parse. */
export interface TimestampParts {
  /** False: a time of day alone; the date is the current one. */
  hasDate: boolean
  /** Local seconds since 1970 for `hasDate`, else seconds of the day. */
  seconds: number
  /** Microseconds within the second. */
  fraction: number
  /** The zone written in the text. */
  zone: Zone | undefined
}
const parts: TimestampParts = { hasDate: true, seconds: 0, fraction: 0, zone: undefined }

const SPACE = 0x20
const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const DIGIT_0 = 0x30
const COLON = 0x3a
const LETTER_T = 0x54

/** Segments: 0 year, 1 month, 2 day, 3 hour, 4 minute, 5 second, 6 fraction, 7 after a zone. */
const segments = new Int32Array(9)

/**
 * Splits a timestamp text as Spark's SparkDateTimeUtils.parseTimestampString does; undefined where that refuses.
 * The result is valid until the next call.
 */
export function splitTimestamp(text: string): TimestampParts | undefined {
  if (splitPlain(text)) return parts
  const end = trimmedEnd(text)
  let at = trimmedStart(text)
  const start = at
  if (at >= end) return undefined
  segments.fill(0)
  segments[0] = segments[1] = segments[2] = 1
  parts.zone = undefined
  let signed = false
  let sign = 1
  let justTime = false
  let fractionDigits = 0
  let segment = 0
  let value = 0
  let digits = 0
  const first = text.charCodeAt(at)
  if (first === MINUS || first === PLUS) {
    signed = true
    sign = first === MINUS ? -1 : 1
    at++
  }
  for (; at < end; at++) {
    const code = text.charCodeAt(at)
    const digit = code - DIGIT_0
    if (digit >= 0 && digit <= 9) {
      if (segment === 6) fractionDigits++
      // Digits of the fraction past the sixth are cut off.
      if (segment !== 6 || digits < 6) value = value * 10 + digit
      digits++
      if (digits > 9 && segment !== 6) return undefined
      continue
    }
    let next = segment + 1
    let target = segment
    if (at === start && code === LETTER_T) {
      justTime = true
      segment = 3
      continue
    }
    if (segment < 2) {
      if (code === COLON && segment === 0 && !signed) {
        justTime = true
        target = 3
        next = 4
      } else if (code !== MINUS) return undefined
    } else if (segment === 2) {
      if (code !== SPACE && code !== LETTER_T) return undefined
    } else if (segment === 3 || segment === 4) {
      if (code !== COLON) return undefined
    } else if (segment === 5 || segment === 6) {
      if (code !== DOT || segment !== 5) {
        next = 7
        parts.zone = findZone(text.slice(at, end).trim())
        if (parts.zone === undefined) return undefined
      }
    } else return undefined
    if (!validSegment(target, digits)) return undefined
    segments[target] = value
    value = 0
    digits = 0
    segment = next
    if (segment === 7) break
  }
  if (!validSegment(segment, digits)) return undefined
  segments[segment] = value
  let fraction = segments[6]!
  for (; fractionDigits < 6; fractionDigits++) fraction *= 10

  const hour = segments[3]!
  const minute = segments[4]!
  const second = segments[5]!
  if (hour > 23 || minute > 59 || second > 59) return undefined
  parts.hasDate = !justTime
  parts.fraction = fraction
  parts.seconds = hour * 3600 + minute * 60 + second
  if (!justTime) {
    const days = checkedDays(sign * segments[0]!, segments[1]!, segments[2]!)
    if (days === undefined) return undefined
    parts.seconds += days * SECONDS_PER_DAY
  }
  return parts
}

let lastDateText = ''
let lastDateSeconds = 0

/** The form nearly all data has, `yyyy-MM-dd HH:mm:ss[.f…]` with T or a blank: read by position. False: look more closely. */
function splitPlain(text: string): boolean {
  const { length } = text
  if (length < 19 || length > 29) return false
  const separator = text.charCodeAt(10)
  if (separator !== SPACE && separator !== LETTER_T) return false
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return false
  const hour = twoDigitsAt(text, 11)
  const minute = twoDigitsAt(text, 14)
  const second = twoDigitsAt(text, 17)
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return false
  let fraction = 0
  if (length > 19) {
    if (text.charCodeAt(19) !== DOT || length === 20) return false
    let unit = 100_000
    for (let at = 20; at < length; at++) {
      const digit = text.charCodeAt(at) - DIGIT_0
      if (digit < 0 || digit > 9) return false
      fraction += digit * unit
      unit = Math.floor(unit / 10)
    }
  }
  // Rows near each other mostly have the same date.
  if (!text.startsWith(lastDateText) || lastDateText === '') {
    if (text.charCodeAt(4) !== MINUS || text.charCodeAt(7) !== MINUS) return false
    const year = twoDigitsAt(text, 0) * 100 + twoDigitsAt(text, 2)
    const month = twoDigitsAt(text, 5)
    const day = twoDigitsAt(text, 8)
    if (!(year >= 0 && month >= 1 && day >= 1)) return false
    const days = checkedDays(year, month, day)
    if (days === undefined) return false
    lastDateText = text.slice(0, 10)
    lastDateSeconds = days * SECONDS_PER_DAY
  }
  parts.hasDate = true
  parts.zone = undefined
  parts.fraction = fraction
  parts.seconds = lastDateSeconds + hour * 3600 + minute * 60 + second
  return true
}

/** NaN where the two characters are not digits. */
function twoDigitsAt(text: string, at: number): number {
  const tens = text.charCodeAt(at) - DIGIT_0
  const ones = text.charCodeAt(at + 1) - DIGIT_0
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function validSegment(segment: number, digits: number): boolean {
  if (segment === 6) return true
  if (segment === 0) return digits >= 4 && digits <= 6
  if (segment === 7) return digits <= 2
  return digits > 0 && digits <= 2
}

/**
 * Parses a text as CAST(text AS TIMESTAMP) does. `zone` counts where the text names none. A time alone is a time of `today`
 * (days since 1970; without it such a text is refused). Undefined where Spark refuses.
 */
export function parseTimestamp(text: string, zone: Zone, today?: number): bigint | undefined {
  const found = splitTimestamp(text)
  if (found === undefined) return undefined
  let seconds = found.seconds
  if (!found.hasDate) {
    if (today === undefined) return undefined
    seconds += today * SECONDS_PER_DAY
  }
  return inRange(microsOfSeconds(seconds - (found.zone ?? zone).offsetSecondsOfLocal(seconds), found.fraction))
}

/** Parses a text as CAST(text AS TIMESTAMP_NTZ) does: a zone in the text is read and ignored, a time alone is refused. */
export function parseTimestampNtz(text: string, allowZone = true): bigint | undefined {
  const found = splitTimestamp(text)
  if (found === undefined || !found.hasDate || (!allowZone && found.zone !== undefined)) return undefined
  return inRange(microsOfSeconds(found.seconds, found.fraction))
}

function inRange(micros: bigint): bigint | undefined {
  return isBigint64(micros) ? micros : undefined
}

/**
 * Parses without making a bigint, for decoders that write lanes of numbers: `into[0]` gets the seconds since 1970, `into[1]` the microseconds of the second. False where Spark refuses (or a date is missing).
 */
export function parseTimestampInto(text: string, zone: Zone, into: Float64Array): boolean {
  const found = splitTimestamp(text)
  if (found === undefined || !found.hasDate) return false
  into[0] = found.seconds - (found.zone ?? zone).offsetSecondsOfLocal(found.seconds)
  into[1] = found.fraction
  return true
}

/** `yyyy-MM-dd HH:mm:ss[.ffffff]` in the zone, the fraction without trailing zeros. */
export function formatTimestamp(micros: bigint, zone: Zone): string {
  const seconds = secondsOfMicros(micros)
  return formatLocalSeconds(seconds + zone.offsetSecondsAt(seconds), fractionOfMicros(micros), ' ')
}
export function formatTimestampNtz(micros: bigint): string {
  return formatLocalSeconds(secondsOfMicros(micros), fractionOfMicros(micros), ' ')
}

// The day before the current one is often asked again: rows of a stream are near each other in time.
let lastDay = Number.NaN
let lastDayText = ''

export function formatLocalSeconds(localSeconds: number, fraction: number, separator: string): string {
  const days = Math.floor(localSeconds / SECONDS_PER_DAY)
  if (days !== lastDay) {
    const { year, month, day } = civilFromDays(days)
    lastDayText = formatYear(year) + MONTH_TEXTS[month]! + DAY_TEXTS[day]!
    lastDay = days
  }
  const rest = localSeconds - days * SECONDS_PER_DAY
  const hour = Math.floor(rest / 3600)
  const minute = Math.floor(rest / 60) - hour * 60
  const text = `${lastDayText}${separator}${TWO[hour]}:${TWO[minute]}:${TWO[rest - hour * 3600 - minute * 60]}`
  return fraction === 0 ? text : text + fractionText(fraction)
}

/** `.5` for 500,000 microseconds: no trailing zeros. */
export function fractionText(fraction: number): string {
  const digits = String(fraction + 1_000_000)
  let end = 7
  while (digits.charCodeAt(end - 1) === DIGIT_0) end--
  return end === 1 ? '' : `.${digits.slice(1, end)}`
}

const TWO: readonly string[] = Array.from({ length: 60 }, (_, i) => twoDigits(i))
