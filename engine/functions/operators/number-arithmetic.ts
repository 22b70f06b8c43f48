import { InternalError } from '../../errors/engine-error.ts'
import type { DataType, DecimalType } from '../../types/data-type.ts'
import type { Evaluate } from '../function.ts'
import { arithmeticOverflow, binaryOverflow, divideByZero, remainderByZero } from './arithmetic-errors.ts'
import { decimalOperation, isDecimal } from './decimal-arithmetic.ts'

/** Arithmetic of two values of numeric types under ANSI rules: overflow and zero divisors are errors. */
export type NumberOperator = '+' | '-' | '*' | '/' | '%' | 'div' | 'pmod'
// biome-ignore lint/suspicious/noExplicitAny: the operand types are those of the SQL type at hand
export type BinaryEvaluate = (a: any, b: any) => number | bigint

export const INT_RANGES = {
  tinyint: { min: -128, max: 127, suffix: 'S' },
  smallint: { min: -32768, max: 32767, suffix: 'S' },
  int: { min: -2147483648, max: 2147483647, suffix: '' },
} as const
export const BIGINT_MIN = -9223372036854775808n
export const BIGINT_MAX = 9223372036854775807n

const TOLERANT_NAMES: Readonly<Record<string, string>> = { '+': 'try_add', '-': 'try_subtract', '*': 'try_multiply' }

/** For + - * % and pmod both types are the same (decimals may differ); `/` takes doubles or decimals, `div` BIGINTs or decimals. */
export function numberOperation(operator: NumberOperator, left: DataType, right: DataType, returns: DataType): BinaryEvaluate {
  if (isDecimal(left) && isDecimal(right)) return onDecimals(operator, left, right, returns)
  switch (left.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
      return onInts(operator, left.kind)
    case 'bigint':
      return onBigints(operator)
    case 'float':
      return onDoubles(operator, Math.fround)
    case 'double':
      return onDoubles(operator, (value) => value)
    default:
      throw new InternalError(`no arithmetic on ${left}`)
  }
}

const INT_SHIFTS: Readonly<Record<string, number>> = { tinyint: 24, smallint: 16, int: 0 }

/** ANSI off: + - * (and div, which only its one overflow can wrap) of integers drop the bits that do not fit. Undefined for all else. */
export function wrappingOperation(operator: NumberOperator, left: DataType, right: DataType): Evaluate | undefined {
  const shift = INT_SHIFTS[left.kind]
  if (left.kind !== right.kind) return undefined
  if (shift !== undefined) {
    const narrow = (value: number): number => (value << shift) >> shift
    switch (operator) {
      case '+':
        return (a: number, b: number) => narrow(a + b)
      case '-':
        return (a: number, b: number) => narrow(a - b)
      case '*':
        return (a: number, b: number) => narrow(Math.imul(a, b))
      default:
        return undefined
    }
  }
  if (left.kind !== 'bigint') return undefined
  switch (operator) {
    case '+':
      return (a: bigint, b: bigint) => BigInt.asIntN(64, a + b)
    case '-':
      return (a: bigint, b: bigint) => BigInt.asIntN(64, a - b)
    case '*':
      return (a: bigint, b: bigint) => BigInt.asIntN(64, a * b)
    case 'div':
      return (a: bigint, b: bigint) => (b === 0n ? null : BigInt.asIntN(64, a / b))
    default:
      return undefined
  }
}
/** ANSI off: the smallest integer is its own negation. */
export function wrappingNegation(type: DataType): Evaluate | undefined {
  const shift = INT_SHIFTS[type.kind]
  if (shift !== undefined) return (a: number) => ((0 - a) << shift) >> shift
  return type.kind === 'bigint' ? (a: bigint) => BigInt.asIntN(64, -a) : undefined
}

