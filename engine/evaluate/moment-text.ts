import { checkedDays, civilFromDays } from '../types/date.ts'
import type { PatternElement } from '../types/pattern-elements.ts'
import type { Scratch } from './text-kernels.ts'

// Dates and timestamps as text and back, byte by byte, for the patterns nearly all data has: numbers of a fixed width, names and
// separators. Other patterns, and texts that do not fit to the letter, are left to engine/types/pattern.ts.

const SECONDS_PER_DAY = 86_400

// What a step writes or reads. Steps are two numbers each: one of these, and an operand (a count of digits, a byte, a list of names).
const BYTE = 0
const YEAR = 1
const YEAR_OF_CENTURY = 2
const MONTH = 3
const DAY = 4
const HOUR = 5
const MINUTE = 6
const SECOND = 7
const FRACTION = 8
const HOUR_OF_HALF = 9
const MONTH_NAME = 10
const WEEKDAY_NAME = 11
const HALF_NAME = 12
/** A point and the digits of the microseconds without zeros at the end; nothing when there are none. */
const SHORT_FRACTION = 13

const FIELDS: Readonly<Record<string, number>> = {
  month: MONTH,
  day: DAY,
  hour: HOUR,
  minute: MINUTE,
  second: SECOND,
  clockHourOfHalf: HOUR_OF_HALF,
}
const NAMES: Readonly<Record<string, number>> = { month: MONTH_NAME, dayOfWeek: WEEKDAY_NAME, half: HALF_NAME }

/** Writes local times from the year 0 to 9999. */
export class MomentWriter {
  readonly #steps: Int32Array
  readonly #names: readonly (readonly Uint8Array[])[]
  #dayKnown = Number.NaN
  #year = 0
  #month = 0
  #day = 0

  constructor(steps: readonly number[], names: readonly (readonly Uint8Array[])[] = []) {
    this.#steps = Int32Array.from(steps)
    this.#names = names
  }

