import { describe, expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

const session = createSession()
session.run("CREATE TEMPORARY VIEW t AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(x, y)")
const conditionOf = (sql: string): unknown => {
  try {
    session.sql(sql)
  } catch (error) {
    return (error as { condition: string }).condition
  }
  return undefined
}

describe('operators behind a pipe', () => {
  test.each([
    ['TABLE t |> EXTEND sum(x) AS s', 'PIPE_OPERATOR_CONTAINS_AGGREGATE_FUNCTION'],
    ['TABLE t |> SET x = max(x)', 'PIPE_OPERATOR_CONTAINS_AGGREGATE_FUNCTION'],
    ['TABLE t |> EXTEND *', 'INVALID_USAGE_OF_STAR_OR_REGEX'],
    ['TABLE t |> AGGREGATE y GROUP BY y', 'PIPE_OPERATOR_AGGREGATE_EXPRESSION_CONTAINS_NO_AGGREGATE_FUNCTION'],
    ['TABLE t |> SELECT x |> WHERE y = 1', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ['TABLE t |> SELECT x |> ORDER BY y', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ['SELECT x FROM t |> WHERE y = 1', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
  ])('%s is refused', (sql, condition) => {
    expect(conditionOf(sql)).toBe(condition)
  })
  test.each([
    'TABLE t |> SELECT sum(x)',
    'TABLE t |> AGGREGATE sum(x) AS s GROUP BY y |> WHERE s > 1 |> ORDER BY y',
    'SELECT x FROM t ORDER BY y',
  ])('%s is not', (sql) => {
    expect(conditionOf(sql)).toBeUndefined()
  })
})
