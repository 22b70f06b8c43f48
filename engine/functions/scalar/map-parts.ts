import { valuesEqual } from '../../types/compare.ts'
import { arrayType, BOOLEAN, field, structType } from '../../types/data-type.ts'
import type { MapValue, Value } from '../../types/value.ts'
import { decimalsWidened, mapAndKey, refuseUntypedNull } from '../array-typing.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'
import { containsKernel, mapPartKernel } from '../list-kernels.ts'
import { ANY_MAP, argumentType, asMap, checkCount, takes } from '../signature.ts'

/** Functions that take maps apart. */

function resolveContainsKey(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  if (args[0]!.type.kind === 'map') refuseUntypedNull(site, args[1]!)
  return { arguments: mapAndKey(args[0]!, args[1]!, site, decimalsWidened), returns: BOOLEAN }
}

export const mapPartFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'map_keys',
    family: 'map',
    summary: 'Returns the keys of a map as an array.',
    examples: [["SELECT map_keys(map(1, 'a', 2, 'b'))", '[1, 2]']],
    nulls: 'propagate',
    resolve: takes([ANY_MAP], (types) => arrayType(asMap(types[0]!).key, false)),
    bind: () => (map: MapValue) => map.entries.map(([key]) => key),
    bindColumns: (signature) => mapPartKernel(signature, 0),
  }),
  defineScalar({
    name: 'map_values',
    family: 'map',
    summary: 'Returns the values of a map as an array.',
    examples: [["SELECT map_values(map(1, 'a', 2, 'b'))", '[a, b]']],
    nulls: 'propagate',
    resolve: takes([ANY_MAP], (types) => arrayType(asMap(types[0]!).value, asMap(types[0]!).valueContainsNull)),
    bind: () => (map: MapValue) => map.entries.map(([, value]) => value),
    bindColumns: (signature) => mapPartKernel(signature, 1),
  }),
  defineScalar({
    name: 'map_entries',
    family: 'map',
    summary: 'Returns the entries of a map as an array of structs of key and value.',
    examples: [["SELECT map_entries(map(1, 'a', 2, 'b'))", '[{1, a}, {2, b}]']],
    nulls: 'propagate',
    resolve: takes([ANY_MAP], (types) => {
      const { key, value, valueContainsNull } = asMap(types[0]!)
      return arrayType(structType([field('key', key, false), field('value', value, valueContainsNull)]), false)
    }),
    bind: () => (map: MapValue) => map.entries,
  }),
  defineScalar({
    name: 'map_contains_key',
    family: 'map',
    summary: 'Tells whether a map has a key.',
    examples: [["SELECT map_contains_key(map(1, 'a', 2, 'b'), 1)", 'true']],
    nulls: 'propagate',
    resolve: resolveContainsKey,
    bind: (signature) => {
      const equal = valuesEqual(argumentType(signature, 1))
      return (map: MapValue, key: Value) => map.entries.some(([k]) => equal(k, key))
    },
    bindColumns: containsKernel,
  }),
]
