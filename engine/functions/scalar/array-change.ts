import { ExecutionError } from '../../errors/engine-error.ts'
import { arrayType, INT } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { arrayAndValue, requireArray } from '../array-typing.ts'
import { unexpectedInputType } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'
import { compactKernel, flattenKernel, sliceKernel } from '../list-change-kernels.ts'
import { ANY_ARRAY, asArray, checkCount, takes, WHOLE } from '../signature.ts'
import { checkElementCount } from './array-limit.ts'
import { indexOfZero } from './array-search.ts'

/** Functions that return an array with elements added, left out or spread. */

/** append and prepend: NULL is a value like any other. */
function resolveAdd(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const [array, value] = [args[0]!, args[1]!]
  requireArray(args, 0, site)
  const types = arrayAndValue(array, value, site)
  const containsNull = value.nullable || asArray(types[0]).containsNull
  return { arguments: types, returns: arrayType(types[1], containsNull), nullable: array.nullable }
}

function resolveInsert(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 3)
  const [array, at, value] = [args[0]!, args[1]!, args[2]!]
  if (array.type.kind === 'array' && !['tinyint', 'smallint', 'int'].includes(at.type.kind))
    throw unexpectedInputType(site, 1, at, '"INT"')
  const [type, element] = arrayAndValue(array, value, site)
  return { arguments: [type, INT, element], returns: arrayType(element), nullable: array.nullable || at.nullable }
}
/** A position beyond an end fills the gap with NULLs; -1 is behind the last element. */
function insert(array: readonly Value[] | null, position: number | null, value: Value): Value {
  if (array === null || position === null) return null
  if (position === 0) throw indexOfZero()
  const size = array.length
  if (position > 0) {
    const at = position - 1
    checkElementCount('array_insert', Math.max(size + 1, position))
    if (at <= size) return array.toSpliced(at, 0, value)
    return [...array, ...nulls(at - size), value]
  }
  const at = size + position + 1
  if (at >= 0) return array.toSpliced(at, 0, value)
  checkElementCount('array_insert', -position)
  return [value, ...nulls(-position - size - 1), ...array]
}
function nulls(count: number): null[] {
  return Array.from({ length: count }, () => null)
}

function slice(array: readonly Value[], start: number, length: number): Value {
  if (start === 0) throw invalidParameter('START', 'start', 'a positive or a negative number', start)
  if (length < 0) throw invalidParameter('LENGTH', 'length', '0 or more', length)
  const from = start > 0 ? start - 1 : array.length + start
  return from < 0 ? [] : array.slice(from, from + length)
}
function invalidParameter(condition: string, name: string, wanted: string, value: number): ExecutionError {
  return new ExecutionError(`INVALID_PARAMETER_VALUE.${condition}`, {
    message: `"${name}" of "slice" must be ${wanted}, not ${value}`,
    parameters: { parameter: `\`${name}\``, [name]: String(value), functionName: '`slice`' },
  })
}

function resolveFlatten(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1)
  const { type, nullable } = args[0]!
  if (type.kind !== 'array' || type.element.kind !== 'array') throw unexpectedInputType(site, 0, args[0]!, '"ARRAY" of "ARRAY"')
  return { arguments: [type], returns: type.element, nullable: nullable || type.containsNull }
}

export const arrayChangeFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'array_append',
    family: 'array',
    summary: 'Adds a value at the end of an array.',
    examples: [["SELECT array_append(array('b', 'd', 'c', 'a'), 'd')", '[b, d, c, a, d]']],
    nulls: 'custom',
    resolve: resolveAdd,
    bind: () => (array: readonly Value[] | null, value: Value) => array && [...array, value],
  }),
  defineScalar({
    name: 'array_prepend',
    family: 'array',
    summary: 'Adds a value at the beginning of an array.',
    examples: [["SELECT array_prepend(array('b', 'd', 'c', 'a'), 'd')", '[d, b, d, c, a]']],
    nulls: 'custom',
    resolve: resolveAdd,
    bind: () => (array: readonly Value[] | null, value: Value) => array && [value, ...array],
  }),
  defineScalar({
    name: 'array_insert',
    family: 'array',
    summary:
      'Inserts a value at a position counted from 1, or from the end where it is negative; a gap to the array is filled with NULLs.',
    examples: [
      ['SELECT array_insert(array(1, 2, 3, 4), 5, 5)', '[1, 2, 3, 4, 5]'],
      ['SELECT array_insert(array(5, 4, 3, 2), -1, 1)', '[5, 4, 3, 2, 1]'],
    ],
    nulls: 'custom',
    resolve: resolveInsert,
    bind: () => insert,
  }),
  defineScalar({
    name: 'array_compact',
    family: 'array',
    summary: 'Returns an array without its NULLs.',
    examples: [['SELECT array_compact(array(1, 2, 3, NULL))', '[1, 2, 3]']],
    nulls: 'propagate',
    resolve: takes([ANY_ARRAY], (types) => arrayType(asArray(types[0]!).element, false)),
    bind: () => (array: readonly Value[]) => array.filter((element) => element !== null),
    bindColumns: compactKernel,
  }),
  defineScalar({
    name: 'slice',
    family: 'array',
    summary: 'Returns the part of an array that begins at a position counted from 1, or from the end where it is negative.',
    examples: [
      ['SELECT slice(array(1, 2, 3, 4), 2, 2)', '[2, 3]'],
      ['SELECT slice(array(1, 2, 3, 4), -2, 2)', '[3, 4]'],
    ],
    nulls: 'propagate',
    resolve: takes([ANY_ARRAY, WHOLE, WHOLE], (types) => types[0]!),
    bind: () => slice,
    bindColumns: sliceKernel,
  }),
  defineScalar({
    name: 'flatten',
    family: 'array',
    summary: 'Joins the arrays in an array to one; NULL when one of them is NULL.',
    examples: [['SELECT flatten(array(array(1, 2), array(3, 4)))', '[1, 2, 3, 4]']],
    nulls: 'propagate',
    resolve: resolveFlatten,
    bind: () => (arrays: readonly (readonly Value[] | null)[]) => (arrays.includes(null) ? null : (arrays.flat() as Value[])),
    bindColumns: flattenKernel,
  }),
]
