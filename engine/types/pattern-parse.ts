import { checkedDays, civilFromDays, daysFromCivil, isLeapYear } from './date.ts'
import { SECONDS_PER_DAY } from './micros.ts'
import type { NumberElement, PatternElement } from './pattern-elements.ts'
import { parseOffset, type Zone } from './zone.ts'
import { zoneIdAt, zoneNamed } from './zone-names.ts'

/** A text read by a pattern. Local seconds since 1970 and microseconds, and the zone or offset the text names. */
export interface ParsedDateTime {
  readonly seconds: number
  readonly fraction: number
  readonly zone: Zone | undefined
  readonly offsetSeconds: number | undefined
}

/** Fields in the order of `fields`; NaN where the text did not set one. */
const FIELDS = {
  year: 0,
  yearOfEra: 1,
  era: 2,
  quarter: 3,
  month: 4,
  day: 5,
  dayOfYear: 6,
  alignedDayOfWeek: 7,
  dayOfWeek: 8,
  hour: 9,
  clockHour: 10,
  hourOfHalf: 11,
  clockHourOfHalf: 12,
  half: 13,
  minute: 14,
  second: 15,
  nanos: 16,
} as const
const FIELD_COUNT = 17
const RANGES: readonly (readonly [field: number, low: number, high: number])[] = [
  [FIELDS.yearOfEra, 1, 1_000_000_000],
  [FIELDS.month, 1, 12],
  [FIELDS.day, 1, 31],
  [FIELDS.dayOfYear, 1, 366],
  [FIELDS.hour, 0, 23],
  [FIELDS.clockHour, 1, 24],
  [FIELDS.hourOfHalf, 0, 11],
  [FIELDS.clockHourOfHalf, 1, 12],
  [FIELDS.minute, 0, 59],
  [FIELDS.second, 0, 59],
]

interface Reading {
  text: string
  readonly fields: Float64Array
  zone: Zone | undefined
  offsetSeconds: number | undefined
}
/** Reads from a position; the position after it, or −1. */
type Read = (reading: Reading, at: number) => number

/**
 * A reader of whole texts by a pattern's elements, strict as java.time's STRICT resolver: numbers have their widths, names any case,
 * fields in their ranges and in agreement with each other. Undefined where the text does not match.
 */
export function patternParser(elements: readonly PatternElement[]): (text: string) => ParsedDateTime | undefined {
  const read = sequence(elements)
  // One reading is used again for every text.
  const reading: Reading = { text: '', fields: new Float64Array(FIELD_COUNT), zone: undefined, offsetSeconds: undefined }
  return (text) => {
    reading.text = text
    reading.fields.fill(Number.NaN)
    reading.zone = undefined
    reading.offsetSeconds = undefined
    return read(reading, 0) === text.length ? resolve(reading) : undefined
  }
}

function sequence(elements: readonly PatternElement[]): Read {
  const readers = elements.map(readerOf)
  return (reading, at) => {
    for (const read of readers) {
      at = read(reading, at)
      if (at < 0) return -1
    }
    return at
  }
}

function readerOf(element: PatternElement): Read {
  switch (element.kind) {
    case 'literal': {
      const lower = element.text.toLowerCase()
      const { length } = element.text
      return ({ text }, at) =>
        text.startsWith(element.text, at) || text.slice(at, at + length).toLowerCase() === lower ? at + length : -1
    }
    case 'number':
      return numberReader(element)
    case 'fraction':
      return (reading, at) => {
        let end = at
        while (end < at + element.maximum && isDigit(reading.text, end)) end++
        if (end - at < element.minimum) return -1
        return set(reading, FIELDS.nanos, Number(reading.text.slice(at, end).padEnd(9, '0'))) ? end : -1
      }
    case 'text': {
      const field = FIELDS[element.field]
      const base = element.field === 'era' || element.field === 'half' ? 0 : 1
      const names = element.texts
        .map((name, i) => [name.toLowerCase(), i + base] as const)
        .sort(([a], [b]) => b.length - a.length)
      return (reading, at) => {
        for (const [name, value] of names) {
          if (reading.text.slice(at, at + name.length).toLowerCase() !== name) continue
          return set(reading, field, value) ? at + name.length : -1
        }
        return -1
      }
    }
    case 'offset': {
      const pattern = OFFSET_READERS[element.form]!
      return (reading, at) => {
        const { text } = reading
        pattern.lastIndex = at
        const match = pattern.exec(text)
        if (match === null) {
          if (text.slice(at, at + element.zero.length).toUpperCase() !== element.zero) return -1
          reading.offsetSeconds = 0
          return at + element.zero.length
        }
        const seconds = parseOffset(match[0])
        if (seconds === undefined) return -1
        reading.offsetSeconds = seconds
        return at + match[0].length
      }
    }
    case 'gmtOffset': {
      const pattern = element.full ? /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/iy : /GMT([+-])(\d{1,2})(?::(\d\d)(?::(\d\d))?)?/iy
      return (reading, at) => {
        pattern.lastIndex = at
        const match = pattern.exec(reading.text)
        if (match === null) {
          if (reading.text.slice(at, at + 3).toUpperCase() !== 'GMT') return -1
          reading.offsetSeconds = 0
          return at + 3
        }
        const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0)
        if (seconds > 18 * 3600) return -1
        reading.offsetSeconds = match[1] === '-' ? -seconds : seconds
        return at + match[0].length
      }
    }
    case 'zoneId':
    case 'zoneName': {
      const find = element.kind === 'zoneId' ? zoneIdAt : zoneNamed
      return (reading, at) => {
        const found = find(reading.text.slice(at))
        if (found === undefined) return -1
        reading.zone = found.zone
        return at + found.length
      }
    }
    case 'optional': {
      const read = sequence(element.elements)
      return (reading, at) => {
        const saved = reading.fields.slice()
        const { zone, offsetSeconds } = reading
        const end = read(reading, at)
        if (end >= 0) return end
        reading.fields.set(saved)
        reading.zone = zone
        reading.offsetSeconds = offsetSeconds
        return at
      }
    }
  }
}

