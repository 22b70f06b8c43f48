import { ExecutionError, InternalError } from '../errors/engine-error.ts'
import { type CastFailure, invalidIntervalText, STRICT, TOLERANT } from './cast-errors.ts'
import { type NumberType, toDecimal, toNumber } from './cast-number.ts'
import {
  type ArrayType,
  BIGINT,
  type DataType,
  DOUBLE,
  isIntegral,
  isNumeric,
  type MapType,
  type StructType,
  sameType,
} from './data-type.ts'
import { parseDate, trimAll } from './date.ts'
import { rescale } from './decimal.ts'
import {
  type IntervalReading,
  microsOfUnit,
  parseDayTime,
  parseIntervalText,
  parseYearMonth,
  truncateDayTime,
} from './interval.ts'
import { daysOfMicros, isBigint64, MICROS_PER_DAY, MICROS_PER_SECOND, saturate, timeOfDayMicros } from './micros.ts'
import { textPrinter } from './text.ts'
import { parseTime, truncateTime } from './time.ts'
import { parseTimestamp, parseTimestampNtz } from './timestamp.ts'
import { MapValue, type Value } from './value.ts'
import { type Zone, zoneOf } from './zone.ts'

export interface CastOptions {
  readonly timeZone: string
  /** ANSI rules: a value that cannot be cast is an error. Off: it becomes NULL, and integers wrap. */
  readonly ansi: boolean
  /** try_cast: NULL for a value that cannot be cast, under ANSI rules. */
  readonly tolerant: boolean
  /** The current date in days, for texts that hold a time of day alone. Without it they are malformed. */
  readonly today?: () => number
}
type Caster = (value: Value) => Value

/**
 * CAST between two types that `canCast` allows, prepared once for many values. NULL stays NULL.
 * Throws CAST_INVALID_INPUT, CAST_OVERFLOW or NUMERIC_VALUE_OUT_OF_RANGE as Spark's ANSI mode does.
 */
export function castFunction(from: DataType, to: DataType, options: CastOptions): Caster {
  const context: CastContext = {
    zone: zoneOf(options.timeZone),
    fail: options.tolerant || !options.ansi ? TOLERANT : STRICT,
    wraps: !options.ansi && !options.tolerant,
    today: options.today,
  }
  return nullSafe(caster(from, to, context))
}

export interface CastContext {
  readonly zone: Zone
  readonly fail: CastFailure
  /** ANSI off: integers wrap, and texts like '1.5' are cut to integers. */
  readonly wraps: boolean
  readonly today: (() => number) | undefined
}

function nullSafe(cast: Caster): Caster {
  return (value) => (value === null ? null : cast(value))
}

function caster(from: DataType, to: DataType, context: CastContext): Caster {
  if (sameType(from, to) || from.kind === 'void') return (value) => value
  switch (to.kind) {
    case 'string':
      // CHAR(n) and VARCHAR(n) bind where a table is written, not in a cast.
      return from.kind === 'string' ? (value) => value : textPrinter(from, context.zone)
    case 'binary':
      if (from.kind === 'string') return (value) => encoder.encode(value as string)
      if (isIntegral(from)) return bigEndian(from.kind)
      break
    case 'boolean':
      return toBoolean(from, to, context)
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'float':
    case 'double':
      return toNumber(from, to as NumberType, context)
    case 'decimal':
      return toDecimal(from, to, context)
    case 'date':
      return toDate(from, to, context)
    case 'timestamp':
      return toTimestamp(from, to, context)
    case 'timestamp_ntz':
      return toTimestampNtz(from, to, context)
    case 'time':
      return toTime(from, to, context)
    case 'interval':
      // Calendar intervals are older than ANSI mode: a malformed text is NULL in every mode.
      if (from.kind === 'string') return (text) => parseIntervalText(text as string) ?? null
      break
    case 'interval_year_month':
      return toYearMonth(from, to, context)
    case 'interval_day_time':
      return toDayTime(from, to, context)
    case 'array': {
      const element = nullSafe(caster((from as ArrayType).element, to.element, context))
      return (value) => (value as readonly Value[]).map(element)
    }
    case 'map': {
      const key = caster((from as MapType).key, to.key, context)
      const entry = nullSafe(caster((from as MapType).value, to.value, context))
      return (value) => new MapValue((value as MapValue).entries.map(([k, v]) => [key(k), entry(v)] as const))
    }
    case 'struct': {
      const fields = (from as StructType).fields.map((f, i) => nullSafe(caster(f.type, to.fields[i]!.type, context)))
      return (value) => fields.map((cast, i) => cast((value as readonly Value[])[i]!))
    }
  }
  return refuse(from, to)
}

