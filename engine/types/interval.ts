import { DAY_TIME, type DayTimeIntervalType, type DayTimeUnit, YEAR_MONTH, type YearMonthIntervalType } from './data-type.ts'
import { addMonthsToDays, trimAll, twoDigits } from './date.ts'
import {
  daysOfMicros,
  isBigint64,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  timeOfDayMicros,
} from './micros.ts'
import type { CalendarInterval } from './value.ts'
import type { Zone } from './zone.ts'

/**
 * Intervals. Year-month ones are months, day-time ones microseconds; a calendar interval holds months, days and microseconds apart
 * because neither a month nor a day has a fixed length. Texts as Spark's IntervalUtils reads and writes them.
 */
const MIN_INT = -2147483648
const MAX_INT = 2147483647

const CALENDAR_PART =
  /\s*([+-]?)\s*(\d+(?:\.(\d{0,9}))?|\.(\d{1,9}))\s+(year|month|week|day|hour|minute|second|millisecond|microsecond)s?(?=\s|$)/giy

/**
 * Reads `[interval] 1 day 2 hours -3.5 seconds`: parts in any order and number, each with its own sign; only seconds take a fraction.
 * Undefined where the text is none or a part overflows.
 */
export function parseIntervalText(text: string): CalendarInterval | undefined {
  const body = trimAll(text).replace(/^interval(?=\s|$)/i, '')
  if (body.trim() === '') return undefined
  let months = 0
  let days = 0
  let microseconds = 0n
  CALENDAR_PART.lastIndex = 0
  let end = 0
  for (let match = CALENDAR_PART.exec(body); match !== null; match = CALENDAR_PART.exec(body)) {
    end = CALENDAR_PART.lastIndex
    const unit = match[5]!.toLowerCase()
    const fraction = match[3] ?? match[4]
    if (fraction !== undefined && unit !== 'second') return undefined
    const sign = match[1] === '-' ? -1 : 1
    const whole = BigInt(match[2]!.split('.')[0] || '0') * BigInt(sign)
    if (!isBigint64(whole)) return undefined
    const count = Number(whole)
    switch (unit) {
      case 'year':
        months += count * 12
        break
      case 'month':
        months += count
        break
      case 'week':
        days += count * 7
        break
      case 'day':
        days += count
        break
      default:
        microseconds += whole * MICROS_OF_UNIT[unit]!
        // Digits past the microsecond are cut off.
        if (fraction !== undefined) microseconds += BigInt(sign) * BigInt(fraction.padEnd(6, '0').slice(0, 6))
    }
    if (!isInt(months) || !isInt(days) || !isBigint64(microseconds)) return undefined
    if (body.slice(end).trim() === '') return { months, days, microseconds }
  }
  return undefined
}

const MICROS_OF_UNIT: Readonly<Record<string, bigint>> = {
  hour: MICROS_PER_HOUR,
  minute: MICROS_PER_MINUTE,
  second: MICROS_PER_SECOND,
  millisecond: 1000n,
  microsecond: 1n,
}

function isInt(value: number): boolean {
  return value >= MIN_INT && value <= MAX_INT
}

/** `1 years 2 months 3 days 4 hours 5.5 seconds`; `0 seconds` for nothing. */
export function formatCalendarInterval({ months, days, microseconds }: CalendarInterval): string {
  const parts: string[] = []
  const append = (value: bigint | number, unit: string) => {
    if (value !== 0 && value !== 0n) parts.push(`${value} ${unit}`)
  }
  append(Math.trunc(months / 12), 'years')
  append(months % 12, 'months')
  append(days, 'days')
  append(microseconds / MICROS_PER_HOUR, 'hours')
  append((microseconds % MICROS_PER_HOUR) / MICROS_PER_MINUTE, 'minutes')
  const rest = microseconds % MICROS_PER_MINUTE
  if (rest !== 0n) parts.push(`${secondsText(rest)} seconds`)
  return parts.length === 0 ? '0 seconds' : parts.join(' ')
}

