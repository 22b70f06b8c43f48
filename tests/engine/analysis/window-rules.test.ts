import { describe, expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

const session = createSession()
session.run("CREATE TEMPORARY VIEW t AS SELECT * FROM VALUES (1, 1D, 'a'), (2, 2.5D, 'b'), (3, 3.5D, 'b') AS t(n, d, k)")
const conditionOf = (sql: string): unknown => {
  try {
    session.sql(sql)
  } catch (error) {
    return (error as { condition: string }).condition
  }
  return undefined
}

describe('lateral queries, PIVOT and FILTER', () => {
  test.each([
    ['SELECT sum(n) FILTER (WHERE k) FROM t', 'INVALID_AGGREGATE_FILTER.NOT_BOOLEAN'],
    [
      'SELECT * FROM t, LATERAL (SELECT n + rand(0))',
      'UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.NON_DETERMINISTIC_LATERAL_SUBQUERIES',
    ],
    [
      'SELECT * FROM t JOIN LATERAL (SELECT 1 AS m) ON n + rand(0) > m',
      'UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.LATERAL_JOIN_CONDITION_NON_DETERMINISTIC',
    ],
    ["SELECT * FROM t PIVOT (sum(d) FOR (n, k) IN ('a', 'b'))", 'PIVOT_VALUE_DATA_TYPE_MISMATCH'],
    ['SELECT * FROM (SELECT map(n, d) AS m, k FROM t) PIVOT (count(*) FOR m IN (map(1, 1D)))', 'INCOMPARABLE_PIVOT_COLUMN'],
  ])('%s', (sql, condition) => {
    expect(conditionOf(sql)).toBe(condition)
  })
  test('"!" is NOT in predicates where the setting says so', async () => {
    expect(conditionOf('SELECT 1 ! IN (2)')).toBe('SYNTAX_DISCONTINUED.BANG_EQUALS_NOT')
    const legacy = createSession({ 'spark.sql.legacy.bangEqualsNot': true })
    expect(await legacy.sql('SELECT 1 ! IN (2) AS a, 1 IS ! NULL AS b, 2 ! BETWEEN 1 AND 3 AS c').collect()).toEqual([
      { a: true, b: true, c: false },
    ])
  })
})

describe('windows', () => {
  test.each(['percentile_cont(0.5) WITHIN GROUP (ORDER BY n)', 'percentile_disc(0.5) WITHIN GROUP (ORDER BY n)', 'median(n)'])(
    '%s is over whole partitions',
    (call) => {
      expect(conditionOf(`SELECT ${call} OVER (PARTITION BY k) FROM t`)).toBeUndefined()
      for (const window of ['ORDER BY n', 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'])
        expect(conditionOf(`SELECT ${call} OVER (${window}) FROM t`)).toBe('INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC')
    },
  )
  test('beside window calls, ORDER BY takes names of aggregates but no aggregates', () => {
    const query = (order: string) =>
      `SELECT k, sum(n) AS s, rank() OVER (ORDER BY sum(n)) AS r FROM t GROUP BY k ORDER BY ${order}`
    expect(conditionOf(query('s'))).toBeUndefined()
    expect(conditionOf(query('count(k)'))).toBe('UNSUPPORTED_EXPR_FOR_OPERATOR')
    expect(conditionOf(query('sum(n)'))).toBe('UNRESOLVED_COLUMN.WITH_SUGGESTION')
  })
  test('a RANGE frame that ends beyond BIGINT, or whose offset does not read as a number, fails when it runs', async () => {
    const frame = (order: string, end: string) =>
      session.sql(`SELECT count(*) OVER (ORDER BY ${order} RANGE BETWEEN CURRENT ROW AND ${end} FOLLOWING) AS c FROM t`).collect()
    await expect(frame('9223372036854775806L + n - 1', '4')).rejects.toMatchObject({ condition: 'ARITHMETIC_OVERFLOW' })
    await expect(frame('n', "'x'")).rejects.toMatchObject({ condition: 'CAST_INVALID_INPUT' })
  })
  test('the offset of a RANGE frame is of the ordered type', async () => {
    const rows = await session
      .sql('SELECT n, count(*) OVER (ORDER BY d RANGE BETWEEN 1.1 PRECEDING AND CURRENT ROW) AS c FROM t ORDER BY n')
      .collect()
    expect(rows).toEqual([
      { n: 1, c: 1n },
      { n: 2, c: 1n },
      { n: 3, c: 2n },
    ])
  })
})