/** Analysis asks canCast first; to come here is our mistake. */
function refuse(from: DataType, to: DataType): never {
  throw new InternalError(`no cast from ${from} to ${to}`)
}

/** ANSI off: an integer's bytes, the highest first. */
function bigEndian(kind: DataType['kind']): Caster {
  const bytes = kind === 'tinyint' ? 1 : kind === 'smallint' ? 2 : kind === 'int' ? 4 : 8
  return (value) => {
    const whole = BigInt(value as number | bigint)
    return Uint8Array.from({ length: bytes }, (_, i) => Number((whole >> BigInt(8 * (bytes - 1 - i))) & 255n))
  }
}

const encoder = new TextEncoder()
const TRUE_TEXTS = new Set(['t', 'true', 'y', 'yes', '1'])
const FALSE_TEXTS = new Set(['f', 'false', 'n', 'no', '0'])

function toBoolean(from: DataType, to: DataType, { fail }: CastContext): Caster {
  if (from.kind === 'string') {
    return (value) => {
      const text = trimAll(value as string).toLowerCase()
      if (TRUE_TEXTS.has(text)) return true
      return FALSE_TEXTS.has(text) ? false : fail.malformed(value, from, to)
    }
  }
  if (from.kind === 'bigint' || from.kind === 'decimal' || from.kind === 'timestamp') return (value) => value !== 0n
  if (from.kind === 'date') return () => null
  return isNumeric(from) ? (value) => value !== 0 : refuse(from, to)
}

function toDate(from: DataType, to: DataType, { fail, zone }: CastContext): Caster {
  switch (from.kind) {
    case 'string':
      return (value) => parseDate(value as string) ?? fail.malformed(value, from, to)
    case 'timestamp':
      return (value) => daysOfMicros(zone.toLocalMicros(value as bigint))
    case 'timestamp_ntz':
      return (value) => daysOfMicros(value as bigint)
    default:
      return refuse(from, to)
  }
}

function toTimestamp(from: DataType, to: DataType, context: CastContext): Caster {
  const { fail, zone, today } = context
  switch (from.kind) {
    case 'string':
      return (value) => parseTimestamp(value as string, zone, today?.()) ?? fail.malformed(value, from, to)
    case 'date':
      return (value) => inRange(zone.toUtcMicros(BigInt(value as number) * MICROS_PER_DAY), fail)
    case 'timestamp_ntz':
      return (value) => zone.toUtcMicros(value as bigint)
    case 'boolean':
      return (value) => (value ? 1n : 0n)
    case 'tinyint':
    case 'smallint':
    case 'int':
      return (value) => BigInt(value as number) * MICROS_PER_SECOND
    case 'bigint':
      // Seconds past the range of microseconds stop at its ends, as java.util.concurrent.TimeUnit does.
      return (value) => saturate((value as bigint) * MICROS_PER_SECOND)
    case 'float':
    case 'double':
      return (value) => secondsToMicros(value as number, to, context)
    case 'decimal': {
      const { scale } = from
      return (value) => {
        const unscaled = (value as bigint) * MICROS_PER_SECOND
        const micros = unscaled / 10n ** BigInt(scale)
        return BigInt.asIntN(64, micros)
      }
    }
    case 'time':
      return (value) => zone.toUtcMicros(microsToday(value as bigint, today))
    default:
      return refuse(from, to)
  }
}

/** A time of day stands for that time of the current date. */
function microsToday(nanos: bigint, today: (() => number) | undefined): bigint {
  if (today === undefined) throw new InternalError('a cast from TIME to a timestamp needs the current date')
  return BigInt(today()) * MICROS_PER_DAY + nanos / 1000n
}

