import { castFunction } from '../../types/cast.ts'
import { arrayType, type DataType, DOUBLE } from '../../types/data-type.ts'
import { saturate } from '../../types/micros.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstant, mustNotBeNull, outOfRange, unexpectedInputType } from '../call-errors.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type Resolution,
  type Signature,
} from '../function.ts'
import { checkCount, INTEGRAL, NUMERIC } from '../signature.ts'
import { percentages, percentageValues, toNumber } from './percentile-argument.ts'
import { compress, insert, mergeSummaries, type QuantileSummary, query } from './quantile-summary.ts'

const DEFAULT_ACCURACY = 10_000
const TIME_KINDS = new Set<DataType['kind']>([
  'date',
  'time',
  'timestamp',
  'timestamp_ntz',
  'interval_year_month',
  'interval_day_time',
])

function resolveApproximate(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const value = args[0]!
  const type = TIME_KINDS.has(value.type.kind) ? value.type : NUMERIC.convert(value.type)
  if (type === undefined)
    throw unexpectedInputType(
      site,
      0,
      value,
      '("NUMERIC" or "DATE" or "TIMESTAMP" or "TIMESTAMP_NTZ" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")',
    )
  const percentage = percentages(args[1]!, 1, site)
  const accuracy = args[2]
  if (accuracy !== undefined) {
    if (INTEGRAL.convert(accuracy.type) === undefined) throw unexpectedInputType(site, 2, accuracy, INTEGRAL.text)
    if (accuracy.constant === undefined) throw mustBeConstant(site, accuracy, 'accuracy', 'BIGINT')
    if (accuracy.constant === null) throw mustNotBeNull(site, 'accuracy')
    const number = Number(accuracy.constant)
    if (!(number > 0 && number <= 2147483647)) throw outOfRange(site, 'accuracy', '(0, 2147483647]', String(number))
  }
  return {
    arguments: [type, percentage.type, ...(accuracy ? [accuracy.type] : [])],
    returns: percentage.isArray ? arrayType(type, false) : type,
    nullable: true,
  }
}

/** A number in the type of the values; what is after the point is cut off where the type has none. */
function backTo(type: DataType): (value: number) => Value {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'date':
    case 'interval_year_month':
      return (value) => Math.trunc(value)
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
    case 'time':
      return (value) => saturate(BigInt(Math.trunc(value)))
    case 'float':
      return Math.fround
    case 'decimal':
      return castFunction(DOUBLE, type, { timeZone: 'UTC', ansi: true, tolerant: false }) as (value: number) => Value
    default:
      return (value) => value
  }
}

/** Buffer: [samples, gaps, slacks, count, values not yet sampled]; see quantile-summary.ts. */
function bindApproximate(signature: Signature): BoundAggregate {
  const [type, percentage] = [signature.arguments[0]!, signature.arguments[1]!]
  const relativeError = 1 / Number(signature.constants[2] ?? DEFAULT_ACCURACY)
  const wanted = percentageValues(signature.constants[1])
  const number = toNumber(type)
  const back = backTo(type)
  const read = (buffer: readonly Value[]): QuantileSummary => ({
    values: buffer[0] as number[],
    gaps: buffer[1] as number[],
    slacks: buffer[2] as number[],
    count: buffer[3] as number,
    head: buffer[4] as number[],
  })
  const write = (buffer: Value[], summary: QuantileSummary): void => {
    buffer[0] = summary.values
    buffer[1] = summary.gaps
    buffer[2] = summary.slacks
    buffer[3] = summary.count
    buffer[4] = summary.head
  }
  const copied = (buffer: readonly Value[]): QuantileSummary => {
    const { values, gaps, slacks, count, head } = read(buffer)
    return { values: [...values], gaps: [...gaps], slacks: [...slacks], count, head: [...head] }
  }
  return {
    buffer: [arrayType(DOUBLE, false), arrayType(DOUBLE, false), arrayType(DOUBLE, false), DOUBLE, arrayType(DOUBLE, false)],
    init: () => [[], [], [], 0, []],
    update: (buffer, args) => {
      const value = args[0]!
      if (value === null) return
      const summary = read(buffer)
      insert(summary, number(value), relativeError)
      write(buffer, summary)
    },
    merge: (buffer, other) => {
      const summary = read(buffer)
      mergeSummaries(summary, copied(other), relativeError)
      write(buffer, summary)
    },
    finish: (buffer) => {
      const summary = copied(buffer)
      compress(summary, relativeError)
      const answers = query(summary, wanted, relativeError)
      if (answers === undefined) return null
      return percentage.kind === 'array' ? answers.map(back) : back(answers[0]!)
    },
  }
}

export const approximatePercentileFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'percentile_approx',
    aliases: ['approx_percentile'],
    summary: 'Returns a value whose rank is near the percentage, within 1 / accuracy (10,000 by default) of the number of rows.',
    examples: [['SELECT percentile_approx(a, 0.5, 100) FROM VALUES (0), (6), (7), (9), (10) AS t(a)', '7']],
    version: 1,
    resolve: resolveApproximate,
    bind: bindApproximate,
  }),
]
