import { AnalysisError } from '../../errors/engine-error.ts'
import { type DataType, DOUBLE, decimalType, INT, STRING, TINYINT } from '../../types/data-type.ts'
import { civilFromDays, dayOfYear, daysInMonth, isoDayOfWeek, isoWeek } from '../../types/date.ts'
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, secondsOfMicros, timeOfDayMicros } from '../../types/micros.ts'
import { DAYS as DAY_NAMES, MONTHS } from '../../types/pattern-elements.ts'
import type { CalendarInterval } from '../../types/value.ts'
import { mustBeConstantOf, unexpectedInputType } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type Resolution,
} from '../function.ts'
import { ANY_TIMESTAMP, checkCount, takes } from '../signature.ts'
import { clockOf, DATE_LIKE, requireTimeType } from './datetime-signature.ts'

/** Parts of dates, timestamps, times and intervals: year() and its like, extract, date_part. */
const SECONDS = decimalType(8, 6)

/** A part of a date: a number from its days. */
type DatePart = (days: number) => number
const DATE_PARTS = {
  year: (days) => civilFromDays(days).year,
  yearofweek: (days) => isoWeek(days).weekYear,
  quarter: (days) => Math.floor((civilFromDays(days).month + 2) / 3),
  month: (days) => civilFromDays(days).month,
  week: (days) => isoWeek(days).week,
  day: (days) => civilFromDays(days).day,
  /** 1 is Sunday. */
  dayofweek: (days) => (isoDayOfWeek(days) % 7) + 1,
  dayofweek_iso: isoDayOfWeek,
  /** 0 is Monday. */
  weekday: (days) => isoDayOfWeek(days) - 1,
  doy: dayOfYear,
} as const satisfies Record<string, DatePart>

function datePart(
  name: string,
  part: DatePart,
  summary: string,
  example: readonly [string, string],
  aliases: readonly string[] = [],
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'datetime',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([DATE_LIKE], INT),
    bind: () => part,
  })
}

function timePart(
  name: 'hour' | 'minute' | 'second',
  secondsPerUnit: number,
  units: number,
  summary: string,
  example: readonly [string, string],
): FunctionRecord {
  return defineScalar({
    name,
    family: 'datetime',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: (args, site) => {
      checkCount(args, site, 1)
      if (args[0]!.type.kind === 'time') requireTimeType(site)
      const type = args[0]!.type.kind === 'time' ? args[0]!.type : ANY_TIMESTAMP.convert(args[0]!.type)
      if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, '"TIMESTAMP"')
      return { arguments: [type], returns: INT }
    },
    bind: (signature, context) => wholePart(signature.arguments[0]!, secondsPerUnit, units, context),
  })
}

/** Hours, minutes or whole seconds within the next larger unit. */
function wholePart(type: DataType, secondsPerUnit: number, units: number, context: EvaluationContext): Evaluate {
  if (type.kind === 'time') {
    const nanosPerUnit = BigInt(secondsPerUnit) * 1_000_000_000n
    return (nanos: bigint) => Number(nanos / nanosPerUnit) % units
  }
  const zone = clockOf(type, context)
  return (micros: bigint) => {
    const utc = secondsOfMicros(micros)
    const count = Math.floor((utc + zone.offsetSecondsAt(utc)) / secondsPerUnit)
    return count - Math.floor(count / units) * units
  }
}

/** What extract finds for a field in a source: the type the source is read as, the type and meaning of the part. */
interface Extraction {
  readonly source: DataType
  readonly returns: DataType
  readonly bind: (context: EvaluationContext) => Evaluate
}

const FIELD_NAMES: Readonly<Record<string, readonly string[]>> = {
  year: ['year', 'y', 'years', 'yr', 'yrs'],
  yearofweek: ['yearofweek'],
  quarter: ['quarter', 'qtr'],
  month: ['month', 'mon', 'mons', 'months'],
  week: ['week', 'w', 'weeks'],
  day: ['day', 'd', 'days'],
  dayofweek: ['dayofweek', 'dow'],
  dayofweek_iso: ['dayofweek_iso', 'dow_iso'],
  doy: ['doy'],
  hour: ['hour', 'h', 'hours', 'hr', 'hrs'],
  minute: ['minute', 'm', 'min', 'mins', 'minutes'],
  second: ['second', 's', 'sec', 'seconds', 'secs'],
}
const FIELDS: ReadonlyMap<string, string> = new Map(
  Object.entries(FIELD_NAMES).flatMap(([field, names]) => names.map((name) => [name, field] as const)),
)
const TIME_UNITS: Readonly<Record<string, readonly [secondsPerUnit: number, units: number]>> = {
  hour: [3600, 24],
  minute: [60, 60],
}

function extractionOf(field: string, type: DataType): Extraction | undefined {
  switch (type.kind) {
    case 'interval_year_month':
      return fromYearMonth(field, type)
    case 'interval_day_time':
      return fromDayTime(field, type)
    case 'interval':
      return fromCalendarInterval(field, type)
    case 'time':
      return fromTime(field, type)
    default:
      return fromTimestamp(field, type)
  }
}

