import type { Span } from '../../engine/errors/span.ts'
import {
  BIGINT,
  BINARY,
  CALENDAR_INTERVAL,
  DATE,
  type DataType,
  type DayTimeUnit,
  DOUBLE,
  dayTimeType,
  decimalType,
  FLOAT,
  INT,
  MAX_PRECISION,
  SMALLINT,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
  timeType,
  type YearMonthUnit,
  yearMonthType,
} from '../../engine/types/data-type.ts'
import { parseDecimal } from '../../engine/types/decimal.ts'
import { parseIntervalText } from '../../engine/types/interval.ts'
import { DEFAULT_TIME_PRECISION, parseTime } from '../../engine/types/time.ts'
import { parseDate, parseTimestamp, parseTimestampNtz, splitTimestamp } from '../../engine/types/timestamp.ts'
import type { CalendarInterval, Value } from '../../engine/types/value.ts'
import { zoneOf } from '../../engine/types/zone.ts'
import type { LiteralSyntax } from '../ast.ts'
import { quoteText } from '../quote.ts'
import type { Cursor } from './cursor.ts'

/** A literal's value is fixed where it is read, so that a bad one is refused with its place and the session's zone counts as of then. */

const WHOLE_TYPES: Readonly<Record<string, { readonly type: DataType; readonly bits: number }>> = {
  Y: { type: TINYINT, bits: 8 },
  S: { type: SMALLINT, bits: 16 },
  L: { type: BIGINT, bits: 64 },
}
const DOUBLE_LIMIT = '1.7976931348623157E+308'
const FLOAT_LIMIT = '3.4028234663852886E+38'

/** number: ['-'] digits with the suffixes Y S L F D BD, a point, an exponent. The sign belongs to the literal. */
export function readNumber(cursor: Cursor): LiteralSyntax {
  const first = cursor.at
  const negative = cursor.accept('-')
  const { token } = cursor
  if (token.kind !== 'number') throw cursor.unexpected()
  cursor.at++
  const span = cursor.spanFrom(first)
  const text = (negative ? '-' : '') + token.text.toUpperCase()
  const [value, type] = numberValue(cursor, text, span)
  return { kind: 'literal', form: 'bare', text, value, type, span }
}

function numberValue(cursor: Cursor, text: string, span: Span): [Value, DataType] {
  const [, digits = '', suffix = ''] = /^(.*?)(BD|[YSLFD])?$/.exec(text)!
  const whole = WHOLE_TYPES[suffix]
  if (whole) {
    const value = BigInt(digits)
    if (BigInt.asIntN(whole.bits, value) !== value) {
      const limit = 1n << BigInt(whole.bits - 1)
      throw outOfRange(cursor, text, `${whole.type}`, `${-limit}`, `${limit - 1n}`, span)
    }
    return [whole.type === BIGINT ? value : Number(value), whole.type]
  }
  if (suffix === 'D' || suffix === 'F' || (suffix === '' && digits.includes('E'))) {
    const value = suffix === 'F' ? Math.fround(Number(digits)) : Number(digits)
    if (!Number.isFinite(value)) {
      const limit = suffix === 'F' ? FLOAT_LIMIT : DOUBLE_LIMIT
      throw outOfRange(cursor, text, suffix === 'F' ? 'float' : 'double', `-${limit}`, limit, span)
    }
    return [value, suffix === 'F' ? FLOAT : DOUBLE]
  }
  if (suffix === '' && !digits.includes('.')) {
    const value = BigInt(digits)
    if (BigInt.asIntN(32, value) === value) return [Number(value), INT]
    if (BigInt.asIntN(64, value) === value) return [value, BIGINT]
  }
  const parsed = parseDecimal(digits)!
  const scale = Math.max(parsed.scale, 0)
  const unscaled = parsed.scale < 0 ? parsed.unscaled * 10n ** BigInt(-parsed.scale) : parsed.unscaled
  const precision = Math.max(`${unscaled < 0n ? -unscaled : unscaled}`.length, scale)
  if (precision > MAX_PRECISION) {
    throw cursor.refuse(
      'DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION',
      `decimal literal ${text} has more than ${MAX_PRECISION} digits`,
      span,
      {
        hint: 'Write it as a DOUBLE, with an exponent or the suffix D.',
      },
    )
  }
  return [unscaled, decimalType(precision, scale)]
}