  /** Gives the start of the text in the scratch; −1 for a year outside. */
  write(scratch: Scratch, localSeconds: number, fraction: number): number {
    const days = Math.floor(localSeconds / SECONDS_PER_DAY)
    if (days !== this.#dayKnown) this.#setDay(days)
    const year = this.#year
    if (year < 0 || year > 9999) return -1
    const secondOfDay = localSeconds - days * SECONDS_PER_DAY
    const hour = Math.floor(secondOfDay / 3600)
    const minute = Math.floor(secondOfDay / 60) - hour * 60
    const steps = this.#steps
    const start = scratch.reserve(12 * steps.length)
    const out = scratch.bytes
    let at = start
    for (let i = 0; i < steps.length; i += 2) {
      const operand = steps[i + 1]!
      switch (steps[i]) {
        case BYTE:
          out[at++] = operand
          break
        case YEAR:
          at = digits(out, at, year, operand)
          break
        case YEAR_OF_CENTURY:
          at = digits(out, at, year % 100, 2)
          break
        case MONTH:
          at = digits(out, at, this.#month, operand)
          break
        case DAY:
          at = digits(out, at, this.#day, operand)
          break
        case HOUR:
          at = digits(out, at, hour, operand)
          break
        case MINUTE:
          at = digits(out, at, minute, operand)
          break
        case SECOND:
          at = digits(out, at, secondOfDay - hour * 3600 - minute * 60, operand)
          break
        case HOUR_OF_HALF:
          at = digits(out, at, hour % 12 === 0 ? 12 : hour % 12, operand)
          break
        case FRACTION:
          at = fractionDigits(out, at, fraction, operand)
          break
        case SHORT_FRACTION:
          if (fraction !== 0) {
            out[at++] = 46
            at = fractionDigits(out, at, fraction, 6)
            while (out[at - 1] === 48) at--
          }
          break
        case MONTH_NAME:
          at = name(out, at, this.#names[operand]![this.#month - 1]!)
          break
        case WEEKDAY_NAME:
          at = name(out, at, this.#names[operand]![(((days + 3) % 7) + 7) % 7]!)
          break
        case HALF_NAME:
          at = name(out, at, this.#names[operand]![hour < 12 ? 0 : 1]!)
          break
      }
    }
    scratch.used = at
    return start
  }

  #setDay(days: number): void {
    const { year, month, day } = civilFromDays(days)
    this.#dayKnown = days
    this.#year = year
    this.#month = month
    this.#day = day
  }
}

/** At least so many digits. */
function digits(out: Uint8Array, at: number, value: number, least: number): number {
  if (least === 2) {
    const tens = (value * 205) >> 11
    out[at] = 48 + tens
    out[at + 1] = 48 + value - 10 * tens
    return at + 2
  }
  let size = value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4
  if (size < least) size = least
  let rest = value
  for (let i = at + size - 1; i >= at; i--) {
    const next = Math.floor(rest / 10)
    out[i] = 48 + rest - next * 10
    rest = next
  }
  return at + size
}
/** The first digits of six, then zeros. */
function fractionDigits(out: Uint8Array, at: number, fraction: number, count: number): number {
  let rest = fraction
  for (let unit = 100_000, i = at; i < at + count; unit = Math.floor(unit / 10), i++) {
    const digit = unit === 0 ? 0 : Math.floor(rest / unit)
    out[i] = 48 + digit
    rest -= digit * unit
  }
  return at + count
}
function name(out: Uint8Array, at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text[i]!
  return at + text.length
}

/** `yyyy-MM-dd`, and with the clock as CAST writes it. */
export function dateWriter(): MomentWriter {
  return new MomentWriter(DATE_STEPS)
}
export function timestampWriter(): MomentWriter {
  return new MomentWriter([...DATE_STEPS, BYTE, 32, ...CLOCK_STEPS, SHORT_FRACTION, 0])
}
const DATE_STEPS = [YEAR, 4, BYTE, 45, MONTH, 2, BYTE, 45, DAY, 2]
const CLOCK_STEPS = [HOUR, 2, BYTE, 58, MINUTE, 2, BYTE, 58, SECOND, 2]

/** undefined for patterns with anything else. */
export function patternWriter(elements: readonly PatternElement[]): MomentWriter | undefined {
  const steps: number[] = []
  const names: (readonly Uint8Array[])[] = []
  const encoder = new TextEncoder()
  for (const element of elements) {
    switch (element.kind) {
      case 'literal':
        for (const byte of encoder.encode(element.text)) steps.push(BYTE, byte)
        break
      case 'fraction':
        steps.push(FRACTION, element.maximum)
        break
      case 'number': {
        const isYear = element.field === 'year'
        if (isYear && element.minimum > 4) return undefined
        const step = isYear ? (element.reduced ? YEAR_OF_CENTURY : YEAR) : FIELDS[element.field]
        if (step === undefined) return undefined
        steps.push(step, element.minimum)
        break
      }
      case 'text': {
        const step = NAMES[element.field]
        if (step === undefined) return undefined
        steps.push(step, names.length)
        names.push(element.texts.map((text) => encoder.encode(text)))
        break
      }
      default:
        return undefined
    }
  }
  return new MomentWriter(steps, names)
}

/** What a text says: its local time, and the offset it names, NaN where it names none. Valid until the next call of the same reader. */
export interface MomentReader {
  seconds: number
  fraction: number
  offset: number
  /** false: not a text of the plain form, which is not to say that it is none. */
  read(bytes: Uint8Array, start: number, end: number): boolean
}

/** `yyyy-MM-dd[( |T)HH:mm:ss[.f…][Z|±HH:mm]]`, the forms of CAST that data has. */
export class TimestampReader implements MomentReader {
  seconds = 0
  fraction = 0
  offset = Number.NaN
  // Rows near each other mostly have the same date.
  #year = 0
  #monthAndDay = 0
  #days = Number.NaN

  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 10 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return false
    const days = this.date(bytes, start)
    if (Number.isNaN(days)) return false
    this.seconds = days * SECONDS_PER_DAY
    this.fraction = 0
    this.offset = Number.NaN
    if (end - start === 10) return true
    const separator = bytes[start + 10]
    if (end - start < 19 || (separator !== 32 && separator !== 84) || bytes[start + 13] !== 58 || bytes[start + 16] !== 58)
      return false
    const hour = twoDigits(bytes, start + 11)
    const minute = twoDigits(bytes, start + 14)
    const second = twoDigits(bytes, start + 17)
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false
    this.seconds += hour * 3600 + minute * 60 + second
    let at = start + 19
    if (at < end && bytes[at] === 46) {
      let unit = 100_000
      const first = ++at
      for (; at < end; at++) {
        const digit = bytes[at]! - 48
        if (digit < 0 || digit > 9) break
        this.fraction += digit * unit
        unit = Math.floor(unit / 10)
      }
      if (at === first) return false
    }
    return at === end || this.#offset(bytes, at, end)
  }

  /** Days of `yyyy-MM-dd` whose separators have been looked at; NaN when it is no date. */
  date(bytes: Uint8Array, start: number): number {
    const year4 = (bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!
    const monthAndDay = (bytes[start + 5]! << 24) | (bytes[start + 6]! << 16) | (bytes[start + 8]! << 8) | bytes[start + 9]!
    if (monthAndDay === this.#monthAndDay && year4 === this.#year) return this.#days
    this.#year = year4
    this.#monthAndDay = monthAndDay
    const century = twoDigits(bytes, start)
    const year = twoDigits(bytes, start + 2)
    const month = twoDigits(bytes, start + 5)
    const day = twoDigits(bytes, start + 8)
    const isDate = century >= 0 && year >= 0 && month > 0 && day > 0
    this.#days = (isDate ? checkedDays(century * 100 + year, month, day) : undefined) ?? Number.NaN
    return this.#days
  }

  #offset(bytes: Uint8Array, at: number, end: number): boolean {
    const sign = bytes[at]
    if (sign === 90 && at + 1 === end) {
      this.offset = 0
      return true
    }
    if ((sign !== 43 && sign !== 45) || at + 6 !== end || bytes[at + 3] !== 58) return false
    const hours = twoDigits(bytes, at + 1)
    const minutes = twoDigits(bytes, at + 4)
    if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > 18 * 60) return false
    this.offset = (sign === 45 ? -1 : 1) * (hours * 3600 + minutes * 60)
    return true
  }
}

/** `yyyy-MM-dd`, with anything behind a blank or T. */
export class DateReader implements MomentReader {
  seconds = 0
  fraction = 0
  offset = Number.NaN
  readonly #date = new TimestampReader()

  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 10 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return false
    if (end - start > 10 && bytes[start + 10] !== 32 && bytes[start + 10] !== 84) return false
    const days = this.#date.date(bytes, start)
    this.seconds = days * SECONDS_PER_DAY
    return !Number.isNaN(days)
  }
}

/** By a pattern of fields that each have one width. */
export class PatternReader implements MomentReader {
  seconds = 0
  fraction = 0
  offset = Number.NaN
  readonly #steps: Int32Array
  readonly #length: number

  constructor(steps: readonly number[], length: number) {
    this.#steps = Int32Array.from(steps)
    this.#length = length
  }

  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== this.#length) return false
    let year = 1970
    let month = 1
    let day = 1
    let seconds = 0
    this.fraction = 0
    const steps = this.#steps
    let at = start
    for (let i = 0; i < steps.length; i += 2) {
      const operand = steps[i + 1]!
      if (steps[i] === BYTE) {
        if (bytes[at++] !== operand) return false
        continue
      }
      let value = 0
      for (let left = operand; left > 0; left--) {
        const digit = bytes[at++]! - 48
        if (digit < 0 || digit > 9) return false
        value = value * 10 + digit
      }
      switch (steps[i]) {
        case YEAR:
          year = value
          break
        case MONTH:
          month = value
          break
        case DAY:
          day = value
          break
        case HOUR:
          if (value > 23) return false
          seconds += value * 3600
          break
        case MINUTE:
          if (value > 59) return false
          seconds += value * 60
          break
        case SECOND:
          if (value > 59) return false
          seconds += value
          break
        case FRACTION:
          for (let left = operand; left < 6; left++) value *= 10
          this.fraction = value
          break
      }
    }
    const days = checkedDays(year, month, day)
    if (days === undefined) return false
    this.seconds = days * SECONDS_PER_DAY + seconds
    return true
  }
}

/** undefined for patterns with fields of several widths, and those that do not say the whole date. */
export function patternReader(elements: readonly PatternElement[]): PatternReader | undefined {
  const steps: number[] = []
  let length = 0
  const seen = new Set<number>()
  for (const element of elements) {
    if (element.kind === 'literal') {
      for (const byte of new TextEncoder().encode(element.text)) {
        steps.push(BYTE, byte)
        length++
      }
      continue
    }
    let step: number | undefined
    let width = 2
    if (element.kind === 'fraction' && element.maximum <= 6) {
      step = FRACTION
      width = element.maximum
    } else if (element.kind === 'number' && element.field === 'year' && element.minimum === 4 && !element.reduced) {
      step = YEAR
      width = 4
    } else if (element.kind === 'number' && element.maximum === 2) {
      step = FIELDS[element.field]
    }
    if (step === undefined || step === HOUR_OF_HALF || seen.has(step)) return undefined
    seen.add(step)
    steps.push(step, width)
    length += width
  }
  return seen.has(YEAR) && seen.has(MONTH) && seen.has(DAY) ? new PatternReader(steps, length) : undefined
}

/** −1 when one of the two bytes is no digit. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}
