import { BIGINT, BOOLEAN, type DataType, DOUBLE, decimalType, isIntegral, MAX_PRECISION } from '../../types/data-type.ts'
import { powerOfTen } from '../../types/decimal.ts'
import type { Value } from '../../types/value.ts'
import { unexpectedInputType } from '../call-errors.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type EvaluationContext,
  type Resolution,
  type Signature,
} from '../function.ts'
import { arithmeticOverflow } from '../operators/arithmetic-errors.ts'
import { isDecimal } from '../operators/decimal-arithmetic.ts'
import { checkMicros, checkMonths } from '../operators/interval-arithmetic.ts'
import { BIGINT_MAX, BIGINT_MIN } from '../operators/number-arithmetic.ts'
import { checkCount, NUMERIC } from '../signature.ts'

export const SUMMABLE_TEXT = '"NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH"'
/** The type an argument of sum or avg is taken as; intervals stay, text becomes DOUBLE. */
export function summableType(args: readonly Argument[], site: CallSite): DataType {
  checkCount(args, site, 1)
  const argument = args[0]!
  const kind = argument.type.kind
  if (kind === 'interval_day_time' || kind === 'interval_year_month') return argument.type
  // A timestamp counts as the seconds since 1970.
  if (kind === 'timestamp') return DOUBLE
  const type = NUMERIC.convert(argument.type)
  if (type === undefined) throw unexpectedInputType(site, 0, argument, SUMMABLE_TEXT)
  return type
}
/** Ten more digits for the sum of decimals, so that ten thousand million rows fit. */
export function sumType(type: DataType): DataType {
  if (isIntegral(type)) return BIGINT
  if (isDecimal(type)) return decimalType(Math.min(type.precision + 10, MAX_PRECISION), type.scale)
  return type.kind === 'float' ? DOUBLE : type
}
function resolveSum(args: readonly Argument[], site: CallSite): Resolution {
  const type = summableType(args, site)
  return { arguments: [type], returns: sumType(type), nullable: true }
}

/** Adds an argument to a sum, both not NULL; throws on overflow of the sum's type. */
export function adder(sum: DataType, argument: DataType): (total: Value, value: Value) => Value {
  if (isDecimal(sum)) {
    const limit = powerOfTen(sum.precision)
    return (total, value) => {
      const result = (total as bigint) + (value as bigint)
      if (result < limit && result > -limit) return result
      throw arithmeticOverflow('overflow in sum of decimals', 'try_sum')
    }
  }
  switch (sum.kind) {
    case 'bigint': {
      const wide = argument.kind === 'bigint'
      return (total, value) => {
        const result = (total as bigint) + (wide ? (value as bigint) : BigInt(value as number))
        if (result >= BIGINT_MIN && result <= BIGINT_MAX) return result
        throw arithmeticOverflow('overflow in the sum of integers', 'try_sum')
      }
    }
    case 'interval_year_month':
      return (total, value) => checkMonths((total as number) + (value as number), 'try_sum')
    case 'interval_day_time':
      return (total, value) => checkMicros((total as bigint) + (value as bigint), 'try_sum')
    default:
      return (total, value) => (total as number) + (value as number)
  }
}
export function zeroOf(type: DataType): Value {
  return type.kind === 'double' || type.kind === 'interval_year_month' ? 0 : 0n
}
function sumKernel(signature: Signature): string | undefined {
  const [argument, sum] = [signature.arguments[0]!, signature.returns]
  if (isIntegral(argument)) return 'sum_int64'
  if (sum.kind === 'double') return 'sum_float64'
  return isDecimal(sum) && sum.precision <= 18 ? 'sum_decimal64' : undefined
}

/** ANSI off: sums of integers wrap, and a decimal that does not fit makes the sum NULL. */
function bindSum(signature: Signature, { settings }: EvaluationContext): BoundAggregate {
  if (settings.ansi) return bindStrictSum(signature)
  return isDecimal(signature.returns) ? bindTrySum(signature) : bindWrappingSum(signature)
}

function bindWrappingSum(signature: Signature): BoundAggregate {
  if (signature.returns.kind !== 'bigint') return bindStrictSum(signature)
  const add = (buffer: Value[], value: Value): void => {
    if (value !== null) buffer[0] = BigInt.asIntN(64, ((buffer[0] as bigint | null) ?? 0n) + BigInt(value as number | bigint))
  }
  return {
    buffer: [BIGINT],
    init: () => [null],
    update: (buffer, args) => add(buffer, args[0]!),
    merge: (buffer, other) => add(buffer, other[0]!),
    finish: (buffer) => buffer[0]!,
  }
}

/** Buffer: [the sum; NULL until a value came]. */
function bindStrictSum(signature: Signature): BoundAggregate {
  const [argument, sum] = [signature.arguments[0]!, signature.returns]
  const zero = zeroOf(sum)
  const addValue = adder(sum, argument)
  const addSum = adder(sum, sum)
  const kernel = sumKernel(signature)
  return {
    buffer: [sum],
    init: () => [null],
    update: (buffer, args) => {
      const value = args[0]!
      if (value !== null) buffer[0] = addValue(buffer[0] ?? zero, value)
    },
    merge: (buffer, other) => {
      const value = other[0]!
      if (value !== null) buffer[0] = buffer[0] === null ? value : addSum(buffer[0]!, value)
    },
    finish: (buffer) => buffer[0]!,
    ...(kernel !== undefined && { kernel }),
  }
}

/** Buffer: [the sum; NULL until a value came, has it overflowed]. An overflow stays, as it does in Spark. */
function bindTrySum(signature: Signature): BoundAggregate {
  const [argument, sum] = [signature.arguments[0]!, signature.returns]
  const zero = zeroOf(sum)
  const addTo = (buffer: Value[], value: Value, add: (total: Value, value: Value) => Value): void => {
    if (value === null || buffer[1] === true) return
    try {
      buffer[0] = add(buffer[0] ?? zero, value)
    } catch (error) {
      if (!isOverflow(error)) throw error
      buffer[0] = null
      buffer[1] = true
    }
  }
  const addValue = adder(sum, argument)
  const addSum = adder(sum, sum)
  return {
    buffer: [sum, BOOLEAN],
    init: () => [null, false],
    update: (buffer, args) => addTo(buffer, args[0]!, addValue),
    merge: (buffer, other) => {
      addTo(buffer, other[0]!, addSum)
      if (other[1] === true) {
        buffer[0] = null
        buffer[1] = true
      }
    },
    finish: (buffer) => buffer[0]!,
  }
}
export function isOverflow(error: unknown): boolean {
  const condition = (error as { condition?: string }).condition ?? ''
  return (
    condition === 'ARITHMETIC_OVERFLOW' ||
    condition.startsWith('NUMERIC_VALUE_OUT_OF_RANGE') ||
    condition.startsWith('INTERVAL_ARITHMETIC_OVERFLOW')
  )
}

export const sumFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'sum',
    summary: 'Adds up the values that are not NULL.',
    examples: [['SELECT sum(a) FROM VALUES (5), (10), (15) AS t(a)', '30']],
    version: 1,
    resolve: resolveSum,
    bind: bindSum,
  }),
  defineAggregate({
    name: 'try_sum',
    summary: 'Adds up the values that are not NULL; NULL where the sum overflows.',
    examples: [['SELECT try_sum(a) FROM VALUES (9223372036854775807L), (1L) AS t(a)', 'NULL']],
    version: 1,
    resolve: resolveSum,
    bind: bindTrySum,
  }),
]
