import { ExecutionError, InternalError } from '../../errors/engine-error.ts'
import type { DataType } from '../../types/data-type.ts'
import { addMonthsToDays, civilFromDays, daysInMonth } from '../../types/date.ts'
import { MICROS_PER_DAY } from '../../types/micros.ts'
import { formatTimestamp } from '../../types/timestamp.ts'
import type { CalendarInterval, Value } from '../../types/value.ts'
import { type Zone, zoneOf } from '../../types/zone.ts'
import type { Evaluate, EvaluationContext, Signature } from '../function.ts'
import { isTimestamp } from './datetime-arithmetic.ts'
import {
  addDayTime,
  addIntervals,
  addToTimestamp,
  checkMicros,
  checkMonths,
  checkTime,
  negateInterval,
} from './interval-arithmetic.ts'

const UTC = zoneOf('UTC')
/** NANOS_PER_MICRO: TIME counts nanoseconds, intervals microseconds. */
const NANOS_PER_MICRO = 1000n

/** Meaning of + where a date, timestamp, time or interval takes part; undefined for numbers. */
export function datetimeAddition(signature: Signature, context: EvaluationContext): Evaluate | undefined {
  const [left, right] = [signature.arguments[0]!, signature.arguments[1]!]
  return (
    intervalSum(left, right, 1) ??
    moved(left, right, signature.returns, context, 1) ??
    swapped(moved(right, left, signature.returns, context, 1))
  )
}
/** Meaning of − where a date, timestamp, time or interval takes part; undefined for numbers. */
export function datetimeSubtraction(signature: Signature, context: EvaluationContext): Evaluate | undefined {
  const [left, right] = [signature.arguments[0]!, signature.arguments[1]!]
  if (signature.returns.kind === 'interval' && left.kind === 'date') return monthsAndDaysBetween
  if (signature.returns.kind === 'interval' && isTimestamp(left))
    return (a: bigint, b: bigint): Value => ({ months: 0, days: 0, microseconds: checkMicros(a - b) })
  if (left.kind === 'date' && right.kind === 'date') return (a: number, b: number) => BigInt(a - b) * MICROS_PER_DAY
  if (left.kind === 'time' && right.kind === 'time') return (a: bigint, b: bigint) => (a - b) / NANOS_PER_MICRO
  if (isTimestamp(left) && isTimestamp(right)) {
    // The difference is that of the clocks on the wall, so a day with a clock change counts 24 hours.
    const zone = zoneFor(left, context)
    return (a: bigint, b: bigint) => checkMicros(zone.toLocalMicros(a) - zone.toLocalMicros(b))
  }
  return intervalSum(left, right, -1) ?? moved(left, right, signature.returns, context, -1)
}

/** Whole months from the second date to the first, and the days that are left, as java.time.Period counts. */
function monthsAndDaysBetween(end: number, start: number): CalendarInterval {
  const [to, from] = [civilFromDays(end), civilFromDays(start)]
  let months = (to.year - from.year) * 12 + to.month - from.month
  let days = to.day - from.day
  if (months > 0 && days < 0) {
    months--
    days = end - addMonthsToDays(start, months)
  } else if (months < 0 && days > 0) {
    months++
    days -= daysInMonth(to.year, to.month)
  }
  return { months, days, microseconds: 0n }
}

function zoneFor(type: DataType, context: EvaluationContext): Zone {
  return type.kind === 'timestamp' ? zoneOf(context.timeZone) : UTC
}
function swapped(evaluate: Evaluate | undefined): Evaluate | undefined {
  return evaluate && ((a, b) => evaluate(b, a))
}

function intervalSum(left: DataType, right: DataType, sign: 1 | -1): Evaluate | undefined {
  if (left.kind !== right.kind) return undefined
  const instead = sign === 1 ? 'try_add' : 'try_subtract'
  switch (left.kind) {
    case 'interval_year_month':
      return (a: number, b: number) => checkMonths(a + sign * b, instead)
    case 'interval_day_time':
      return sign === 1
        ? (a: bigint, b: bigint) => checkMicros(a + b, instead)
        : (a: bigint, b: bigint) => checkMicros(a - b, instead)
    case 'interval':
      return (a: CalendarInterval, b: CalendarInterval) => addIntervals(a, sign === 1 ? b : negateInterval(b), instead)
    default:
      return undefined
  }
}

/** A moment moved by an interval or a number of days. */
function moved(
  moment: DataType,
  by: DataType,
  returns: DataType,
  context: EvaluationContext,
  sign: 1 | -1,
): Evaluate | undefined {
  if (moment.kind === 'date') return movedDate(by, sign, context.settings.ansi)
  if (moment.kind === 'time' && by.kind === 'interval_day_time')
    return (a: bigint, b: bigint) => checkTime(a + BigInt(sign) * b * NANOS_PER_MICRO)
  if (!isTimestamp(moment)) return undefined
  const move = movedTimestamp(by, zoneFor(moment, context), sign)
  if (returns.kind !== 'string') return move
  const zone = zoneOf(context.timeZone)
  return (a: bigint, b) => formatTimestamp(move(a, b) as bigint, zone)
}
function movedDate(by: DataType, sign: 1 | -1, ansi: boolean): Evaluate | undefined {
  switch (by.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
      return (a: number, b: number) => (a + sign * b) | 0
    case 'interval_year_month':
      return (a: number, b: number) => addMonthsToDays(a, sign * b)
    case 'interval_day_time':
      return (a: number, b: bigint) => a + sign * Number(b / MICROS_PER_DAY)
    case 'interval':
      return (a: number, b: CalendarInterval) => {
        if (ansi && b.microseconds !== 0n) throw timeAddedToDate()
        return addMonthsToDays(a, sign * b.months) + sign * b.days + sign * Number(b.microseconds / MICROS_PER_DAY)
      }
    default:
      return undefined
  }
}
function timeAddedToDate(): ExecutionError {
  return new ExecutionError('INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION', {
    message: 'an interval with hours, minutes or seconds cannot be added to a date',
    hint: 'Cast the date to a timestamp first.',
  })
}
function movedTimestamp(by: DataType, zone: Zone, sign: 1 | -1): Evaluate {
  switch (by.kind) {
    case 'interval_year_month':
      return (a: bigint, b: number) => addToTimestamp(a, sign * b, 0, 0n, zone)
    case 'interval_day_time':
      return (a: bigint, b: bigint) => addDayTime(a, sign === 1 ? b : -b, zone)
    case 'interval':
      return (a: bigint, b: CalendarInterval) =>
        addToTimestamp(a, sign * b.months, sign * b.days, BigInt(sign) * b.microseconds, zone)
    default:
      throw new InternalError(`a timestamp cannot be moved by ${by}`)
  }
}
