import { arrayType, type DataType, DOUBLE, field, INT, structType } from '../../types/data-type.ts'
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
import { checkCount, constantAs, NUMERIC, WHOLE } from '../signature.ts'
import { toNumber } from './percentile-argument.ts'

/**
 * A histogram of bins that move with the data (Ben-Haim and Tom-Tov), as Hive's NumericHistogram: each value becomes a bin of its own, and
 * the two bins nearest to each other are merged while there are too many. Buffer: [centres, heights, state of the tie breaker].
 */
interface Histogram {
  readonly centres: number[]
  readonly heights: number[]
  /** Of java.util.Random, that breaks ties between equally near bins. */
  random: bigint
}
const MULTIPLIER = 0x5deece66dn
const MASK = (1n << 48n) - 1n
const FIRST_STATE = (31183n ^ MULTIPLIER) & MASK

function nextDouble(histogram: Histogram): number {
  const next = (bits: bigint): bigint => {
    histogram.random = (histogram.random * MULTIPLIER + 11n) & MASK
    return histogram.random >> (48n - bits)
  }
  return Number((next(26n) << 27n) + next(27n)) / 2 ** 53
}
function add(histogram: Histogram, value: number, limit: number): void {
  const { centres, heights } = histogram
  const at = placeOf(centres, value)
  if (centres[at] === value) {
    heights[at]!++
    return
  }
  centres.splice(at, 0, value)
  heights.splice(at, 0, 1)
  trim(histogram, limit)
}
/** Of the first bin that is not below. */
function placeOf(centres: readonly number[], value: number): number {
  let low = 0
  let high = centres.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (centres[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
function trim(histogram: Histogram, limit: number): void {
  const { centres, heights } = histogram
  while (centres.length > limit) {
    let least = centres[1]! - centres[0]!
    let at = 0
    let ties = 1
    for (let i = 1; i < centres.length - 1; i++) {
      const difference = centres[i + 1]! - centres[i]!
      if (difference < least) {
        least = difference
        at = i
        ties = 1
      } else if (difference === least && nextDouble(histogram) <= 1 / ++ties) at = i
    }
    const height = heights[at]! + heights[at + 1]!
    centres[at] = centres[at]! * (heights[at]! / height) + (centres[at + 1]! / height) * heights[at + 1]!
    heights[at] = height
    centres.splice(at + 1, 1)
    heights.splice(at + 1, 1)
  }
}
function mergeInto(histogram: Histogram, centres: readonly number[], heights: readonly number[], limit: number): void {
  const bins = [
    ...histogram.centres.map((centre, i) => ({ centre, height: histogram.heights[i]! })),
    ...centres.map((centre, i) => ({ centre, height: heights[i]! })),
  ].sort((a, b) => a.centre - b.centre)
  histogram.centres.splice(0, Infinity, ...bins.map((bin) => bin.centre))
  histogram.heights.splice(0, Infinity, ...bins.map((bin) => bin.height))
  trim(histogram, limit)
}

const MEASURED = new Set<DataType['kind']>(['date', 'timestamp', 'timestamp_ntz', 'interval_year_month', 'interval_day_time'])
function resolveHistogram(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const [value, bins] = [args[0]!, args[1]!]
  const type = MEASURED.has(value.type.kind) ? value.type : NUMERIC.convert(value.type)
  if (type === undefined)
    throw unexpectedInputType(
      site,
      0,
      value,
      '("NUMERIC" or "DATE" or "TIMESTAMP" or "TIMESTAMP_NTZ" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")',
    )
  if (WHOLE.convert(bins.type) === undefined) throw unexpectedInputType(site, 1, bins, WHOLE.text)
  if (bins.constant === undefined) throw mustBeConstant(site, bins, 'nb', 'INT')
  if (bins.constant === null) throw mustNotBeNull(site, 'nb')
  const count = Number(constantAs(bins, INT, site))
  if (count < 2) throw outOfRange(site, 'nb', '[2, 2147483647]', String(count))
  const bin = structType([field('x', type), field('y', DOUBLE)])
  return { arguments: [type, bins.type], returns: arrayType(bin), nullable: true }
}
/** A centre in the type of the values; for integral ones what is after the point is cut off. */
function centreIn(type: DataType): (value: number) => Value {
  switch (type.kind) {
    case 'double':
      return (value) => value
    case 'float':
      return Math.fround
    case 'decimal':
      return (value) => BigInt(Math.round(value * 10 ** type.scale))
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return (value) => saturate(BigInt(Math.trunc(value)))
    default:
      return Math.trunc
  }
}
function bindHistogram(signature: Signature): BoundAggregate {
  const type = signature.arguments[0]!
  const limit = Number(signature.constants[1])
  const number = toNumber(type)
  const back = centreIn(type)
  const read = (buffer: readonly Value[]): Histogram => ({
    centres: buffer[0] as number[],
    heights: buffer[1] as number[],
    random: BigInt(buffer[2] as number),
  })
  return {
    buffer: [arrayType(DOUBLE, false), arrayType(DOUBLE, false), DOUBLE],
    init: () => [[], [], Number(FIRST_STATE)],
    update: (buffer, args) => {
      if (args[0] === null) return
      const histogram = read(buffer)
      add(histogram, number(args[0]!), limit)
      buffer[2] = Number(histogram.random)
    },
    merge: (buffer, other) => {
      const histogram = read(buffer)
      mergeInto(histogram, other[0] as readonly number[], other[1] as readonly number[], limit)
      buffer[2] = Number(histogram.random)
    },
    finish: (buffer) => {
      const { centres, heights } = read(buffer)
      return centres.length === 0 ? null : centres.map((centre, i) => [back(centre), heights[i]!])
    },
  }
}

export const histogramFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'histogram_numeric',
    summary: 'Returns a histogram of n bins: centres and heights that follow the values.',
    examples: [
      ['SELECT histogram_numeric(a, 5) FROM VALUES (0), (1), (2), (10) AS t(a)', '[{0, 1.0}, {1, 1.0}, {2, 1.0}, {10, 1.0}]'],
    ],
    version: 1,
    resolve: resolveHistogram,
    bind: bindHistogram,
  }),
]
