import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import { compareValues } from '../../types/compare.ts'
import { arrayType, BIGINT, type DataType } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { unexpectedInputType } from '../call-errors.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type Resolution,
  type Signature,
} from '../function.ts'
import { checkCount, INTEGRAL } from '../signature.ts'
import { fromNumber, interpolatedType, measuredType, percentages, percentageValues, toNumber } from './percentile-argument.ts'

/** Exact percentiles: every value is kept. Buffer: [the values that are not NULL, how often each counts]. */

/** Sorted values with the number of rows up to and with each. */
interface Ranked {
  readonly values: readonly Value[]
  readonly upTo: readonly number[]
}
function rank(buffer: readonly Value[], compare: (a: Value, b: Value) => number, descending: boolean): Ranked {
  const values = buffer[0] as readonly Value[]
  const counts = buffer[1] as readonly bigint[]
  const order = values.map((_value, i) => i).sort((a, b) => compare(values[a]!, values[b]!) * (descending ? -1 : 1))
  let total = 0
  return {
    values: order.map((i) => values[i]!),
    upTo: order.map((i) => {
      total += Number(counts[i])
      return total
    }),
  }
}
/** The value at a row number from 0. */
function valueAt({ values, upTo }: Ranked, row: number): Value {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (upTo[middle]! > row) high = middle
    else low = middle + 1
  }
  return values[low]!
}
/** Between the two rows around the place, in proportion. */
function continuous(ranked: Ranked, percentage: number, number: (value: Value) => number): number {
  const place = (ranked.upTo.at(-1)! - 1) * percentage
  const [lower, upper] = [Math.floor(place), Math.ceil(place)]
  const [low, high] = [number(valueAt(ranked, lower)), number(valueAt(ranked, upper))]
  return low === high ? low : (upper - place) * low + (place - lower) * high
}
/** The first value that at least this part of the rows comes up to. */
function discrete(ranked: Ranked, percentage: number): Value {
  return valueAt(ranked, Math.max(Math.ceil(ranked.upTo.at(-1)! * percentage) - 1, 0))
}
/** `spark.sql.legacy.percentileDiscCalculation`: the row before the place between the first and the last. */
function discreteOfOld(ranked: Ranked, percentage: number): Value {
  return valueAt(ranked, Math.floor((ranked.upTo.at(-1)! - 1) * percentage))
}

type Answer = (ranked: Ranked, percentage: number) => Value
function bindPercentile(
  type: DataType,
  constant: Value | undefined,
  asArray: boolean,
  descending: boolean,
  answer: Answer,
  frequencyAt?: number,
  valueIndex = 0,
): BoundAggregate {
  const compare = compareValues(type)
  const wanted = percentageValues(constant)
  return {
    buffer: [arrayType(type, false), arrayType(BIGINT, false)],
    init: () => [[], []],
    update: (buffer, args) => {
      const value = args[valueIndex]!
      const count = frequencyAt === undefined ? 1n : args[frequencyAt]
      if (value === null || count == null) return
      const frequency = BigInt(count as number | bigint)
      if (frequency < 0n) throw negativeFrequency(frequency)
      if (frequency === 0n) return
      ;(buffer[0] as Value[]).push(value)
      ;(buffer[1] as Value[]).push(frequency)
    },
    merge: (buffer, other) => {
      for (const i of [0, 1]) for (const value of other[i] as readonly Value[]) (buffer[i] as Value[]).push(value)
    },
    finish: (buffer) => {
      if ((buffer[0] as readonly Value[]).length === 0) return null
      const ranked = rank(buffer, compare, descending)
      const answers = wanted.map((percentage) => answer(ranked, percentage))
      return asArray ? answers : answers[0]!
    },
  }
}
function negativeFrequency(frequency: bigint): ExecutionError {
  return new ExecutionError('_LEGACY_ERROR_TEMP_2244', { message: `a frequency must not be negative, and is ${frequency}` })
}
function interpolating(type: DataType): Answer {
  const number = toNumber(type)
  const back = fromNumber(interpolatedType(type))
  return (ranked, percentage) => back(continuous(ranked, percentage, number))
}

