import { ExecutionError } from '../../errors/engine-error.ts'
import {
  BIGINT,
  DATE,
  type DataType,
  decimalType,
  INT,
  isIntegral,
  isNumeric,
  TIMESTAMP,
  TIMESTAMP_NTZ,
} from '../../types/data-type.ts'
import { checkedDays, daysInMonth, isLeapYear } from '../../types/date.ts'
import { isBigint64, MICROS_PER_DAY, MICROS_PER_SECOND, secondsOfMicros } from '../../types/micros.ts'
import { MONTHS } from '../../types/pattern-elements.ts'
import type { Value } from '../../types/value.ts'
import { UTC, type Zone, zoneOf } from '../../types/zone.ts'
import { unexpectedInputType } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { type Accepted, checkCount, exactly, ONLY_TEXT, strictly, TEXT, takes, WHOLE } from '../signature.ts'
import {
  ANY_TIME,
  datetimeOverflow,
  fieldOutOfBounds,
  remember,
  sessionTimestamp,
  TIME_TYPE,
  withTimeType,
} from './datetime-signature.ts'

/** Moments made from numbers: make_date, make_timestamp and its forms, make_time, timestamp_seconds, unix_seconds and their like. */
export const SECONDS = decimalType(16, 6)
const SECONDS_PARAMETER = exactly(SECONDS)
const DAYS_ONLY = strictly(DATE)

/** Days of a date, or Spark's error for the field that is wrong. */
function makeDays(year: number, month: number, day: number): number {
  if (Math.abs(year) > 999_999_999) throw fieldOutOfBounds(`year ${year} is not between -999999999 and 999999999`)
  if (month < 1 || month > 12) throw fieldOutOfBounds(`month ${month} is not between 1 and 12`)
  if (day < 1 || day > 31) throw fieldOutOfBounds(`day of month ${day} is not between 1 and 31`)
  if (day > daysInMonth(year, month)) {
    if (month === 2 && day === 29 && !isLeapYear(year))
      throw fieldOutOfBounds(`${year} is not a leap year: it has no February 29`)
    throw fieldOutOfBounds(`${MONTHS[month - 1]} has no day ${day}`)
  }
  const days = checkedDays(year, month, day)
  if (days === undefined) throw datetimeOverflow('make a date')
  return days
}

/** Microseconds of the day; 60 seconds exactly are the next minute. */
function makeTimeOfDay(hour: number, minute: number, secondMicros: bigint, sixty: boolean): bigint {
  if (hour < 0 || hour > 23) throw fieldOutOfBounds(`hour ${hour} is not between 0 and 23`)
  if (minute < 0 || minute > 59) throw fieldOutOfBounds(`minute ${minute} is not between 0 and 59`)
  const second = secondMicros / MICROS_PER_SECOND
  if (sixty && second === 60n) {
    if (secondMicros % MICROS_PER_SECOND !== 0n) {
      const text = `60.${String(secondMicros % MICROS_PER_SECOND).padStart(6, '0')}`
      throw new ExecutionError('INVALID_FRACTION_OF_SECOND', {
        message: `seconds must be between 0 and 60, not ${text}`,
        hint: 'try_make_timestamp gives NULL for seconds outside the range.',
        parameters: { secAndMicros: text },
      })
    }
  } else if (secondMicros < 0n || second > 59n) throw fieldOutOfBounds(`second ${second} is not between 0 and 59`)
  return BigInt(hour * 3600 + minute * 60) * MICROS_PER_SECOND + secondMicros
}

/** Errors of a computation become NULL for the try_ forms and with ANSI off. */
function orNull(tolerant: boolean, evaluate: Evaluate): Evaluate {
  if (!tolerant) return evaluate
  return (...args: Value[]) => {
    try {
      return evaluate(...args)
    } catch (error) {
      if (error instanceof ExecutionError) return null
      throw error
    }
  }
}

interface Maker {
  readonly name: string
  readonly summary: string
  readonly example: readonly [string, string]
  /** Undefined: what TIMESTAMP means in the session. */
  readonly returns: DataType | undefined
  readonly tolerant: boolean
  /** A zone may follow. */
  readonly zoned: boolean
  /** A date alone is taken. */
  readonly dateAlone: boolean
}

const PARTS: readonly Accepted[] = [WHOLE, WHOLE, WHOLE, WHOLE, WHOLE, SECONDS_PARAMETER]

