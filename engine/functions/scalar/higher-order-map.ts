import { mapType, sqlTypeName } from '../../types/data-type.ts'
import { widestTypeWithoutText } from '../../types/tightest-type.ts'
import { MapValue, type Value } from '../../types/value.ts'
import { requireMap } from '../array-typing.ts'
import { quotedType, typeMismatch } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type LambdaParameter,
  type Resolution,
  type Signature,
} from '../function.ts'
import { mapBuilder } from '../map-builder.ts'
import { asMap, checkCount } from '../signature.ts'
import { type ValueKey, valueKey } from '../value-key.ts'
import { requireCondition } from './higher-order-array.ts'
import { checkMapKey } from './map-make.ts'

/** Functions of maps and lambdas; see higher-order-array.ts. */
type EntryFunction = (key: Value, value: Value) => Value

function keyAndValue(index: number, before: readonly Argument[], site: CallSite): readonly LambdaParameter[] | undefined {
  if (index !== 1) return undefined
  requireMap(before, 0, site)
  const { key, value, valueContainsNull } = asMap(before[0]!.type)
  return [
    { type: key, nullable: false },
    { type: value, nullable: valueContainsNull },
  ]
}

function resolveMapFilter(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  requireMap(args, 0, site)
  requireCondition(args, 1, site)
  return { arguments: args.map((a) => a.type), returns: args[0]!.type, nullable: args[0]!.nullable }
}

function resolveTransformKeys(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  requireMap(args, 0, site)
  const { value, valueContainsNull } = asMap(args[0]!.type)
  checkMapKey(site, args[1]!.type)
  return {
    arguments: args.map((a) => a.type),
    returns: mapType(args[1]!.type, value, valueContainsNull),
    nullable: args[0]!.nullable,
  }
}
function bindTransformKeys(signature: Signature, context: EvaluationContext): Evaluate {
  const build = mapBuilder(asMap(signature.returns), context.settings)
  return (map: MapValue, apply: EntryFunction) => build(map.entries.map(([key, value]) => [apply(key, value), value]))
}

function resolveTransformValues(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  requireMap(args, 0, site)
  return {
    arguments: args.map((a) => a.type),
    returns: mapType(asMap(args[0]!.type).key, args[1]!.type, args[1]!.nullable),
    nullable: args[0]!.nullable,
  }
}

/** The key of both maps, and the value each has for it. Keys of different types are cast to their common type. */
function keyAndValues(index: number, before: readonly Argument[], site: CallSite): readonly LambdaParameter[] | undefined {
  if (index !== 2) return undefined
  const [left, right] = bothMaps(before, site)
  return [
    { type: left.key, nullable: false },
    { type: left.value, nullable: true },
    { type: right.value, nullable: true },
  ]
}
function bothMaps(args: readonly Argument[], site: CallSite) {
  requireMap(args, 0, site)
  requireMap(args, 1, site)
  const [left, right] = [asMap(args[0]!.type), asMap(args[1]!.type)]
  const key = widestTypeWithoutText([left.key, right.key])
  if (key === undefined)
    throw typeMismatch(
      site,
      'MAP_ZIP_WITH_DIFF_TYPES',
      `"${site.name}" takes maps with a common key type, not ${sqlTypeName(left.key)} and ${sqlTypeName(right.key)}`,
      { functionName: `\`${site.name}\``, leftType: quotedType(left.key), rightType: quotedType(right.key) },
    )
  return [mapType(key, left.value, left.valueContainsNull), mapType(key, right.value, right.valueContainsNull)] as const
}
function resolveMapZipWith(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 3)
  const [left, right] = bothMaps(args, site)
  const body = args[2]!
  return {
    arguments: [left, right, body.type],
    returns: mapType(left.key, body.type, body.nullable),
    nullable: args[0]!.nullable || args[1]!.nullable,
  }
}
/** Keys of the first map, then those that only the second has. */
function bindMapZipWith(signature: Signature): Evaluate {
  const keyOf = valueKey(asMap(signature.returns).key)
  return (left: MapValue, right: MapValue, combine: (key: Value, l: Value, r: Value) => Value) => {
    const joined = new Map<ValueKey, [Value, Value, Value]>()
    for (const [key, value] of left.entries) if (!joined.has(keyOf(key))) joined.set(keyOf(key), [key, value, null])
    const seen = new Set<ValueKey>()
    for (const [key, value] of right.entries) {
      const identity = keyOf(key)
      if (seen.has(identity)) continue
      seen.add(identity)
      const both = joined.get(identity)
      if (both === undefined) joined.set(identity, [key, null, value])
      else both[2] = value
    }
    return new MapValue([...joined.values()].map(([key, l, r]) => [key, combine(key, l, r)]))
  }
}

export const higherOrderMapFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'map_filter',
    family: 'higher-order',
    summary: 'Returns the entries of a map for which a lambda of key and value is true.',
    examples: [['SELECT map_filter(map(1, 0, 2, 2, 3, -1), (k, v) -> k > v)', '{1 -> 0, 3 -> -1}']],
    nulls: 'propagate',
    lambdaParameters: keyAndValue,
    resolve: resolveMapFilter,
    bind: () => (map: MapValue, test: EntryFunction) =>
      new MapValue(map.entries.filter(([key, value]) => test(key, value) === true)),
  }),
  defineScalar({
    name: 'transform_keys',
    family: 'higher-order',
    summary: 'Returns a map with what a lambda makes of each key and value as keys.',
    examples: [['SELECT transform_keys(map(1, 1, 2, 2, 3, 3), (k, v) -> k + v)', '{2 -> 1, 4 -> 2, 6 -> 3}']],
    nulls: 'propagate',
    lambdaParameters: keyAndValue,
    resolve: resolveTransformKeys,
    bind: bindTransformKeys,
  }),
  defineScalar({
    name: 'transform_values',
    family: 'higher-order',
    summary: 'Returns a map with what a lambda makes of each key and value as values.',
    examples: [['SELECT transform_values(map(1, 1, 2, 2, 3, 3), (k, v) -> k + v)', '{1 -> 2, 2 -> 4, 3 -> 6}']],
    nulls: 'propagate',
    lambdaParameters: keyAndValue,
    resolve: resolveTransformValues,
    bind: () => (map: MapValue, apply: EntryFunction) =>
      new MapValue(map.entries.map(([key, value]) => [key, apply(key, value)])),
  }),
  defineScalar({
    name: 'map_zip_with',
    family: 'higher-order',
    summary: 'Joins two maps by their keys: a lambda makes the value of the key and both values, NULL where a map lacks the key.',
    examples: [
      ["SELECT map_zip_with(map(1, 'a', 2, 'b'), map(1, 'x', 2, 'y'), (k, v1, v2) -> concat(v1, v2))", '{1 -> ax, 2 -> by}'],
    ],
    nulls: 'propagate',
    lambdaParameters: keyAndValues,
    resolve: resolveMapZipWith,
    bind: bindMapZipWith,
  }),
]
