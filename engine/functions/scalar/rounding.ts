import {
  BIGINT,
  type DataType,
  type DecimalType,
  DOUBLE,
  decimalType,
  INT,
  isIntegral,
  MAX_PRECISION,
} from '../../types/data-type.ts'
import { decimalOfNumber, decimalToNumber, fitsPrecision, formatDecimal, powerOfTen } from '../../types/decimal.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstant, mustBeConstantOf, unexpectedInputType } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { arithmeticOverflow } from '../operators/arithmetic-errors.ts'
import { decimalOutOfRange, isDecimal } from '../operators/decimal-arithmetic.ts'
import { BIGINT_MAX, BIGINT_MIN, INT_RANGES } from '../operators/number-arithmetic.ts'
import { ANY_DECIMAL, checkCount, constantAs, convertArguments, exactly, NUMERIC, oneOf, REAL, WHOLE } from '../signature.ts'

/** How digits that fall off move the rest: half away from zero, half to the even digit, up, down. */
type Rounding = 'half_up' | 'half_even' | 'ceiling' | 'floor'

function divided(value: bigint, divisor: bigint, rounding: Rounding): bigint {
  const quotient = value / divisor
  const rest = value % divisor
  if (rest === 0n) return quotient
  const away = value < 0n ? -1n : 1n
  const twice = (rest < 0n ? -rest : rest) * 2n
  switch (rounding) {
    case 'half_up':
      return twice >= divisor ? quotient + away : quotient
    case 'half_even':
      return twice > divisor || (twice === divisor && quotient % 2n !== 0n) ? quotient + away : quotient
    case 'ceiling':
      return rest > 0n ? quotient + 1n : quotient
    case 'floor':
      return rest < 0n ? quotient - 1n : quotient
  }
}
const MAX_DIGITS = 400
/** Unscaled value at scale `from` to the value at scale `to`, which may be negative: the digits before the point then become zeros at scale 0. */
function roundedTo(unscaled: bigint, from: number, to: number, rounding: Rounding): { unscaled: bigint; scale: number } {
  if (to >= from) return { unscaled, scale: from }
  // Further left than any number has digits.
  if (to < -MAX_DIGITS) return { unscaled: 0n, scale: 0 }
  const kept = divided(unscaled, powerOfTen(from - to), rounding)
  return to >= 0 ? { unscaled: kept, scale: to } : { unscaled: kept * powerOfTen(-to), scale: 0 }
}

/** One more digit in front, for 9.9 that becomes 10; digits rounded away in front stay as zeros. */
function roundedType(type: DecimalType, scale: number): DecimalType {
  const whole = type.precision - type.scale + 1
  if (scale < 0) return decimalType(Math.min(Math.max(whole, -scale + 1), MAX_PRECISION), 0)
  const kept = Math.min(type.scale, scale)
  return decimalType(Math.min(whole + kept, MAX_PRECISION), kept)
}

function scaleArgument(args: readonly Argument[], site: CallSite): number {
  const scale = args[1]
  if (scale === undefined) return 0
  if (WHOLE.convert(scale.type) === undefined) throw unexpectedInputType(site, 1, scale, WHOLE.text)
  if (scale.constant === undefined) throw mustBeConstant(site, scale, 'scale', 'INT')
  return Number(constantAs(scale, INT, site) ?? 0)
}
function resolveRound(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const type = NUMERIC.convert(args[0]!.type)
  if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, NUMERIC.text)
  const scale = scaleArgument(args, site)
  const returns = isDecimal(type) ? roundedType(type, scale) : type
  return { arguments: args.length === 1 ? [type] : [type, INT], returns }
}
/** ceil and floor with a scale take decimals. */
function resolveRoundTo(args: readonly Argument[], site: CallSite): Resolution {
  const scale = args[1]!
  if (scale.constant === undefined || (scale.type.kind !== 'int' && scale.type.kind !== 'void'))
    throw mustBeConstantOf(site, scale, 'scale', INT)
  const [number] = convertArguments([ANY_DECIMAL], args.slice(0, 1), site)
  return { arguments: [number!, INT], returns: roundedType(number as DecimalType, Number(scale.constant ?? 0)) }
}
const CEILABLE = oneOf(REAL, ANY_DECIMAL, exactly(BIGINT))
function resolveCeiling(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  if (args.length === 2) return resolveRoundTo(args, site)
  const given = args[0]!.type
  const type = isIntegral(given) ? BIGINT : given.kind === 'string' || given.kind === 'float' ? DOUBLE : CEILABLE.convert(given)
  if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, CEILABLE.text)
  const returns = isDecimal(type) ? (type.scale === 0 ? type : roundedType(type, 0)) : BIGINT
  return { arguments: [type], returns }
}

