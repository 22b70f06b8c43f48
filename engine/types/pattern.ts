import { ExecutionError } from '../errors/engine-error.ts'
import { civilFromDays, dayOfYear, isoDayOfWeek, twoDigits } from './date.ts'
import { fractionOfMicros, isBigint64, SECONDS_PER_DAY, secondsOfMicros } from './micros.ts'
import { type NumberElement, type OffsetForm, type PatternElement, parsePattern } from './pattern-elements.ts'
import { patternParser } from './pattern-parse.ts'
import type { Zone } from './zone.ts'
import { zoneName } from './zone-names.ts'

export interface DatePattern {
  /** Text of an instant in the zone. Throws as `parsePattern` does, once, if the pattern cannot be used to format. */
  format(micros: bigint): string
  /** Instant of a text; undefined where it does not match. Throws as `parsePattern` does if the pattern cannot be used to parse. */
  parse(text: string): bigint | undefined
}

/** Java's pattern in a zone. The two directions are compiled when first used, since they allow different letters. */
export function compileDatePattern(pattern: string, zone: Zone): DatePattern {
  let format: ((micros: bigint) => string) | undefined
  let parse: ((text: string) => bigint | undefined) | undefined
  return {
    format: (micros) => (format ??= compileDateFormat(pattern, zone))(micros),
    parse: (text) => (parse ??= compileDateParser(pattern, zone))(text),
  }
}

/** Parses texts to instants; a zone or offset in the text wins over `zone`. Fields that the pattern lacks are those of 1970-01-01 00:00. */
export function compileDateParser(pattern: string, zone: Zone): (text: string) => bigint | undefined {
  const parse = patternParser(parsePattern(pattern, 'parse'))
  return (text) => {
    const found = parse(text)
    if (found === undefined) return undefined
    const offset = found.offsetSeconds ?? (found.zone ?? zone).offsetSecondsOfLocal(found.seconds)
    return checkRange(BigInt(found.seconds - offset) * 1_000_000n + BigInt(found.fraction))
  }
}

/** Parses texts to local timestamps; a zone in the text is read and ignored. */
export function compileLocalDateParser(pattern: string): (text: string) => bigint | undefined {
  const parse = patternParser(parsePattern(pattern, 'parse', false))
  return (text) => {
    const found = parse(text)
    return found === undefined ? undefined : checkRange(BigInt(found.seconds) * 1_000_000n + BigInt(found.fraction))
  }
}

/** A text may match and yet mean no timestamp: that is an error, not a mismatch. */
function checkRange(micros: bigint): bigint {
  if (isBigint64(micros)) return micros
  throw new ExecutionError('DATETIME_OVERFLOW', {
    message: 'the timestamp is out of range',
    parameters: { operation: 'parse a timestamp' },
  })
}

/** The parts of the instant being formatted; one object is reused. */
interface Clock {
  zone: Zone
  utcSeconds: number
  offset: number
  days: number
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  nanos: number
}
const clock: Clock = {
  zone: undefined as unknown as Zone,
  utcSeconds: 0,
  offset: 0,
  days: 0,
  year: 0,
  month: 0,
  day: 0,
  hour: 0,
  minute: 0,
  second: 0,
  nanos: 0,
}

/** Formats instants; throws AnalysisError for patterns that cannot be used to format. */
export function compileDateFormat(pattern: string, zone: Zone): (micros: bigint) => string {
  const printers = parsePattern(pattern, 'format').map(printerOf)
  return (micros) => {
    const utc = secondsOfMicros(micros)
    const offset = zone.offsetSecondsAt(utc)
    setClock(zone, utc, offset, utc + offset, fractionOfMicros(micros) * 1000)
    let text = ''
    for (const print of printers) text += print(clock)
    return text
  }
}

/** Formats times of day in nanoseconds; patterns with date fields give those of 1970-01-01. */
export function compileTimeFormat(pattern: string, zone: Zone): (nanos: bigint) => string {
  const printers = parsePattern(pattern, 'format').map(printerOf)
  return (nanos) => {
    setClock(zone, 0, 0, Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n))
    let text = ''
    for (const print of printers) text += print(clock)
    return text
  }
}

