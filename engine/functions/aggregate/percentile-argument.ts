import { DAY_TIME, type DataType, DOUBLE, YEAR_MONTH } from '../../types/data-type.ts'
import { decimalToNumber } from '../../types/decimal.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstant, mustNotBeNull, outOfRange, unexpectedInputType } from '../call-errors.ts'
import type { Argument, CallSite } from '../function.ts'
import { isDecimal } from '../operators/decimal-arithmetic.ts'
import { NUMERIC, REAL } from '../signature.ts'

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
  for (const value of isArray ? (argument.constant as readonly Value[]) : [argument.constant]) {
    const number = isDecimal(element) && value !== null ? decimalToNumber(value as bigint, element.scale) : Number(value)
    if (value === null || !(number >= 0 && number <= 1)) throw outOfRange(site, 'percentage', '[0.0, 1.0]', String(number))
  }
  return { type: isArray && argument.type.kind === 'array' ? { ...argument.type, element: DOUBLE } : DOUBLE, isArray }
}
/** Percentages of a bound call, as numbers. */
export function percentageValues(constant: Value | undefined): readonly number[] {
  return (Array.isArray(constant) ? constant : [constant]).map(Number)
}

/** Numbers (text as DOUBLE) and the two ANSI intervals. */
export function measuredType(argument: Argument, index: number, site: CallSite): DataType {
  const { kind } = argument.type
  if (kind === 'interval_year_month' || kind === 'interval_day_time') return argument.type
  const type = NUMERIC.convert(argument.type)
  if (type === undefined)
    throw unexpectedInputType(site, index, argument, '("NUMERIC" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")')
  return type
}
/** The type of an interpolated value. */
export function interpolatedType(type: DataType): DataType {
  if (type.kind === 'interval_year_month') return YEAR_MONTH
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
      return (value) => BigInt(Math.trunc(value))
    default:
      return (value) => value
  }
}
