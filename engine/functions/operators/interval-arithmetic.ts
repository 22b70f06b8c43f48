import { ExecutionError } from '../../errors/engine-error.ts'
import type { DataType } from '../../types/data-type.ts'
import { addMonthsToDays } from '../../types/date.ts'
import { divideHalfUp, powerOfTen, rescale } from '../../types/decimal.ts'
import { daysOfMicros, MICROS_PER_DAY, timeOfDayMicros } from '../../types/micros.ts'
import type { CalendarInterval } from '../../types/value.ts'
import type { Zone } from '../../types/zone.ts'
import { intervalDividedByZero, intervalOverflow } from './arithmetic-errors.ts'
import { isDecimal } from './decimal-arithmetic.ts'
import { BIGINT_MAX, BIGINT_MIN, INT_RANGES } from './number-arithmetic.ts'

/** Arithmetic of intervals, and of moments with them, on plain values. */

export function checkMonths(months: number, instead?: string): number {
  if (months >= INT_RANGES.int.min && months <= INT_RANGES.int.max) return months
  throw intervalOverflow(instead)
}
export function checkMicros(micros: bigint, instead?: string): bigint {
  if (micros >= BIGINT_MIN && micros <= BIGINT_MAX) return micros
  throw intervalOverflow(instead)
}
export function negateInterval(value: CalendarInterval): CalendarInterval {
  return { months: checkMonths(-value.months), days: checkMonths(-value.days), microseconds: checkMicros(-value.microseconds) }
}
export function addIntervals(a: CalendarInterval, b: CalendarInterval, instead: string): CalendarInterval {
  return {
    months: checkMonths(a.months + b.months, instead),
    days: checkMonths(a.days + b.days, instead),
    microseconds: checkMicros(a.microseconds + b.microseconds, instead),
  }
}

/** A timestamp plus months and days of the calendar of its zone, plus an exact duration. */
export function addToTimestamp(micros: bigint, months: number, days: number, duration: bigint, zone: Zone): bigint {
  let moment = micros
  if (months !== 0 || days !== 0) {
    const local = zone.toLocalMicros(micros)
    const day = addMonthsToDays(daysOfMicros(local), months) + days
    const moved = BigInt(day) * MICROS_PER_DAY + timeOfDayMicros(local)
    // Where the local time occurs twice, the offset in force before is kept.
    const kept = moved - (local - micros)
    moment = zone.toLocalMicros(kept) === moved ? kept : zone.toUtcMicros(moved)
  }
  return checkTimestamp(moment + duration)
}
export function checkTimestamp(micros: bigint): bigint {
  if (micros >= BIGINT_MIN && micros <= BIGINT_MAX) return micros
  throw new ExecutionError('DATETIME_OVERFLOW', {
    message: 'the timestamp is out of range',
    parameters: { operation: 'add an interval to a timestamp' },
  })
}
/** Whole days of a day-time interval, cut towards zero, are days of the calendar; the rest is exact. */
export function addDayTime(micros: bigint, duration: bigint, zone: Zone): bigint {
  return addToTimestamp(micros, 0, Number(duration / MICROS_PER_DAY), duration % MICROS_PER_DAY, zone)
}

/** Rounds half away from zero, as Spark's HALF_UP does. */
export function roundHalfUp(value: number): number {
  const rounded = Math.trunc(value)
  const rest = Math.abs(value - rounded)
  return rest >= 0.5 ? rounded + Math.sign(value) : rounded
}

/** Year-month or day-time interval (as a bigint of its unit) times a number of the type. */
export function scaleInterval(type: DataType): (amount: bigint, factor: number | bigint) => bigint {
  if (isDecimal(type)) return (amount, factor) => rescale(amount * (factor as bigint), type.scale, 0)
  if (type.kind === 'float' || type.kind === 'double')
    return (amount, factor) => wholeOf(roundHalfUp(Number(amount) * (factor as number)))
  return (amount, factor) => amount * BigInt(factor)
}
export function divideInterval(type: DataType): (amount: bigint, divisor: number | bigint) => bigint {
  if (type.kind === 'float' || type.kind === 'double')
    return (amount, divisor) => {
      if (divisor === 0) throw intervalDividedByZero()
      return wholeOf(roundHalfUp(Number(amount) / (divisor as number)))
    }
  const scale = isDecimal(type) ? type.scale : 0
  return (amount, divisor) => {
    const by = BigInt(divisor)
    if (by === 0n) throw intervalDividedByZero()
    return divideHalfUp(amount * powerOfTen(scale), by)
  }
}
function wholeOf(value: number): bigint {
  if (!Number.isFinite(value)) throw intervalOverflow()
  return BigInt(value)
}
/** A calendar interval times a number: fractions of months are cut off, fractions of days become microseconds. */
export function scaleCalendarInterval(value: CalendarInterval, factor: number): CalendarInterval {
  const days = value.days * factor
  const wholeDays = Math.trunc(days)
  return {
    months: checkMonths(Math.trunc(value.months * factor)),
    days: checkMonths(wholeDays),
    microseconds: checkMicros(
      wholeOf(Math.round(Number(value.microseconds) * factor + Number(MICROS_PER_DAY) * (days - wholeDays))),
    ),
  }
}

const NANOS_PER_DAY = 86_400_000_000_000n
/** A time of day stays within its day. */
export function checkTime(nanos: bigint): bigint {
  if (nanos >= 0n && nanos < NANOS_PER_DAY) return nanos
  throw new ExecutionError('DATETIME_OVERFLOW', {
    message: 'the time of day is out of range',
    parameters: { operation: 'add an interval to a time' },
  })
}
