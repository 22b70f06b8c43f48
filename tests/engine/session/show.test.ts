import { beforeAll, expect, test } from 'vitest'
import { createSession, type Session } from '../../../index.ts'

let session: Session
beforeAll(async () => {
  session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  await session.run(`CREATE SCHEMA other; CREATE TABLE first (a INT, b STRING); CREATE TABLE other.second (c INT);
    CREATE VIEW seen AS SELECT a FROM first; CREATE TEMPORARY VIEW passing AS SELECT 1 AS x`)
})
const shown = async (sql: string) => {
  const frame = session.sql(sql)
  return [frame.columns, ...(await frame.collect()).map((row) => Object.values(row))]
}
const conditionOf = (sql: string) => {
  try {
    session.sql(sql)
    return undefined
  } catch (error) {
    return (error as { condition: string }).condition
  }
}

test('SHOW TABLES gives the current schema and the temporary views, which lie in none', async () => {
  const columns = ['namespace', 'tableName', 'isTemporary']
  expect(await shown('SHOW TABLES')).toEqual([
    columns,
    ['default', 'first', false],
    ['default', 'seen', false],
    ['', 'passing', true],
  ])
  expect(await shown("SHOW TABLES IN other LIKE 's*|nothing'")).toEqual([columns, ['other', 'second', false]])
  expect(await shown("SHOW VIEWS 'S*'")).toEqual([
    ['namespace', 'viewName', 'isTemporary'],
    ['default', 'seen', false],
  ])
})
test('SHOW names schemas, catalogs, columns and functions', async () => {
  expect(await shown('SHOW SCHEMAS')).toEqual([['namespace'], ['default'], ['other']])
  expect(await shown("SHOW DATABASES LIKE 'o*'")).toEqual([['namespace'], ['other']])
  expect(await shown('SHOW CATALOGS')).toEqual([['catalog'], ['spark_catalog']])
  expect(await shown('SHOW CURRENT NAMESPACE')).toEqual([
    ['catalog', 'namespace'],
    ['spark_catalog', 'default'],
  ])
  expect(await shown('SHOW COLUMNS FROM second IN other')).toEqual([['col_name'], ['c']])
  expect(await shown('SHOW SYSTEM FUNCTIONS upper')).toEqual([['function'], ['upper']])
  expect(await shown('SHOW USER FUNCTIONS')).toEqual([['function']])
})
test('DESCRIBE of a column; current_schema() follows USE', async () => {
  expect(await shown('DESCRIBE first B')).toEqual([
    ['info_name', 'info_value'],
    ['col_name', 'b'],
    ['data_type', 'string'],
    ['comment', 'NULL'],
  ])
  await session.run('USE other')
  expect(await shown('SELECT current_schema(), current_database()')).toEqual([
    ['current_schema()', 'current_schema()'],
    ['other'],
  ])
  await session.run('USE default')
})
test.each([
  ['SHOW TABLES IN nowhere', 'SCHEMA_NOT_FOUND'],
  ['SHOW COLUMNS IN nothing', 'TABLE_OR_VIEW_NOT_FOUND'],
  ['SHOW COLUMNS IN other.second IN default', 'SHOW_COLUMNS_WITH_CONFLICT_NAMESPACE'],
  ['DESCRIBE first z', 'COLUMN_NOT_FOUND'],
  ['SHOW PARTITIONS first', 'UNSUPPORTED_FEATURE'],
])('%s: %s', (sql, condition) => {
  expect(conditionOf(sql)).toBe(condition)
})
