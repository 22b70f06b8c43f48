/**
 * Dates as days since 1970-01-01 in the proleptic Gregorian calendar (as java.time: year 0 exists, no Julian calendar).
 * Plain integer arithmetic on numbers; exact for every year Spark can hold (about ±5.8 million).
 */
export interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

export const MIN_DAYS = -2147483648
export const MAX_DAYS = 2147483647
const DAYS_PER_ERA = 146_097
/** Days from 0000-03-01 to 1970-01-01. The computation starts years in March so that the leap day comes last. */
const EPOCH_SHIFT = 719_468

/** Days of a civil date. Month and day are not checked; a day past the end of the month runs on into the next one. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * DAYS_PER_ERA + dayOfEra - EPOCH_SHIFT
}

export function civilFromDays(days: number): CivilDate {
  const shifted = days + EPOCH_SHIFT
  const era = Math.floor(shifted / DAYS_PER_ERA)
  const dayOfEra = shifted - era * DAYS_PER_ERA
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return { year, month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 }
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_LENGTHS[month - 1]!
}

/** Days of a civil date, or undefined where there is no such date. */
export function checkedDays(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  const days = daysFromCivil(year, month, day)
  return days < MIN_DAYS || days > MAX_DAYS ? undefined : days
}

/** 1 (Monday) to 7 (Sunday), as ISO 8601 counts. */
export function isoDayOfWeek(days: number): number {
  return floorMod(days + 3, 7) + 1
}

export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilFromDays(days).year, 1, 1) + 1
}

/** ISO 8601 week: weeks start on Monday and belong to the year that holds their Thursday. */
export function isoWeek(days: number): { readonly weekYear: number; readonly week: number } {
  const thursday = days - isoDayOfWeek(days) + 4
  const { year } = civilFromDays(thursday)
  return { weekYear: year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 }
}

/** Adds calendar months; a day past the end of the month becomes its last day (java.time plusMonths). */
export function addMonthsToDays(days: number, months: number): number {
  const { year, month, day } = civilFromDays(days)
  const total = year * 12 + (month - 1) + months
  const newYear = Math.floor(total / 12)
  const newMonth = total - newYear * 12 + 1
  return daysFromCivil(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)))
}

/**
 * Parses a date as CAST(text AS DATE) does: `[+-]yyyy[yyy][-[m]m[-[d]d[ |T…]]]`, blanks around it allowed; what follows a blank or T after
 * a full date is not read. Undefined where Spark refuses. Source: Spark's SparkDateTimeUtils.stringToDate.
 */
export function parseDate(text: string): number | undefined {
  const end = trimmedEnd(text)
  let at = trimmedStart(text)
  if (at >= end) return undefined
  let sign = 1
  const first = text.charCodeAt(at)
  if (first === MINUS || first === PLUS) {
    sign = first === MINUS ? -1 : 1
    at++
  }
  let year = 0
  let month = 1
  let segment = 0
  let value = 0
  let digits = 0
  for (; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === SPACE || code === LETTER_T) break
    if (code === MINUS && segment < 2) {
      if (!validDateSegment(segment, digits)) return undefined
      if (segment === 0) year = value
      else month = value
      segment++
      value = 0
      digits = 0
    } else {
      const digit = code - DIGIT_0
      if (digit < 0 || digit > 9) return undefined
      value = value * 10 + digit
      digits++
    }
  }
  if (!validDateSegment(segment, digits)) return undefined
  // A year or a month alone must fill the text.
  if (segment < 2 && at < end) return undefined
  if (segment === 0) return checkedDays(sign * value, 1, 1)
  if (segment === 1) return checkedDays(sign * year, value, 1)
  return checkedDays(sign * year, month, value)
}

function validDateSegment(segment: number, digits: number): boolean {
  return segment === 0 ? digits >= 4 && digits <= 7 : digits > 0 && digits <= 2
}

/** `yyyy-MM-dd`; years past 9999 carry a plus sign, years before 0 a minus sign. */
export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days)
  return formatYear(year) + MONTH_TEXTS[month]! + DAY_TEXTS[day]!
}

export function formatYear(year: number): string {
  if (year >= 1000 && year <= 9999) return String(year)
  const digits = String(Math.abs(year)).padStart(4, '0')
  return year < 0 ? `-${digits}` : year > 9999 ? `+${digits}` : digits
}

// Two-digit texts with their separators: formatting is table look-ups and one concatenation.
export const MONTH_TEXTS: readonly string[] = Array.from({ length: 13 }, (_, i) => `-${twoDigits(i)}`)
export const DAY_TEXTS: readonly string[] = Array.from({ length: 32 }, (_, i) => `-${twoDigits(i)}`)

export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
export function floorDiv(value: number, by: number): number {
  return Math.floor(value / by)
}
export function floorMod(value: number, by: number): number {
  return value - Math.floor(value / by) * by
}

const SPACE = 0x20
const PLUS = 0x2b
const MINUS = 0x2d
const DIGIT_0 = 0x30
const LETTER_T = 0x54

/** Spark's trimAll: blanks and control characters. */
export function isTrimmable(code: number): boolean {
  return code <= SPACE || code === 0x7f
}
export function trimmedStart(text: string): number {
  let at = 0
  while (at < text.length && isTrimmable(text.charCodeAt(at))) at++
  return at
}
export function trimmedEnd(text: string): number {
  let at = text.length
  while (at > 0 && isTrimmable(text.charCodeAt(at - 1))) at--
  return at
}
export function trimAll(text: string): string {
  const start = trimmedStart(text)
  const end = trimmedEnd(text)
  return start === 0 && end === text.length ? text : text.slice(start, Math.max(start, end))
}
