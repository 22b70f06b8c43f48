import { describe, expect, test } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

const DIFFERENT = 'DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES'
const WRONG = 'DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE'

describe('operands that an operator does not take', () => {
  test.each([
    ['SELECT 2.5D & NULL', DIFFERENT],
    ["SELECT DATE '2020-01-01' | TIMESTAMP '2020-01-01 00:00:00'", DIFFERENT],
    ['SELECT 1 AND NULL', DIFFERENT],
    ['SELECT true AND NULL', undefined],
    ["SELECT 'a' & 1.5D", WRONG],
    ["SELECT 'a' / NULL", WRONG],
    ["SELECT 'a' div 2.5D", WRONG],
    ['SELECT 1.5 div 2.5D', WRONG],
    ['SELECT 1 div 2.5D', DIFFERENT],
  ])('text gives way to the other side, other types stay as they are: %s', (sql, condition) => {
    expect(conditionOf(sql)).toBe(condition)
  })
  test.each(['make_interval(1) = make_interval(1)', 'make_interval(1) IN (make_interval(1))', 'map(1, 2) = map(1, 2)'])(
    'equality asks for an order: %s',
    (comparison) => {
      expect(conditionOf(`SELECT ${comparison}`)).toBe('DATATYPE_MISMATCH.INVALID_ORDERING_TYPE')
    },
  )
  test('functions of arrays do not bring intervals of other units together', () => {
    expect(conditionOf("SELECT array_except(array(INTERVAL '3' MONTH), array(INTERVAL '1-2' YEAR TO MONTH))")).toBe(
      'DATATYPE_MISMATCH.BINARY_ARRAY_DIFF_TYPES',
    )
  })
  test('the escape of like is a literal of one character', () => {
    expect(conditionOf("SELECT like('a', 'b', 1)")).toBe('INVALID_ESCAPE_CHAR')
    expect(conditionOf("SELECT like('a', 'b', '/')")).toBeUndefined()
  })
})

test('a written-out integer counts with its digits beside a decimal, but a TINYINT with those of its type', () => {
  const { schema } = new QueryRows().run('SELECT 1 * 1.5, 1Y * 1.5')
  expect(schema.map((f) => String(f.type))).toEqual(['decimal(4,1)', 'decimal(6,1)'])
})

test('the try_ forms give NULL for a text that cannot be read as a number', () => {
  expect(new QueryRows().cells("SELECT try_add('x', 1), try_divide(INTERVAL '2' MONTH, 'x'), try_subtract('3', 1)")).toEqual([
    [null, null, '2'],
  ])
})

test('an integer compared with a decimal literal beyond BIGINT is known by name', () => {
  const { schema } = new QueryRows().run('SELECT 1 > 1e30BD, 1 < 1e30BD, -1e30BD <= 1')
  expect(schema.map((f) => f.name)).toEqual(['false', 'true', 'true'])
})

test('an interval with a time of day is not added to a date; try_add gives NULL for it', () => {
  expect(conditionOf("SELECT DATE '2024-01-31' + make_interval(0, 1, 0, 0, 1)")).toBe(
    'INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION',
  )
  expect(
    new QueryRows().cells(
      "SELECT DATE '2024-01-31' + make_interval(0, 1), try_add(DATE '2024-01-31', make_interval(0, 0, 0, 0, 1))",
    ),
  ).toEqual([['2024-02-29', null]])
})

test('in a column of VALUES text meets nothing but text, and a FLOAT stays one beside integers', () => {
  expect(conditionOf("SELECT * FROM VALUES (1), ('a')")).toBe('INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE')
  const { schema } = new QueryRows().run("SELECT * FROM VALUES (1Y, NULL), (CAST(2.5 AS FLOAT), 'a') AS t(a, b)")
  expect(schema.map((f) => String(f.type))).toEqual(['float', 'string'])
})

describe('spark.sql.legacy.interval.enabled', () => {
  test('the difference of dates is one of months and days, that of timestamps one of microseconds', () => {
    const session = new QueryRows()
    session.run('SET spark.sql.legacy.interval.enabled = true')
    const { schema } = session.run("SELECT DATE '2000-03-01' - DATE '1999-01-31'")
    expect(String(schema[0]!.type)).toBe('interval')
    expect(
      session.cells(
        "SELECT DATE '2000-03-01' - DATE '1999-01-31', DATE '1999-01-31' - DATE '2000-03-01', TIMESTAMP '2000-01-02 03:00:00' - TIMESTAMP '2000-01-01 00:00:00'",
      ),
    ).toEqual([['1 years 1 months 1 days', '-1 years -1 months -1 days', '27 hours']])
  })
})

test('spark.sql.legacy.percentileDiscCalculation takes the row before the place', () => {
  const session = new QueryRows()
  const sql = 'SELECT percentile_disc(0.7) WITHIN GROUP (ORDER BY a) FROM VALUES (0), (1), (2), (3), (4) AS t(a)'
  expect(session.cells(sql)).toEqual([['3.0']])
  session.run('SET spark.sql.legacy.percentileDiscCalculation = true')
  expect(session.cells(sql)).toEqual([['2.0']])
})
