import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import {
  BIGINT,
  DATE,
  type DataType,
  decimalType,
  INT,
  isIntegral,
  isNumeric,
  STRING,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  timeType,
} from '../../types/data-type.ts'
import { addMonthsToDays, civilFromDays } from '../../types/date.ts'
import { decimalOfNumber, rescale } from '../../types/decimal.ts'
import { daysOfMicros, MICROS_PER_DAY, timeOfDayMicros } from '../../types/micros.ts'
import { NANOS_PER_DAY, NANOS_PER_SECOND, truncateTime } from '../../types/time.ts'
import { type Zone, zoneOf } from '../../types/zone.ts'
import { outOfRange, unexpectedInputType } from '../call-errors.ts'
import { currentDate } from '../current-date.ts'
import { defineScalar, type Evaluate, type EvaluationContext, type FunctionRecord } from '../function.ts'
import {
  type Accepted,
  ANY_TIMESTAMP,
  checkCount,
  constantAs,
  DAY_TIME_INTERVAL,
  TEXT,
  takes,
  WHOLE,
  YEAR_MONTH_INTERVAL,
} from '../signature.ts'
import {
  ANY_TIME,
  clockOf,
  fieldOutOfBounds,
  requireTimeType,
  TIME_OR_TEXT,
  TIME_TYPE,
  withTimeType,
} from './datetime-signature.ts'

/** The current time, which is that of the epoch; times of day; buckets of time. */
function now(context: EvaluationContext): bigint {
  return BigInt(context.epoch.timestampMs) * 1000n
}
function current(
  name: string,
  aliases: readonly string[],
  returns: DataType,
  summary: string,
  bind: (context: EvaluationContext) => Evaluate,
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'datetime',
    summary,
    examples: [[`SELECT ${name}() IS NOT NULL`, 'true']],
    nulls: 'propagate',
    deterministic: 'epoch',
    resolve: takes([], returns, { nullable: false }),
    bind: (_signature, context) => bind(context),
  })
}

const TIME_UNITS: Readonly<Record<string, bigint>> = {
  HOUR: 3600n * NANOS_PER_SECOND,
  MINUTE: 60n * NANOS_PER_SECOND,
  SECOND: NANOS_PER_SECOND,
  MILLISECOND: 1_000_000n,
  MICROSECOND: 1000n,
}
function timeUnit(name: string, functionName: string): bigint {
  const unit = TIME_UNITS[name.toUpperCase()]
  if (unit !== undefined) return unit
  throw new ExecutionError('INVALID_PARAMETER_VALUE.TIME_UNIT', {
    message: `the unit of "${functionName}" must be one of ${Object.keys(TIME_UNITS).join(', ')}, not '${name}'`,
    parameters: { functionName: `\`${functionName}\``, parameter: '`unit`', invalidValue: `'${name}'` },
  })
}

function timeOfNanos(nanos: bigint): bigint {
  if (nanos >= 0n && nanos < NANOS_PER_DAY) return nanos
  throw fieldOutOfBounds(`${nanos} nanoseconds are no time of day`)
}

function timeFrom(name: string, unit: string, nanosPerUnit: bigint, example: readonly [string, string]): FunctionRecord {
  const seconds = nanosPerUnit === NANOS_PER_SECOND
  return defineScalar({
    name,
    family: 'datetime',
    summary: `Makes a time of day from ${unit} since midnight.`,
    examples: [example],
    nulls: 'propagate',
    resolve: (args, site) => {
      requireTimeType(site)
      checkCount(args, site, 1)
      const type = args[0]!.type.kind === 'void' ? BIGINT : args[0]!.type
      if (!(seconds ? isNumeric(type) : isIntegral(type))) {
        throw unexpectedInputType(site, 0, args[0]!, seconds ? '"NUMERIC"' : '"INTEGRAL"')
      }
      return { arguments: [type], returns: TIME_TYPE }
    },
    bind: (signature) => {
      const type = signature.arguments[0]!
      if (type.kind === 'decimal') return (value: bigint) => timeOfNanos(rescale(value, type.scale, 9))
      if (type.kind === 'float' || type.kind === 'double') {
        return (value: number) => {
          if (!Number.isFinite(value)) throw fieldOutOfBounds(`${value} seconds are no time of day`)
          const { unscaled, scale } = decimalOfNumber(value)
          return timeOfNanos(rescale(unscaled, scale, 9))
        }
      }
      return (value: number | bigint) => timeOfNanos(BigInt(value) * nanosPerUnit)
    },
  })
}