function onInts(operator: NumberOperator, kind: keyof typeof INT_RANGES): BinaryEvaluate {
  const { min, max, suffix } = INT_RANGES[kind]
  const checked =
    (compute: (a: number, b: number) => number): BinaryEvaluate =>
    (a: number, b: number) => {
      const result = compute(a, b)
      if (result >= min && result <= max) return result
      const instead = TOLERANT_NAMES[operator]!
      if (kind === 'int') throw arithmeticOverflow('overflow', instead)
      throw binaryOverflow(`${a}${suffix}`, operator, `${b}${suffix}`, instead)
    }
  switch (operator) {
    case '+':
      return checked((a, b) => a + b)
    case '-':
      return checked((a, b) => a - b)
    case '*':
      // Products above 2^53 are not exact, but they are far outside the range all the same. Adding 0 makes -0 a 0.
      return checked((a, b) => a * b + 0)
    case '%':
      return (a: number, b: number) => {
        if (b === 0) throw remainderByZero()
        return (a % b) + 0
      }
    case 'pmod':
      return (a: number, b: number) => {
        if (b === 0) throw remainderByZero()
        const rest = a % b
        return (rest < 0 ? (rest + b) % b : rest) + 0
      }
    default:
      throw new InternalError(`no ${operator} on ${kind}`)
  }
}

function onBigints(operator: NumberOperator): BinaryEvaluate {
  const checked =
    (compute: (a: bigint, b: bigint) => bigint): BinaryEvaluate =>
    (a: bigint, b: bigint) => {
      const result = compute(a, b)
      if (result >= BIGINT_MIN && result <= BIGINT_MAX) return result
      throw arithmeticOverflow('overflow', TOLERANT_NAMES[operator])
    }
  switch (operator) {
    case '+':
      return checked((a, b) => a + b)
    case '-':
      return checked((a, b) => a - b)
    case '*':
      return checked((a, b) => a * b)
    case '%':
      return (a: bigint, b: bigint) => {
        if (b === 0n) throw remainderByZero()
        return a % b
      }
    case 'pmod':
      return (a: bigint, b: bigint) => {
        if (b === 0n) throw remainderByZero()
        const rest = a % b
        return rest < 0n ? (rest + b) % b : rest
      }
    case 'div':
      return (a: bigint, b: bigint) => {
        if (b === 0n) throw divideByZero()
        const result = a / b
        if (result > BIGINT_MAX) throw arithmeticOverflow('overflow in integral divide', 'try_divide')
        return result
      }
    default:
      throw new InternalError(`no ${operator} on bigint`)
  }
}

function onDoubles(operator: NumberOperator, round: (value: number) => number): BinaryEvaluate {
  switch (operator) {
    case '+':
      return (a: number, b: number) => round(a + b)
    case '-':
      return (a: number, b: number) => round(a - b)
    case '*':
      return (a: number, b: number) => round(a * b)
    case '/':
      return (a: number, b: number) => {
        if (b === 0) throw divideByZero()
        return round(a / b)
      }
    case '%':
      return (a: number, b: number) => {
        if (b === 0) throw remainderByZero()
        return a % b
      }
    case 'pmod':
      return (a: number, b: number) => {
        if (b === 0) throw remainderByZero()
        const rest = a % b
        return rest < 0 ? round((rest + b) % b) : rest
      }
    default:
      throw new InternalError(`no ${operator} on double`)
  }
}

function onDecimals(operator: NumberOperator, left: DecimalType, right: DecimalType, returns: DataType): BinaryEvaluate {
  // div gives BIGINT, whose quotient is not rounded to any decimal type.
  const type = isDecimal(returns) ? returns : left
  if (operator === 'pmod') {
    const remainder = decimalOperation('%', left, right, type)
    const scale = Math.max(left.scale, right.scale)
    const lift = 10n ** BigInt(scale - right.scale)
    return (a: bigint, b: bigint) => {
      if (b === 0n) throw remainderByZero()
      const rest = remainder(a, b)
      return rest < 0n ? (rest + b * lift) % (b * lift) : rest
    }
  }
  const compute = decimalOperation(operator, left, right, type)
  switch (operator) {
    case '/':
      return (a: bigint, b: bigint) => {
        if (b === 0n) throw divideByZero()
        return compute(a, b)
      }
    case 'div':
      return (a: bigint, b: bigint) => {
        if (b === 0n) throw divideByZero()
        const result = compute(a, b)
        if (result > BIGINT_MAX || result < BIGINT_MIN) throw arithmeticOverflow('overflow in integral divide', 'try_divide')
        return result
      }
    case '%':
      return (a: bigint, b: bigint) => {
        if (b === 0n) throw remainderByZero()
        return compute(a, b)
      }
    default:
      return compute
  }
}