function outOfRange(cursor: Cursor, text: string, type: string, low: string, high: string, span: Span): Error {
  return cursor.refuse('INVALID_NUMERIC_LITERAL_RANGE', `number ${text} is outside the range of ${type}`, span, {
    detail: `The range is ${low} to ${high}.`,
  })
}

/** The types whose name may stand before a string. */
export const LITERAL_TYPES: ReadonlySet<string> = new Set([
  'DATE',
  'TIMESTAMP',
  'TIMESTAMP_NTZ',
  'TIMESTAMP_LTZ',
  'TIME',
  'X',
  'INTERVAL',
])
/** Texts of DATE and TIMESTAMP literals that mean a moment of the running query. */
export const SPECIAL_MOMENTS: ReadonlySet<string> = new Set(['now', 'today', 'tomorrow', 'yesterday'])

/** TYPE 'text'. */
export function typedLiteral(cursor: Cursor, typeName: string, text: string, span: Span): LiteralSyntax {
  const make = (value: Value | undefined, type: DataType): LiteralSyntax => {
    if (value === undefined) throw invalidTyped(cursor, typeName, text, span)
    return { kind: 'literal', form: 'typed', text: `${typeName} ${quoteText(text)}`, value, type, span }
  }
  const { settings } = cursor
  const epoch = text.trim().toLowerCase() === 'epoch'
  switch (typeName) {
    case 'DATE':
      return make(epoch ? 0 : parseDate(text), DATE)
    case 'TIMESTAMP': {
      const bare = settings.get('spark.sql.timestampType') === 'TIMESTAMP_NTZ' && splitTimestamp(text)?.zone === undefined
      return bare
        ? make(epoch ? 0n : parseTimestampNtz(text), TIMESTAMP_NTZ)
        : make(epoch ? 0n : parseTimestamp(text, zoneOf(settings.timeZone)), TIMESTAMP)
    }
    case 'TIMESTAMP_LTZ':
      return make(epoch ? 0n : parseTimestamp(text, zoneOf(settings.timeZone)), TIMESTAMP)
    case 'TIMESTAMP_NTZ':
      return make(epoch ? 0n : parseTimestampNtz(text), TIMESTAMP_NTZ)
    case 'TIME':
      return make(parseTime(text), timeType(DEFAULT_TIME_PRECISION))
    case 'X':
      return make(bytesOfHex(text), BINARY)
    case 'INTERVAL': {
      const interval = parseIntervalText(text)
      if (interval === undefined) throw invalidTyped(cursor, typeName, text, span)
      const units = text.match(/[a-z]+/gi)!.filter((word) => word.toLowerCase() !== 'interval')
      return { ...intervalLiteral(cursor, `INTERVAL ${quoteText(text)}`, interval, units, span), form: 'typed' }
    }
    default:
      throw cursor.refuse('UNSUPPORTED_TYPED_LITERAL', `a literal of type "${typeName}" does not exist`, span, {
        detail: `The types that may stand before a string are ${[...LITERAL_TYPES].join(', ')}.`,
      })
  }
}

function invalidTyped(cursor: Cursor, typeName: string, text: string, span: Span): Error {
  return cursor.refuse('INVALID_TYPED_LITERAL', `'${text}' is not a value of type ${typeName}`, span)
}

/** Pairs of hexadecimal digits; an odd first digit counts as if a 0 stood before it. */
function bytesOfHex(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]*$/.test(text)) return undefined
  const digits = text.length % 2 === 0 ? text : `0${text}`
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

const UNITS = new Set(
  'NANOSECOND MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH YEAR'.split(' ').flatMap((unit) => [unit, `${unit}S`]),
)
const MICROS_PER_DAY = 86_400_000_000n

/**
 * interval: INTERVAL (value unit)+ | INTERVAL value unit TO unit; value: [+-] number | [+-] 'text'.
 * Undefined, with nothing read, when no such thing follows the word INTERVAL.
 */
