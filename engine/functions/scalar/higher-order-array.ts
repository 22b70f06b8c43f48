import { arrayType, BOOLEAN, type DataType, INT } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { requireArray } from '../array-typing.ts'
import { quotedType, unexpectedInputType } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type FunctionRecord,
  type LambdaParameter,
  type Resolution,
  type ScalarFunction,
} from '../function.ts'
import { asArray, checkCount } from '../signature.ts'

/**
 * Functions of arrays and lambdas. In `resolve` a lambda's argument has the type of its body, in `evaluate` it is a plain function
 * (see engine/evaluate/interpret.ts).
 */
type ValueFunction = (...values: readonly Value[]) => Value

function elementOf(array: Argument): LambdaParameter {
  const type = asArray(array.type)
  return { type: type.element, nullable: type.containsNull }
}
/** The element, and its index from 0 where the lambda names a second parameter. */
function elementAndIndex(
  index: number,
  [array]: readonly Argument[],
  site: CallSite,
  given: number | undefined,
): readonly LambdaParameter[] | undefined {
  if (index !== 1 || array === undefined) return undefined
  requireArray([array], 0, site)
  return given === 2 ? [elementOf(array), { type: INT, nullable: false }] : [elementOf(array)]
}
function elementOnly(index: number, before: readonly Argument[], site: CallSite): readonly LambdaParameter[] | undefined {
  return elementAndIndex(index, before, site, 1)
}

/** A lambda that decides must return BOOLEAN (or NULL). @throws AnalysisError DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE */
export function requireCondition(args: readonly Argument[], index: number, site: CallSite): void {
  const { kind } = args[index]!.type
  if (kind !== 'boolean' && kind !== 'void') throw unexpectedInputType(site, index, args[index]!, '"BOOLEAN"')
}

function resolveTransform(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  requireArray(args, 0, site)
  const body = args[1]!
  return {
    arguments: args.map((a) => a.type),
    returns: arrayType(body.type, body.nullable),
    nullable: args[0]!.nullable,
  }
}
function resolveFilter(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  requireArray(args, 0, site)
  requireCondition(args, 1, site)
  return { arguments: args.map((a) => a.type), returns: args[0]!.type, nullable: args[0]!.nullable }
}
/** exists and forall: three-valued, so that a NULL among the answers leaves the result open. */
function decides(name: string, decisive: boolean, summary: string, example: readonly [string, string]): ScalarFunction {
  return defineScalar({
    name,
    family: 'higher-order',
    summary,
    examples: [example],
    nulls: 'propagate',
    lambdaParameters: elementOnly,
    resolve: (args, site) => {
      checkCount(args, site, 2)
      requireArray(args, 0, site)
      requireCondition(args, 1, site)
      return { arguments: args.map((a) => a.type), returns: BOOLEAN, nullable: args.some((a) => a.nullable) }
    },
    bind: () => (array: readonly Value[], test: ValueFunction) => {
      let sawNull = false
      for (const element of array) {
        const answer = test(element)
        if (answer === decisive) return decisive
        if (answer === null) sawNull = true
      }
      return sawNull ? null : !decisive
    },
  })
}

function resolveZipWith(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 3)
  requireArray(args, 0, site)
  requireArray(args, 1, site)
  const body = args[2]!
  return {
    arguments: args.map((a) => a.type),
    returns: arrayType(body.type, body.nullable),
    nullable: args[0]!.nullable || args[1]!.nullable,
  }
}
function bothElements(index: number, before: readonly Argument[], site: CallSite): readonly LambdaParameter[] | undefined {
  if (index !== 2) return undefined
  requireArray(before, 0, site)
  requireArray(before, 1, site)
  return before.map((array) => ({ type: asArray(array.type).element, nullable: true }))
}
function zipWith(left: readonly Value[], right: readonly Value[], combine: ValueFunction): Value {
  const longest = Math.max(left.length, right.length)
  return Array.from({ length: longest }, (_, i) => combine(left[i] ?? null, right[i] ?? null))
}