function onDecimal(type: DecimalType, returns: DecimalType, rounding: Rounding, scale: number): Evaluate {
  return (value: bigint) => {
    const result = roundedTo(value, type.scale, scale, rounding)
    if (fitsPrecision(result.unscaled, returns.precision)) return result.unscaled
    throw decimalOutOfRange(formatDecimal(result.unscaled, result.scale), returns)
  }
}
function onInteger(kind: DataType['kind'], rounding: Rounding, scale: number): Evaluate {
  if (scale >= 0) return (value: Value) => value
  const isBig = kind === 'bigint'
  const min = isBig ? BIGINT_MIN : BigInt(INT_RANGES[kind as 'int'].min)
  const max = isBig ? BIGINT_MAX : BigInt(INT_RANGES[kind as 'int'].max)
  return (value: number | bigint) => {
    const { unscaled } = roundedTo(BigInt(value), 0, scale, rounding)
    if (unscaled < min || unscaled > max) throw arithmeticOverflow('overflow')
    return isBig ? unscaled : Number(unscaled)
  }
}
/** A double is rounded by its shortest text, as Spark does: 1.005 to two digits is 1.01. */
function onDouble(rounding: Rounding, scale: number, narrow: (value: number) => number): Evaluate {
  return (value: number) => {
    if (!Number.isFinite(value)) return value
    const exact = decimalOfNumber(value)
    const result = roundedTo(exact.unscaled, exact.scale, scale, rounding)
    return narrow(decimalToNumber(result.unscaled, result.scale))
  }
}
function bindRound(rounding: Rounding) {
  return (signature: Signature): Evaluate => {
    const type = signature.arguments[0]!
    const given = signature.constants[1]
    if (given === null) return () => null
    const scale = Number(given ?? 0)
    if (isDecimal(type) && isDecimal(signature.returns)) return onDecimal(type, signature.returns, rounding, scale)
    if (type.kind === 'double') return onDouble(rounding, scale, (value) => value)
    if (type.kind === 'float') return onDouble(rounding, scale, Math.fround)
    return onInteger(type.kind, rounding, scale)
  }
}
function bindCeiling(rounding: 'ceiling' | 'floor') {
  return (signature: Signature): Evaluate => {
    const type = signature.arguments[0]!
    if (isDecimal(type)) return bindRound(rounding)(signature)
    if (type.kind === 'bigint') return (value: bigint) => value
    const whole = rounding === 'ceiling' ? Math.ceil : Math.floor
    return (value: number) => toBigint(whole(value))
  }
}
/** As Java narrows a double: NaN is 0, and what is outside is an overflow under ANSI rules. */
function toBigint(value: number): bigint {
  if (value >= -(2 ** 63) && value < 2 ** 63) return BigInt(value)
  throw arithmeticOverflow('overflow')
}

function rounding(
  [name, ...aliases]: readonly [string, ...string[]],
  summary: string,
  examples: FunctionRecord['examples'],
  resolve: (args: readonly Argument[], site: CallSite) => Resolution,
  bind: (signature: Signature) => Evaluate,
): FunctionRecord {
  return defineScalar({ name, aliases, family: 'math', summary, examples, nulls: 'propagate', resolve, bind })
}

export const roundingFunctions: readonly FunctionRecord[] = [
  rounding(
    ['round'],
    'Rounds to a number of digits after the point, halves away from zero.',
    [['SELECT round(2.5, 0)', '3']],
    resolveRound,
    bindRound('half_up'),
  ),
  rounding(
    ['bround'],
    'Rounds to a number of digits after the point, halves to the even digit.',
    [['SELECT bround(2.5, 0)', '2']],
    resolveRound,
    bindRound('half_even'),
  ),
  rounding(
    ['ceil', 'ceiling'],
    'Returns the least whole number, or number of that many digits, that is not less.',
    [
      ['SELECT ceil(-0.1)', '0'],
      ['SELECT ceiling(3.1411, 3)', '3.142'],
    ],
    resolveCeiling,
    bindCeiling('ceiling'),
  ),
  rounding(
    ['floor'],
    'Returns the greatest whole number, or number of that many digits, that is not greater.',
    [
      ['SELECT floor(-0.1)', '-1'],
      ['SELECT floor(3.1411, 3)', '3.141'],
    ],
    resolveCeiling,
    bindCeiling('floor'),
  ),
]
