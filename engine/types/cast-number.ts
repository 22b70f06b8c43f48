import { InternalError } from '../errors/engine-error.ts'
import type { CastContext } from './cast.ts'
import { decimalTooLong } from './cast-errors.ts'
import { type DataType, type DecimalType, MAX_PRECISION } from './data-type.ts'
import { trimmedEnd, trimmedStart } from './date.ts'
import { decimalOfNumber, decimalToNumber, digitCount, fitsPrecision, parseDecimal, powerOfTen, rescale } from './decimal.ts'
import { microsOfUnit } from './interval.ts'
import { MAX_BIGINT, MICROS_PER_SECOND, MIN_BIGINT, secondsOfMicros } from './micros.ts'
import { parseDouble } from './number-text.ts'
import { NANOS_PER_SECOND } from './time.ts'
import type { Value } from './value.ts'

/** Casts to numbers: integers, floats, decimals. Fractions are cut toward zero when the target has none, rounded half up in decimals. */
type Caster = (value: Value) => Value
export type NumberType = DataType & { readonly kind: 'tinyint' | 'smallint' | 'int' | 'bigint' | 'float' | 'double' }

const BITS = { tinyint: 8, smallint: 16, int: 32, bigint: 64 } as const

export function toNumber(from: DataType, to: NumberType, context: CastContext): Caster {
  if (from.kind === 'date') return () => null
  if (to.kind === 'double') return toDouble(from, to, context)
  if (to.kind === 'float') {
    const double = toDouble(from, to, context)
    return (value) => {
      const result = double(value)
      return result === null ? null : Math.fround(result as number)
    }
  }
  return toInteger(from, to, context)
}

function toDouble(from: DataType, to: NumberType, { fail }: CastContext): Caster {
  switch (from.kind) {
    case 'string':
      return (value) => parseDouble(value as string) ?? fail.malformed(value, from, to)
    case 'boolean':
      return (value) => (value ? 1 : 0)
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'float':
    case 'double':
      return (value) => value
    case 'bigint':
      return Number
    case 'decimal':
      return (value) => decimalToNumber(value as bigint, from.scale)
    case 'timestamp':
      return (value) => Number(value) / 1e6
    default:
      throw new InternalError(`no cast from ${from} to ${to}`)
  }
}

function toInteger(from: DataType, to: NumberType, context: CastContext): Caster {
  const { fail, wraps, zone } = context
  const big = to.kind === 'bigint'
  const bits = BITS[to.kind as keyof typeof BITS]
  const low = big ? MIN_BIGINT : -(2n ** BigInt(bits - 1))
  const high = -low - 1n
  const lowNumber = Number(low)
  const highNumber = Number(high)
  const fromBigint = (whole: bigint, value: Value, source: DataType): Value => {
    if (whole < low || whole > high) {
      if (!wraps) return fail.overflow(value, source, to, zone)
      whole = BigInt.asIntN(bits, whole)
    }
    return big ? whole : Number(whole)
  }
  switch (from.kind) {
    case 'string':
      if (big) {
        return (value) => {
          const whole = parseBigint(value as string, wraps)
          return whole === undefined || whole < low || whole > high ? fail.malformed(value, from, to) : whole
        }
      }
      return (value) => {
        const whole = parseInteger(value as string, wraps)
        return whole === undefined || whole < lowNumber || whole > highNumber ? fail.malformed(value, from, to) : whole
      }
    case 'boolean':
      return big ? (value) => (value ? 1n : 0n) : (value) => (value ? 1 : 0)
    case 'tinyint':
    case 'smallint':
    case 'int':
      if (big) return (value) => BigInt(value as number)
      return (value) => {
        const whole = value as number
        if (whole >= lowNumber && whole <= highNumber) return whole
        return wraps ? (whole << (32 - bits)) >> (32 - bits) : fail.overflow(value, from, to)
      }
    case 'bigint':
      return (value) => fromBigint(value as bigint, value, from)
    case 'float':
    case 'double':
      return fromFloating(from, to, context)
    case 'decimal': {
      const unit = powerOfTen(from.scale)
      return (value) => fromBigint((value as bigint) / unit, value, from)
    }
    case 'timestamp':
      if (big) return (value) => floorDivBig(value as bigint, MICROS_PER_SECOND)
      return (value) => {
        const seconds = secondsOfMicros(value as bigint)
        return fromBigint(BigInt(seconds), value, from)
      }
    case 'time':
      return (value) => fromBigint((value as bigint) / NANOS_PER_SECOND, value, from)
    case 'interval_year_month': {
      const unit = from.end === 'year' ? 12 : 1
      return (value) => fromBigint(BigInt(Math.trunc((value as number) / unit)), value, from)
    }
    case 'interval_day_time': {
      const unit = microsOfUnit(from.end)
      return (value) => fromBigint((value as bigint) / unit, value, from)
    }
    default:
      throw new InternalError(`no cast from ${from} to ${to}`)
  }
}

function floorDivBig(value: bigint, by: bigint): bigint {
  return value < 0n && value % by !== 0n ? value / by - 1n : value / by
}

