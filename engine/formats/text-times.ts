import type { DataType } from '../types/data-type.ts'
import { formatDate, parseDate, twoDigits } from '../types/date.ts'
import { compileDatePattern, compileLocalDateParser, compileTimeFormat } from '../types/pattern.ts'
import { formatTime, parseTime } from '../types/time.ts'
import { parseTimestamp, parseTimestampNtz } from '../types/timestamp.ts'
import type { Value } from '../types/value.ts'
import { UTC, type Zone, zoneOf } from '../types/zone.ts'

/** Patterns of Spark's text formats; undefined means: read as CAST does, write in the standard form. */
export interface TimeFormats {
  readonly dateFormat: string | undefined
  readonly timestampFormat: string | undefined
  readonly timestampNtzFormat: string | undefined
  readonly timeFormat: string | undefined
  readonly timeZone: string
}

/** Dates and times from and to the texts of JSON and CSV. The parsers give undefined for what is not of the form. */
export interface TextTimes {
  readonly zone: Zone
  parseDate(text: string): number | undefined
  parseTimestamp(text: string): bigint | undefined
  parseTimestampNtz(text: string): bigint | undefined
  parseTime(text: string): bigint | undefined
  formatDate(days: number): string
  formatTimestamp(micros: bigint): string
  formatTimestampNtz(micros: bigint): string
  formatTime(nanos: bigint): string
}

/** How values of a type of dates and times are written; undefined for the other types. */
export function timePrinter(type: DataType, times: TextTimes): ((value: Value) => string) | undefined {
  switch (type.kind) {
    case 'date':
      return (value) => times.formatDate(value as number)
    case 'timestamp':
      return (value) => times.formatTimestamp(value as bigint)
    case 'timestamp_ntz':
      return (value) => times.formatTimestampNtz(value as bigint)
    case 'time':
      return (value) => times.formatTime(value as bigint)
    default:
      return undefined
  }
}

const MICROS_PER_DAY = 86_400_000_000n
export function textTimes(formats: TimeFormats): TextTimes {
  const zone = zoneOf(formats.timeZone)
  const date = formats.dateFormat === undefined ? undefined : compileDatePattern(formats.dateFormat, UTC)
  const timestamp = formats.timestampFormat === undefined ? undefined : compileDatePattern(formats.timestampFormat, zone)
  const timestampNtz = formats.timestampNtzFormat === undefined ? undefined : compileDatePattern(formats.timestampNtzFormat, UTC)
  const timePattern = formats.timeFormat
  return {
    zone,
    parseDate: date === undefined ? parseDate : (text) => daysOf(date.parse(text)),
    parseTimestamp: timestamp === undefined ? (text) => parseTimestamp(text, zone) : (text) => timestamp.parse(text),
    parseTimestampNtz: timestampNtz === undefined ? (text) => parseTimestampNtz(text) : (text) => timestampNtz.parse(text),
    parseTime: timePattern === undefined ? parseTime : timeParser(timePattern),
    formatDate: date === undefined ? formatDate : (days) => date.format(BigInt(days) * MICROS_PER_DAY),
    formatTimestamp: timestamp === undefined ? (micros) => standardTimestamp(micros, zone) : (micros) => timestamp.format(micros),
    formatTimestampNtz:
      timestampNtz === undefined ? (micros) => standardTimestamp(micros, undefined) : (micros) => timestampNtz.format(micros),
    formatTime: timePattern === undefined ? formatTime : compileTimeFormat(timePattern, UTC),
  }
}

function daysOf(micros: bigint | undefined): number | undefined {
  if (micros === undefined) return undefined
  const rest = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY
  return Number((micros - rest) / MICROS_PER_DAY)
}
function timeParser(pattern: string): (text: string) => bigint | undefined {
  const parse = compileLocalDateParser(pattern)
  return (text) => {
    const micros = parse(text)
    return micros === undefined ? undefined : (((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY) * 1000n
  }
}

/** `yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]` as Spark writes it: always three digits, micros cut off. No zone: no offset. */
function standardTimestamp(micros: bigint, zone: Zone | undefined): string {
  const offset = zone === undefined ? 0 : Number(zone.offsetMicrosAt(micros) / 1_000_000n)
  const local = micros + BigInt(offset) * 1_000_000n
  const days = daysOf(local)!
  const milliseconds = Number((local - BigInt(days) * MICROS_PER_DAY) / 1000n)
  const seconds = Math.floor(milliseconds / 1000)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits).join(':')
  const text = `${formatDate(days)}T${clock}.${String(milliseconds % 1000).padStart(3, '0')}`
  if (zone === undefined) return text
  if (offset === 0) return `${text}Z`
  const minutes = Math.floor(Math.abs(offset) / 60)
  return `${text}${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`
}