function setClock(zone: Zone, utcSeconds: number, offset: number, localSeconds: number, nanos: number): void {
  clock.zone = zone
  clock.utcSeconds = utcSeconds
  clock.offset = offset
  const days = Math.floor(localSeconds / SECONDS_PER_DAY)
  if (days !== clock.days || clock.month === 0) {
    const { year, month, day } = civilFromDays(days)
    clock.days = days
    clock.year = year
    clock.month = month
    clock.day = day
  }
  const rest = localSeconds - days * SECONDS_PER_DAY
  clock.hour = Math.floor(rest / 3600)
  clock.minute = Math.floor(rest / 60) % 60
  clock.second = rest % 60
  clock.nanos = nanos
}

type Print = (clock: Clock) => string

function printerOf(element: PatternElement): Print {
  switch (element.kind) {
    case 'literal':
      return () => element.text
    case 'number':
      return numberPrinter(element)
    case 'fraction':
      return (c) => String(c.nanos).padStart(9, '0').slice(0, element.maximum)
    case 'text': {
      const index = TEXT_INDEX[element.field]
      return (c) => element.texts[index(c)]!
    }
    case 'offset':
      return (c) => offsetText(c.offset, element.form, element.zero)
    case 'gmtOffset':
      return (c) => gmtOffsetText(c.offset, element.full)
    case 'zoneId':
      return (c) => c.zone.id
    case 'zoneName':
      return (c) => zoneName(c.zone, c.utcSeconds, element.style)
    case 'optional': {
      const printers = element.elements.map(printerOf)
      return (c) => printers.reduce((text, print) => text + print(c), '')
    }
  }
}

const NUMBER_OF: Readonly<Record<NumberElement['field'], (c: Clock) => number>> = {
  year: (c) => c.year,
  yearOfEra: (c) => (c.year > 0 ? c.year : 1 - c.year),
  quarter: (c) => Math.floor((c.month + 2) / 3),
  month: (c) => c.month,
  day: (c) => c.day,
  dayOfYear: (c) => dayOfYear(c.days),
  alignedDayOfWeek: (c) => ((c.day - 1) % 7) + 1,
  hour: (c) => c.hour,
  clockHour: (c) => (c.hour === 0 ? 24 : c.hour),
  hourOfHalf: (c) => c.hour % 12,
  clockHourOfHalf: (c) => (c.hour % 12 === 0 ? 12 : c.hour % 12),
  minute: (c) => c.minute,
  second: (c) => c.second,
}
const TEXT_INDEX = {
  era: (c: Clock) => (c.year > 0 ? 1 : 0),
  quarter: (c: Clock) => Math.floor((c.month - 1) / 3),
  month: (c: Clock) => c.month - 1,
  dayOfWeek: (c: Clock) => isoDayOfWeek(c.days) - 1,
  half: (c: Clock) => (c.hour < 12 ? 0 : 1),
} as const

function numberPrinter(element: NumberElement): Print {
  const value = NUMBER_OF[element.field]
  if (element.reduced) return (c) => twoDigits(Math.abs(value(c)) % 100)
  if (element.minimum === 2 && element.maximum === 2) return (c) => twoDigits(value(c))
  const { minimum } = element
  return (c) => {
    const number = value(c)
    const digits = String(Math.abs(number)).padStart(minimum, '0')
    if (number < 0) return `-${digits}`
    return element.sign === 'exceeds' && digits.length > minimum ? `+${digits}` : digits
  }
}

function offsetText(offset: number, form: OffsetForm, zero: string): string {
  if (offset === 0) return zero
  const abs = Math.abs(offset)
  const minutes = Math.floor(abs / 60) % 60
  const seconds = abs % 60
  const colon = form.includes(':') ? ':' : ''
  let text = (offset < 0 ? '-' : '+') + twoDigits(Math.floor(abs / 3600))
  if (form !== '+HHmm' || minutes !== 0) text += colon + twoDigits(minutes)
  if (form.endsWith('ss') && seconds !== 0) text += colon + twoDigits(seconds)
  return text
}

function gmtOffsetText(offset: number, full: boolean): string {
  if (offset === 0) return 'GMT'
  const abs = Math.abs(offset)
  const hours = Math.floor(abs / 3600)
  const minutes = Math.floor(abs / 60) % 60
  const seconds = abs % 60
  let text = `GMT${offset < 0 ? '-' : '+'}${full ? twoDigits(hours) : hours}`
  if (full || minutes !== 0 || seconds !== 0) text += `:${twoDigits(minutes)}`
  return seconds === 0 ? text : `${text}:${twoDigits(seconds)}`
}