function fromTimestamp(field: string, type: DataType): Extraction | undefined {
  const part = (DATE_PARTS as Readonly<Record<string, DatePart>>)[field]
  if (part !== undefined) {
    const source = DATE_LIKE.convert(type)
    return source && { source, returns: INT, bind: () => part }
  }
  const source = ANY_TIMESTAMP.convert(type)
  if (source === undefined) return undefined
  const unit = TIME_UNITS[field]
  if (unit !== undefined) return { source, returns: INT, bind: (context) => wholePart(source, ...unit, context) }
  return {
    source,
    returns: SECONDS,
    bind: (context) => {
      const zone = clockOf(source, context)
      return (micros: bigint) => timeOfDayMicros(zone.toLocalMicros(micros)) % MICROS_PER_MINUTE
    },
  }
}

function fromTime(field: string, source: DataType): Extraction | undefined {
  const unit = TIME_UNITS[field]
  if (unit !== undefined) return { source, returns: INT, bind: (context) => wholePart(source, ...unit, context) }
  if (field !== 'second') return undefined
  return { source, returns: SECONDS, bind: () => (nanos: bigint) => (nanos / 1000n) % MICROS_PER_MINUTE }
}

function fromYearMonth(field: string, source: DataType & { readonly kind: 'interval_year_month' }): Extraction | undefined {
  if (field === 'year' && source.start === 'year')
    return { source, returns: INT, bind: () => (months: number) => Math.trunc(months / 12) + 0 }
  if (field === 'month' && source.end === 'month')
    return { source, returns: TINYINT, bind: () => (months: number) => (months % 12) + 0 }
  return undefined
}

const DAY_TIME_UNITS: readonly string[] = ['day', 'hour', 'minute', 'second']

function fromDayTime(field: string, source: DataType & { readonly kind: 'interval_day_time' }): Extraction | undefined {
  // Only fields that the type has.
  if (DAY_TIME_UNITS.indexOf(field) < DAY_TIME_UNITS.indexOf(source.start)) return undefined
  if (DAY_TIME_UNITS.indexOf(field) > DAY_TIME_UNITS.indexOf(source.end)) return undefined
  switch (field) {
    case 'day':
      return { source, returns: INT, bind: () => (micros: bigint) => Number(micros / MICROS_PER_DAY) }
    case 'hour':
      return { source, returns: TINYINT, bind: () => (micros: bigint) => Number((micros / MICROS_PER_HOUR) % 24n) }
    case 'minute':
      return { source, returns: TINYINT, bind: () => (micros: bigint) => Number((micros / MICROS_PER_MINUTE) % 60n) }
    case 'second':
      return { source, returns: SECONDS, bind: () => (micros: bigint) => micros % MICROS_PER_MINUTE }
    default:
      return undefined
  }
}

function fromCalendarInterval(field: string, source: DataType): Extraction | undefined {
  switch (field) {
    case 'year':
      return { source, returns: INT, bind: () => (value: CalendarInterval) => Math.trunc(value.months / 12) + 0 }
    case 'quarter':
      return { source, returns: TINYINT, bind: () => (value: CalendarInterval) => Math.trunc((value.months % 12) / 3) + 1 }
    case 'month':
      return { source, returns: TINYINT, bind: () => (value: CalendarInterval) => (value.months % 12) + 0 }
    case 'day':
      return {
        source,
        returns: INT,
        bind: () => (value: CalendarInterval) => value.days + Number(value.microseconds / MICROS_PER_DAY),
      }
    case 'hour':
      return {
        source,
        returns: TINYINT,
        bind: () => (value: CalendarInterval) => Number((value.microseconds % MICROS_PER_DAY) / MICROS_PER_HOUR),
      }
    case 'minute':
      return {
        source,
        returns: TINYINT,
        bind: () => (value: CalendarInterval) => Number((value.microseconds % MICROS_PER_HOUR) / MICROS_PER_MINUTE),
      }
    case 'second':
      return { source, returns: SECONDS, bind: () => (value: CalendarInterval) => value.microseconds % MICROS_PER_MINUTE }
    default:
      return undefined
  }
}

function findExtraction(args: readonly Argument[], site: CallSite): Extraction | undefined {
  checkCount(args, site, 2)
  const [field, source] = [args[0]!, args[1]!]
  if (field.constant === undefined || (field.type.kind !== 'string' && field.type.kind !== 'void'))
    throw mustBeConstantOf(site, field, 'field', STRING)
  if (field.constant === null) return undefined
  const name = FIELDS.get(String(field.constant).toLowerCase())
  const found = name === undefined ? undefined : extractionOf(name, source.type)
  if (found !== undefined) return found
  if (name !== undefined && source.type.kind !== 'time' && !source.type.kind.startsWith('interval')) {
    throw unexpectedInputType(site, 1, source, '"TIMESTAMP"')
  }
  throw new AnalysisError('INVALID_EXTRACT_FIELD', {
    message: `"${field.constant}" is no part of ${source.type}`,
    detail: `The source is "${source.text}".`,
    span: field.span ?? site.span,
    parameters: { field: `\`${field.constant}\``, expr: `"${source.text}"` },
  })
}

