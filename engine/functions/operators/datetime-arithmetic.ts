import { widerType } from '../../types/coercion.ts'
import {
  CALENDAR_INTERVAL,
  DATE,
  DAY_TIME,
  type DataType,
  DOUBLE,
  dayTimeType,
  INT,
  SMALLINT,
  STRING,
  sameType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
} from '../../types/data-type.ts'
import { unexpectedInputType } from '../call-errors.ts'
import type { Argument, CallSite, Resolution } from '../function.ts'
import { ANY_TIMESTAMP, exactly, oneOf } from '../signature.ts'

/** Typing of + and - where a date, a timestamp, a time or an interval takes part; undefined where only numbers do. */
const DAY_COUNT = oneOf(exactlyWhole(INT), exactlyWhole(SMALLINT), exactlyWhole(TINYINT))
/** Spark does not cast anything but NULL to a number of days. */
function exactlyWhole(type: DataType) {
  return {
    text: exactly(type).text,
    convert: (from: DataType) => (from.kind === 'void' || sameType(from, type) ? type : undefined),
  }
}
const TIMESTAMP_TEXT = '"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)"'

export function isTimestamp(type: DataType): boolean {
  return type.kind === 'timestamp' || type.kind === 'timestamp_ntz'
}
function isDays(type: DataType): boolean {
  return type.kind === 'interval_day_time' && type.start === 'day' && type.end === 'day'
}
/** Two intervals of one kind together: the type that holds every unit of both. */
function bothIntervals(left: DataType, right: DataType): Resolution | undefined {
  if (left.kind === 'interval_day_time' && right.kind === 'interval_day_time')
    return { arguments: [left, right], returns: widerType(left, right) ?? left }
  if (left.kind === 'interval_year_month' && right.kind === 'interval_year_month')
    return { arguments: [left, right], returns: widerType(left, right) ?? left }
  if (left.kind === 'interval' && right.kind === 'interval') return { arguments: [left, right], returns: left }
  if (left.kind === 'void' && isAnsiInterval(right)) return { arguments: [right, right], returns: right }
  if (right.kind === 'void' && isAnsiInterval(left)) return { arguments: [left, left], returns: left }
  return undefined
}
function isAnsiInterval(type: DataType): boolean {
  return type.kind === 'interval_day_time' || type.kind === 'interval_year_month'
}

/** A moment (at `at` of the arguments) plus or minus an interval; undefined when the moment's type leaves the choice to other rules. */
function momentAndInterval(moment: Argument, interval: DataType, at: 0 | 1, site: CallSite): Resolution | undefined {
  const arrange = (type: DataType, returns: DataType): Resolution => ({
    arguments: at === 0 ? [type, interval] : [interval, type],
    returns,
  })
  const type = moment.type
  switch (interval.kind) {
    case 'interval_year_month':
      return type.kind === 'date' || isTimestamp(type) ? arrange(type, type) : undefined
    case 'interval_day_time':
      if (type.kind === 'date') return isDays(interval) ? arrange(DATE, DATE) : arrange(TIMESTAMP, TIMESTAMP)
      if (type.kind === 'time') return arrange(type, type)
      break
    case 'interval':
      if (type.kind === 'date') return arrange(DATE, DATE)
      break
    default:
      return undefined
  }
  const converted = ANY_TIMESTAMP.convert(type)
  if (converted === undefined) throw unexpectedInputType(site, 0, moment, TIMESTAMP_TEXT)
  return arrange(converted, type.kind === 'string' ? STRING : converted)
}

/** NULL next to a date or timestamp counts as a day-time interval. */
function momentAndNull(left: DataType, right: DataType): Resolution | undefined {
  const moment = left.kind === 'void' ? right : right.kind === 'void' ? left : undefined
  if (moment === undefined || !(moment.kind === 'date' || isTimestamp(moment))) return undefined
  const type = moment.kind === 'date' ? TIMESTAMP : moment
  return { arguments: left.kind === 'void' ? [DAY_TIME, type] : [type, DAY_TIME], returns: type }
}
export function resolveDatetimeAddition(args: readonly Argument[], site: CallSite): Resolution | undefined {
  const [left, right] = [args[0]!, args[1]!]
  return (
    momentAndNull(left.type, right.type) ??
    bothIntervals(left.type, right.type) ??
    momentAndInterval(left, right.type, 0, site) ??
    momentAndInterval(right, left.type, 1, site) ??
    dateAndDays(left, right, 0, site) ??
    dateAndDays(right, left, 1, site)
  )
}
export function resolveDatetimeSubtraction(given: readonly Argument[], site: CallSite): Resolution | undefined {
  // ANSI off: a text is a DOUBLE next to an operator, also next to a timestamp.
  const args = site.settings.ansi ? given : given.map((a) => (a.type.kind === 'string' ? { ...a, type: DOUBLE } : a))
  const [left, right] = given.some((a) => isTimestamp(a.type)) ? [args[0]!, args[1]!] : [given[0]!, given[1]!]
  const [l, r] = [left.type, right.type]
  if (l.kind === 'time' && r.kind === 'time') return { arguments: [l, r], returns: dayTimeType('hour', 'second') }
  const intervals = bothIntervals(l, r) ?? momentAndInterval(left, r, 0, site)
  if (intervals) return intervals
  if (isTimestamp(l) || isTimestamp(r)) {
    const type = differenceType(l, r)
    for (const [i, argument] of [left, right].entries())
      if (ANY_TIMESTAMP.convert(argument.type) === undefined) throw unexpectedInputType(site, i, argument, TIMESTAMP_TEXT)
    return { arguments: [type, type], returns: hasOldIntervals(site) ? CALENDAR_INTERVAL : DAY_TIME }
  }
  if (r.kind === 'date' || (l.kind === 'date' && (r.kind === 'string' || r.kind === 'void'))) {
    const other = exactly(DATE).convert(l)
    if (other === undefined) throw unexpectedInputType(site, 0, left, '"DATE"')
    return { arguments: [DATE, DATE], returns: hasOldIntervals(site) ? CALENDAR_INTERVAL : dayTimeType('day', 'day') }
  }
  return dateAndDays(left, right, 0, site)
}
/** The difference of moments is then a calendar interval. */
function hasOldIntervals(site: CallSite): boolean {
  return site.settings.flag('spark.sql.legacy.interval.enabled')
}
/** A zoned and a zoneless timestamp are compared zoneless. */
function differenceType(left: DataType, right: DataType): DataType {
  if (isTimestamp(left) && isTimestamp(right)) return sameType(left, right) ? left : TIMESTAMP_NTZ
  return isTimestamp(left) ? left : right
}
function dateAndDays(date: Argument, days: Argument, at: 0 | 1, site: CallSite): Resolution | undefined {
  if (date.type.kind !== 'date') return undefined
  if (days.type.kind === 'string') throw unexpectedInputType(site, 1, { ...days, type: DATE }, DAY_COUNT.text)
  const type = DAY_COUNT.convert(days.type)
  if (type === undefined) throw unexpectedInputType(site, 1, days, DAY_COUNT.text)
  return { arguments: at === 0 ? [DATE, type] : [type, DATE], returns: DATE }
}