export function readInterval(cursor: Cursor): LiteralSyntax | undefined {
  const sign = cursor.seesAny(['+', '-'], 1) ? 1 : 0
  const value = cursor.peek(1 + sign)
  if (value.kind !== 'number' && value.kind !== 'string') return undefined
  if (!UNITS.has(cursor.peek(2 + sign).upper)) {
    if (value.kind === 'string' || sign > 0) return undefined
    cursor.at += 2 + sign
    throw cursor.refuse('PARSE_SYNTAX_ERROR', `${cursor.unexpected().message}`, cursor.token, {
      hint: 'The units of an interval are years, months, weeks, days, hours, minutes, seconds, milliseconds and microseconds.',
    })
  }
  const first = cursor.at
  cursor.at++
  const parts: { text: string; value: string; unit: string }[] = []
  while (true) {
    const part = readIntervalPart(cursor)
    if (part === undefined) break
    parts.push(part)
    if (cursor.sees('TO') && UNITS.has(cursor.peek(1).upper)) {
      cursor.at++
      const to = cursor.next().upper
      const span = cursor.spanFrom(first)
      if (parts.length > 1 || readIntervalPart(cursor) !== undefined) {
        throw cursor.refuse(
          '_LEGACY_ERROR_TEMP_0024',
          'an interval has one "unit TO unit" or several units, not both',
          cursor.spanFrom(first),
        )
      }
      return unitToUnit(cursor, part, to, span)
    }
  }
  const span = cursor.spanFrom(first)
  const text = parts.map((part) => `${part.value} ${part.unit}`).join(' ')
  for (const part of parts) {
    if (part.unit.startsWith('NANOSECOND')) throw badInterval(cursor, 'INVALID_UNIT', text, span)
    if (!/^\s*[+-]?\s*(\d+\.?\d*|\.\d+)\s*$/.test(part.value)) {
      const condition = /\p{L}/u.test(part.value)
        ? '_LEGACY_ERROR_TEMP_0026'
        : `INVALID_INTERVAL_FORMAT.${part.value.trim() === '' ? 'UNRECOGNIZED_NUMBER' : 'INVALID_VALUE'}`
      throw cursor.refuse(condition, `'${part.value}' is not a number of ${part.unit}`, span)
    }
    if (part.value.includes('.') && !part.unit.startsWith('SECOND')) throw badInterval(cursor, 'INVALID_FRACTION', text, span)
  }
  const interval = parseIntervalText(text)
  if (interval === undefined) {
    throw badInterval(cursor, 'ARITHMETIC_EXCEPTION', text, span)
  }
  const canonical = `INTERVAL ${parts.map((part) => `${part.text} ${part.unit}`).join(' ')}`
  return intervalLiteral(
    cursor,
    canonical,
    interval,
    parts.map((part) => part.unit),
    span,
  )
}

/** [+-] value unit: `text` as written, `value` as a signed number. */
function readIntervalPart(cursor: Cursor): { text: string; value: string; unit: string } | undefined {
  const signed = cursor.seesAny(['+', '-'])
  const token = cursor.peek(signed ? 1 : 0)
  if (token.kind !== 'number' && (token.kind !== 'string' || cursor.isName(token))) return undefined
  const unit = cursor.peek(signed ? 2 : 1)
  if (!UNITS.has(unit.upper)) return undefined
  const sign = signed ? cursor.next().text : ''
  cursor.at += 2
  const written = token.kind === 'string' ? quoteText(token.text) : token.text
  const value = token.text.trim()
  const negated = value.startsWith('-') ? value.slice(1) : `-${value.replace(/^\+/, '')}`
  return { text: sign + written, value: sign === '-' ? negated : value, unit: unit.upper }
}

const UNIT_TO_UNIT: Readonly<Record<string, RegExp>> = {
  'YEAR TO MONTH': /^([+-])?(?<year>\d+)-(?<month>\d+)$/,
  'DAY TO HOUR': /^([+-])?(?<day>\d+) (?<hour>\d{1,2})$/,
  'DAY TO MINUTE': /^([+-])?(?<day>\d+) (?<hour>\d{1,2}):(?<minute>\d{1,2})$/,
  'DAY TO SECOND': /^([+-])?(?<day>\d+) (?<hour>\d{1,2}):(?<minute>\d{1,2}):(?<second>\d{1,2})(\.(?<fraction>\d{1,9}))?$/,
  'HOUR TO MINUTE': /^([+-])?(?<hour>\d+):(?<minute>\d{1,2})$/,
  'HOUR TO SECOND': /^([+-])?(?<hour>\d+):(?<minute>\d{1,2}):(?<second>\d{1,2})(\.(?<fraction>\d{1,9}))?$/,
  'MINUTE TO SECOND': /^([+-])?(?<minute>\d+):(?<second>\d{1,2})(\.(?<fraction>\d{1,9}))?$/,
}

