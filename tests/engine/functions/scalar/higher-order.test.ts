import { describe, expect, it } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

const shown = (expression: string): string => new QueryRows().shown(`SELECT ${expression}`)

describe('values', () => {
  it.each([
    ['exists(array(1, NULL), x -> x > 1)', 'NULL'],
    ['exists(array(1, NULL), x -> x IS NULL)', 'true'],
    ['forall(array(1, NULL), x -> x > 0)', 'NULL'],
    ['forall(array(0, NULL), x -> x > 0)', 'false'],
    ['forall(array(), x -> false)', 'true'],
    ['filter(array(1, NULL), x -> x > 0)', '[1]'],
    ['aggregate(array(), 5, (a, x) -> a)', '5'],
    ['aggregate(array(1, NULL), 0, (a, x) -> a + x)', 'NULL'],
    ['aggregate(array(1, 2), struct(0 AS s, 0 AS c), (a, x) -> struct(a.s + x, a.c + 1), a -> a.s)', '3'],
    ['zip_with(array(1, 2), array(3), (x, y) -> coalesce(x, 0) + coalesce(y, 0))', '[4, 2]'],
    ["map_zip_with(map(1, 'a', 2, 'b'), map(1L, 'x', 3L, 'y'), (k, l, r) -> concat_ws('', l, r))", '{1 -> ax, 2 -> b, 3 -> y}'],
    ['transform(array(array(1), array(2, 3)), a -> transform(a, x -> x + size(a)))', '[[2], [4, 5]]'],
    ['transform(CAST(NULL AS ARRAY<INT>), x -> 1)', 'NULL'],
    // An expression in the place of a lambda is one that uses none of its parameters.
    ['transform(array(1, 2), 5)', '[5, 5]'],
    ['array_sort(array(3, 1, 2), (l, r) -> r - l)', '[3, 2, 1]'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))

  it('a lambda reads the columns around it', () => {
    expect(new QueryRows().shown('SELECT transform(array(1, 2), x -> x + a) FROM VALUES (10), (20) AS t(a)')).toBe(
      '[11, 12]\n[21, 22]',
    )
  })
})

describe('refusals', () => {
  it.each([
    ['transform(NULL, x -> x)', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['transform(array(1), (x, y, z) -> 1)', 'INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH'],
    ['map_filter(map(1, 0), k -> true)', 'INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH'],
    ['transform(array(1), (x, X) -> x)', 'INVALID_LAMBDA_FUNCTION_CALL.DUPLICATE_ARG_NAMES'],
    ['abs(x -> x)', 'INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION'],
    ['transform(x -> x, x -> x)', 'INVALID_LAMBDA_FUNCTION_CALL.PARAMETER_DOES_NOT_ACCEPT_LAMBDA_FUNCTION'],
    ["filter(array(1), x -> 'true')", 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['aggregate(array(1, 2), 0, (a, x) -> a + 1L)', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['array_sort(array(3, 1), (a, b) -> a < b)', 'DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE'],
    ['array_sort(array(3, 1), (a, b) -> CAST(NULL AS INT))', 'COMPARATOR_RETURNS_NULL'],
    ["map_zip_with(map(1, 'a'), map('x', 'y'), (k, l, r) -> 1)", 'DATATYPE_MISMATCH.MAP_ZIP_WITH_DIFF_TYPES'],
    ['transform_keys(map(1, 2, 3, 4), (k, v) -> 1)', 'DUPLICATED_MAP_KEY'],
    ['transform_keys(map(1, 2), (k, v) -> map(1, 2))', 'DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE'],
    ['transform(array(1), x -> sum(x))', 'UNSUPPORTED_FEATURE.AGGREGATE_IN_LAMBDA'],
  ])('%s: %s', (expression, condition) => expect(conditionOf(`SELECT ${expression}`)).toBe(condition))
})
