import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import { BIGINT, BOOLEAN, DATE, type DataType, DOUBLE, INT, TIMESTAMP, TIMESTAMP_NTZ } from '../../types/data-type.ts'
import { addMonthsToDays, civilFromDays, daysFromCivil, daysInMonth, isoDayOfWeek } from '../../types/date.ts'
import {
  daysOfMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  timeOfDayMicros,
} from '../../types/micros.ts'
import { type Zone, zoneOf } from '../../types/zone.ts'
import { type CallSite, defineScalar, type Evaluate, type FunctionRecord } from '../function.ts'
import { addDayTime, addToTimestamp } from '../operators/interval-arithmetic.ts'
import { type Accepted, ANY_TIMESTAMP, exactly, TEXT, takes, WHOLE } from '../signature.ts'
import { clockOf, DATE_LIKE, datetimeOverflow, INSTANT, MOVED_DATE, remember } from './datetime-signature.ts'

/** Moments moved, cut off and compared: date_add, timestampadd, date_trunc, datediff, months_between, zones. */
const UNITS = [
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'DAYOFYEAR',
  'HOUR',
  'MINUTE',
  'SECOND',
  'MILLISECOND',
  'MICROSECOND',
] as const
type Unit = (typeof UNITS)[number]

const MONTHS_PER: Partial<Record<Unit, number>> = { YEAR: 12, QUARTER: 3, MONTH: 1 }
const MICROS_PER: Partial<Record<Unit, bigint>> = {
  WEEK: 7n * MICROS_PER_DAY,
  DAY: MICROS_PER_DAY,
  DAYOFYEAR: MICROS_PER_DAY,
  HOUR: MICROS_PER_HOUR,
  MINUTE: MICROS_PER_MINUTE,
  SECOND: MICROS_PER_SECOND,
  MILLISECOND: 1000n,
  MICROSECOND: 1n,
}

function unitOf(text: string): Unit | undefined {
  const upper = text.toUpperCase()
  return UNITS.find((unit) => unit === upper)
}
function checkUnit(constant: unknown, site: CallSite): void {
  if (typeof constant === 'string' && unitOf(constant) !== undefined) return
  throw new AnalysisError('INVALID_PARAMETER_VALUE.DATETIME_UNIT', {
    message: `the unit of "${site.name}" must be one of ${UNITS.join(', ')}`,
    detail: `It is ${constant === undefined ? 'not a constant' : `'${constant}'`}.`,
    span: site.span,
    parameters: { functionName: `\`${site.name}\``, parameter: '`unit`', invalidValue: `'${constant}'` },
  })
}

/** Only whole numbers of days; wider ones are refused. */
const SMALL_WHOLE: Accepted = {
  text: '("INT" or "SMALLINT" or "TINYINT")',
  convert: (type) =>
    type.kind === 'int' || type.kind === 'smallint' || type.kind === 'tinyint'
      ? type
      : type.kind === 'string' || type.kind === 'void'
        ? INT
        : undefined,
}

function dayMover(
  name: string,
  aliases: readonly string[],
  sign: 1 | -1,
  summary: string,
  example: [string, string],
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'datetime',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([MOVED_DATE, SMALL_WHOLE], DATE),
    // Spark's days wrap like a Java int.
    bind: () => (days: number, count: number) => (days + sign * count) | 0,
  })
}

/** Adds units to a timestamp: months and days by the calendar of its zone, smaller units exactly. */
function bindTimestampAdd(type: DataType, zone: Zone): Evaluate {
  return (name: string, quantity: bigint, micros: bigint) => {
    const unit = unitOf(name)!
    const months = MONTHS_PER[unit]
    try {
      if (months === undefined) return addDayTime(micros, checkRange(quantity * MICROS_PER[unit]!), zone)
      const total = quantity * BigInt(months)
      if (total > 2147483647n || total < -2147483648n) throw datetimeOverflow('add months')
      return addToTimestamp(micros, Number(total), 0, 0n, zone)
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error
      throw datetimeOverflow(`add ${quantity}L ${unit} to a ${type.kind === 'timestamp' ? 'TIMESTAMP' : 'TIMESTAMP_NTZ'}`)
    }
  }
}
function checkRange(micros: bigint): bigint {
  if (BigInt.asIntN(64, micros) === micros) return micros
  throw datetimeOverflow('add a duration')
}

