import { ExecutionError } from '../../errors/engine-error.ts'
import { compareValues, valuesEqual } from '../../types/compare.ts'
import { BIGINT, BOOLEAN, INT } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { arrayAndValue, checkOrderable, decimalsWidened, mapAndKey, refuseUntypedNull, requireArray } from '../array-typing.ts'
import { unexpectedInputType } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type FunctionRecord,
  type Resolution,
  type ScalarFunction,
  type Signature,
} from '../function.ts'
import { extremeKernel, removeKernel } from '../list-change-kernels.ts'
import { containsKernel, elementKernel, mapValueKernel, positionKernel } from '../list-kernels.ts'
import { mapLookup } from '../operators/element.ts'
import { ANY_ARRAY, argumentType, asArray, checkCount, takes, WHOLE } from '../signature.ts'

/** Functions that look for an element: by value, by rank, by position. */

function resolveContains(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const [array, value] = [args[0]!, args[1]!]
  refuseUntypedNull(site, array, value)
  requireArray(args, 0, site)
  const types = arrayAndValue(array, value, site, decimalsWidened)
  checkOrderable(site, types[1])
  return { arguments: types, returns: BOOLEAN, nullable: args.some((a) => a.nullable) || asArray(types[0]).containsNull }
}
/** NULL where the value is not found but a NULL is. */
function contains(signature: Signature): Evaluate {
  const equal = valuesEqual(argumentType(signature, 1))
  return (array: readonly Value[], value: Value) => {
    let sawNull = false
    for (const element of array) {
      if (element === null) sawNull = true
      else if (equal(element, value)) return true
    }
    return sawNull ? null : false
  }
}

function resolvePosition(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  refuseUntypedNull(site, args[0]!)
  requireArray(args, 0, site)
  const types = arrayAndValue(args[0]!, args[1]!, site)
  checkOrderable(site, types[1])
  return { arguments: types, returns: BIGINT }
}
function position(signature: Signature): Evaluate {
  const equal = valuesEqual(argumentType(signature, 1))
  return (array: readonly Value[], value: Value) =>
    BigInt(array.findIndex((element) => element !== null && equal(element, value)) + 1)
}

function resolveRemove(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const types = arrayAndValue(args[0]!, args[1]!, site)
  checkOrderable(site, types[1])
  return { arguments: types, returns: types[0] }
}
function remove(signature: Signature): Evaluate {
  const equal = valuesEqual(argumentType(signature, 1))
  return (array: readonly Value[], value: Value) => array.filter((element) => element === null || !equal(element, value))
}

/** The largest (sign 1) or smallest (sign -1) element that is not NULL. */
function extreme(name: string, sign: 1 | -1, summary: string, example: readonly [string, string]): ScalarFunction {
  return defineScalar({
    name,
    family: 'array',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: (args, site) => {
      const resolved = takes([ANY_ARRAY], (types) => asArray(types[0]!).element, { nullable: true })(args, site)
      checkOrderable(site, resolved.returns)
      return resolved
    },
    bind: (signature) => {
      const compare = compareValues(signature.returns)
      return (array: readonly Value[]) => {
        let best: Value = null
        for (const element of array) if (element !== null && (best === null || compare(element, best) * sign > 0)) best = element
        return best
      }
    },
    bindColumns: (signature) => extremeKernel(signature, sign),
  })
}

function resolveElementAt(args: readonly Argument[], site: CallSite, mayMiss: boolean): Resolution {
  checkCount(args, site, 2)
  const [container, key] = [args[0]!, args[1]!]
  switch (container.type.kind) {
    case 'array': {
      if (!['tinyint', 'smallint', 'int'].includes(key.type.kind)) throw unexpectedInputType(site, 1, key, '"INT"')
      const nullable = mayMiss || !site.settings.ansi || container.type.containsNull || args.some((a) => a.nullable)
      return { arguments: [container.type, INT], returns: container.type.element, nullable }
    }
    case 'map':
      return { arguments: mapAndKey(container, key, site), returns: container.type.value, nullable: true }
    default:
      throw unexpectedInputType(site, 0, container, '("ARRAY" or "MAP")')
  }
}
/** Positions are counted from 1, or from the end where they are negative. */
function elementAt(signature: Signature, outside: (index: number, size: number) => Value): Evaluate {
  const type = argumentType(signature, 0)
  if (type.kind === 'map') return mapLookup(type.key)
  return (array: readonly Value[], index: number) => {
    if (index === 0) throw indexOfZero()
    const at = index > 0 ? index - 1 : array.length + index
    return at >= 0 && at < array.length ? array[at]! : outside(index, array.length)
  }
}
export function indexOfZero(): ExecutionError {
  return new ExecutionError('INVALID_INDEX_OF_ZERO', {
    message: 'index 0 is no position of an array',
    detail: 'Positions are counted from 1, or from -1 backwards from the end.',
  })
}
function indexOutside(index: number, size: number): never {
  throw new ExecutionError('INVALID_ARRAY_INDEX_IN_ELEMENT_AT', {
    message: `index ${index} is outside the array of ${size} elements`,
    hint: 'Use "try_element_at" to get NULL instead.',
    parameters: { indexValue: String(index), arraySize: String(size), ansiConfig: '"spark.sql.ansi.enabled"' },
  })
}