const OFFSET_READERS: Readonly<Record<string, RegExp>> = {
  '+HHmm': /[+-]\d\d(?:\d\d)?/y,
  '+HHMM': /[+-]\d{4}/y,
  '+HH:MM': /[+-]\d\d:\d\d/y,
  '+HHMMss': /[+-]\d{4}(?:\d\d)?/y,
  '+HH:MM:ss': /[+-]\d\d:\d\d(?::\d\d)?/y,
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0x30 && code <= 0x39
}

/** A field that is set twice must get the same value. */
function set(reading: Reading, field: number, value: number): boolean {
  const old = reading.fields[field]!
  reading.fields[field] = value
  return Number.isNaN(old) || old === value
}

/** java.time's NumberPrinterParser in strict mode, with adjacent-value parsing. */
function numberReader(element: NumberElement): Read {
  const field = FIELDS[element.field]
  const { minimum, maximum, sign, subsequent } = element
  return (reading, start) => {
    const { text } = reading
    let at = start
    const first = text[at]
    const negative = first === '-'
    const positive = first === '+'
    if ((negative && sign === 'never') || (positive && sign !== 'exceeds')) return -1
    if (negative || positive) at++
    const limit = Math.min(at + maximum + subsequent, text.length)
    let end = at
    while (end < limit && isDigit(text, end)) end++
    // Numbers that follow without a separator get their digits first.
    if (subsequent > 0) end = at + Math.min(end - at, Math.max(minimum, end - at - subsequent))
    const width = end - at
    if (width < minimum) return -1
    let value = 0
    if (width > 15) value = Number(text.slice(at, end))
    else for (let i = at; i < end; i++) value = value * 10 + text.charCodeAt(i) - 0x30
    if (negative) {
      if (value === 0) return -1
      value = -value
    } else if (sign === 'exceeds' && positive !== width > minimum) return -1
    if (element.reduced) value += 2000
    return set(reading, field, value) ? end : -1
  }
}

function resolve({ fields, zone, offsetSeconds }: Reading): ParsedDateTime | undefined {
  for (const [field, low, high] of RANGES) {
    const value = fields[field]!
    if (value < low || value > high) return undefined
  }
  const days = resolveDate(fields)
  const hour = resolveHour(fields)
  if (days === undefined || hour === undefined) return undefined
  const seconds = hour * 3600 + orElse(fields[FIELDS.minute]!, 0) * 60 + orElse(fields[FIELDS.second]!, 0)
  const fraction = Math.floor(orElse(fields[FIELDS.nanos]!, 0) / 1000)
  return { seconds: days * SECONDS_PER_DAY + seconds, fraction, zone, offsetSeconds }
}

function orElse(value: number, fallback: number): number {
  return Number.isNaN(value) ? fallback : value
}

function resolveDate(fields: Float64Array): number | undefined {
  let year = fields[FIELDS.year]!
  const yearOfEra = fields[FIELDS.yearOfEra]!
  const era = fields[FIELDS.era]!
  if (!Number.isNaN(yearOfEra) && !Number.isNaN(era)) year = era === 1 ? yearOfEra : 1 - yearOfEra
  year = orElse(year, 1970)
  const month = fields[FIELDS.month]!
  const day = fields[FIELDS.day]!
  const ofYear = fields[FIELDS.dayOfYear]!
  if (Number.isNaN(ofYear)) return checkedDays(year, orElse(month, 1), orElse(day, 1))
  if (ofYear === 366 && !isLeapYear(year)) return undefined
  const days = daysFromCivil(year, 1, 1) + ofYear - 1
  const civil = civilFromDays(days)
  return orElse(month, civil.month) === civil.month && orElse(day, civil.day) === civil.day ? days : undefined
}

function resolveHour(fields: Float64Array): number | undefined {
  const half = fields[FIELDS.half]!
  let ofHalf = fields[FIELDS.hourOfHalf]!
  const clockOfHalf = fields[FIELDS.clockHourOfHalf]!
  if (!Number.isNaN(clockOfHalf)) {
    if (orElse(ofHalf, clockOfHalf % 12) !== clockOfHalf % 12) return undefined
    ofHalf = clockOfHalf % 12
  }
  let hour = fields[FIELDS.hour]!
  const clock = fields[FIELDS.clockHour]!
  if (!Number.isNaN(clock)) {
    if (orElse(hour, clock % 24) !== clock % 24) return undefined
    hour = clock % 24
  }
  if (!Number.isNaN(hour)) {
    const agrees = orElse(half, Math.floor(hour / 12)) === Math.floor(hour / 12) && orElse(ofHalf, hour % 12) === hour % 12
    return agrees ? hour : undefined
  }
  if (!Number.isNaN(ofHalf)) return ofHalf + orElse(half, 0) * 12
  return half === 1 ? 12 : 0
}
