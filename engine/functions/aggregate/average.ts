import {
  BIGINT,
  BOOLEAN,
  DAY_TIME,
  type DataType,
  DOUBLE,
  decimalType,
  isIntegral,
  MAX_PRECISION,
  YEAR_MONTH,
} from '../../types/data-type.ts'
import { divideHalfUp, powerOfTen } from '../../types/decimal.ts'
import type { Value } from '../../types/value.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type Resolution,
  type Signature,
} from '../function.ts'
import { fitDecimal, isDecimal } from '../operators/decimal-arithmetic.ts'
import { adder, isOverflow, summableType, sumType, zeroOf } from './sum.ts'

function averageType(type: DataType): DataType {
  if (isDecimal(type)) return decimalType(Math.min(type.precision + 4, MAX_PRECISION), Math.min(type.scale + 4, MAX_PRECISION))
  if (type.kind === 'interval_year_month') return YEAR_MONTH
  return type.kind === 'interval_day_time' ? DAY_TIME : DOUBLE
}
function resolveAverage(args: readonly Argument[], site: CallSite): Resolution {
  const type = summableType(args, site)
  return { arguments: [type], returns: averageType(type), nullable: true }
}
/** Integers add up as doubles, as in Spark. */
function averageSumType(type: DataType): DataType {
  return isIntegral(type) ? DOUBLE : sumType(type)
}
function averageKernel(type: DataType): string | undefined {
  if (isIntegral(type)) return 'avg_int64'
  return type.kind === 'double' || type.kind === 'float' ? 'avg_float64' : undefined
}
/** Sum and count to the average; the count is not zero. */
function quotient(sum: DataType, returns: DataType): (total: Value, count: bigint) => Value {
  if (isDecimal(sum) && isDecimal(returns))
    return (total, count) =>
      fitDecimal(((total as bigint) * powerOfTen(MAX_PRECISION - sum.scale)) / count, MAX_PRECISION, returns)
  if (returns.kind === 'interval_year_month') return (total, count) => Number(divideHalfUp(BigInt(total as number), count))
  if (returns.kind === 'interval_day_time') return (total, count) => divideHalfUp(total as bigint, count)
  return (total, count) => (total as number) / Number(count)
}
function toSum(sum: DataType, argument: DataType): (value: Value) => Value {
  return sum.kind === 'double' && argument.kind === 'bigint' ? (value) => Number(value) : (value) => value
}

/** Buffer: [sum, BIGINT count of values]. Over no values the result is NULL. */
function bindAverage(signature: Signature): BoundAggregate {
  const argument = signature.arguments[0]!
  const sum = averageSumType(argument)
  const add = adder(sum, sum)
  const convert = toSum(sum, argument)
  const divide = quotient(sum, signature.returns)
  const kernel = averageKernel(argument)
  return {
    buffer: [sum, BIGINT],
    init: () => [zeroOf(sum), 0n],
    update: (buffer, args) => {
      const value = args[0]!
      if (value === null) return
      buffer[0] = add(buffer[0]!, convert(value))
      buffer[1] = (buffer[1] as bigint) + 1n
    },
    merge: (buffer, other) => {
      buffer[0] = add(buffer[0]!, other[0]!)
      buffer[1] = (buffer[1] as bigint) + (other[1] as bigint)
    },
    ...(isDecimal(sum) && {
      retract: (buffer: Value[], args: readonly Value[]) => {
        const value = args[0]!
        if (value === null) return
        buffer[0] = (buffer[0] as bigint) - (value as bigint)
        buffer[1] = (buffer[1] as bigint) - 1n
      },
    }),
    finish: (buffer) => (buffer[1] === 0n ? null : divide(buffer[0]!, buffer[1] as bigint)),
    ...(kernel !== undefined && { kernel }),
  }
}
/** As avg, with a third column that says whether the sum has overflowed. */
function bindTryAverage(signature: Signature): BoundAggregate {
  const plain = bindAverage(signature)
  const guarded = (buffer: Value[], step: () => void): void => {
    if (buffer[2] === true) return
    try {
      step()
    } catch (error) {
      if (!isOverflow(error)) throw error
      buffer[2] = true
    }
  }
  return {
    buffer: [...plain.buffer, BOOLEAN],
    init: () => [...plain.init(), false],
    update: (buffer, args) => guarded(buffer, () => plain.update(buffer, args)),
    merge: (buffer, other) => {
      if (other[2] === true) buffer[2] = true
      guarded(buffer, () => plain.merge(buffer, other))
    },
    finish: (buffer) => {
      if (buffer[2] === true) return null
      try {
        return plain.finish(buffer)
      } catch (error) {
        if (!isOverflow(error)) throw error
        return null
      }
    },
  }
}

export const averageFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'avg',
    aliases: ['mean'],
    summary: 'Returns the mean of the values that are not NULL.',
    examples: [['SELECT avg(a) FROM VALUES (1), (2), (NULL) AS t(a)', '1.5']],
    version: 1,
    resolve: resolveAverage,
    // ANSI off: an average whose sum or quotient does not fit its decimal is NULL.
    bind: (signature, { settings }) => (settings.ansi ? bindAverage(signature) : bindTryAverage(signature)),
  }),
  defineAggregate({
    name: 'try_avg',
    summary: 'Returns the mean of the values that are not NULL; NULL where the sum overflows.',
    examples: [['SELECT try_avg(a) FROM VALUES (1), (2) AS t(a)', '1.5']],
    version: 1,
    resolve: resolveAverage,
    bind: bindTryAverage,
  }),
]