function unitToUnit(cursor: Cursor, part: { text: string; value: string; unit: string }, to: string, span: Span): LiteralSyntax {
  const units = `${part.unit} TO ${to}`
  if (!part.text.endsWith("'")) {
    throw cursor.refuse('_LEGACY_ERROR_TEMP_0027', `the value of an interval ${units} is a string`, span)
  }
  const pattern = UNIT_TO_UNIT[units]
  if (pattern === undefined) throw badInterval(cursor, 'UNSUPPORTED_FROM_TO_EXPRESSION', units, span)
  const match = pattern.exec(part.value.replace(/^-\+/, '-'))
  const limited = (name: string, limit: number): bigint => {
    const value = match!.groups![name]
    if (value === undefined) return 0n
    const leads = part.unit.toLowerCase() === name
    if (!leads && Number(value) > limit) throw badInterval(cursor, 'INTERVAL_PARSING', part.value, span)
    return BigInt(value)
  }
  // Day-time texts may have been right for other units, which Spark's condition says with a notice.
  if (match === null)
    throw badInterval(cursor, `UNMATCHED_FORMAT_STRING${to === 'MONTH' ? '' : '_WITH_NOTICE'}`, part.value, span)
  const sign = match[1] === '-' ? -1n : 1n
  const months = sign * (limited('year', 0) * 12n + limited('month', 11))
  if (BigInt.asIntN(32, months) !== months) throw badInterval(cursor, 'INTERVAL_PARSING', part.value, span)
  const fraction = BigInt((match.groups!['fraction'] ?? '').padEnd(9, '0').slice(0, 6))
  const seconds = ((limited('day', 0) * 24n + limited('hour', 23)) * 60n + limited('minute', 59)) * 60n + limited('second', 59)
  const microseconds = sign * (seconds * 1_000_000n + fraction)
  if (BigInt.asIntN(64, microseconds) !== microseconds) {
    throw cursor.refuse('_LEGACY_ERROR_TEMP_0063', `interval '${part.value}' is too large`, span)
  }
  const days = microseconds / MICROS_PER_DAY
  const interval = { months: Number(months), days: Number(days), microseconds: microseconds - days * MICROS_PER_DAY }
  return intervalLiteral(cursor, `INTERVAL ${part.text} ${units}`, interval, [part.unit, to], span)
}

function badInterval(cursor: Cursor, condition: string, text: string, span: Span): Error {
  return cursor.refuse(`INVALID_INTERVAL_FORMAT.${condition}`, `'${text}' is not an interval of this form`, span)
}

const DAY_TIME_UNITS: readonly DayTimeUnit[] = ['day', 'hour', 'minute', 'second']
const YEAR_MONTH_UNITS: readonly YearMonthUnit[] = ['year', 'month']

/** A year-month or day-time interval from its largest to its smallest unit; a calendar interval where the session asks for those. */
function intervalLiteral(
  cursor: Cursor,
  text: string,
  interval: CalendarInterval,
  units: readonly string[],
  span: Span,
): LiteralSyntax {
  const base = { kind: 'literal', form: 'interval', text, span } as const
  if (cursor.settings.flag('spark.sql.legacy.interval.enabled')) return { ...base, value: interval, type: CALENDAR_INTERVAL }
  const names = units.map((unit) => unit.toLowerCase().replace(/s$/, ''))
  const yearMonth = YEAR_MONTH_UNITS.filter((unit) => names.includes(unit))
  if (yearMonth.length > 0) {
    if (names.some((name) => name !== 'year' && name !== 'month')) {
      throw cursor.refuse(
        '_LEGACY_ERROR_TEMP_0029',
        'an interval has either years and months or days and times, not both',
        span,
        {
          hint: 'Add two intervals, or use make_interval().',
        },
      )
    }
    return { ...base, value: interval.months, type: yearMonthType(yearMonth[0]!, yearMonth.at(-1)!) }
  }
  const fields = DAY_TIME_UNITS.filter((unit) => names.some((name) => dayTimeField(name) === unit))
  const value = BigInt(interval.days) * MICROS_PER_DAY + interval.microseconds
  if (BigInt.asIntN(64, value) !== value) {
    throw cursor.refuse('INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION', `${text} is too large`, span)
  }
  return { ...base, value, type: dayTimeType(fields[0]!, fields.at(-1)!) }
}

function dayTimeField(unit: string): DayTimeUnit {
  if (unit === 'week') return 'day'
  if (unit === 'millisecond' || unit === 'microsecond') return 'second'
  return unit as DayTimeUnit
}
