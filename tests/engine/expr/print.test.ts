import { expect, test } from 'vitest'
import { outputOf } from '../../../engine/plan/output.ts'
import { Fixture } from '../analysis/fixture.ts'

/** Names that Spark 4.3 gives to unnamed columns. */
const NAMES: readonly (readonly [string, string])[] = [
  ['a + 1', '(a + 1)'],
  ['-a', '(- a)'],
  ["'x'", 'x'],
  ['NOT a = 1', '(NOT (a = 1))'],
  ['a BETWEEN 1 AND 2', 'between(a, 1, 2)'],
  ['a >= 1 AND a <= 2', '((a >= 1) AND (a <= 2))'],
  ['a IN (1, 2)', '(a IN (1, 2))'],
  ['s IS NOT NULL', '(s IS NOT NULL)'],
  ["s LIKE 'x%'", 's LIKE x%'],
  ["s || 'x' || 'y'", 'concat(concat(s, x), y)'],
  ['CAST(a AS STRING)', 'a'],
  ['CAST(a + 1 AS STRING)', 'CAST((a + 1) AS STRING)'],
  ['string(a + 1)', '(a + 1)'],
  ['CASE WHEN a > 1 THEN 1 END', 'CASE WHEN (a > 1) THEN 1 END'],
  ['count(*)', 'count(1)'],
  ['count(DISTINCT a, s)', 'count(DISTINCT a, s)'],
  ['sum(a) FILTER (WHERE a > 1)', 'sum(a) FILTER (WHERE (a > 1))'],
  ['mean(a)', 'mean(a)'],
  ['first(a, true)', 'first(a)'],
  ["at + INTERVAL '1' DAY", "at + INTERVAL '1' DAY"],
  ["2 * INTERVAL '1' DAY", "(INTERVAL '1' DAY * 2)"],
  ['substring(s, 2)', 'substring(s, 2, 2147483647)'],
  ['lag(a) OVER (ORDER BY a)', 'lag(a, 1, NULL) OVER (ORDER BY a ASC NULLS FIRST ROWS BETWEEN -1 FOLLOWING AND -1 FOLLOWING)'],
  [
    'sum(a) OVER (PARTITION BY s ORDER BY a DESC)',
    'sum(a) OVER (PARTITION BY s ORDER BY a DESC NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)',
  ],
  ['(SELECT max(b) FROM u WHERE u.k = t.s)', 'scalarsubquery(s)'],
]

test.each(NAMES)('%s is named %s', (sql, name) => {
  const fixture = new Fixture().declare('t: a INT, s STRING, at TIMESTAMP; static', 'u: k STRING, b INT; static')
  expect(outputOf(fixture.analyze(`SELECT ${sql} FROM t`))[0]!.name).toBe(name)
})