/** Whole units from one local time to another, cut towards zero, as java.time's ChronoUnit.between counts. */
function unitsBetween(unit: Unit, start: bigint, end: bigint): bigint {
  const perMonth = MONTHS_PER[unit]
  if (perMonth === undefined) return (end - start) / MICROS_PER[unit]!
  let days = daysOfMicros(end)
  const startDays = daysOfMicros(start)
  // A day that is not complete does not count.
  if (days > startDays && timeOfDayMicros(end) < timeOfDayMicros(start)) days--
  else if (days < startDays && timeOfDayMicros(end) > timeOfDayMicros(start)) days++
  const from = civilFromDays(startDays)
  const to = civilFromDays(days)
  const packedFrom = (from.year * 12 + from.month - 1) * 32 + from.day
  const packedTo = (to.year * 12 + to.month - 1) * 32 + to.day
  return BigInt(Math.trunc(Math.trunc((packedTo - packedFrom) / 32) / perMonth))
}

type DateLevel = 'YEAR' | 'QUARTER' | 'MONTH' | 'WEEK'
const LEVELS: Readonly<Record<string, string>> = {
  YEAR: 'YEAR',
  YYYY: 'YEAR',
  YY: 'YEAR',
  QUARTER: 'QUARTER',
  MONTH: 'MONTH',
  MM: 'MONTH',
  MON: 'MONTH',
  WEEK: 'WEEK',
  DAY: 'DAY',
  DD: 'DAY',
  HOUR: 'HOUR',
  MINUTE: 'MINUTE',
  SECOND: 'SECOND',
  MILLISECOND: 'MILLISECOND',
  MICROSECOND: 'MICROSECOND',
}
const CLOCK_LEVELS: Readonly<Record<string, bigint>> = {
  HOUR: MICROS_PER_HOUR,
  MINUTE: MICROS_PER_MINUTE,
  SECOND: MICROS_PER_SECOND,
  MILLISECOND: 1000n,
  MICROSECOND: 1n,
}

/** The unit that trunc and date_trunc know by a name of any case; undefined for others. */
export function truncationLevel(name: string): string | undefined {
  return LEVELS[name.toUpperCase()]
}
function isDateLevel(level: string | undefined): level is DateLevel {
  return level === 'YEAR' || level === 'QUARTER' || level === 'MONTH' || level === 'WEEK'
}
export function truncateDays(days: number, level: DateLevel): number {
  if (level === 'WEEK') return days - isoDayOfWeek(days) + 1
  const { year, month } = civilFromDays(days)
  if (level === 'YEAR') return daysFromCivil(year, 1, 1)
  return daysFromCivil(year, level === 'MONTH' ? month : month - ((month - 1) % 3), 1)
}

/** Cuts an instant to a unit on the clock of a zone; undefined for an unknown unit. */
function truncateTimestamp(micros: bigint, level: string | undefined, zone: Zone): bigint | null {
  if (level === undefined) return null
  const local = zone.toLocalMicros(micros)
  const unit = CLOCK_LEVELS[level]
  if (unit !== undefined) {
    const cut = local - floorRest(local, unit)
    // Where the local time occurs twice, the offset in force is kept.
    const kept = cut - (local - micros)
    return zone.toLocalMicros(kept) === cut ? kept : zone.toUtcMicros(cut)
  }
  const days = daysOfMicros(local)
  return zone.toUtcMicros(BigInt(isDateLevel(level) ? truncateDays(days, level) : days) * MICROS_PER_DAY)
}
function floorRest(value: bigint, unit: bigint): bigint {
  const rest = value % unit
  return rest < 0n ? rest + unit : rest
}

const DAY_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'].flatMap((name, i) =>
    [name, name.slice(0, 3), name.slice(0, 2)].map((key) => [key, i + 1] as const),
  ),
)

/** Months between two instants as Hive counts: whole when both are the same day of the month or both the last, else by days of 31. */
function monthsBetween(first: bigint, second: bigint, rounded: boolean, zone: Zone): number {
  const a = zone.toLocalMicros(first)
  const b = zone.toLocalMicros(second)
  const dateA = civilFromDays(daysOfMicros(a))
  const dateB = civilFromDays(daysOfMicros(b))
  const months = (dateA.year - dateB.year) * 12 + dateA.month - dateB.month
  const lastA = dateA.day === daysInMonth(dateA.year, dateA.month)
  const lastB = dateB.day === daysInMonth(dateB.year, dateB.month)
  if (dateA.day === dateB.day || (lastA && lastB)) return months
  const dayStart = (local: bigint) => zone.toUtcMicros(local - timeOfDayMicros(local))
  const secondsA = Number((first - dayStart(a)) / MICROS_PER_SECOND)
  const secondsB = Number((second - dayStart(b)) / MICROS_PER_SECOND)
  const difference = months + ((dateA.day - dateB.day) * 86_400 + secondsA - secondsB) / (31 * 86_400)
  return rounded ? Math.floor(difference * 1e8 + 0.5) / 1e8 : difference
}