export const arraySearchFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'array_contains',
    family: 'array',
    summary: 'Tells whether an array holds a value; NULL when it does not but holds a NULL.',
    examples: [['SELECT array_contains(array(1, 2, 3), 2)', 'true']],
    nulls: 'propagate',
    resolve: resolveContains,
    bind: contains,
    bindColumns: containsKernel,
  }),
  defineScalar({
    name: 'array_position',
    family: 'array',
    summary: 'Returns the position of the first element equal to a value, counted from 1; 0 when there is none.',
    examples: [
      ['SELECT array_position(array(312, 773, 708, 708), 708)', '3'],
      ['SELECT array_position(array(312, 773, 708, 708), 414)', '0'],
    ],
    nulls: 'propagate',
    resolve: resolvePosition,
    bind: position,
    bindColumns: positionKernel,
  }),
  defineScalar({
    name: 'array_remove',
    family: 'array',
    summary: 'Returns an array without the elements equal to a value.',
    examples: [['SELECT array_remove(array(1, 2, 3, NULL, 3), 3)', '[1, 2, NULL]']],
    nulls: 'propagate',
    resolve: resolveRemove,
    bind: remove,
    bindColumns: removeKernel,
  }),
  extreme('array_max', 1, 'Returns the largest element of an array, NULLs left out.', [
    'SELECT array_max(array(1, 20, NULL, 3))',
    '20',
  ]),
  extreme('array_min', -1, 'Returns the smallest element of an array, NULLs left out.', [
    'SELECT array_min(array(1, 20, NULL, 3))',
    '1',
  ]),
  defineScalar({
    name: 'element_at',
    family: 'array',
    summary:
      'Returns the element of an array at a position counted from 1, or from the end where it is negative, or the value of a map for a key.',
    examples: [
      ['SELECT element_at(array(1, 2, 3), -1)', '3'],
      ["SELECT element_at(map(1, 'a', 2, 'b'), 2)", 'b'],
    ],
    nulls: 'propagate',
    resolve: (args, site) => resolveElementAt(args, site, false),
    bind: (signature, { settings }) => elementAt(signature, settings.ansi ? indexOutside : () => null),
    bindColumns: (signature) => elementKernel(signature, 1, 'error') ?? mapValueKernel(signature),
  }),
  defineScalar({
    name: 'try_element_at',
    family: 'array',
    summary: 'Does as element_at does, but gives NULL for a position outside the array.',
    examples: [['SELECT try_element_at(array(1, 2, 3), 5)', 'NULL']],
    nulls: 'propagate',
    resolve: (args, site) => resolveElementAt(args, site, true),
    bind: (signature) => elementAt(signature, () => null),
    bindColumns: (signature) => elementKernel(signature, 1, 'null') ?? mapValueKernel(signature),
  }),
  defineScalar({
    name: 'get',
    family: 'array',
    summary: 'Returns the element of an array at an index from 0; NULL for an index outside the array.',
    examples: [
      ['SELECT get(array(1, 2, 3), 0)', '1'],
      ['SELECT get(array(1, 2, 3), 3)', 'NULL'],
    ],
    nulls: 'propagate',
    resolve: (args, site) => {
      checkCount(args, site, 2)
      requireArray(args, 0, site)
      return takes([ANY_ARRAY, WHOLE], (types) => asArray(types[0]!).element, { nullable: true })(args, site)
    },
    bind: () => (array: readonly Value[], index: number) => array[index] ?? null,
    bindColumns: (signature) => elementKernel(signature, 0, 'null'),
  }),
]