function extractor(name: string, aliases: readonly string[], summary: string, examples: [string, string][]): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'datetime',
    summary,
    examples,
    nulls: 'propagate',
    resolve: (args, site): Resolution => {
      if (args[1]?.type.kind === 'time') requireTimeType(site)
      const found = findExtraction(args, site)
      if (found === undefined) return { arguments: args.map((a) => a.type), returns: DOUBLE, nullable: true }
      return { arguments: [STRING, found.source], returns: found.returns }
    },
    bind: (signature, context) => {
      const field = FIELDS.get(String(signature.constants[0]).toLowerCase())
      const part = field === undefined ? undefined : extractionOf(field, signature.arguments[1]!)?.bind(context)
      return part === undefined ? () => null : (_field, source) => part(source)
    },
  })
}

export const datetimePartFunctions: readonly FunctionRecord[] = [
  datePart('year', DATE_PARTS.year, 'Returns the year of a date or timestamp.', ["SELECT year('2016-07-30')", '2016']),
  datePart('quarter', DATE_PARTS.quarter, 'Returns the quarter of a date, 1 to 4.', ["SELECT quarter('2016-08-31')", '3']),
  datePart('month', DATE_PARTS.month, 'Returns the month of a date, 1 to 12.', ["SELECT month('2016-07-30')", '7']),
  datePart(
    'day',
    DATE_PARTS.day,
    'Returns the day of the month of a date, 1 to 31.',
    ["SELECT day('2009-07-30')", '30'],
    ['dayofmonth'],
  ),
  datePart('dayofyear', DATE_PARTS.doy, 'Returns the day of the year of a date, from 1.', [
    "SELECT dayofyear('2016-04-09')",
    '100',
  ]),
  datePart('dayofweek', DATE_PARTS.dayofweek, 'Returns the day of the week of a date: 1 is Sunday, 7 is Saturday.', [
    "SELECT dayofweek('2009-07-30')",
    '5',
  ]),
  datePart('weekday', DATE_PARTS.weekday, 'Returns the day of the week of a date: 0 is Monday, 6 is Sunday.', [
    "SELECT weekday('2009-07-30')",
    '3',
  ]),
  datePart('weekofyear', DATE_PARTS.week, 'Returns the ISO 8601 week of a date.', ["SELECT weekofyear('2008-02-20')", '8']),
  timePart('hour', 3600, 24, 'Returns the hour of a timestamp or time, 0 to 23.', ["SELECT hour('2009-07-30 12:58:59')", '12']),
  timePart('minute', 60, 60, 'Returns the minute of a timestamp or time.', ["SELECT minute('2009-07-30 12:58:59')", '58']),
  timePart('second', 1, 60, 'Returns the whole second of a timestamp or time.', ["SELECT second('2009-07-30 12:58:59')", '59']),
  defineScalar({
    name: 'dayname',
    family: 'datetime',
    summary: 'Returns the abbreviated name of the day of the week of a date.',
    examples: [["SELECT dayname(DATE '2008-02-20')", 'Wed']],
    nulls: 'propagate',
    resolve: takes([DATE_LIKE], STRING),
    bind: () => (days: number) => DAY_NAMES[isoDayOfWeek(days) - 1]!.slice(0, 3),
  }),
  defineScalar({
    name: 'monthname',
    family: 'datetime',
    summary: 'Returns the abbreviated name of the month of a date.',
    examples: [["SELECT monthname(DATE '2008-02-20')", 'Feb']],
    nulls: 'propagate',
    resolve: takes([DATE_LIKE], STRING),
    bind: () => (days: number) => MONTHS[civilFromDays(days).month - 1]!.slice(0, 3),
  }),
  defineScalar({
    name: 'last_day',
    family: 'datetime',
    summary: 'Returns the last day of the month that a date lies in.',
    examples: [["SELECT last_day('2009-01-12')", '2009-01-31']],
    nulls: 'propagate',
    resolve: takes([DATE_LIKE], (types) => types[0]!),
    bind: () => (days: number) => {
      const { year, month, day } = civilFromDays(days)
      return days - day + daysInMonth(year, month)
    },
  }),
  extractor('extract', [], 'Returns a part of a date, timestamp, time or interval: extract(field FROM source).', [
    ["SELECT extract(YEAR FROM TIMESTAMP '2019-08-12 01:00:00.123456')", '2019'],
    ["SELECT extract(SECONDS FROM TIMESTAMP '2019-10-01 00:00:01.000001')", '1.000001'],
    ["SELECT extract(DAY FROM INTERVAL '5 03:07' DAY TO MINUTE)", '5'],
  ]),
  extractor('date_part', ['datepart'], 'Returns a part of a date, timestamp, time or interval.', [
    ["SELECT date_part('doy', DATE '2019-08-12')", '224'],
    ["SELECT date_part('MONTH', INTERVAL '2021-11' YEAR TO MONTH)", '11'],
  ]),
]
