import { expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

const session = () => createSession({ 'spark.sql.session.timeZone': 'UTC', bigint: 'number' })
const numbers = async (text: string, settings: Record<string, string> = {}) => {
  const own = session()
  for (const [key, value] of Object.entries(settings)) own.conf.set(key, value)
  const rows = await own.sql(text).collect()
  return rows.map((row) => Object.values(row))
}
const condition = async (text: string, settings: Record<string, string> = {}) => {
  try {
    await numbers(text, settings)
    return 'none'
  } catch (error) {
    return (error as { condition: string }).condition
  }
}
const upTo = (limit: string, rest = '') =>
  `WITH RECURSIVE r(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM r ${limit}) SELECT * FROM r ${rest}`

test('rounds run over the rows that came last until none come, with the names and types of the anchor', async () => {
  expect(await numbers(upTo('WHERE n < 13'))).toEqual([[10], [11], [12], [13]])
  const own = session()
  const tree = own.sql(`
    WITH RECURSIVE parts(part, inside) AS (VALUES ('axle', 'cart'), ('wheel', 'axle'), ('spoke', 'wheel'), ('horse', NULL)),
    all_parts AS (
      SELECT part, CAST(1 AS BIGINT) AS depth FROM parts WHERE inside = 'cart'
      UNION ALL
      SELECT p.part, depth + 1 FROM all_parts a JOIN parts p ON p.inside = a.part
    )
    SELECT * FROM all_parts ORDER BY depth`)
  expect(await tree.collect()).toEqual([
    { part: 'axle', depth: 1 },
    { part: 'wheel', depth: 2 },
    { part: 'spoke', depth: 3 },
  ])
})

test('every reference runs by itself, recursions nest, and an inner definition of the same name hides the outer', async () => {
  expect(
    await numbers(`WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)
      SELECT (SELECT sum(n) FROM (SELECT n FROM r LIMIT 4)) AS a, (SELECT sum(n) FROM (SELECT n FROM r LIMIT 2)) AS b`),
  ).toEqual([[10, 3]])
  expect(
    await numbers(`WITH RECURSIVE outside(n) AS (
      SELECT 1 UNION ALL (
        WITH RECURSIVE inside(m) AS (SELECT n FROM outside WHERE n < 3 UNION ALL SELECT m + 1 FROM inside WHERE m < 3)
        SELECT max_of FROM (SELECT m + 1 AS max_of FROM inside WHERE m < 3)))
      SELECT * FROM outside ORDER BY n`),
  ).toEqual([[1], [2], [3], [3]])
  expect(
    await numbers(
      `WITH RECURSIVE r AS (WITH RECURSIVE r AS (SELECT 7 AS n) SELECT n FROM r UNION ALL SELECT n + 1 FROM r) SELECT * FROM r`,
    ),
  ).toEqual([[7], [8]])
})

test('a LIMIT above ends a recursion without end, through projections and unions and not through filters', async () => {
  expect(await numbers(upTo('', 'LIMIT 3'))).toEqual([[10], [11], [12]])
  expect(await numbers(upTo('', 'LIMIT 2 OFFSET 2'))).toEqual([[12], [13]])
  expect(await condition(upTo('', 'WHERE n > 0 LIMIT 3'))).toBe('RECURSION_LEVEL_LIMIT_EXCEEDED')
  expect(await condition(upTo('', 'ORDER BY n LIMIT 3'))).toBe('RECURSION_LEVEL_LIMIT_EXCEEDED')
})

test('levels and rows are limited by settings, MAX RECURSION LEVEL and LIMIT ALL', async () => {
  const levels = { 'spark.sql.cteRecursionLevelLimit': '4' }
  expect((await numbers(upTo('WHERE n < 13'), levels)).length).toBe(4)
  expect(await condition(upTo('WHERE n < 14'), levels)).toBe('RECURSION_LEVEL_LIMIT_EXCEEDED')
  expect(await condition(upTo('', 'LIMIT 5'), levels)).toBe('RECURSION_LEVEL_LIMIT_EXCEEDED')
  const deeper = upTo('WHERE n < 14').replace('r(n) AS', 'r(n) MAX RECURSION LEVEL 9 AS')
  expect((await numbers(deeper, levels)).length).toBe(5)
  const rows = { 'spark.sql.cteRecursionRowLimit': '4' }
  expect((await numbers(upTo('WHERE n < 12'), rows)).length).toBe(3)
  expect(await condition(upTo('WHERE n < 13'), rows)).toBe('RECURSION_ROW_LIMIT_EXCEEDED')
  expect((await numbers(upTo('WHERE n < 13', 'LIMIT ALL'), rows)).length).toBe(4)
})

test('what cannot be recursive is refused with its condition', async () => {
  const recursive = (anchor: string, step: string, union = 'UNION ALL') =>
    condition(`WITH RECURSIVE r(n) AS (${anchor} ${union} ${step}) SELECT * FROM r`)
  expect(await recursive('SELECT 1', 'SELECT n FROM r', 'UNION')).toBe('UNION_NOT_SUPPORTED_IN_RECURSIVE_CTE')
  expect(await recursive('SELECT 1', 'SELECT n FROM r', 'EXCEPT')).toBe('INVALID_RECURSIVE_CTE')
  expect(await recursive('SELECT n FROM r', 'SELECT 1')).toBe('INVALID_RECURSIVE_CTE')
  expect(await recursive('SELECT 1', 'SELECT n FROM r LIMIT 1')).toBe('INVALID_RECURSIVE_CTE')
  expect(await recursive('SELECT 1', 'SELECT n + CAST(1 AS BIGINT) FROM r')).toBe('CANNOT_MERGE_INCOMPATIBLE_DATA_TYPE')
  for (const step of [
    'SELECT max(n) FROM r',
    'SELECT n FROM r WHERE n < (SELECT max(n) FROM r)',
    'SELECT row_number() OVER (ORDER BY n) FROM r',
    '(SELECT n FROM r ORDER BY n)',
    'SELECT b.n FROM (SELECT 1 AS n) a LEFT JOIN r b ON a.n = b.n',
    'SELECT a.n FROM r a RIGHT JOIN (SELECT 1 AS n) b ON a.n = b.n',
    'SELECT a.n FROM r a FULL JOIN (SELECT 1 AS n) b ON a.n = b.n',
    'SELECT a.n FROM (SELECT 1 AS n) a LEFT ANTI JOIN r b ON a.n = b.n',
  ])
    expect([step, await recursive('SELECT 1', step)]).toEqual([step, 'INVALID_RECURSIVE_REFERENCE.PLACE'])
  expect(
    await condition(
      'SELECT k, (WITH RECURSIVE r(n) AS (SELECT k UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT max(n) FROM r) FROM (SELECT 2 AS k)',
    ),
  ).toBe('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED')
})

test('a recursion over a stream fails when the query starts', async () => {
  const own = session()
  const query = own.readStream.format('rate').load().createOrReplaceTempView('ticks')
  expect(query).toBeUndefined()
  await expect(
    own.run(`CREATE STREAMING TABLE t USING memory AS
      WITH RECURSIVE r(n) AS (SELECT value FROM ticks UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r`),
  ).rejects.toMatchObject({ condition: '_LEGACY_ERROR_TEMP_3102' })
})
