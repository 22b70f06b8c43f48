import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import { compareValues, isOrderable } from '../../types/compare.ts'
import { BIGINT, BOOLEAN, STRING, sqlTypeName } from '../../types/data-type.ts'
import { xxHash64 } from '../../types/hash.ts'
import type { Value } from '../../types/value.ts'
import { checkOrderable, requireArray } from '../array-typing.ts'
import { mustBeConstant, notOrderable, quotedType, typeMismatch } from '../call-errors.ts'
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
import { ANY_ARRAY, asArray, checkCount, convertArguments, strictly } from '../signature.ts'
import { MersenneTwister } from './random-generator.ts'

/** Functions that put the elements of an array in another order. */

function resolveSortArray(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const ascending = args[1]
  if (args[0]!.type.kind === 'array' && ascending !== undefined && ascending.constant === undefined)
    throw mustBeConstant(site, ascending, 'ascendingOrder', sqlTypeName(ascending.type))
  const types = convertArguments([ANY_ARRAY, strictly(BOOLEAN)], args, site)
  if (!isOrderable(types[0]!)) throw notOrderable(site, types[0]!)
  return { arguments: types, returns: types[0]! }
}
/** NULLs are the smallest, so that they stand last in descending order. */
function sortArray(signature: Signature): Evaluate {
  const compare = compareValues(asArray(signature.arguments[0]!).element)
  return (array: readonly Value[], ascending = true) =>
    array.toSorted(ascending ? compare : (left: Value, right: Value) => compare(right, left))
}

function resolveArraySort(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  requireArray(args, 0, site)
  const { type } = args[0]!
  const comparator = args[1]
  if (comparator === undefined) checkOrderable({ ...site, name: '<' }, asArray(type).element)
  else if (comparator.type.kind !== 'int')
    throw typeMismatch(
      site,
      'UNEXPECTED_RETURN_TYPE',
      `the comparator of "${site.name}" must return INT, not ${sqlTypeName(comparator.type)}`,
      { functionName: '`lambdafunction`', expectedType: '"INT"', actualType: quotedType(comparator.type) },
    )
  return { arguments: args.map((a) => a.type), returns: type, nullable: args[0]!.nullable }
}
function comparatorParameters(
  index: number,
  [array]: readonly Argument[],
  site: CallSite,
): readonly LambdaParameter[] | undefined {
  if (index !== 1 || array === undefined) return undefined
  requireArray([array], 0, site)
  const parameter = { type: asArray(array.type).element, nullable: asArray(array.type).containsNull }
  return [parameter, parameter]
}
function arraySort(signature: Signature): Evaluate {
  if (signature.arguments.length === 1) {
    const compare = compareValues(asArray(signature.arguments[0]!).element)
    const nullsLast = (left: Value, right: Value): number =>
      left === null || right === null ? Number(left === null) - Number(right === null) : compare(left, right)
    return (array: readonly Value[]) => array.toSorted(nullsLast)
  }
  return (array: readonly Value[], compare: (left: Value, right: Value) => number | null) =>
    array.toSorted((left, right) => {
      const order = compare(left, right)
      if (order === null) throw comparatorReturnsNull()
      return order
    })
}
function comparatorReturnsNull(): ExecutionError {
  return new ExecutionError('COMPARATOR_RETURNS_NULL', {
    message: 'the comparator of "array_sort" returned NULL',
    hint: 'Return a number below 0, 0 or a number above 0 for every pair of elements.',
  })
}

function resolveShuffle(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const [type] = convertArguments([ANY_ARRAY], args.slice(0, 1), site)
  const seed = args[1]
  if (seed !== undefined && !isSeed(seed))
    throw new AnalysisError('INVALID_PARAMETER_VALUE.LONG', {
      message: `"seed" of "${site.name}" must be a constant INT or BIGINT, not "${seed.text}"`,
      span: seed.span ?? site.span,
      parameters: { parameter: '`seed`', functionName: `\`${site.name}\``, invalidValue: `"${seed.text}"` },
    })
  return {
    arguments: [type!, ...(seed ? [seed.type.kind === 'void' ? BIGINT : seed.type] : [])],
    returns: type!,
    nullable: args[0]!.nullable,
  }
}
function isSeed(argument: Argument): boolean {
  return argument.constant !== undefined && ['int', 'bigint', 'void'].includes(argument.type.kind)
}
/** Inside-out Fisher-Yates with the generator of Apache Commons Math, so that a seed gives Spark's order. */
function shuffled(array: readonly Value[], random: MersenneTwister): Value[] {
  const result: Value[] = []
  for (const [i, element] of array.entries()) {
    const j = random.nextInt(i + 1)
    if (j !== i) result[i] = result[j]!
    result[j] = element
  }
  return result
}
/** Without a seed the generator starts anew with each epoch from what is the same on a replay. */
function shuffle(signature: Signature, context: EvaluationContext): Evaluate {
  if (signature.arguments.length === 2) {
    const random = new MersenneTwister(BigInt((signature.constants[1] as number | bigint | null) ?? 0))
    return (array: readonly Value[] | null) => (array === null ? null : shuffled(array, random))
  }
  let epochKey = ''
  let random = new MersenneTwister(0n)
  return (array: readonly Value[] | null) => {
    const key = `${context.epoch.timestampMs} ${context.epoch.epochId}`
    if (key !== epochKey) {
      epochKey = key
      random = new MersenneTwister(xxHash64(key, STRING, 42n))
    }
    return array === null ? null : shuffled(array, random)
  }
}

export const arrayOrderFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'sort_array',
    family: 'array',
    summary: 'Sorts an array, upwards with NULLs first, or downwards with NULLs last.',
    examples: [
      ["SELECT sort_array(array('b', 'd', NULL, 'c', 'a'))", '[NULL, a, b, c, d]'],
      ["SELECT sort_array(array('b', 'd', NULL, 'c', 'a'), false)", '[d, c, b, a, NULL]'],
    ],
    nulls: 'propagate',
    resolve: resolveSortArray,
    bind: sortArray,
  }),
  defineScalar({
    name: 'array_sort',
    family: 'higher-order',
    summary: 'Sorts an array upwards with NULLs last, or by a comparator that returns a number below, at or above 0.',
    examples: [
      ['SELECT array_sort(array(5, NULL, 1))', '[1, 5, NULL]'],
      ['SELECT array_sort(array(5, 6, 1), (l, r) -> r - l)', '[6, 5, 1]'],
    ],
    nulls: 'propagate',
    lambdaParameters: comparatorParameters,
    resolve: resolveArraySort,
    bind: arraySort,
  }),
  defineScalar({
    name: 'shuffle',
    family: 'array',
    summary: 'Puts the elements of an array in a random order, the same ones for the same seed.',
    examples: [['SELECT shuffle(array(1, 2, 3, 4, 5), 42)', '[5, 3, 2, 1, 4]']],
    nulls: 'custom',
    deterministic: false,
    resolve: resolveShuffle,
    bind: shuffle,
  }),
]