function timeTo(name: string, unit: string, nanosPerUnit: bigint, example: readonly [string, string]): FunctionRecord {
  return defineScalar({
    name,
    family: 'datetime',
    summary: `Returns the ${unit} since midnight of a time of day.`,
    examples: [example],
    nulls: 'propagate',
    resolve: withTimeType(takes([ANY_TIME], BIGINT)),
    bind: () => (nanos: bigint) => nanos / nanosPerUnit,
  })
}

const BUCKET_WIDTH: Accepted = {
  text: '("INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")',
  convert: (type) => DAY_TIME_INTERVAL.convert(type) ?? YEAR_MONTH_INTERVAL.convert(type),
}
const BUCKETED: Accepted = {
  text: '"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)"',
  convert: (type) => (type.kind === 'date' || type.kind === 'string' ? undefined : ANY_TIMESTAMP.convert(type)),
}

function floorDivide(value: bigint, by: bigint): bigint {
  return value < 0n && value % by !== 0n ? value / by - 1n : value / by
}

/** Start of the bucket of `width` months, counted from the origin on the local clock, that holds an instant. */
function monthBucket(micros: bigint, width: number, origin: bigint, zone: Zone): bigint {
  const local = zone.toLocalMicros(micros)
  const from = zone.toLocalMicros(origin)
  const fromDays = daysOfMicros(from)
  const monthOf = (days: number) => {
    const { year, month } = civilFromDays(days)
    return year * 12 + month - 1
  }
  const startOf = (bucket: number) => BigInt(addMonthsToDays(fromDays, bucket * width)) * MICROS_PER_DAY + timeOfDayMicros(from)
  let bucket = Math.floor((monthOf(daysOfMicros(local)) - monthOf(fromDays)) / width)
  if (startOf(bucket) > local) bucket--
  return zone.toUtcMicros(startOf(bucket))
}