/** Seconds of a microsecond count with its fraction, without trailing zeros: `-5.25`. */
function secondsText(micros: bigint): string {
  const abs = micros < 0n ? -micros : micros
  const fraction = abs % MICROS_PER_SECOND
  const text = `${micros < 0n ? '-' : ''}${abs / MICROS_PER_SECOND}`
  return fraction === 0n ? text : `${text}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

const UNITS: readonly DayTimeUnit[] = ['day', 'hour', 'minute', 'second']
const UNIT_MICROS: readonly bigint[] = [MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND]

/** The value inside the quotes of the ANSI literal: `1-2`, `-5`, `1 02:03:04.5`. */
export function yearMonthText(months: number, type: YearMonthIntervalType = YEAR_MONTH): string {
  const sign = months < 0 ? '-' : ''
  const abs = Math.abs(months)
  const years = Math.floor(abs / 12)
  if (type.end === 'year') return `${sign}${years}`
  return type.start === 'month' ? String(months) : `${sign}${years}-${abs % 12}`
}

export function dayTimeText(micros: bigint, type: DayTimeIntervalType = DAY_TIME): string {
  const first = UNITS.indexOf(type.start)
  const last = UNITS.indexOf(type.end)
  let rest = micros < 0n ? -micros : micros
  let text = micros < 0n ? '-' : ''
  for (let i = first; i <= last; i++) {
    if (i > first) text += i === 1 ? ' ' : ':'
    if (i === 3) return `${text}${rest < 10n * MICROS_PER_SECOND ? '0' : ''}${secondsText(rest)}`
    const count = rest / UNIT_MICROS[i]!
    text += i === 0 ? String(count) : twoDigits(Number(count))
    rest %= UNIT_MICROS[i]!
  }
  return text
}

/** `INTERVAL '1-2' YEAR TO MONTH`. */
export function formatYearMonth(months: number, type: YearMonthIntervalType = YEAR_MONTH): string {
  return `INTERVAL '${yearMonthText(months, type)}' ${unitsText(type)}`
}
/** `INTERVAL '1 02:03:04.5' DAY TO SECOND`. */
export function formatDayTime(micros: bigint, type: DayTimeIntervalType = DAY_TIME): string {
  return `INTERVAL '${dayTimeText(micros, type)}' ${unitsText(type)}`
}
function unitsText(type: YearMonthIntervalType | DayTimeIntervalType): string {
  return (type.start === type.end ? type.start : `${type.start} to ${type.end}`).toUpperCase()
}

/** The form of Hive clients: `1-2`, whatever the fields; what is below the last one is cut off. */
export function hiveYearMonth(months: number, type: YearMonthIntervalType): string {
  return yearMonthText(type.end === 'year' ? months - (months % 12) : months, YEAR_MONTH)
}
/** The form of Hive clients: `1 02:03:04.500000000`, whatever the fields; what is below the last one is cut off. */
export function hiveDayTime(value: bigint, type: DayTimeIntervalType): string {
  const micros = truncateDayTime(value, type)
  const abs = micros < 0n ? -micros : micros
  const two = (value: bigint) => twoDigits(Number(value))
  const time = `${two((abs / MICROS_PER_HOUR) % 24n)}:${two((abs / MICROS_PER_MINUTE) % 60n)}:${two((abs / MICROS_PER_SECOND) % 60n)}`
  return `${micros < 0n ? '-' : ''}${abs / MICROS_PER_DAY} ${time}.${String((abs % MICROS_PER_SECOND) * 1000n).padStart(9, '0')}`
}

/** What became of reading an interval text. */
export type IntervalReading<T> =
  | { readonly kind: 'value'; readonly value: T }
  /** The text does not have the form its type asks for. */
  | { readonly kind: 'malformed' }
  /** A field is outside its range, such as 13 months after years. */
  | { readonly kind: 'field'; readonly message: string }
  | { readonly kind: 'overflow' }

/** Reads `[±]y-m`, `[±]n`, and the literals `INTERVAL [±]'…' YEAR TO MONTH`; the units must be those of the type. */
export function parseYearMonth(text: string, type: YearMonthIntervalType): IntervalReading<number> {
  const inner = unwrap(text, type)
  if (inner === undefined) return MALFORMED
  const pattern = type.start === type.end ? /^([+-]?)(\d+)$/ : /^([+-]?)(\d+)-(\d+)$/
  const match = pattern.exec(inner.text)
  if (match === null) return MALFORMED
  const sign = (match[1] === '-' ? -1 : 1) * inner.sign
  const first = Number(match[2])
  if (match[3] !== undefined && Number(match[3]) > 11) return outside('month', match[3], 0, 11)
  const months = sign * (type.start === 'month' ? first : first * 12 + Number(match[3] ?? 0))
  return isInt(months) && first <= MAX_INT + 1 ? { kind: 'value', value: months } : { kind: 'overflow' }
}

/** Reads `[±]d h:m:s.f` and its shorter forms, and the literals `INTERVAL [±]'…' DAY TO SECOND`; the units must be those of the type. */
export function parseDayTime(text: string, type: DayTimeIntervalType): IntervalReading<bigint> {
  const inner = unwrap(text, type)
  if (inner === undefined) return MALFORMED
  const first = UNITS.indexOf(type.start)
  const last = UNITS.indexOf(type.end)
  const match = dayTimePattern(first, last).exec(inner.text)
  if (match === null) return MALFORMED
  let total = 0n
  for (let i = first; i <= last; i++) {
    const digits = match[i - first + 2]!
    const count = BigInt(digits)
    // Below the leading field each field counts up to the next unit.
    if (i > first) {
      const limit = i === 1 ? 23 : 59
      if (count > BigInt(limit)) return outside(UNITS[i]!, digits, 0, limit)
    }
    total += count * UNIT_MICROS[i]!
  }
  const fraction = last === 3 ? match[last - first + 3] : undefined
  if (fraction !== undefined) total += BigInt(fraction.padEnd(6, '0').slice(0, 6))
  if ((match[1] === '-') !== inner.sign < 0) total = -total
  return isBigint64(total) ? { kind: 'value', value: total } : { kind: 'overflow' }
}

const MALFORMED = { kind: 'malformed' } as const

function outside(unit: string, value: string, low: number, high: number): IntervalReading<never> {
  return { kind: 'field', message: `${unit} ${value} outside range [${low}, ${high}]` }
}

const dayTimePatterns = new Map<number, RegExp>()
function dayTimePattern(first: number, last: number): RegExp {
  let pattern = dayTimePatterns.get(first * 4 + last)
  if (pattern === undefined) {
    let source = '^([+-]?)'
    for (let i = first; i <= last; i++) {
      if (i > first) source += i === 1 ? ' ' : ':'
      source += i === first ? '(\\d+)' : '(\\d{1,2})'
      if (i === 3) source += '(?:\\.(\\d{1,9}))?'
    }
    pattern = new RegExp(`${source}$`)
    dayTimePatterns.set(first * 4 + last, pattern)
  }
  return pattern
}

/** The text without an `INTERVAL ±'…' UNITS` around it. */
function unwrap(
  text: string,
  type: YearMonthIntervalType | DayTimeIntervalType,
): { readonly text: string; readonly sign: number } | undefined {
  const trimmed = trimAll(text)
  const literal = /^interval\s+([+-]?)'(.*)'\s+(\w+(?:\s+to\s+\w+)?)$/is.exec(trimmed)
  if (literal === null) return { text: trimmed, sign: 1 }
  if (literal[3]!.replace(/\s+/g, ' ').toUpperCase() !== unitsText(type)) return undefined
  return { text: literal[2]!, sign: literal[1] === '-' ? -1 : 1 }
}

/** Cuts a day-time interval to whole units of its last field, as a cast between day-time types does. */
export function truncateDayTime(micros: bigint, type: DayTimeIntervalType): bigint {
  if (type.end === 'second') return micros
  return micros - (micros % UNIT_MICROS[UNITS.indexOf(type.end)]!)
}
export function microsOfUnit(unit: DayTimeUnit): bigint {
  return UNIT_MICROS[UNITS.indexOf(unit)]!
}

/** Adds months, then days, both on the local clock, then exact microseconds. Undefined when the result leaves the range. */
export function addIntervalToTimestamp(micros: bigint, interval: CalendarInterval, zone: Zone): bigint | undefined {
  if (interval.months === 0 && interval.days === 0) return checked(micros + interval.microseconds)
  const local = zone.toLocalMicros(micros)
  const days = addMonthsToDays(daysOfMicros(local), interval.months) + interval.days
  return checked(zone.toUtcMicros(BigInt(days) * MICROS_PER_DAY + timeOfDayMicros(local)) + interval.microseconds)
}

function checked(micros: bigint): bigint | undefined {
  return isBigint64(micros) ? micros : undefined
}
