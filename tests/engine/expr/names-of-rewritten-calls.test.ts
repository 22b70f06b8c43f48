import { describe, expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

/** The name of the only column of SELECT expression FROM a table t with `a INT`. */
function nameOf(expression: string): string {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  return session.sql(`SELECT ${expression} FROM VALUES (1) AS t(a)`).columns[0]!
}

describe('names that say what Spark makes of a call', () => {
  test.each([
    ['from_unixtime(a)', 'from_unixtime(a, yyyy-MM-dd HH:mm:ss)'],
    ['try_make_interval(a)', 'try_make_interval(a, 0, 0, 0, 0, 0, 0.000000)'],
    ["overlay('abc' PLACING 'x' FROM 2)", 'overlay(abc, x, 2, -1)'],
    ["position('b' IN 'abc')", 'locate(b, abc, 1)'],
    ["position('b', 'abc')", 'position(b, abc, 1)'],
    ["dateadd('2020-01-01', a)", 'date_add(2020-01-01, a)'],
    ["make_timestamp_ltz(DATE'2020-01-01', NULL)", "make_timestamp(DATE '2020-01-01', NULL)"],
    [
      "convert_timezone('UTC', TIMESTAMP_NTZ'2020-01-01 00:00:00')",
      "convert_timezone(current_timezone(), UTC, TIMESTAMP_NTZ '2020-01-01 00:00:00')",
    ],
    ["to_varchar(a, '9')", 'to_char(a, 9)'],
    ["to_char(TIMESTAMP'2020-01-01 00:00:00', 'y')", "date_format(TIMESTAMP '2020-01-01 00:00:00', y)"],
    ["to_char(X'61', 'hex')", "hex(X'61')"],
    ['assert_true(a > 0)', "assert_true((a > 0), '(a > 0)' is not true!)"],
    ['array_agg(a)', 'collect_list(a)'],
    ['mode(a, true)', 'mode() WITHIN GROUP (ORDER BY a DESC)'],
    ['a > 1.5', '(a > 1)'],
    ['a >= 1.5', '(a >= 2)'],
    ['a < -1.5', '(a < -1)'],
    ['1.5 < a', '(1 < a)'],
    ['a = 1.5', '(a = 1.5)'],
    ['0.00000012 + 1.5', '(1.2E-7 + 1.5)'],
  ])('%s', (expression, name) => {
    expect(nameOf(expression)).toBe(name)
  })
  test('columns of the query around and earlier items of the list say what they are', () => {
    const session = createSession()
    const of = (sql: string) => session.sql(sql).columns
    expect(of('SELECT * FROM VALUES (1) AS t(a), LATERAL (SELECT a + 1)')).toEqual(['a', '(outer(t.a) + 1)'])
    expect(of('SELECT 1 AS x, x, x + 1')).toEqual(['x', 'x', '(lateralAliasReference(x) + 1)'])
  })
})