export const datetimeClockFunctions: readonly FunctionRecord[] = [
  current(
    'current_timestamp',
    [],
    TIMESTAMP,
    'Returns the time of the epoch, the same on replay.',
    (context) => () => now(context),
  ),
  // Spark's streams give current_timestamp() the time of the epoch and now() that of the clock: observed on 4.3.
  current(
    'now',
    [],
    TIMESTAMP,
    'Returns the time at which the epoch began to run; in a stream not the same on replay.',
    (context) => () => BigInt(context.epoch.wallMs ?? context.epoch.timestampMs) * 1000n,
  ),
  current(
    'current_date',
    ['curdate'],
    DATE,
    'Returns the date of the epoch in the session time zone.',
    (context) => () => currentDate(context),
  ),
  current(
    'localtimestamp',
    [],
    TIMESTAMP_NTZ,
    'Returns the time of the epoch on the clock of the session time zone.',
    (context) => {
      const zone = zoneOf(context.timeZone)
      return () => zone.toLocalMicros(now(context))
    },
  ),
  defineScalar({
    name: 'current_time',
    aliases: ['localtime'],
    family: 'datetime',
    summary: 'Returns the time of day of the epoch in the session time zone, with the given number of digits of a second.',
    examples: [['SELECT current_time() IS NOT NULL', 'true']],
    nulls: 'propagate',
    deterministic: 'epoch',
    resolve: (args, site) => {
      const found = takes([WHOLE], TIME_TYPE, { required: 0, nullable: false })(args, site)
      if (args.length === 0) return found
      const precision = constantAs(args[0]!, INT, site)
      if (typeof precision !== 'number' || precision < 0 || precision > 9) {
        throw outOfRange(site, 'precision', '[0, 9]', String(precision))
      }
      return { ...found, returns: timeType(precision) }
    },
    bind: (signature, context) => {
      const zone = zoneOf(context.timeZone)
      const precision = signature.returns.kind === 'time' ? signature.returns.precision : TIME_TYPE.precision
      return () => truncateTime(timeOfDayMicros(zone.toLocalMicros(now(context))) * 1000n, precision)
    },
  }),
  defineScalar({
    name: 'current_timezone',
    family: 'datetime',
    summary: 'Returns the session time zone.',
    examples: [['SELECT current_timezone()', 'UTC']],
    nulls: 'propagate',
    resolve: takes([], STRING, { nullable: false }),
    bind: (_signature, context) => () => context.timeZone,
  }),
  defineScalar({
    name: 'time_trunc',
    family: 'datetime',
    summary: 'Cuts a time of day to a unit.',
    examples: [["SELECT time_trunc('HOUR', TIME '09:32:05.359')", '09:00:00']],
    nulls: 'propagate',
    resolve: withTimeType(takes([TEXT, TIME_OR_TEXT], (types) => types[1]!)),
    bind: () => (unit: string, nanos: bigint) => nanos - (nanos % timeUnit(unit, 'time_trunc')),
  }),
  defineScalar({
    name: 'time_diff',
    family: 'datetime',
    summary: 'Counts the whole units from one time of day to another.',
    examples: [["SELECT time_diff('HOUR', TIME '20:30:29', TIME '21:30:29')", '1']],
    nulls: 'propagate',
    resolve: withTimeType(takes([TEXT, TIME_OR_TEXT, TIME_OR_TEXT], BIGINT)),
    bind: () => (unit: string, start: bigint, end: bigint) => (end - start) / timeUnit(unit, 'time_diff'),
  }),
  timeFrom('time_from_seconds', 'seconds', NANOS_PER_SECOND, ['SELECT time_from_seconds(52200.5)', '14:30:00.5']),
  timeFrom('time_from_millis', 'milliseconds', 1_000_000n, ['SELECT time_from_millis(52200500)', '14:30:00.5']),
  timeFrom('time_from_micros', 'microseconds', 1000n, ['SELECT time_from_micros(52200500000)', '14:30:00.5']),
  defineScalar({
    name: 'time_to_seconds',
    family: 'datetime',
    summary: 'Returns the seconds since midnight of a time of day.',
    examples: [["SELECT time_to_seconds(TIME '14:30:00.5')", '52200.500000']],
    nulls: 'propagate',
    resolve: withTimeType(takes([ANY_TIME], decimalType(14, 6))),
    bind: () => (nanos: bigint) => nanos / 1000n,
  }),
  timeTo('time_to_millis', 'milliseconds', 1_000_000n, ["SELECT time_to_millis(TIME '14:30:00.5')", '52200500']),
  timeTo('time_to_micros', 'microseconds', 1000n, ["SELECT time_to_micros(TIME '14:30:00.5')", '52200500000']),
  defineScalar({
    name: 'time_bucket',
    family: 'datetime',
    summary: 'Returns the start of the bucket that a timestamp lies in: time_bucket(width, timestamp[, origin]).',
    examples: [["SELECT time_bucket(INTERVAL '15' MINUTE, TIMESTAMP '2024-01-01 11:27:00')", '2024-01-01 11:15:00']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const found = takes([BUCKET_WIDTH, BUCKETED, BUCKETED], (types) => types[1]!, { required: 2 })(args, site)
      const width = args[0]!.constant
      if (width === undefined) {
        throw new AnalysisError('DATATYPE_MISMATCH.NON_FOLDABLE_INPUT', {
          message: `the width of the buckets of "${site.name}" must be a constant`,
          span: args[0]!.span ?? site.span,
          parameters: {
            sqlExpr: `"${site.text}"`,
            inputName: '`bucketSize`',
            inputType: `"${found.arguments[0]}"`,
            inputExpr: args[0]!.text,
          },
        })
      }
      if (width !== null && Number(width) <= 0) throw outOfRange(site, 'bucketSize', '(0, inf)', args[0]!.text)
      return found
    },
    bind: (signature, context) => {
      const zone = clockOf(signature.returns, context)
      const epochStart = zone.toUtcMicros(0n)
      if (signature.arguments[0]!.kind === 'interval_year_month') {
        return (width: number, micros: bigint, origin = epochStart) => monthBucket(micros, width, origin, zone)
      }
      return (width: bigint, micros: bigint, origin = epochStart) => {
        // Whole days are days of the calendar; anything else is an exact duration.
        if (width % MICROS_PER_DAY !== 0n) return origin + floorDivide(micros - origin, width) * width
        const from = zone.toLocalMicros(origin)
        return zone.toUtcMicros(from + floorDivide(zone.toLocalMicros(micros) - from, width) * width)
      }
    },
  }),
]