function fromFloating(from: DataType, to: NumberType, { fail, wraps }: CastContext): Caster {
  const big = to.kind === 'bigint'
  const bits = BITS[to.kind as keyof typeof BITS]
  const limit = 2 ** (bits - 1)
  return (value) => {
    const whole = Math.trunc(value as number)
    if (whole >= -limit && whole < limit) return big ? BigInt(whole) : whole + 0
    // The largest BIGINT is 2^63 as a double, so that is still in range.
    if (big && whole === limit) return MAX_BIGINT
    if (!wraps) return fail.overflow(value, from, to)
    // Java: NaN is 0, others stop at the ends of INT (or BIGINT), from where shorter types take the low bits.
    if (Number.isNaN(whole)) return big ? 0n : 0
    if (big) return whole < 0 ? MIN_BIGINT : MAX_BIGINT
    const int = Math.max(-2147483648, Math.min(2147483647, whole))
    return (int << (32 - bits)) >> (32 - bits)
  }
}

const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e

/**
 * Reads a whole number: blanks around it, one sign, digits. With `cutFraction` (ANSI off) a fraction is read and cut off.
 * Exact while below 2^53, which is far more than the callers' ranges. Undefined when it is no number.
 */
export function parseInteger(text: string, cutFraction = false): number | undefined {
  const end = trimmedEnd(text)
  let at = trimmedStart(text)
  if (at >= end) return undefined
  const first = text.charCodeAt(at)
  const signed = first === MINUS || first === PLUS
  if (signed) at++
  const start = at
  let value = 0
  for (; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  if (at < end && !(cutFraction && onlyFraction(text, at, end))) return undefined
  if (at === start && !(cutFraction && end - at > 1)) return undefined
  return first === MINUS ? -value + 0 : value
}

export function parseBigint(text: string, cutFraction = false): bigint | undefined {
  const value = parseInteger(text, cutFraction)
  if (value === undefined) return undefined
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return BigInt(value)
  const digits = text.slice(trimmedStart(text), trimmedEnd(text)).replace(/\..*$/, '')
  return BigInt(digits.startsWith('+') ? digits.slice(1) : digits)
}

function onlyFraction(text: string, at: number, end: number): boolean {
  if (text.charCodeAt(at) !== DOT) return false
  for (let i = at + 1; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return false
  }
  return true
}

export function toDecimal(from: DataType, to: DecimalType, { fail }: CastContext): Caster {
  if (from.kind === 'date') return () => null
  const { precision, scale } = to
  const place = (unscaled: bigint, sourceScale: number): Value => {
    const result = rescale(unscaled, sourceScale, scale)
    return fitsPrecision(result, precision) ? result : fail.outOfRange(unscaled, sourceScale, precision, scale)
  }
  switch (from.kind) {
    case 'string':
      return (value) => {
        const parsed = parseDecimal(withLatinDigits((value as string).trim()))
        if (parsed === undefined) return fail.malformed(value, from, to)
        const { unscaled, scale: digits } = parsed
        // More digits than any decimal has: said so before a huge power of ten is computed.
        if (unscaled !== 0n && digitCount(unscaled) - digits > MAX_PRECISION)
          return fail.raise(() => decimalTooLong(value as string))
        if (digits > 2 * MAX_PRECISION + digitCount(unscaled)) return 0n
        return place(unscaled, digits)
      }
    case 'boolean':
      return (value) => place(value ? 1n : 0n, 0)
    case 'tinyint':
    case 'smallint':
    case 'int':
      return (value) => place(BigInt(value as number), 0)
    case 'bigint':
      return (value) => place(value as bigint, 0)
    case 'float':
    case 'double':
      return (value) => {
        const number = value as number
        // Spark gives NULL here in every mode.
        if (!Number.isFinite(number)) return null
        const parsed = decimalOfNumber(number)
        return place(parsed.unscaled, parsed.scale)
      }
    case 'decimal':
      return (value) => place(value as bigint, from.scale)
    case 'timestamp':
      return (value) => place(value as bigint, 6)
    case 'time':
      return (value) => place(value as bigint, 9)
    case 'interval_year_month': {
      const unit = from.end === 'year' ? 12 : 1
      return (value) => place(BigInt(Math.trunc((value as number) / unit)), 0)
    }
    case 'interval_day_time': {
      // Counted in units of the last field; only seconds have a fraction.
      if (from.end === 'second') return (value) => place(value as bigint, 6)
      const unit = microsOfUnit(from.end)
      return (value) => place((value as bigint) / unit, 0)
    }
    default:
      throw new InternalError(`no cast from ${from} to ${to}`)
  }
}

/** Java's BigDecimal reads the digits of every script. */
function withLatinDigits(text: string): string {
  return /^[\x00-\x7f]*$/.test(text) ? text : text.replace(/\p{Nd}/gu, (digit) => String(valueOfDigit(digit.codePointAt(0)!)))
}
/** Unicode's decimal digits stand in runs of ten, from 0 on. */
function valueOfDigit(code: number): number {
  let zero = code
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && code - zero < 9) zero--
  return code - zero
}