function secondsToMicros(seconds: number, to: DataType, { fail }: CastContext): Value {
  if (!Number.isFinite(seconds)) return fail.malformed(seconds, DOUBLE, to)
  const micros = seconds * 1e6
  if (micros >= 2 ** 63 || micros < -(2 ** 63)) return fail.overflow(micros, DOUBLE, BIGINT)
  return BigInt(Math.trunc(micros))
}

function toTimestampNtz(from: DataType, to: DataType, { fail, zone, today }: CastContext): Caster {
  switch (from.kind) {
    case 'string':
      return (value) => parseTimestampNtz(value as string) ?? fail.malformed(value, from, to)
    case 'date':
      return (value) => inRange(BigInt(value as number) * MICROS_PER_DAY, fail)
    case 'timestamp':
      return (value) => zone.toLocalMicros(value as bigint)
    case 'time':
      return (value) => microsToday(value as bigint, today)
    default:
      return refuse(from, to)
  }
}

function inRange(micros: bigint, fail: CastFailure): Value {
  if (isBigint64(micros)) return micros
  return fail.raise(
    () =>
      new ExecutionError('DATETIME_OVERFLOW', {
        message: 'the date is outside the range of timestamps',
        parameters: { operation: 'cast a date to a timestamp' },
      }),
  )
}

function toTime(from: DataType, to: DataType & { readonly kind: 'time' }, { fail, zone }: CastContext): Caster {
  const { precision } = to
  switch (from.kind) {
    case 'string':
      return (value) => {
        const nanos = parseTime(value as string)
        return nanos === undefined ? fail.malformed(value, from, to) : truncateTime(nanos, precision)
      }
    case 'time':
      return precision >= from.precision ? (value) => value : (value) => truncateTime(value as bigint, precision)
    case 'timestamp':
      return (value) => truncateTime(timeOfDayMicros(zone.toLocalMicros(value as bigint)) * 1000n, precision)
    case 'timestamp_ntz':
      return (value) => truncateTime(timeOfDayMicros(value as bigint) * 1000n, precision)
    default:
      return refuse(from, to)
  }
}

function toYearMonth(from: DataType, to: DataType & { readonly kind: 'interval_year_month' }, { fail }: CastContext): Caster {
  const monthsPerUnit = to.end === 'year' ? 12 : 1
  const fits = (months: number) => months >= -2147483648 && months <= 2147483647
  switch (from.kind) {
    case 'string':
      return (value) => reading(parseYearMonth(value as string, to), value as string, 'year-month', to, fail)
    case 'interval_year_month':
      return to.end === 'year' ? (value) => Math.trunc((value as number) / 12) * 12 : (value) => value
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return (value) => {
        const months = Number(value) * monthsPerUnit
        return fits(months) ? months : fail.overflow(value, from, to)
      }
    case 'decimal':
      return (value) => {
        const months = Number(rescale((value as bigint) * BigInt(monthsPerUnit), from.scale, 0))
        return fits(months) ? months : fail.overflow(value, from, to)
      }
    default:
      return refuse(from, to)
  }
}

function toDayTime(from: DataType, to: DataType & { readonly kind: 'interval_day_time' }, { fail }: CastContext): Caster {
  const unit = microsOfUnit(to.end)
  switch (from.kind) {
    case 'string':
      return (value) => reading(parseDayTime(value as string, to), value as string, 'day-time', to, fail)
    case 'interval_day_time':
      return (value) => truncateDayTime(value as bigint, to)
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return (value) => {
        const micros = BigInt(value as number) * unit
        return isBigint64(micros) ? micros : fail.overflow(value, from, to)
      }
    case 'decimal':
      return (value) => {
        const micros = rescale((value as bigint) * unit, from.scale, 0)
        return isBigint64(micros) ? micros : fail.overflow(value, from, to)
      }
    default:
      return refuse(from, to)
  }
}

function reading<T extends Value>(
  result: IntervalReading<T>,
  text: string,
  what: 'year-month' | 'day-time',
  to: DataType,
  fail: CastFailure,
): Value {
  if (result.kind === 'value') return result.value
  const field = result.kind === 'field' ? result.message : result.kind === 'overflow' ? 'it overflows' : undefined
  return fail.raise(() => invalidIntervalText(text, what, to, field))
}