/** Takes (year, month, day, hour, minute, second[, zone]) or (date, time[, zone]). */
function timestampMaker({ name, summary, example, returns, tolerant, zoned, dateAlone }: Maker): FunctionRecord {
  return defineScalar({
    name,
    family: 'datetime',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: (args: readonly Argument[], site: CallSite): Resolution => {
      const byDate = args.length <= 3
      if (byDate) checkCount(args, site, dateAlone ? 1 : 2, zoned ? 3 : 2)
      else checkCount(args, site, 6, zoned ? 7 : 6)
      // The zone of the parts may be cast; a date and a time are taken as they are.
      const accepted = byDate ? [DAYS_ONLY, ANY_TIME, ONLY_TEXT] : [...PARTS, TEXT]
      const types = args.map((argument, i) => {
        const type = accepted[i]!.convert(argument.type)
        if (type === undefined) throw unexpectedInputType(site, i, argument, accepted[i]!.text)
        return type
      })
      return {
        arguments: types,
        returns: returns ?? (byDate ? TIMESTAMP : sessionTimestamp(site.settings)),
        ...((tolerant || !site.settings.ansi) && { nullable: true }),
      }
    },
    bind: (signature, context) => {
      const count = signature.arguments.length
      const byDate = count <= 3
      const zone = signature.returns.kind === 'timestamp' ? zoneOf(context.timeZone) : UTC
      const zoneNamed = remember(zoneOf)
      const toInstant = (days: number, time: bigint, name: string | undefined): bigint => {
        // A local timestamp has no zone: one that is given is not looked at.
        const clock: Zone = name === undefined || signature.returns.kind === 'timestamp_ntz' ? zone : zoneNamed(name)
        const micros = clock.toUtcMicros(BigInt(days) * MICROS_PER_DAY + time)
        if (!isBigint64(micros)) throw datetimeOverflow('make a timestamp')
        return micros
      }
      const evaluate: Evaluate = byDate
        ? (days: number, nanos: bigint | undefined, name?: string) => toInstant(days, (nanos ?? 0n) / 1000n, name)
        : (year: number, month: number, day: number, hour: number, minute: number, second: bigint, name?: string) =>
            toInstant(makeDays(year, month, day), makeTimeOfDay(hour, minute, second, true), name)
      return orNull(tolerant || !context.settings.ansi, evaluate)
    },
  })
}

/** A moment from a count of units since 1970. */
function fromCount(
  name: string,
  unit: string,
  micros: bigint,
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
      const type = args[0]!.type.kind === 'void' ? BIGINT : args[0]!.type
      const taken = unit === 'seconds' ? isNumeric(type) : isIntegral(type)
      if (!taken) throw unexpectedInputType(site, 0, args[0]!, unit === 'seconds' ? '"NUMERIC"' : '"INTEGRAL"')
      return { arguments: [type], returns: TIMESTAMP, ...(!isIntegral(type) && { nullable: true }) }
    },
    bind: (signature) => {
      const type = signature.arguments[0]!
      const check = (result: bigint, given: Value): bigint => {
        if (isBigint64(result)) return result
        throw datetimeOverflow(`create a TIMESTAMP from ${given}${type.kind === 'bigint' ? 'L' : ''} ${unit} since the epoch`)
      }
      if (type.kind === 'decimal') {
        const divisor = 10n ** BigInt(type.scale)
        return (value: bigint) => {
          const scaled = value * micros
          if (scaled % divisor !== 0n) {
            throw new ExecutionError('ARITHMETIC_OVERFLOW', {
              message: 'a decimal with more than six digits of a second cannot become a timestamp',
              hint: 'Round the value to six digits first.',
            })
          }
          return check(scaled / divisor, value)
        }
      }
      if (type.kind === 'float' || type.kind === 'double') {
        return (value: number) => (Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value * 1e6))) : null)
      }
      return (value: number | bigint) => check(BigInt(value) * micros, value)
    },
  })
}

const MOMENT: Accepted = {
  text: '"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)"',
  convert: (type) =>
    type.kind === 'timestamp' || type.kind === 'timestamp_ntz' ? type : type.kind === 'void' ? TIMESTAMP : undefined,
}

function toCount(name: string, microsPerUnit: bigint, summary: string, example: readonly [string, string]): FunctionRecord {
  return defineScalar({
    name,
    family: 'datetime',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([MOMENT], BIGINT),
    bind: () =>
      microsPerUnit === MICROS_PER_SECOND
        ? (micros: bigint) => BigInt(secondsOfMicros(micros))
        : (micros: bigint) =>
            micros < 0n && micros % microsPerUnit !== 0n ? micros / microsPerUnit - 1n : micros / microsPerUnit,
  })
}

