import { expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

const OUTER = 'WITH t(c) AS (SELECT 1)'

test.each([
  ['in a subquery of FROM', `${OUTER} SELECT max(c) AS m FROM (WITH t(c) AS (SELECT 2) SELECT * FROM t)`, 'none'],
  ['at the start of a definition', `${OUTER}, u AS (WITH t(c) AS (SELECT 2) SELECT * FROM t) SELECT c AS m FROM u`, 'refused'],
  ['at the start of a value', `${OUTER} SELECT (WITH t(c) AS (SELECT 2) SELECT c FROM t) AS m`, 'refused'],
])('the policy EXCEPTION and a name that a WITH around has, %s', async (_, text, expected) => {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  expect(await session.sql(text).collect()).toEqual([{ m: 2 }])
  session.conf.set('spark.sql.legacy.ctePrecedencePolicy', 'EXCEPTION')
  if (expected === 'none') expect(await session.sql(text).collect()).toEqual([{ m: 2 }])
  else expect(() => session.sql(text)).toThrow(expect.objectContaining({ condition: 'AMBIGUOUS_ALIAS_IN_NESTED_CTE' }))
})

test('columns of what lies in a schema go by its full name, those of temporary views by the name alone', async () => {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  await session.run(
    'CREATE TABLE t USING parquet AS SELECT 1 AS a; CREATE TEMP VIEW v AS SELECT 2 AS a; CREATE TABLE u USING parquet AS SELECT 3 AS b',
  )
  const columns = (from: string) => session.sql(`SELECT * FROM ${from}, LATERAL (SELECT ${from}.a + b FROM u)`).columns
  expect(columns('t')).toEqual(['a', '(outer(spark_catalog.default.t.a) + b)'])
  expect(columns('v')).toEqual(['a', '(outer(v.a) + b)'])
})
