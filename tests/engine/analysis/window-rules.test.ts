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
