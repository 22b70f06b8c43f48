import { describe, expect, test } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

function row(select: string, values: string): (string | null)[] {
  return new QueryRows().cells(`SELECT ${select} FROM VALUES ${values}`)[0]!
}

describe('NULLs do not count', () => {
  test('over no value the answer is NULL, but counts are zero and collections empty', () => {
    expect(
      row(
        'count(*), count(a), sum(a), avg(a), min(a), collect_list(a), stddev(a), median(a), mode(a)',
        '(CAST(NULL AS INT)) t(a)',
      ),
    ).toEqual(['1', '0', null, null, null, '[]', null, null, null])
  })
  test('count of several columns counts complete rows', () => {
    expect(row('count(a, b), count(DISTINCT a, b)', '(1, 2), (1, 2), (NULL, 1), (3, 4) t(a, b)')).toEqual(['3', '2'])
  })
})

describe('types', () => {
  test.each([
    ['sum(a)', '(1) t(a)', 'bigint'],
    ['sum(a)', '(1.25) t(a)', 'decimal(13,2)'],
    ['avg(a)', '(1.25) t(a)', 'decimal(7,6)'],
    ['avg(a)', "(INTERVAL '1' DAY) t(a)", 'interval day to second'],
    ['median(a)', "(INTERVAL '1' MONTH) t(a)", 'interval year to month'],
    ['percentile_approx(a, array(0.1, 0.2))', '(1S) t(a)', 'array<smallint>'],
    ['histogram_numeric(a, 3)', '(1) t(a)', 'array<struct<x:int,y:double>>'],
    ['max_by(a, b, 2)', "('x', 1) t(a, b)", 'array<string>'],
  ])('%s over %s', (select, values, type) => {
    expect(String(new QueryRows().run(`SELECT ${select} FROM VALUES ${values}`).schema[0]!.type)).toBe(type)
  })
})

describe('overflow', () => {
  test('sum fails, try_sum gives NULL', () => {
    expect(conditionOf('SELECT sum(a) FROM VALUES (9223372036854775807), (1) t(a)')).toBe('ARITHMETIC_OVERFLOW')
    expect(row('try_sum(a)', '(9223372036854775807), (1), (-5) t(a)')).toEqual([null])
  })
})

describe('order decides', () => {
  test('first and last, with and without NULLs', () => {
    expect(row('first(a), last(a), first(a) IGNORE NULLS, last(a, true)', '(NULL), (1), (2), (NULL) t(a)')).toEqual([
      null,
      null,
      '1',
      '2',
    ])
  })
  test('of equal keys max_by takes the last', () => {
    expect(row('max_by(a, b), min_by(a, b)', "('x', 1), ('y', 1) t(a, b)")).toEqual(['y', 'y'])
  })
  test('WITHIN GROUP', () => {
    expect(
      row(
        "listagg(a, '-') WITHIN GROUP (ORDER BY b DESC), percentile_cont(0.25) WITHIN GROUP (ORDER BY b), percentile_disc(0.5) WITHIN GROUP (ORDER BY b DESC), mode() WITHIN GROUP (ORDER BY b)",
        "('x', 1), ('y', 2), ('z', 3) t(a, b)",
      ),
    ).toEqual(['z-y-x', '1.5', '2.0', '1'])
  })
})

describe('estimates are the numbers that Spark gives', () => {
  test.each([
    ['approx_count_distinct(id)', 700, '698'],
    ['approx_count_distinct(id)', 1500, '1400'],
    ['approx_count_distinct(id)', 5000, '4671'],
    ['approx_count_distinct(id, 0.01)', 5000, '4957'],
    ['percentile_approx(id, 0.25, 100)', 100_000, '24445'],
    [
      'histogram_numeric(id, 5)',
      100,
      '[{"x":11,"y":25.0},{"x":36,"y":24.0},{"x":59,"y":23.0},{"x":84,"y":25.0},{"x":98,"y":3.0}]',
    ],
  ])('%s over %i rows', (select, rows, expected) => {
    expect(new QueryRows().cells(`SELECT ${select} FROM range(${rows})`)).toEqual([[expected]])
  })
})

describe('what is refused', () => {
  test.each([
    ['sum(true)', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['max(map(1, 2))', 'DATATYPE_MISMATCH.INVALID_ORDERING_TYPE'],
    ['percentile(1, 1.5)', 'DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE'],
    ['percentile_approx(1, NULL)', 'DATATYPE_MISMATCH.UNEXPECTED_NULL'],
    ['percentile(a, a)', 'DATATYPE_MISMATCH.NON_FOLDABLE_INPUT'],
    ['percentile_cont(0.5)', 'INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING'],
    ['percentile_cont(0.5) WITHIN GROUP (ORDER BY a, a)', 'INVALID_WITHIN_GROUP_EXPRESSION.WRONG_NUM_ORDERINGS'],
    ['mode(DISTINCT a)', 'INVALID_WITHIN_GROUP_EXPRESSION.DISTINCT_UNSUPPORTED'],
    ['sum(a) WITHIN GROUP (ORDER BY a)', 'INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX'],
    ['avg(a, a)', 'WRONG_NUM_ARGS.WITHOUT_SUGGESTION'],
    ['count()', 'WRONG_NUM_ARGS.WITH_SUGGESTION'],
  ])('%s', (select, condition) => {
    expect(conditionOf(`SELECT ${select} FROM VALUES (1) t(a)`)).toBe(condition)
  })
})
