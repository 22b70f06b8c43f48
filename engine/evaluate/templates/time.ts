import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import { truncateDays, truncationLevel } from '../../functions/scalar/datetime-move.ts'
import { type DataType, sameType } from '../../types/data-type.ts'
import { type Zone, zoneOf } from '../../types/zone.ts'
import { boundFunction } from '../interpret.ts'
import type { Lane, ScalarLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { isFixedZone, longProduct, longSum, longToDouble, nullsOf, wholeToLong } from './numbers.ts'
import type { Template } from './table.ts'

const MICROS_PER_DAY = 86_400_000_000n
const SECONDS_PER_DAY = 86_400
export const timeTemplates: Readonly<Record<string, Template>> = {
  hour: (code, call) => clockPart(code, call, 3600, 24),
  minute: (code, call) => clockPart(code, call, 60, 60),
  second: (code, call) => clockPart(code, call, 1, 60),
  ...Object.fromEntries(
    'year quarter month day dayofmonth dayofyear dayofweek weekday weekofyear last_day unix_date date_from_unix_date'
      .split(' ')
      .map((name) => [name, ofDays] as const),
  ),
  date_add: (code, call) => daysMoved(code, call, '+'),
  dateadd: (code, call) => daysMoved(code, call, '+'),
  date_sub: (code, call) => daysMoved(code, call, '-'),
  datediff: (code, call) => daysMoved(code, call, '-'),
  date_diff: (code, call) => daysMoved(code, call, '-'),
  add_months: (code, call) => {
    const [days, months] = [code.scalar(call.args[0]!), code.scalar(call.args[1]!)]
    if (days.kind !== 'int' || months.kind !== 'int') return undefined
    const isNull = nullsOf(code, days, months)
    // The record's function fails beyond the last date: the sum of days and the longest months says whether it could.
    const value = code.out.constant(`${days.value} + ${months.value} * 31`)
    code.guard(`${value} > 2000000000 || ${value} < -2000000000`, isNull)
    const moved = `${ownFunction(code, call)}(${days.value}, ${months.value})`
    return { kind: 'int', value: code.out.constant(isNull === '0' ? moved : `${isNull} ? 0 : ${moved}`), isNull }
  },
  extract: extracted,
  date_part: extracted,
  datepart: extracted,
  trunc: (code, call) => {
    const unit = code.constant(call.args[1]!)
    const level = typeof unit === 'string' ? truncationLevel(unit) : undefined
    if (level !== 'YEAR' && level !== 'QUARTER' && level !== 'MONTH' && level !== 'WEEK') return undefined
    const days = code.scalar(call.args[0]!)
    const value = `${code.out.capture(truncateDays, 'truncateDays')}(${days.value}, '${level}')`
    return { kind: 'int', value: code.out.constant(value), isNull: days.isNull }
  },
  date_trunc: truncated,
  unix_seconds: wholeSeconds,
  unix_millis: (code, call) => {
    const x = code.scalar(call.args[0]!)
    const { value, isSafe } = longToDouble(code, x)
    code.guard(`!(${isSafe})`, x.isNull)
    return { kind: 'long', value: wholeToLong(code, code.out.constant(`Math.floor(${value} / 1000)`)), isNull: x.isNull }
  },
  unix_micros: (code, call) => code.scalar(call.args[0]!),
  timestamp_micros: (code, call) => counted(code, call, 1n),
  timestamp_millis: (code, call) => counted(code, call, 1000n),
  timestamp_seconds: (code, call) => counted(code, call, 1_000_000n),
}

/** A timestamp plus or minus a day-time interval, two such intervals, or the difference of two timestamps; undefined for other types. */
export function timeSum(code: RowCode, call: Call, symbol: '+' | '-'): ScalarLane | undefined {
  const [left, right] = [typeOf(call.args[0]!), typeOf(call.args[1]!)]
  if (left.kind === 'interval_day_time' && right.kind === 'interval_day_time') return checkedSum(code, call, symbol)
  if (isTimestamp(left) && sameType(left, right) && symbol === '-') {
    if (typeOf(call).kind !== 'interval_day_time') return undefined
    return left.kind === 'timestamp_ntz' || isFixedZone(code) ? checkedSum(code, call, symbol) : undefined
  }
  if (!isTimestamp(left) || right.kind !== 'interval_day_time' || !sameType(left, typeOf(call))) return undefined
  // Whole days are days of the zone's calendar; less than a day is the same everywhere.
  const amount = code.constant(call.args[1]!)
  const withinDay = typeof amount === 'bigint' && amount > -MICROS_PER_DAY && amount < MICROS_PER_DAY
  return withinDay || left.kind === 'timestamp_ntz' || isFixedZone(code) ? checkedSum(code, call, symbol) : undefined
}

export function isTimestamp(type: DataType): boolean {
  return type.kind === 'timestamp' || type.kind === 'timestamp_ntz'
}

function checkedSum(code: RowCode, call: Call, symbol: '+' | '-'): ScalarLane {
  const [x, y] = [code.scalar(call.args[0]!), code.scalar(call.args[1]!)]
  const isNull = nullsOf(code, x, y)
  return { kind: 'long', value: longSum(code, symbol, x, y, isNull), isNull }
}

/** A moment as numbers: microseconds since 1970, whole seconds of UTC and of the local clock, and the microseconds of the second. */
export interface Clock {
  readonly micros: string
  readonly localSeconds: string
  readonly fraction: string
  readonly isNull: string
}

/** undefined: the zone is the session's. A timestamp without time zone has none. */
export function zoneFor(code: RowCode, type: DataType): Zone | undefined {
  return type.kind === 'timestamp' ? zoneOf(code.options.context.timeZone) : undefined
}

export function clockOf(code: RowCode, e: Expression): Clock {
  const x = code.scalar(e)
  const { value: micros, isSafe } = longToDouble(code, x)
  code.guard(`!(${isSafe})`, x.isNull)
  // The quotient is rounded once, and below 2^53 rounding cannot reach the next whole second.
  const seconds = code.out.constant(`Math.floor(${micros} / 1000000)`)
  return {
    micros,
    localSeconds: localSeconds(code, seconds, zoneFor(code, typeOf(e))),
    fraction: `(${micros} - ${seconds} * 1000000)`,
    isNull: x.isNull,
  }
}
export function localSeconds(code: RowCode, utcSeconds: string, zone: Zone | undefined): string {
  const fixed = zone === undefined ? 0 : zone.fixedOffsetSeconds
  if (fixed === 0) return utcSeconds
  if (fixed !== undefined) return code.out.constant(`${utcSeconds} + ${fixed}`)
  return code.out.constant(`${utcSeconds} + ${code.out.capture(zone, 'zone')}.offsetSecondsAt(${utcSeconds})`)
}

/** One hand of the clock: seconds of a unit, units to a turn. */
function clockPart(code: RowCode, call: Call, unitSeconds: number, units: number): ScalarLane | undefined {
  if (!isTimestamp(typeOf(call.args[0]!))) return undefined
  const { localSeconds, isNull } = clockOf(code, call.args[0]!)
  const count = unitSeconds === 1 ? localSeconds : code.out.constant(`Math.floor(${localSeconds} / ${unitSeconds})`)
  return { kind: 'int', value: code.out.constant(`${count} - Math.floor(${count} / ${units}) * ${units}`), isNull }
}

/** The record's function, which does not fail. */
function ownFunction(code: RowCode, call: Call): string {
  const { functions, context } = code.options
  return code.out.capture(boundFunction(call, functions, context)!.evaluate, 'f')
}

/** A number, or another date, that a date's days give. */
function ofDays(code: RowCode, call: Call): ScalarLane | undefined {
  const days = code.scalar(call.args[0]!)
  if (days.kind !== 'int') return undefined
  return { kind: 'int', value: code.out.constant(`${ownFunction(code, call)}(${days.value})`), isNull: days.isNull }
}

/** The parts of a date, and the hour and minute of a clock; seconds have a fraction, intervals have fields: those are the function's own. */
function extracted(code: RowCode, call: Call): ScalarLane | undefined {
  const [field, source] = call.args as [Expression, Expression]
  const name = code.constant(field)
  if (typeof name !== 'string' || typeOf(call).kind !== 'int') return undefined
  if (typeOf(source).kind === 'date') {
    const days = code.scalar(source)
    const value = `${ownFunction(code, call)}(${code.out.capture(name, 'field')}, ${days.value})`
    return { kind: 'int', value: code.out.constant(value), isNull: days.isNull }
  }
  const hand: Call = { ...call, args: [source] }
  if (/^(?:h|hours?|hrs?)$/i.test(name)) return clockPart(code, hand, 3600, 24)
  return /^(?:m|mins?|minutes?)$/i.test(name) ? clockPart(code, hand, 60, 60) : undefined
}

/** Days wrap like a Java int. */
function daysMoved(code: RowCode, call: Call, symbol: '+' | '-'): ScalarLane | undefined {
  const [x, y] = [code.scalar(call.args[0]!), code.scalar(call.args[1]!)]
  if (x.kind !== 'int' || y.kind !== 'int') return undefined
  return { kind: 'int', value: code.out.constant(`(${x.value} ${symbol} ${y.value}) | 0`), isNull: nullsOf(code, x, y) }
}

export function wholeSeconds(code: RowCode, call: Call): ScalarLane | undefined {
  const [argument] = call.args
  if (argument === undefined || !isTimestamp(typeOf(argument))) return undefined
  const x = code.scalar(argument)
  const { value, isSafe } = longToDouble(code, x)
  code.guard(`!(${isSafe})`, x.isNull)
  return { kind: 'long', value: wholeToLong(code, code.out.constant(`Math.floor(${value} / 1000000)`)), isNull: x.isNull }
}

/** Units since 1970 as a timestamp. */
function counted(code: RowCode, call: Call, unitMicros: bigint): ScalarLane | undefined {
  const type = typeOf(call.args[0]!)
  if (type.kind !== 'bigint') return undefined
  const x = code.scalar(call.args[0]!)
  if (unitMicros === 1n) return { kind: 'long', value: x.value, isNull: x.isNull, halves: x.halves }
  const unit: ScalarLane = { kind: 'long', value: `${unitMicros}n`, isNull: '0', constant: unitMicros }
  return { kind: 'long', value: longProduct(code, x, unit, x.isNull), isNull: x.isNull }
}

const CLOCK_UNITS: Readonly<Record<string, number>> = {
  HOUR: 3_600_000_000,
  MINUTE: 60_000_000,
  SECOND: 1_000_000,
  MILLISECOND: 1000,
}

/** date_trunc to a constant unit. */
function truncated(code: RowCode, call: Call): Lane | undefined {
  const unit = code.constant(call.args[0]!)
  const level = typeof unit === 'string' ? truncationLevel(unit) : undefined
  if (level === undefined || level === 'MICROSECOND') return undefined
  const zone = zoneFor(code, typeOf(call))
  if (zone === undefined) return undefined
  const x = code.scalar(call.args[1]!)
  const { value: micros, isSafe } = longToDouble(code, x)
  code.guard(`!(${isSafe})`, x.isNull)
  const clockUnit = CLOCK_UNITS[level]
  let cut: string
  if (clockUnit !== undefined && zone.fixedOffsetSeconds === 0) {
    cut = code.out.constant(`Math.floor(${micros} / ${clockUnit}) * ${clockUnit}`)
  } else if (clockUnit !== undefined) {
    cut = code.out.constant(`${code.out.capture(clockTruncation(zone, clockUnit), 'truncate')}(${micros})`)
  } else cut = code.out.constant(`${code.out.capture(dateTruncation(zone, level), 'truncate')}(${micros})`)
  return { kind: 'long', value: wholeToLong(code, cut), isNull: x.isNull }
}

/** On the local clock. Where a local time occurs twice, the offset in force is kept. */
function clockTruncation(zone: Zone, unit: number): (micros: number) => number {
  return (micros) => {
    const offset = zone.offsetSecondsAt(Math.floor(micros / 1e6))
    const cut = Math.floor((micros + offset * 1e6) / unit) * unit
    const kept = cut - offset * 1e6
    if (zone.offsetSecondsAt(Math.floor(kept / 1e6)) === offset) return kept
    return cut - zone.offsetSecondsOfLocal(Math.floor(cut / 1e6)) * 1e6
  }
}
function dateTruncation(zone: Zone, level: string): (micros: number) => number {
  return (micros) => {
    const utc = Math.floor(micros / 1e6)
    const days = Math.floor((utc + zone.offsetSecondsAt(utc)) / SECONDS_PER_DAY)
    const local =
      (level === 'YEAR' || level === 'QUARTER' || level === 'MONTH' || level === 'WEEK' ? truncateDays(days, level) : days) *
      SECONDS_PER_DAY
    return (local - zone.offsetSecondsOfLocal(local)) * 1e6
  }
}
