import { arrayType, BOOLEAN } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { checkOrderable, twoArrays } from '../array-typing.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution, type Signature } from '../function.ts'
import { ANY_ARRAY, asArray, checkCount, takes } from '../signature.ts'
import { type ValueKey, valueKey } from '../value-key.ts'

/** Arrays as sets: NULL, NaN and 0.0 are one element each; results keep the order of first appearance. */

type KeyOf = (value: Value) => ValueKey
function elementKey(signature: Signature): KeyOf {
  return valueKey(asArray(signature.arguments[0]!).element)
}
function distinct(elements: Iterable<Value>, keyOf: KeyOf): Value[] {
  const byKey = new Map<ValueKey, Value>()
  for (const element of elements) {
    const key = keyOf(element)
    if (!byKey.has(key)) byKey.set(key, element)
  }
  return [...byKey.values()]
}
function keysOf(array: readonly Value[], keyOf: KeyOf): Set<ValueKey> {
  return new Set(array.map(keyOf))
}

/** `containsNull` says whether the result may hold a NULL, given whether the arguments may. */
function resolveSet(containsNull: (left: boolean, right: boolean) => boolean) {
  return (args: readonly Argument[], site: CallSite): Resolution => {
    checkCount(args, site, 2)
    const types = twoArrays(args[0]!, args[1]!, site)
    const [left, right] = [asArray(types[0]), asArray(types[1])]
    return { arguments: types, returns: arrayType(left.element, containsNull(left.containsNull, right.containsNull)) }
  }
}

/** NULL where nothing is shared, but one side holds a NULL and none is empty. */
function overlap(left: readonly Value[], right: readonly Value[], keyOf: KeyOf): Value {
  if (left.length === 0 || right.length === 0) return false
  const keys = keysOf(left, keyOf)
  let sawNull = keys.has(null)
  for (const element of right) {
    if (element === null) sawNull = true
    else if (keys.has(keyOf(element))) return true
  }
  return sawNull ? null : false
}

export const arraySetFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'array_distinct',
    family: 'array',
    summary: 'Returns the elements of an array, each once.',
    examples: [['SELECT array_distinct(array(1, 2, 3, NULL, 3))', '[1, 2, 3, NULL]']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const resolved = takes([ANY_ARRAY], (types) => types[0]!)(args, site)
      checkOrderable(site, asArray(resolved.returns).element)
      return resolved
    },
    bind: (signature) => {
      const keyOf = elementKey(signature)
      return (array: readonly Value[]) => distinct(array, keyOf)
    },
  }),
  defineScalar({
    name: 'array_union',
    family: 'array',
    summary: 'Returns the elements of two arrays, each once.',
    examples: [['SELECT array_union(array(1, 2, 3), array(1, 3, 5))', '[1, 2, 3, 5]']],
    nulls: 'propagate',
    resolve: resolveSet((left, right) => left || right),
    bind: (signature) => {
      const keyOf = elementKey(signature)
      return (left: readonly Value[], right: readonly Value[]) => distinct([...left, ...right], keyOf)
    },
  }),
  defineScalar({
    name: 'array_intersect',
    family: 'array',
    summary: 'Returns the elements that two arrays share, each once.',
    examples: [['SELECT array_intersect(array(1, 2, 3), array(1, 3, 5))', '[1, 3]']],
    nulls: 'propagate',
    resolve: resolveSet((left, right) => left && right),
    bind: (signature) => {
      const keyOf = elementKey(signature)
      return (left: readonly Value[], right: readonly Value[]) => {
        const keys = keysOf(right, keyOf)
        return distinct(left, keyOf).filter((element) => keys.has(keyOf(element)))
      }
    },
  }),
  defineScalar({
    name: 'array_except',
    family: 'array',
    summary: 'Returns the elements of one array that another does not have, each once.',
    examples: [['SELECT array_except(array(1, 2, 3), array(1, 3, 5))', '[2]']],
    nulls: 'propagate',
    resolve: resolveSet((left) => left),
    bind: (signature) => {
      const keyOf = elementKey(signature)
      return (left: readonly Value[], right: readonly Value[]) => {
        const keys = keysOf(right, keyOf)
        return distinct(left, keyOf).filter((element) => !keys.has(keyOf(element)))
      }
    },
  }),
  defineScalar({
    name: 'arrays_overlap',
    family: 'array',
    summary: 'Tells whether two arrays share an element that is not NULL; NULL when they do not, but one holds a NULL.',
    examples: [['SELECT arrays_overlap(array(1, 2, 3), array(3, 4, 5))', 'true']],
    nulls: 'propagate',
    resolve: (args, site) => {
      checkCount(args, site, 2)
      const types = twoArrays(args[0]!, args[1]!, site)
      const nullable = args.some((a) => a.nullable) || types.some((type) => asArray(type).containsNull)
      return { arguments: types, returns: BOOLEAN, nullable }
    },
    bind: (signature) => {
      const keyOf = elementKey(signature)
      return (left: readonly Value[], right: readonly Value[]) => overlap(left, right, keyOf)
    },
  }),
]