/** `percentile(value, percentage, frequency)`. */
function resolvePercentile(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const type = measuredType(args[0]!, 0, site)
  const percentage = percentages(args[1]!, 1, site)
  const frequency = args[2]
  if (frequency !== undefined && INTEGRAL.convert(frequency.type) === undefined)
    throw unexpectedInputType(site, 2, frequency, INTEGRAL.text)
  const returns = interpolatedType(type)
  return {
    arguments: [type, percentage.type, ...(frequency ? [frequency.type] : [])],
    returns: percentage.isArray ? arrayType(returns, false) : returns,
    nullable: true,
  }
}
function wrongOrderings(site: CallSite, orders: number): AnalysisError {
  if (orders === 0)
    return new AnalysisError('INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING', {
      message: `"${site.name}" needs WITHIN GROUP (ORDER BY …)`,
      span: site.span,
      parameters: { funcName: `\`${site.name}\`` },
    })
  return new AnalysisError('INVALID_WITHIN_GROUP_EXPRESSION.WRONG_NUM_ORDERINGS', {
    message: `WITHIN GROUP of "${site.name}" takes one sort key, not ${orders}`,
    span: site.span,
    parameters: { funcName: `\`${site.name}\``, expectedNum: '1', actualNum: String(orders) },
  })
}
/** `percentile_cont(percentage) WITHIN GROUP (ORDER BY value)`. */
function resolveWithinGroup(args: readonly Argument[], site: CallSite): Resolution {
  const orders = site.orders?.length ?? 0
  checkCount(args.slice(0, args.length - orders), site, 1)
  if (orders !== 1) throw wrongOrderings(site, orders)
  const percentage = percentages(args[0]!, 0, site)
  const type = measuredType(args[1]!, 1, site)
  // percentile_disc gives a value as it is, as a DOUBLE or a whole interval all the same.
  const returns = interpolatedType(type)
  return {
    arguments: [percentage.type, type],
    returns: percentage.isArray ? arrayType(returns, false) : returns,
    nullable: true,
  }
}
function bindWithinGroup(signature: Signature, answer: (type: DataType) => Answer): BoundAggregate {
  const type = signature.arguments[1]!
  const descending = signature.orders?.[0]?.descending ?? false
  const isArray = signature.arguments[0]!.kind === 'array'
  return bindPercentile(type, signature.constants[0], isArray, descending, answer(type), undefined, 1)
}
function exact(type: DataType, find: (ranked: Ranked, percentage: number) => Value): Answer {
  const number = toNumber(type)
  const back = fromNumber(interpolatedType(type))
  return (ranked, percentage) => back(number(find(ranked, percentage)))
}

export const percentileFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'percentile',
    summary:
      'Returns the exact percentile of numbers, between two values in proportion; a third argument says how often a row counts.',
    examples: [['SELECT percentile(a, 0.3) FROM VALUES (0), (10) AS t(a)', '3.0']],
    version: 1,
    resolve: resolvePercentile,
    bind: (signature) => {
      const [type, percentage] = [signature.arguments[0]!, signature.arguments[1]!]
      const frequencyAt = signature.arguments.length > 2 ? 2 : undefined
      return bindPercentile(type, signature.constants[1], percentage.kind === 'array', false, interpolating(type), frequencyAt)
    },
  }),
  defineAggregate({
    name: 'median',
    summary: 'Returns the value in the middle.',
    examples: [['SELECT median(a) FROM VALUES (0), (10) AS t(a)', '5.0']],
    version: 1,
    resolve: (args, site) => {
      checkCount(args, site, 1)
      const type = measuredType(args[0]!, 0, site)
      return { arguments: [type], returns: interpolatedType(type), nullable: true }
    },
    bind: (signature) => bindPercentile(signature.arguments[0]!, 0.5, false, false, interpolating(signature.arguments[0]!)),
  }),
  defineAggregate({
    name: 'percentile_cont',
    summary: 'Returns the percentile of the values in the order of WITHIN GROUP, between two values in proportion.',
    examples: [['SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY a) FROM VALUES (0), (10) AS t(a)', '2.5']],
    version: 1,
    withinGroup: 'required',
    refusesDistinct: true,
    resolve: resolveWithinGroup,
    bind: (signature) => bindWithinGroup(signature, interpolating),
  }),
  defineAggregate({
    name: 'percentile_disc',
    summary: 'Returns the first value that at least this part of the rows comes up to, in the order of WITHIN GROUP.',
    examples: [['SELECT percentile_disc(0.25) WITHIN GROUP (ORDER BY a) FROM VALUES (0), (10) AS t(a)', '0.0']],
    version: 1,
    withinGroup: 'required',
    refusesDistinct: true,
    resolve: resolveWithinGroup,
    bind: (signature, { settings }) => {
      const find = settings.flag('spark.sql.legacy.percentileDiscCalculation') ? discreteOfOld : discrete
      return bindWithinGroup(signature, (type) => exact(type, find))
    },
  }),
]
