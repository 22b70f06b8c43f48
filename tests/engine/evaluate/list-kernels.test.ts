import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { KernelColumns } from '../../../engine/evaluate/kernel-columns.ts'
import { type Expression, literal } from '../../../engine/expr/expression.ts'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DATE,
  type DataType,
  DOUBLE,
  decimalType,
  field,
  INT,
  mapType,
  STRING,
  structType,
} from '../../../engine/types/data-type.ts'
import type { Row } from '../../../engine/types/value.ts'
import { arbitraryValue } from '../columnar/arbitrary-values.ts'
import { batchOf, column, context, evaluateBothWays, functions, typed, valuesOf } from './both-ways.ts'

const LISTS = [STRING, INT, BIGINT, DOUBLE, BOOLEAN, DATE, decimalType(9, 2)].map(
  (element) => [element, arrayType(element)] as const,
)
const NESTED = arrayType(structType([field('a', INT), field('b', arrayType(STRING))]))
const DICTIONARIES = [STRING, INT, BIGINT].map((key) => [key, mapType(key, arrayType(STRING))] as const)
const INDEXES = [0, 1, 2, -1, -3].map((index) => literal(index, INT))
const text = (value: string): Expression => literal(value, STRING)

const CALLS: readonly (readonly [string, readonly DataType[], Expression])[] = [
  ...LISTS.flatMap(([element, list]) => [
    called('size', [list]),
    called('array_size', [list]),
    called('array_contains', [list, element]),
    called('array_position', [list, element]),
    called('get', [list, INT]),
    called('array', [element, element]),
    ...['reverse', 'array_compact'].map((name) => called(name, [list])),
    called('slice', [list], literal(2, INT), literal(2, INT)),
    called('slice', [list], literal(-2, INT), literal(1, INT)),
    called('flatten', [arrayType(list)]),
    ...(element.kind === 'decimal' ? [] : ['array_max', 'array_min'].map((name) => called(name, [list]))),
    ...['element_at', 'try_element_at', 'get', 'element'].flatMap((name) => INDEXES.map((index) => called(name, [list], index))),
  ]),
  called('array_contains', [arrayType(STRING)], text('a')),
  called('array_position', [arrayType(STRING)], text('')),
  called('array_contains', [arrayType(DOUBLE)], literal(Number.NaN, DOUBLE)),
  called('array_contains', [arrayType(DOUBLE)], literal(-0, DOUBLE)),
  called('array_remove', [arrayType(STRING)], text('')),
  called('array_remove', [arrayType(INT)], literal(0, INT)),
  called('reverse', [NESTED]),
  called('get', [NESTED], literal(1, INT)),
  called('size', [NESTED]),
  called('array', [NESTED, NESTED]),
  called('array', [STRING], text('x'), literal(null, STRING)),
  ...DICTIONARIES.flatMap(([key, map]) => [
    called('size', [map]),
    called('map_keys', [map]),
    called('map_values', [map]),
    called('map_contains_key', [map, key]),
    called('element_at', [map, key]),
    called('try_element_at', [map, key]),
    called('element', [map, key]),
  ]),
  called('element', [mapType(STRING, INT)], text('a')),
  called('array_join', [arrayType(STRING)], text(', ')),
  called('array_join', [arrayType(STRING), STRING]),
  called('concat_ws', [STRING, arrayType(STRING), STRING]),
  called('concat_ws', [STRING, STRING, arrayType(STRING)], text('x')),
  ...[',', '\\.', '[|]', 'ab', '€'].flatMap((pattern) => [
    called('split', [STRING], text(pattern)),
    called('split', [STRING], text(pattern), literal(2, INT)),
    called('split', [STRING], text(pattern), literal(1, INT)),
    called('split', [STRING], text(pattern), literal(0, INT)),
  ]),
]
function called(
  name: string,
  types: readonly DataType[],
  ...rest: readonly Expression[]
): readonly [string, readonly DataType[], Expression] {
  const e = typed(name, ...types.map((type, i) => column(i, type)), ...rest)
  const constants = rest.map((each) => (each.kind === 'literal' ? JSON.stringify(each.value) : ''))
  return [`${name}(${[...types.map(String), ...constants].join(', ')})`, types, e]
}

const pieces = fc
  .array(fc.constantFrom('a', 'b', ',', '.', '|', '€', 'ä', '😀', ' '), { maxLength: 9 })
  .map((parts) => parts.join(''))

test.each(CALLS)('%s over columns is what the interpreter gives', (_, types, e) => {
  const kernels = KernelColumns.of([], [e], { functions, context, codegen: true })
  const row = fc.tuple(
    ...types.map((type) => (type === STRING ? fc.option(pieces, { nil: null, freq: 5 }) : arbitraryValue(type))),
  )
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), (rows) => {
      const batch = batchOf(types, rows as readonly Row[])
      const { values, error } = evaluateBothWays(e, batch)
      if (kernels === undefined) return
      const computed = (): unknown => valuesOf(kernels.prepare(batch, new Arena(1 << 14))!.columns[0]!)
      // Where a row fails, the batch is done the plain way, which says what failed.
      if (error !== undefined) expect(computed).toThrow()
      else expect(computed()).toEqual(values)
    }),
    { numRuns: 40 },
  )
})

test('an element of the parts of a text', () => {
  const e = typed('element_at', typed('split', column(0, STRING), text(',')), literal(2, INT))
  const kernels = KernelColumns.of([], [e], { functions, context, codegen: true })!
  const batch = batchOf([STRING], [['a,b,c'], ['x,'], [null], [',€']])
  expect(valuesOf(kernels.prepare(batch, new Arena())!.columns[0]!)).toEqual(['b', '', null, '€'])
})

test('calls over columns that may fail for one row are left to the loop over rows, unless their elements are nested', () => {
  const names = CALLS.filter(([, , e]) => KernelColumns.of([], [e], { functions, context, codegen: true }) === undefined)
  expect([...new Set(names.map(([name]) => name.replace(/\(.*/s, '')))]).toEqual(['element_at', 'element'])
})