const MAKE_TIMESTAMPS: readonly Maker[] = ['', 'try_'].flatMap((prefix) => {
  const tolerant = prefix !== ''
  const otherwise = tolerant ? '; NULL if a part is out of range' : ''
  const make = (name: string, returns: DataType | undefined, what: string, zoned: boolean, dateAlone: boolean): Maker => ({
    name: prefix + name,
    summary: `Makes ${what} from its parts${otherwise}.`,
    example: tolerant
      ? [`SELECT ${prefix}${name}(2024, 13, 22, 15, 30, 0)`, 'NULL']
      : [`SELECT ${name}(2014, 12, 28, 6, 30, 45.887)`, '2014-12-28 06:30:45.887'],
    returns,
    tolerant,
    zoned,
    dateAlone,
  })
  return [
    make('make_timestamp', undefined, 'a timestamp', true, true),
    make('make_timestamp_ltz', TIMESTAMP, 'a timestamp of the session time zone', true, false),
    make('make_timestamp_ntz', TIMESTAMP_NTZ, 'a timestamp without time zone', false, false),
  ]
})

export const datetimeMakeFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'make_date',
    family: 'datetime',
    summary: 'Makes a date from year, month and day.',
    examples: [['SELECT make_date(2013, 7, 15)', '2013-07-15']],
    nulls: 'propagate',
    resolve: takes([WHOLE, WHOLE, WHOLE], DATE),
    bind: (_signature, context) => orNull(!context.settings.ansi, makeDays),
  }),
  ...MAKE_TIMESTAMPS.map(timestampMaker),
  defineScalar({
    name: 'make_time',
    family: 'datetime',
    summary: 'Makes a time of day from hour, minute and second.',
    examples: [['SELECT make_time(6, 30, 45.887)', '06:30:45.887']],
    nulls: 'propagate',
    resolve: withTimeType(takes([WHOLE, WHOLE, SECONDS_PARAMETER], TIME_TYPE)),
    bind: () => (hour: number, minute: number, second: bigint) => makeTimeOfDay(hour, minute, second, false) * 1000n,
  }),
  fromCount('timestamp_seconds', 'seconds', MICROS_PER_SECOND, 'Makes a timestamp from seconds since 1970-01-01 UTC.', [
    'SELECT timestamp_seconds(1230219000.123)',
    '2008-12-25 15:30:00.123',
  ]),
  fromCount('timestamp_millis', 'milliseconds', 1000n, 'Makes a timestamp from milliseconds since 1970-01-01 UTC.', [
    'SELECT timestamp_millis(1230219000123)',
    '2008-12-25 15:30:00.123',
  ]),
  fromCount('timestamp_micros', 'microseconds', 1n, 'Makes a timestamp from microseconds since 1970-01-01 UTC.', [
    'SELECT timestamp_micros(1230219000123123)',
    '2008-12-25 15:30:00.123123',
  ]),
  toCount('unix_seconds', MICROS_PER_SECOND, 'Returns the whole seconds since 1970-01-01 UTC of a timestamp.', [
    "SELECT unix_seconds(TIMESTAMP '1970-01-01 00:00:01Z')",
    '1',
  ]),
  toCount('unix_millis', 1000n, 'Returns the whole milliseconds since 1970-01-01 UTC of a timestamp.', [
    "SELECT unix_millis(TIMESTAMP '1970-01-01 00:00:01Z')",
    '1000',
  ]),
  toCount('unix_micros', 1n, 'Returns the microseconds since 1970-01-01 UTC of a timestamp.', [
    "SELECT unix_micros(TIMESTAMP '1970-01-01 00:00:01Z')",
    '1000000',
  ]),
  defineScalar({
    name: 'unix_date',
    family: 'datetime',
    summary: 'Returns the days since 1970-01-01 of a date.',
    examples: [["SELECT unix_date(DATE '1970-01-02')", '1']],
    nulls: 'propagate',
    resolve: takes([exactly(DATE)], INT),
    bind: () => (days: number) => days,
  }),
  defineScalar({
    name: 'date_from_unix_date',
    family: 'datetime',
    summary: 'Makes a date from days since 1970-01-01.',
    examples: [['SELECT date_from_unix_date(1)', '1970-01-02']],
    nulls: 'propagate',
    resolve: takes([WHOLE], DATE),
    bind: () => (days: number) => days,
  }),
]
