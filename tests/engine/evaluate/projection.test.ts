import { describe, expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { batchFromRows, rowsOf } from '../../../engine/columnar/batch.ts'
import { compilePredicate, compileProjection } from '../../../engine/evaluate/compile.ts'
import { type Expression, literal } from '../../../engine/expr/expression.ts'
import { defineScalar } from '../../../engine/functions/function.ts'
import { FunctionRegistry } from '../../../engine/functions/registry.ts'
import { BIGINT, BOOLEAN, field, INT, STRING, structType, TINYINT } from '../../../engine/types/data-type.ts'
import { batchOf, cast, column, context, evaluateBothWays, functions, typed, valuesOf } from './both-ways.ts'

const PERSON = structType([field('name', STRING), field('age', INT)])
const people = batchOf(
  [PERSON, INT],
  [
    [['Ann', 30], 1],
    [null, 2],
    [['Bob', null], null],
  ],
)
const age: Expression = { kind: 'field', child: column(0, PERSON), ordinal: 1, name: 'age', type: INT, nullable: true }
const name: Expression = { kind: 'field', child: column(0, PERSON), ordinal: 0, name: 'name', type: STRING, nullable: true }

function project(e: Expression, batch = people) {
  return compileProjection([e], { functions, context }).evaluate(batch, null, new Arena())[0]!
}

describe('what is a column already is not copied', () => {
  test('a reference is the input column itself', () => {
    expect(project({ kind: 'alias', name: 'p', child: column(0, PERSON) })).toBe(people.columns[0])
  })

  test('a field of a struct is its child, with the NULLs of the struct', () => {
    const ages = project(age)
    expect(ages.values).toBe(people.columns[0]!.children[1]!.values)
    expect(valuesOf(ages)).toEqual([30, null, null])
  })

  test('a struct is made of its columns', () => {
    const type = structType([field('n', INT), field('who', STRING)])
    const made: Expression = {
      kind: 'call',
      name: 'named_struct',
      args: [literal('n', STRING), column(1, INT), literal('who', STRING), name],
      type,
      nullable: false,
    }
    const struct = project(made)
    expect(struct.children[0]).toBe(people.columns[1])
    expect(valuesOf(struct)).toEqual([
      [1, 'Ann'],
      [2, null],
      [null, 'Bob'],
    ])
  })
})

test('fields take part in computations', () => {
  expect(evaluateBothWays(typed('+', age, column(1, INT)), people)).toEqual({ values: [31, null, null] })
  expect(evaluateBothWays(typed('=', name, literal('Bob', STRING)), people)).toEqual({ values: [false, null, true] })
})

test('a selection gathers references and computes its rows only', () => {
  const projection = compileProjection([column(1, INT), typed('+', column(1, INT), literal(1, INT))], { functions, context })
  const columns = projection.evaluate(people, { rows: Int32Array.of(1, 2), count: 2 }, new Arena())
  expect(columns.map(valuesOf)).toEqual([
    [2, null],
    [3, null],
  ])
})

test('a predicate gives null when all rows pass, the selection itself when all of it does', () => {
  const batch = batchOf([INT], [[1], [2], [3]])
  for (const codegen of [true, false]) {
    const options = { functions, context, codegen }
    const positive = compilePredicate(typed('>', column(0, INT), literal(0, INT)), options)
    expect(positive.select(batch, null, new Arena())).toBe(null)
    const selection = { rows: Int32Array.of(0, 2), count: 2 }
    expect(positive.select(batch, selection, new Arena())).toBe(selection)
    const large = compilePredicate(typed('>', column(0, INT), literal(2, INT)), options).select(batch, selection, new Arena())
    expect([...large!.rows.subarray(0, large!.count)]).toEqual([2])
  }
})

test('a function of chance is called once a row, in generated plans too', () => {
  let calls = 0
  const counter = defineScalar({
    name: 'counter',
    family: 'misc',
    summary: '',
    examples: [],
    nulls: 'custom',
    deterministic: false,
    resolve: () => ({ arguments: [], returns: BIGINT }),
    bind: () => () => BigInt(calls++),
  })
  const registry = new FunctionRegistry([...functions.records(), counter])
  const e: Expression = { kind: 'call', name: 'counter', args: [], type: BIGINT, nullable: false }
  const batch = batchOf([INT], [[1], [2], [3]])
  const columns = compileProjection([e, e], { functions: registry, context }).evaluate(batch, null, new Arena())
  expect(columns.map(valuesOf)).toEqual([
    [0n, 1n, 2n],
    [3n, 4n, 5n],
  ])
})

test('many columns with and without NULLs share the loop that tests them all, and answer alike', () => {
  const schema = Array.from({ length: 6 }, (_, i) => field(`c${i}`, INT))
  const all = schema.map((f, i) => column(i, f.type)).reduce((sum, e) => typed('+', sum, e))
  const projection = compileProjection([all], { functions, context })
  for (let mask = 0; mask < 64; mask++) {
    const batch = batchFromRows(schema, [[1, 1, 1, 1, 1, 1], schema.map((_, i) => ((mask >> i) & 1 ? null : 1))])
    expect(valuesOf(projection.evaluate(batch, null, new Arena())[0]!)).toEqual([6, mask === 0 ? 6 : null])
  }
})

test('texts longer than the room first made for them', () => {
  const long = 'ä long text; '.repeat(100)
  const ascii = 'a long text; '.repeat(100)
  const batch = batchOf(
    [STRING, STRING],
    Array.from({ length: 50 }, (_, i) => [i % 3 === 0 ? null : long, ascii + i]),
  )
  const joined: Expression = {
    kind: 'call',
    name: 'concat',
    args: [column(0, STRING), column(1, STRING)],
    type: STRING,
    nullable: true,
  }
  for (const e of [joined, typed('upper', joined), typed('lower', column(1, STRING)), typed('trim', column(1, STRING))]) {
    expect(evaluateBothWays(e, batch).values).toHaveLength(50)
  }
})

test('with ANSI rules off a failed cast is NULL or wraps, both ways', () => {
  const settings = context.settings.copy()
  settings.set('spark.sql.ansi.enabled', 'false')
  const lenient = { ...context, settings }
  const batch = batchOf(
    [INT, STRING],
    [
      [300, 'x'],
      [7, '12'],
      [-129, '99999999999'],
    ],
  )
  const results = [cast(column(1, STRING), INT), cast(column(0, INT), TINYINT)].map((e) => {
    const [interpreted, generated] = [false, true].map((codegen) =>
      valuesOf(compileProjection([e], { functions, context: lenient, codegen }).evaluate(batch, null, new Arena())[0]!),
    )
    expect(generated).toEqual(interpreted)
    return interpreted
  })
  expect(results).toEqual([
    [null, 12, null],
    [44, 7, 127],
  ])
})

test('the setting millrace.codegen.enabled decides, unless the caller does', () => {
  const batch = batchOf([BOOLEAN], [[true], [null]])
  const settings = context.settings.copy()
  settings.set('millrace.codegen.enabled', 'false')
  const projection = compileProjection([typed('not', column(0, BOOLEAN))], { functions, context: { ...context, settings } })
  expect(valuesOf(projection.evaluate(batch, null, new Arena())[0]!)).toEqual([false, null])
  expect(projection.constructor.name).toBe('InterpretedProjection')
  expect(rowsOf(batch)).toEqual([[true], [null]])
})
