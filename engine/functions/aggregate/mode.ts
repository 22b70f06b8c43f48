import { AnalysisError } from '../../errors/engine-error.ts'
import { compareValues, isOrderable } from '../../types/compare.ts'
import { arrayType, BIGINT, BOOLEAN, type DataType } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstantOf, mustNotBeNull } from '../call-errors.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type Resolution,
  type Signature,
} from '../function.ts'
import { checkCount } from '../signature.ts'
import { type ValueKey, valueKey, withoutSign } from '../value-key.ts'
import { hashOrder } from './hash-order.ts'

/** `mode(value)`, `mode(value, deterministic)` and `mode() WITHIN GROUP (ORDER BY value)`. */
function resolveMode(args: readonly Argument[], site: CallSite): Resolution {
  const orders = site.orders?.length ?? 0
  if (orders > 0) {
    if (orders > 1 || args.length !== 1) throw orderings(site, orders)
    return { arguments: [args[0]!.type], returns: args[0]!.type, nullable: true }
  }
  if (args.length === 0) throw withinGroupMissing(site)
  checkCount(args, site, 1, 2)
  const flag = args[1]
  if (flag !== undefined && flag.constant === undefined) throw mustBeConstantOf(site, flag, 'deterministic', BOOLEAN)
  if (flag !== undefined && flag.constant === null) throw mustNotBeNull(site, 'deterministic')
  if (flag !== undefined && flag.type.kind !== 'boolean') throw notBoolean(site, flag)
  return {
    arguments: [args[0]!.type, ...(flag ? [BOOLEAN] : [])],
    returns: args[0]!.type,
    nullable: true,
  }
}
function orderings(site: CallSite, orders: number): AnalysisError {
  return new AnalysisError('INVALID_WITHIN_GROUP_EXPRESSION.WRONG_NUM_ORDERINGS', {
    message: `WITHIN GROUP of "mode" takes one sort key and no other argument`,
    span: site.span,
    parameters: { funcName: '`mode`', expectedNum: '0', actualNum: String(orders) },
  })
}
function withinGroupMissing(site: CallSite): AnalysisError {
  return new AnalysisError('INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING', {
    message: '"mode" without an argument needs WITHIN GROUP (ORDER BY …)',
    span: site.span,
    parameters: { funcName: '`mode`' },
  })
}
function notBoolean(site: CallSite, flag: Argument): AnalysisError {
  return new AnalysisError('UNEXPECTED_INPUT_TYPE', {
    message: `"deterministic" of "mode" must be BOOLEAN, not ${flag.type}`,
    span: flag.span ?? site.span,
    parameters: { functionName: '`mode`', paramIndex: 'second', requiredType: '"BOOLEAN"', inputSql: `"${flag.text}"` },
  })
}

/** Which of the values that are met most often is taken: the smallest, the greatest, or the one that Spark's hash map comes to first. */
type Choice = 'smallest' | 'greatest' | 'hash order'
function choiceOf(signature: Signature): Choice {
  const order = signature.orders?.[0]
  if (order !== undefined) return order.descending ? 'greatest' : 'smallest'
  return signature.constants[1] === true ? 'smallest' : 'hash order'
}
function choose(candidates: readonly Value[], type: DataType, choice: Choice): Value {
  if (choice === 'hash order' || !isOrderable(type)) return candidates[0]!
  const compare = compareValues(type)
  const sign = choice === 'greatest' ? 1 : -1
  return candidates.reduce((best, value) => (compare(value, best) * sign > 0 ? value : best))
}

/** Buffer: [the distinct values that are not NULL, how often each was met]. */
function bindMode(signature: Signature): BoundAggregate {
  const type = signature.returns
  const choice = choiceOf(signature)
  const keyOf = valueKey(type)
  // The places beside a buffer are made anew when it comes from state.
  const known = new WeakMap<readonly Value[], Map<ValueKey, number>>()
  const placesOf = (values: readonly Value[]): Map<ValueKey, number> => {
    let places = known.get(values)
    if (places === undefined || places.size !== values.length) {
      places = new Map(values.map((value, i) => [keyOf(value), i]))
      known.set(values, places)
    }
    return places
  }
  const add = (buffer: Value[], value: Value, count: bigint): void => {
    const [values, counts] = [buffer[0] as Value[], buffer[1] as bigint[]]
    const places = placesOf(values)
    const key = keyOf(value)
    const at = places.get(key)
    if (at !== undefined) {
      counts[at]! += count
      return
    }
    places.set(key, values.length)
    values.push(withoutSign(value))
    counts.push(count)
  }
  return {
    buffer: [arrayType(type, false), arrayType(BIGINT, false)],
    init: () => [[], []],
    update: (buffer, args) => {
      if (args[0] !== null) add(buffer, args[0]!, 1n)
    },
    merge: (buffer, other) => {
      const counts = other[1] as readonly bigint[]
      for (const [i, value] of (other[0] as readonly Value[]).entries()) add(buffer, value, counts[i]!)
    },
    finish: (buffer) => {
      const [values, counts] = [buffer[0] as readonly Value[], buffer[1] as readonly bigint[]]
      if (values.length === 0) return null
      let most = 0n
      for (const count of counts) if (count > most) most = count
      const order = choice === 'hash order' ? hashOrder(values, type) : values.map((_value, i) => i)
      return choose(
        order.filter((i) => counts[i] === most).map((i) => values[i]!),
        type,
        choice,
      )
    },
  }
}

export const modeFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'mode',
    summary: 'Returns the value that is met most often; WITHIN GROUP or a second argument true makes ties certain.',
    examples: [
      ['SELECT mode(a) FROM VALUES (0), (10), (10) AS t(a)', '10'],
      ['SELECT mode() WITHIN GROUP (ORDER BY a) FROM VALUES (0), (10), (10), (20), (20) AS t(a)', '10'],
    ],
    version: 1,
    withinGroup: 'optional',
    refusesDistinct: true,
    resolve: resolveMode,
    bind: bindMode,
  }),
]