export const datetimeMoveFunctions: readonly FunctionRecord[] = [
  dayMover('date_add', ['dateadd'], 1, 'Returns the date a number of days later.', [
    "SELECT date_add('2016-07-30', 1)",
    '2016-07-31',
  ]),
  dayMover('date_sub', [], -1, 'Returns the date a number of days earlier.', ["SELECT date_sub('2016-07-30', 1)", '2016-07-29']),
  defineScalar({
    name: 'datediff',
    aliases: ['date_diff'],
    family: 'datetime',
    summary: 'Returns the number of days from the second date to the first.',
    examples: [["SELECT datediff('2009-07-31', '2009-07-30')", '1']],
    nulls: 'propagate',
    resolve: takes([DATE_LIKE, DATE_LIKE], INT),
    bind: () => (end: number, start: number) => (end - start) | 0,
  }),
  defineScalar({
    name: 'add_months',
    family: 'datetime',
    summary: 'Returns the date a number of months later; past the end of the month it is the last day.',
    examples: [["SELECT add_months('2016-08-31', 1)", '2016-09-30']],
    nulls: 'propagate',
    resolve: takes([DATE_LIKE, WHOLE], DATE),
    bind: () => (days: number, months: number) => {
      const result = addMonthsToDays(days, months)
      if (result >= -2147483648 && result <= 2147483647) return result
      throw new ExecutionError('ARITHMETIC_OVERFLOW', {
        message: 'the date is out of range',
        parameters: { message: 'overflow' },
      })
    },
  }),
  defineScalar({
    name: 'months_between',
    family: 'datetime',
    summary: 'Returns the number of months between two moments, rounded to 8 digits unless told otherwise.',
    examples: [["SELECT months_between('1997-02-28 10:30:00', '1996-10-30')", '3.94959677']],
    nulls: 'propagate',
    resolve: takes([INSTANT, INSTANT, exactly(BOOLEAN)], DOUBLE, { required: 2 }),
    bind: (_signature, context) => {
      const zone = zoneOf(context.timeZone)
      return (first: bigint, second: bigint, rounded = true) => monthsBetween(first, second, rounded, zone)
    },
  }),
  defineScalar({
    name: 'next_day',
    family: 'datetime',
    summary: 'Returns the first date after a date that is the given day of the week.',
    examples: [["SELECT next_day('2015-01-14', 'TU')", '2015-01-20']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const found = takes([DATE_LIKE, TEXT], DATE)(args, site)
      return site.settings.ansi ? found : { ...found, nullable: true }
    },
    bind: (_signature, context) => (days: number, name: string) => {
      const target = DAY_NUMBERS[name.trim().toUpperCase()]
      if (target !== undefined) return days + ((target - isoDayOfWeek(days) + 6) % 7) + 1
      if (!context.settings.ansi) return null
      throw new ExecutionError('ILLEGAL_DAY_OF_WEEK', {
        message: `"${name}" is no day of the week`,
        hint: 'Write the English name or its first two or three letters.',
        parameters: { string: name },
      })
    },
  }),
  defineScalar({
    name: 'trunc',
    family: 'datetime',
    summary: 'Cuts a date to its year, quarter, month or week; NULL for another unit.',
    examples: [
      ["SELECT trunc('2019-08-04', 'week')", '2019-07-29'],
      ["SELECT trunc('2009-02-12', 'MM')", '2009-02-01'],
    ],
    nulls: 'propagate',
    resolve: takes([DATE_LIKE, TEXT], DATE, { nullable: true }),
    bind: () => (days: number, unit: string) => {
      const level = LEVELS[unit.toUpperCase()]
      return isDateLevel(level) ? truncateDays(days, level) : null
    },
  }),
  defineScalar({
    name: 'date_trunc',
    family: 'datetime',
    summary: 'Cuts a timestamp to a unit, from year to microsecond; NULL for an unknown unit.',
    examples: [
      ["SELECT date_trunc('HOUR', '2015-03-05T09:32:05.359')", '2015-03-05 09:00:00'],
      ["SELECT date_trunc('MM', '2015-03-05T09:32:05.359')", '2015-03-01 00:00:00'],
    ],
    nulls: 'propagate',
    resolve: takes([TEXT, INSTANT], TIMESTAMP, { nullable: true }),
    bind: (_signature, context) => {
      const zone = zoneOf(context.timeZone)
      return (unit: string, micros: bigint) => truncateTimestamp(micros, LEVELS[unit.toUpperCase()], zone)
    },
  }),
  defineScalar({
    name: 'timestampadd',
    family: 'datetime',
    summary: 'Adds a number of units to a timestamp: timestampadd(unit, quantity, timestamp).',
    examples: [["SELECT timestampadd(MONTH, -1, TIMESTAMP '2022-03-31 01:02:03')", '2022-02-28 01:02:03']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const found = takes([TEXT, exactly(BIGINT), ANY_TIMESTAMP], (types) => types[2]!)(args, site)
      checkUnit(args[0]!.constant, site)
      return found
    },
    bind: (signature, context) => bindTimestampAdd(signature.returns, clockOf(signature.returns, context)),
  }),
  defineScalar({
    name: 'timestampdiff',
    family: 'datetime',
    summary: 'Counts the whole units from one timestamp to another: timestampdiff(unit, start, end).',
    examples: [["SELECT timestampdiff(HOUR, TIMESTAMP '2022-02-11 20:30:00', TIMESTAMP '2022-02-12 04:30:00')", '8']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const found = takes([TEXT, INSTANT, INSTANT], BIGINT)(args, site)
      checkUnit(args[0]!.constant, site)
      return found
    },
    bind: (_signature, context) => {
      const zone = zoneOf(context.timeZone)
      return (name: string, start: bigint, end: bigint) =>
        unitsBetween(unitOf(name)!, zone.toLocalMicros(start), zone.toLocalMicros(end))
    },
  }),
  defineScalar({
    name: 'from_utc_timestamp',
    family: 'datetime',
    summary: 'Reads a timestamp as UTC and shows it in a zone.',
    examples: [["SELECT from_utc_timestamp('2016-08-31', 'Asia/Seoul')", '2016-08-31 09:00:00']],
    nulls: 'propagate',
    resolve: takes([INSTANT, TEXT], TIMESTAMP),
    bind: () => {
      const zone = remember(zoneOf)
      return (micros: bigint, name: string) => zone(name).toLocalMicros(micros)
    },
  }),
  defineScalar({
    name: 'to_utc_timestamp',
    family: 'datetime',
    summary: 'Reads a timestamp as one of a zone and shows it in UTC.',
    examples: [["SELECT to_utc_timestamp('2016-08-31', 'Asia/Seoul')", '2016-08-30 15:00:00']],
    nulls: 'propagate',
    resolve: takes([INSTANT, TEXT], TIMESTAMP),
    bind: () => {
      const zone = remember(zoneOf)
      return (micros: bigint, name: string) => zone(name).toUtcMicros(micros)
    },
  }),
  defineScalar({
    name: 'convert_timezone',
    family: 'datetime',
    summary: 'Converts a timestamp without time zone from one zone to another: convert_timezone([source,] target, timestamp).',
    examples: [
      [
        "SELECT convert_timezone('Europe/Brussels', 'America/Los_Angeles', TIMESTAMP_NTZ '2021-12-06 00:00:00')",
        '2021-12-05 15:00:00',
      ],
    ],
    nulls: 'propagate',
    resolve: (args, site) =>
      args.length === 2
        ? takes([TEXT, exactly(TIMESTAMP_NTZ)], TIMESTAMP_NTZ)(args, site)
        : takes([TEXT, TEXT, exactly(TIMESTAMP_NTZ)], TIMESTAMP_NTZ, { required: 2 })(args, site),
    bind: (signature, context) => {
      const zone = remember(zoneOf)
      const convert = (source: Zone, target: string, local: bigint) => zone(target).toLocalMicros(source.toUtcMicros(local))
      if (signature.arguments.length === 2) {
        const session = zoneOf(context.timeZone)
        return (target: string, local: bigint) => convert(session, target, local)
      }
      return (source: string, target: string, local: bigint) => convert(zone(source), target, local)
    },
  }),
]
