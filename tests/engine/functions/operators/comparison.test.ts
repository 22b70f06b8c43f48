import { describe, expect, test } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

function value(expression: string): string | null {
  return new QueryRows().cells(`SELECT ${expression}`)[0]![0]!
}

describe('three-valued logic', () => {
  test.each([
    ['NULL AND false', 'false'],
    ['NULL AND true', null],
    ['NULL OR true', 'true'],
    ['NOT NULL', null],
    ['NULL = NULL', null],
    ['NULL <=> NULL', 'true'],
    ['1 IN (2, NULL)', null],
    ['1 IN (1, NULL)', 'true'],
    ['1 NOT IN (2, NULL)', null],
    ['NULL IS TRUE', 'false'],
    ['NULL IS NOT FALSE', 'true'],
  ])('%s', (expression, expected) => {
    expect(value(expression)).toBe(expected)
  })
})

describe('comparison on every type', () => {
  test.each([
    ["CAST('NaN' AS DOUBLE) = CAST('NaN' AS DOUBLE)", 'true'],
    ["CAST('NaN' AS DOUBLE) > CAST('Infinity' AS DOUBLE)", 'true'],
    ['CAST(-0.0 AS DOUBLE) = CAST(0.0 AS DOUBLE)', 'true'],
    ["1 = '1'", 'true'],
    ["TIMESTAMP '2020-01-01' = DATE '2020-01-01'", 'true'],
    ["X'41' < X'42'", 'true'],
    ['array(1, 2) < array(1, 3)', 'true'],
    ['struct(1, 2) = struct(1, 2)', 'true'],
    ["'a' < 'B'", 'false'],
    ["INTERVAL '1' DAY < INTERVAL '25' HOUR", 'true'],
  ])('%s', (expression, expected) => {
    expect(value(expression)).toBe(expected)
  })
  test.each([
    ['map(1, 2) = map(1, 2)', 'DATATYPE_MISMATCH.INVALID_ORDERING_TYPE'],
    ["struct(1) = struct('1')", 'DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES'],
    ['1 AND true', 'DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES'],
    ['1 IN (true)', 'DATATYPE_MISMATCH.DATA_DIFF_TYPES'],
    ['array(1, 2)[5]', 'INVALID_ARRAY_INDEX'],
  ])('%s is refused', (expression, condition) => {
    expect(conditionOf(`SELECT ${expression}`)).toBe(condition)
  })
})

describe('LIKE', () => {
  test.each([
    ["'a_' LIKE 'a\\\\_'", 'true'],
    ["'ab' LIKE 'a\\\\_'", 'false'],
    ["'a%b' LIKE 'a#%b' ESCAPE '#'", 'true'],
    ["'a\\nb' LIKE 'a%'", 'true'],
    ["'😀' LIKE '_'", 'true'],
    ["'a.c' LIKE 'a.c'", 'true'],
    ["'abc' LIKE 'a.c'", 'false'],
    ["'ABC' ILIKE 'abc'", 'true'],
    ["'line\\nend' RLIKE 'line$'", 'false'],
  ])('%s', (expression, expected) => {
    expect(value(expression)).toBe(expected)
  })
  test('an escape stands before _, % or itself', () => {
    expect(conditionOf("SELECT 'a' LIKE 'b\\\\a'")).toBe('INVALID_FORMAT.ESC_IN_THE_MIDDLE')
    expect(conditionOf("SELECT 'a' LIKE 'a\\\\'")).toBe('INVALID_FORMAT.ESC_AT_THE_END')
    expect(conditionOf("SELECT 'a' RLIKE '(?l)'")).toBe('INVALID_PARAMETER_VALUE.PATTERN')
  })
})