/** The accumulator begins as the second argument; the merged value must have its type, names of struct fields aside. */
function resolveAggregate(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 3, 4)
  requireArray(args, 0, site)
  const [, start, merged, finished] = args
  if (!sameShape(start!.type, merged!.type)) throw unexpectedInputType(site, 2, merged!, quotedType(start!.type))
  return { arguments: args.map((a) => a.type), returns: (finished ?? merged!).type, nullable: true }
}
function sameShape(a: DataType, b: DataType): boolean {
  switch (a.kind) {
    case 'array':
      return b.kind === 'array' && sameShape(a.element, b.element)
    case 'map':
      return b.kind === 'map' && sameShape(a.key, b.key) && sameShape(a.value, b.value)
    case 'struct':
      return (
        b.kind === 'struct' &&
        a.fields.length === b.fields.length &&
        a.fields.every((f, i) => sameShape(f.type, b.fields[i]!.type))
      )
    default:
      return String(a) === String(b)
  }
}
function accumulator(index: number, before: readonly Argument[], site: CallSite): readonly LambdaParameter[] | undefined {
  if (index < 2) return undefined
  requireArray(before, 0, site)
  const state = { type: before[1]!.type, nullable: true }
  return index === 2 ? [state, elementOf(before[0]!)] : [state]
}
function aggregate(
  array: readonly Value[] | null,
  start: Value,
  merge: ValueFunction,
  finish: ValueFunction = (result) => result!,
): Value {
  if (array === null) return null
  let state = start
  for (const element of array) state = merge(state, element)
  return finish(state)
}
function aggregateFunction(name: string): ScalarFunction {
  return defineScalar({
    name,
    family: 'higher-order',
    summary:
      'Takes the elements of an array into a value one by one, and finishes that value with a second lambda if there is one.',
    examples: [
      [`SELECT ${name}(array(1, 2, 3), 0, (acc, x) -> acc + x)`, '6'],
      [`SELECT ${name}(array(1, 2, 3), 0, (acc, x) -> acc + x, acc -> acc * 10)`, '60'],
    ],
    nulls: 'custom',
    lambdaParameters: accumulator,
    resolve: resolveAggregate,
    bind: () => aggregate,
  })
}

export const higherOrderArrayFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'transform',
    family: 'higher-order',
    summary: 'Returns an array of what a lambda makes of each element, and of its index from 0 if it takes that.',
    examples: [
      ['SELECT transform(array(1, 2, 3), x -> x + 1)', '[2, 3, 4]'],
      ['SELECT transform(array(1, 2, 3), (x, i) -> x + i)', '[1, 3, 5]'],
    ],
    nulls: 'propagate',
    lambdaParameters: elementAndIndex,
    resolve: resolveTransform,
    bind: () => (array: readonly Value[], apply: ValueFunction) => array.map((element, i) => apply(element, i)),
  }),
  defineScalar({
    name: 'filter',
    family: 'higher-order',
    summary: 'Returns the elements of an array for which a lambda is true.',
    examples: [
      ['SELECT filter(array(1, 2, 3), x -> x % 2 = 1)', '[1, 3]'],
      ['SELECT filter(array(0, 2, 3), (x, i) -> x > i)', '[2, 3]'],
    ],
    nulls: 'propagate',
    lambdaParameters: elementAndIndex,
    resolve: resolveFilter,
    bind: () => (array: readonly Value[], test: ValueFunction) => array.filter((element, i) => test(element, i) === true),
  }),
  decides('exists', true, 'Tells whether a lambda is true for an element of an array.', [
    'SELECT exists(array(1, 2, 3), x -> x % 2 = 0)',
    'true',
  ]),
  decides('forall', false, 'Tells whether a lambda is true for all elements of an array.', [
    'SELECT forall(array(2, 4, 8), x -> x % 2 = 0)',
    'true',
  ]),
  aggregateFunction('aggregate'),
  aggregateFunction('reduce'),
  defineScalar({
    name: 'zip_with',
    family: 'higher-order',
    summary:
      'Returns an array of what a lambda makes of the elements of two arrays at the same position; the shorter one goes on with NULLs.',
    examples: [["SELECT zip_with(array(1, 2, 3), array('a', 'b', 'c'), (x, y) -> (y, x))", '[{a, 1}, {b, 2}, {c, 3}]']],
    nulls: 'propagate',
    lambdaParameters: bothElements,
    resolve: resolveZipWith,
    bind: () => zipWith,
  }),
]
