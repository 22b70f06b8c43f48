import { compareValues, isOrderable } from '../../types/compare.ts'
import { arrayType, type DataType, INT } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { notOrderable } from '../call-errors.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type Resolution,
  type Signature,
} from '../function.ts'
import { isDecimal } from '../operators/decimal-arithmetic.ts'
import { checkCount } from '../signature.ts'
import { checkLimit, topBy } from './collect.ts'

const FIXED_KINDS = new Set<DataType['kind']>([
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamp_ntz',
  'interval_year_month',
  'interval_day_time',
])
/** `min_fixed`, `max_text` … for types that lie in one typed array or as text. */
function kernelFor(name: 'min' | 'max', type: DataType): string | undefined {
  if (type.kind === 'string') return `${name}_text`
  return FIXED_KINDS.has(type.kind) || (isDecimal(type) && type.precision <= 18) ? `${name}_fixed` : undefined
}

function resolveExtreme(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1)
  const type = args[0]!.type
  if (!isOrderable(type)) throw notOrderable(site, type)
  return { arguments: [type], returns: type, nullable: true }
}
/** Buffer: [the value so far; NULL until one came]. */
function bindExtreme(name: 'min' | 'max', signature: Signature): BoundAggregate {
  const type = signature.returns
  const compare = compareValues(type)
  const sign = name === 'max' ? 1 : -1
  const take = (buffer: Value[], value: Value): void => {
    if (value !== null && (buffer[0] === null || compare(value, buffer[0]!) * sign > 0)) buffer[0] = value
  }
  const kernel = kernelFor(name, type)
  return {
    buffer: [type],
    init: () => [null],
    update: (buffer, args) => take(buffer, args[0]!),
    merge: (buffer, other) => take(buffer, other[0]!),
    finish: (buffer) => buffer[0]!,
    ...(kernel !== undefined && { kernel }),
  }
}

function resolveBy(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const [value, order] = [args[0]!.type, args[1]!.type]
  if (!isOrderable(order)) throw notOrderable(site, order)
  if (args[2] !== undefined) {
    checkLimit(args[2], site)
    return { arguments: [value, order, INT], returns: arrayType(value), nullable: false }
  }
  return { arguments: [value, order], returns: value, nullable: true }
}
/** Buffer: [value, its order; NULL until one came]. Of equal orders the last seen wins, as in Spark. */
function bindBy(sign: 1 | -1, signature: Signature): BoundAggregate {
  if (signature.arguments.length === 3) return topBy(sign, signature)
  const [type, order] = [signature.arguments[0]!, signature.arguments[1]!]
  const compare = compareValues(order)
  const take = (buffer: Value[], from: readonly Value[]): void => {
    const key = from[1]!
    if (key === null || (buffer[1] !== null && compare(key, buffer[1]!) * sign < 0)) return
    buffer[0] = from[0]!
    buffer[1] = key
  }
  return {
    buffer: [type, order],
    init: () => [null, null],
    update: take,
    merge: take,
    finish: (buffer) => buffer[0]!,
  }
}

export const extremeFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'min',
    summary: 'Returns the least value.',
    examples: [['SELECT min(a) FROM VALUES (10), (-1), (20) AS t(a)', '-1']],
    version: 1,
    resolve: resolveExtreme,
    bind: (signature) => bindExtreme('min', signature),
  }),
  defineAggregate({
    name: 'max',
    summary: 'Returns the greatest value.',
    examples: [['SELECT max(a) FROM VALUES (10), (-1), (20) AS t(a)', '20']],
    version: 1,
    resolve: resolveExtreme,
    bind: (signature) => bindExtreme('max', signature),
  }),
  defineAggregate({
    name: 'max_by',
    summary: 'Returns the value of the first argument where the second is greatest.',
    examples: [["SELECT max_by(a, b) FROM VALUES ('x', 10), ('y', 50), ('z', 20) AS t(a, b)", 'y']],
    version: 1,
    resolve: resolveBy,
    bind: (signature) => bindBy(1, signature),
  }),
  defineAggregate({
    name: 'min_by',
    summary: 'Returns the value of the first argument where the second is least.',
    examples: [["SELECT min_by(a, b) FROM VALUES ('x', 10), ('y', 50), ('z', 20) AS t(a, b)", 'x']],
    version: 1,
    resolve: resolveBy,
    bind: (signature) => bindBy(-1, signature),
  }),
]
