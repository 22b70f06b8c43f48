import { describe, expect, test } from 'vitest'
import { type EngineError, ExecutionError } from '../../../engine/errors/engine-error.ts'
import { constantValue } from '../../../engine/evaluate/constant.ts'
import { interpret } from '../../../engine/evaluate/interpret.ts'
import { type Expression, type LambdaVariable, literal } from '../../../engine/expr/expression.ts'
import { defineScalar, type FunctionRecord } from '../../../engine/functions/function.ts'
import { FunctionRegistry } from '../../../engine/functions/registry.ts'
import { arrayType, BIGINT, BOOLEAN, field, INT, structType } from '../../../engine/types/data-type.ts'
import type { Row, Value } from '../../../engine/types/value.ts'
import { column, context, functions, typed } from './both-ways.ts'

const doc = { family: 'misc', summary: '', examples: [], resolve: () => ({ arguments: [], returns: INT }) } as const

/** A registry that also has functions which tell of their evaluation. */
const probes: readonly FunctionRecord[] = [
  defineScalar({
    ...doc,
    name: 'fail',
    nulls: 'custom',
    bind: () => () => {
      throw new ExecutionError('FAILED', { message: 'it failed' })
    },
  }),
  defineScalar({ ...doc, name: 'sum', nulls: 'propagate', bind: () => (a: number, b: number) => a + b }),
  defineScalar({ ...doc, name: 'chance', nulls: 'custom', deterministic: false, bind: () => () => 4 }),
  defineScalar({
    ...doc,
    name: 'mapped',
    nulls: 'propagate',
    bind: () => (items: readonly Value[], f: (item: Value, index: number) => Value) => items.map((item, i) => f(item, i)),
  }),
]
const registry = new FunctionRegistry([...functions.records(), ...probes])

function value(e: Expression, row: Row = []): Value {
  return interpret(e, registry, context)(row)
}
function probe(name: string, ...args: readonly Expression[]): Expression {
  return { kind: 'call', name, args, type: INT, nullable: true }
}
const one = literal(1, INT)
const none = literal(null, INT)
const yes = literal(true, BOOLEAN)
const no = literal(false, BOOLEAN)
const unknown = literal(null, BOOLEAN)
const fails: Expression = { ...probe('fail'), type: BOOLEAN } as Expression

describe('what is not needed is not evaluated', () => {
  test('AND stops at FALSE, OR at TRUE; NULL does not stop them', () => {
    expect(value(typed('and', no, yes))).toBe(false)
    const and = (...args: Expression[]): Expression => ({ kind: 'call', name: 'and', args, type: BOOLEAN, nullable: true })
    const or = (...args: Expression[]): Expression => ({ kind: 'call', name: 'or', args, type: BOOLEAN, nullable: true })
    expect(value(and(no, fails))).toBe(false)
    expect(value(or(yes, fails))).toBe(true)
    expect(() => value(and(unknown, fails))).toThrow('it failed')
    expect(value(and(unknown, no))).toBe(false)
    expect(value(or(unknown, no))).toBe(null)
  })

  test('CASE, if, coalesce and nvl2 evaluate the branch they take', () => {
    const chosen: Expression = {
      kind: 'case',
      branches: [
        { when: unknown, then: fails },
        { when: yes, then: one },
      ],
      otherwise: fails,
      type: INT,
      nullable: true,
    }
    expect(value(chosen)).toBe(1)
    expect(value(probe('if', yes, one, fails))).toBe(1)
    expect(value(probe('coalesce', none, one, fails))).toBe(1)
    expect(value(probe('nvl2', none, fails, one))).toBe(1)
  })

  test('the list of IN is read up to the first equal value', () => {
    expect(value(probe('in', one, one, fails))).toBe(true)
    expect(value(probe('in', none, fails))).toBe(null)
    expect(value(probe('in', one, none))).toBe(null)
  })

  test('a function that propagates NULL stops at its first NULL argument', () => {
    expect(value(probe('sum', none, fails))).toBe(null)
    expect(() => value(probe('sum', fails, none))).toThrow('it failed')
  })

  test('division evaluates its divisor first', () => {
    const quotient: Expression = { kind: 'call', name: '%', args: [probe('fail'), none], type: INT, nullable: true }
    expect(value(quotient)).toBe(null)
  })
})

describe('lambdas', () => {
  const x: LambdaVariable = { kind: 'lambda_variable', id: 1, name: 'x', type: INT, nullable: true }
  const i: LambdaVariable = { kind: 'lambda_variable', id: 2, name: 'i', type: INT, nullable: false }
  const lambda = (variables: readonly LambdaVariable[], body: Expression): Expression => ({
    kind: 'lambda',
    parameters: variables.map((variable) => variable.name),
    variables,
    body,
  })
  const items = column(0, arrayType(INT))

  test('see their parameters and the row; parameters that are not named are ignored', () => {
    const plusRow = probe('mapped', items, lambda([x], probe('sum', x, column(1, INT))))
    expect(value(plusRow, [[1, null, 3], 10])).toEqual([11, null, 13])
    expect(value(probe('mapped', items, lambda([x, i], probe('sum', x, i))), [[5, 5, 5]])).toEqual([5, 6, 7])
  })

  test('nest: an inner lambda sees the parameters of the outer one', () => {
    const inner = probe('mapped', column(1, arrayType(INT)), lambda([i], probe('sum', x, i)))
    expect(
      value(probe('mapped', items, lambda([x], inner)), [
        [1, 2],
        [10, 20],
      ]),
    ).toEqual([
      [11, 21],
      [12, 22],
    ])
  })
})

test('a field of an array of structs is the array of that field', () => {
  const structs = column(0, arrayType(structType([field('a', INT), field('b', INT)])))
  const e: Expression = { kind: 'field', child: structs, ordinal: 1, name: 'b', type: arrayType(INT), nullable: true }
  expect(value(e, [[[1, 2], null, [3, null]]])).toEqual([2, null, null])
})

test('an error gets the span of the innermost expression that has one', () => {
  const place = { start: 7, end: 13 }
  const e: Expression = {
    kind: 'call',
    name: 'sum',
    args: [one, { ...fails, span: place }],
    type: INT,
    nullable: true,
    span: { start: 0, end: 20 },
  }
  try {
    value(e)
    expect.unreachable()
  } catch (error) {
    expect((error as EngineError).span).toEqual(place)
  }
})

test('constants: what depends on nothing has a value, unless evaluating it fails', () => {
  const constant = (e: Expression): Value | undefined => constantValue(e, registry, context)
  expect(constant(typed('+', literal(2n, BIGINT), literal(3n, BIGINT)))).toBe(5n)
  expect(constant(typed('+', literal(2n, BIGINT), literal(null, BIGINT)))).toBe(null)
  expect(constant(typed('+', column(0, BIGINT), literal(3n, BIGINT)))).toBe(undefined)
  expect(constant(fails)).toBe(undefined)
  expect(constant(probe('chance'))).toBe(undefined)
})
