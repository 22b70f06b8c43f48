import { describe, expect, test } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

/** Type and value of one expression. */
function answer(expression: string): string {
  const session = new QueryRows()
  const { schema } = session.run(`SELECT ${expression}`)
  return `${schema[0]!.type} ${session.cells(`SELECT ${expression}`)[0]![0]}`
}

describe('the result type follows both sides', () => {
  test.each([
    ['1Y + 2S', 'smallint 3'],
    ['1 + 2L', 'bigint 3'],
    ['CAST(1 AS FLOAT) + 1', 'double 2.0'],
    ['1.5 + 2', 'decimal(3,1) 3.5'],
    ["'1' + 1", 'bigint 2'],
    ["'1' + 1.5", 'double 2.5'],
    ['NULL + 1', 'int null'],
    ['10 / 4', 'double 2.5'],
    ['10.0 / 3', 'decimal(8,6) 3.333333'],
    ['7 div -2', 'bigint -3'],
    ['-7 % 3', 'int -1'],
    ['pmod(-7, 3)', 'int 2'],
    ['10.5 % 3', 'decimal(2,1) 1.5'],
    ['CAST(1 AS DECIMAL(38,20)) * CAST(1 AS DECIMAL(38,20))', 'decimal(38,6) 1.000000'],
  ])('%s', (expression, expected) => {
    expect(answer(expression)).toBe(expected)
  })
})

describe('dates, timestamps and intervals', () => {
  test.each([
    ["DATE '2020-01-31' + INTERVAL '1' MONTH", 'date 2020-02-29'],
    ["DATE '2020-01-01' + 1", 'date 2020-01-02'],
    ["DATE '2020-01-01' + INTERVAL '25' HOUR", 'timestamp 2020-01-02 01:00:00'],
    ["DATE '2020-01-02' - DATE '2020-01-01'", 'interval day 1 00:00:00.000000000'],
    ["TIMESTAMP '2020-01-01 00:00:00' - INTERVAL '1' YEAR", 'timestamp 2019-01-01 00:00:00'],
    ["INTERVAL '1' DAY * 2.5", 'interval day to second 2 12:00:00.000000000'],
    ["INTERVAL '1' YEAR / 2", 'interval year to month 0-6'],
    ["INTERVAL '1' DAY div INTERVAL '5' HOUR", 'bigint 4'],
    ["'2020-01-01' + INTERVAL '1' DAY", 'string 2020-01-02 00:00:00'],
    // Clocks go forward on 2021-03-14 at 02:00 there: whole days are days of the calendar, the rest is exact.
    ["TIMESTAMP '2021-03-13 12:00:00' + INTERVAL '1' DAY", 'timestamp 2021-03-14 12:00:00'],
    ["TIMESTAMP '2021-03-14 01:30:00' + INTERVAL '1' HOUR", 'timestamp 2021-03-14 03:30:00'],
    ["TIMESTAMP '2021-03-15' - TIMESTAMP '2021-03-14'", 'interval day to second 1 00:00:00.000000000'],
  ])('%s', (expression, expected) => {
    expect(answer(expression)).toBe(expected)
  })
})

describe('what cannot be computed is an error of its own, and NULL for try_…', () => {
  test.each([
    ['2147483647 + 1', 'ARITHMETIC_OVERFLOW'],
    ['9223372036854775807 * 2', 'ARITHMETIC_OVERFLOW'],
    ['CAST(127 AS TINYINT) + CAST(1 AS TINYINT)', 'BINARY_ARITHMETIC_OVERFLOW'],
    ['-(-2147483648)', 'ARITHMETIC_OVERFLOW'],
    ['1 / 0', 'DIVIDE_BY_ZERO'],
    ['5 div 0', 'DIVIDE_BY_ZERO'],
    ['1 % 0', 'REMAINDER_BY_ZERO'],
    ["INTERVAL '1' DAY / 0", 'INTERVAL_DIVIDED_BY_ZERO'],
    ["INTERVAL '106751991' DAY + INTERVAL '1' DAY", 'INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION'],
    ['CAST(99999999999999999999999999999999999999 AS DECIMAL(38,0)) + 1', 'NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION'],
    ["1 + DATE '2020-01-01' + TRUE", 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ["'1' + '2'", 'DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE'],
    ["1 + X'01'", 'DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES'],
    ['- true', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
  ])('%s', (expression, condition) => {
    expect(conditionOf(`SELECT ${expression}`)).toBe(condition)
  })
  test('try_ functions swallow the operation, not its arguments', () => {
    expect(new QueryRows().cells('SELECT try_add(2147483647, 1), try_divide(1, 0), try_mod(1, 0)')).toEqual([[null, null, null]])
    expect(conditionOf('SELECT try_add(1 / 0, 1)')).toBe('DIVIDE_BY_ZERO')
  })
})
