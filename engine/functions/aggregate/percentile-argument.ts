import { arrayType, DAY_TIME, type DataType, DOUBLE, timeType, YEAR_MONTH } from '../../types/data-type.ts'
import { decimalToNumber } from '../../types/decimal.ts'
import { DEFAULT_TIME_PRECISION } from '../../types/time.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstant, mustNotBeNull, outOfRange, unexpectedInputType } from '../call-errors.ts'
import type { Argument, CallSite } from '../function.ts'
import { isDecimal } from '../operators/decimal-arithmetic.ts'
import { constantAs, NUMERIC, REAL } from '../signature.ts'

const TIME_OF_DAY = timeType(DEFAULT_TIME_PRECISION)

/** What the percentile functions share: the value they take, the constant percentage or array of them, numbers behind values. */
export interface Percentages {
  readonly type: DataType
  readonly isArray: boolean
}
/** A constant DOUBLE from 0 to 1, or an array of them. */
export function percentages(argument: Argument, index: number, site: CallSite): Percentages {
  const isArray = argument.type.kind === 'array'
  const element = argument.type.kind === 'array' ? argument.type.element : argument.type
  if (REAL.convert(element) === undefined) throw unexpectedInputType(site, index, argument, '("DOUBLE" or "ARRAY<DOUBLE>")')
  if (argument.constant === undefined) throw mustBeConstant(site, argument, 'percentage', 'DOUBLE')
  if (argument.constant === null) throw mustNotBeNull(site, 'percentage')
  const type = argument.type.kind === 'array' ? arrayType(DOUBLE, argument.type.containsNull) : DOUBLE
  const constant = constantAs(argument, type, site)!
  for (const value of isArray ? (constant as readonly (number | null)[]) : [constant as number]) {
    if (value === null || !(value >= 0 && value <= 1)) throw outOfRange(site, 'percentage', '[0.0, 1.0]', String(value))
  }
  return { type, isArray }
}
/** Percentages of a bound call, as numbers. */
export function percentageValues(constant: Value | undefined): readonly number[] {
  return (Array.isArray(constant) ? constant : [constant]).map(Number)
}

/** Numbers (text as DOUBLE), the two ANSI intervals and times of day, which dates and timestamps are cast to where they can. */
export function measuredType(argument: Argument, index: number, site: CallSite): DataType {
  const { kind } = argument.type
  if (kind === 'interval_year_month' || kind === 'interval_day_time' || kind === 'time') return argument.type
  if (kind === 'date' || kind === 'timestamp' || kind === 'timestamp_ntz') return TIME_OF_DAY
  const type = NUMERIC.convert(argument.type)
  if (type === undefined)
    throw unexpectedInputType(
      site,
      index,
      argument,
      '("NUMERIC" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND" or "TIME")',
    )
  return type
}
/** The type of an interpolated value. */
export function interpolatedType(type: DataType): DataType {
  if (type.kind === 'interval_year_month') return YEAR_MONTH
  if (type.kind === 'time') return type
  return type.kind === 'interval_day_time' ? DAY_TIME : DOUBLE
}
export function toNumber(type: DataType): (value: Value) => number {
  if (isDecimal(type)) return (value) => decimalToNumber(value as bigint, type.scale)
  return (value) => Number(value)
}
/** A number back in the type; the fraction of an interval is cut off. */
export function fromNumber(type: DataType): (value: number) => Value {
  switch (type.kind) {
    case 'interval_year_month':
      return (value) => Math.trunc(value)
    case 'interval_day_time':
    case 'time':
      return (value) => BigInt(Math.trunc(value))
    default:
      return (value) => value
  }
}
