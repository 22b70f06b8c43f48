import { type DataType, type DecimalType, decimalType, MAX_PRECISION } from './data-type.ts'
import { formatDouble } from './number-text.ts'

/**
 * DECIMAL(p,s): values are unscaled bigints. Precision rules, rounding (HALF_UP everywhere) and texts as Spark has them.
 * Source of the rules: spark.md 12.6, Spark's DecimalPrecision and Decimal.
 */
const POWERS: readonly bigint[] = Array.from({ length: 160 }, (_, i) => 10n ** BigInt(i))

export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent)
}

/** The decimal type that holds every value of an integral type; undefined for types that are not numbers with a fixed width. */
export function decimalFor(type: DataType): DecimalType | undefined {
  switch (type.kind) {
    case 'decimal':
      return type
    case 'tinyint':
      return decimalType(3, 0)
    case 'smallint':
      return decimalType(5, 0)
    case 'int':
      return decimalType(10, 0)
    case 'bigint':
      return decimalType(20, 0)
    case 'float':
      return decimalType(14, 7)
    case 'double':
      return decimalType(30, 15)
    default:
      return undefined
  }
}

/** The tightest decimal type of an integer literal: its own digits. */
export function decimalForInteger(value: bigint): DecimalType {
  return decimalType(digitCount(value), 0)
}

/** Keeps integral digits when the result is too wide, at the cost of the scale, but never below min(scale, 6). */
export function adjustPrecision(precision: number, scale: number): DecimalType {
  if (precision <= MAX_PRECISION) return decimalType(precision, scale)
  const minimumScale = Math.min(scale, 6)
  return decimalType(MAX_PRECISION, Math.max(MAX_PRECISION - (precision - scale), minimumScale))
}

export function addType(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale)
  return adjustPrecision(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale)
}
export function multiplyType(a: DecimalType, b: DecimalType): DecimalType {
  return adjustPrecision(a.precision + b.precision + 1, a.scale + b.scale)
}
export function divideType(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(6, a.scale + b.precision + 1)
  return adjustPrecision(a.precision - a.scale + b.scale + scale, scale)
}
export function remainderType(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale)
  return adjustPrecision(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale)
}
/** `div` gives BIGINT; this is the type of the quotient before that. */
export function integralDivideType(a: DecimalType, b: DecimalType): DecimalType {
  const precision = a.precision - a.scale + b.scale
  return adjustPrecision(precision === 0 ? 1 : precision, 0)
}
/** UNION, comparison, CASE: holds both, at most 38 digits; when too wide, integral digits win over the scale. */
export function widerDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale)
  const integral = Math.max(a.precision - a.scale, b.precision - b.scale)
  return adjustBounded(integral, scale)
}
function adjustBounded(integral: number, scale: number): DecimalType {
  if (integral + scale <= MAX_PRECISION) return decimalType(integral + scale, scale)
  return decimalType(MAX_PRECISION, Math.max(0, MAX_PRECISION - integral))
}

/** Does every value of `from` fit `to` without rounding? */
export function decimalHolds(to: DecimalType, from: DecimalType): boolean {
  return to.precision - to.scale >= from.precision - from.scale && to.scale >= from.scale
}

/** Divides, rounding half away from zero. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const rest = dividend % divisor
  const twice = (rest < 0n ? -rest : rest) * 2n
  if (twice < (divisor < 0n ? -divisor : divisor)) return quotient
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n
}

/** The same value at another scale; digits that fall off are rounded half up. */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (from === to) return unscaled
  return to > from ? unscaled * powerOfTen(to - from) : divideHalfUp(unscaled, powerOfTen(from - to))
}

export function fitsPrecision(unscaled: bigint, precision: number): boolean {
  const limit = powerOfTen(precision)
  return unscaled < limit && unscaled > -limit
}

/** Digits of the absolute value; 1 for zero. */
export function digitCount(value: bigint): number {
  return (value < 0n ? -value : value).toString().length
}

/** Quotient at `scale`, rounded half up. The divisor is not zero. */
export function divideDecimals(a: bigint, aScale: number, b: bigint, bScale: number, scale: number): bigint {
  const shift = scale - aScale + bScale
  return shift >= 0 ? divideHalfUp(a * powerOfTen(shift), b) : divideHalfUp(a, b * powerOfTen(-shift))
}

/** Plain text with all digits of the scale, never an exponent: `1.50`. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  if (scale < 0) return (unscaled * powerOfTen(-scale)).toString()
  const negative = unscaled < 0n
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

export interface ParsedDecimal {
  readonly unscaled: bigint
  /** Negative when the text has an exponent past its digits. */
  readonly scale: number
}

const DECIMAL_TEXT = /^[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,10}))?$/

/** Reads Java's BigDecimal grammar, without blanks; undefined where that refuses. */
export function parseDecimal(text: string): ParsedDecimal | undefined {
  const match = DECIMAL_TEXT.exec(text)
  if (match === null) return undefined
  const fraction = match[2] ?? match[3] ?? ''
  const magnitude = BigInt((match[1] ?? '') + fraction)
  const exponent = match[4] === undefined ? 0 : Number(match[4])
  return { unscaled: text.charCodeAt(0) === 0x2d ? -magnitude : magnitude, scale: fraction.length - exponent }
}

/** The value of a double as its shortest text says it (Spark reads doubles into decimals through their text). */
export function decimalOfNumber(value: number): ParsedDecimal {
  if (Number.isInteger(value) && Math.abs(value) < 9007199254740992) return { unscaled: BigInt(value), scale: 0 }
  return parseDecimal(formatDouble(value))!
}

/** The nearest double. */
export function decimalToNumber(unscaled: bigint, scale: number): number {
  if (scale === 0) return Number(unscaled)
  // Both are exact below 2^53 and 10^22, and then one division rounds once.
  if (scale > 0 && scale <= 22 && unscaled <= 9007199254740991n && unscaled >= -9007199254740991n) {
    return Number(unscaled) / 10 ** scale
  }
  return Number(`${unscaled}e${-scale}`)
}
