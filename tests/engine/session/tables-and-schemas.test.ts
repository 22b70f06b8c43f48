import { beforeEach, expect, test } from 'vitest'
import { createSession, type Session } from '../../../index.ts'

let session: Session
beforeEach(() => {
  session = createSession({ 'spark.sql.session.timeZone': 'UTC', bigint: 'number' })
})
const run = (text: string) => session.run(text)
const rows = async (text: string) => (await session.sql(text).collect()).map((row) => Object.values(row))
const condition = (text: string) =>
  run(text).then(
    () => 'none',
    (error: { condition: string }) => error.condition,
  )

test('an insert names columns, goes by name, takes DEFAULT and overwrites; what it leaves out is NULL', async () => {
  await run(`CREATE TABLE t (a INT, b STRING, c BIGINT) USING parquet;
    INSERT INTO t (c, a) VALUES (1, 2);
    INSERT INTO t BY NAME SELECT 'x' AS B, 3 AS a;
    INSERT INTO t VALUES (DEFAULT, 'y', 4);
    INSERT INTO t SELECT 5, DEFAULT, 6`)
  expect(await rows('SELECT * FROM t ORDER BY a')).toEqual([
    [null, 'y', 4],
    [2, null, 1],
    [3, 'x', null],
    [5, null, 6],
  ])
  await run("INSERT OVERWRITE t VALUES (7, 'z', 8)")
  expect(await rows('SELECT * FROM t')).toEqual([[7, 'z', 8]])
  await run('TRUNCATE TABLE t; FROM VALUES (1, 2) AS v(p, q) INSERT INTO t (a) SELECT p INSERT INTO t (a) SELECT q')
  expect(await rows('SELECT a FROM t ORDER BY a')).toEqual([[1], [2]])
})

test('an insert that does not fit its table is refused with its condition', async () => {
  await run('CREATE TABLE t (a INT, b STRING) USING parquet; CREATE TEMP VIEW v AS SELECT 1 AS a')
  for (const [text, expected] of [
    ['INSERT INTO t (a, a) VALUES (1, 2)', 'COLUMN_ALREADY_EXISTS'],
    ['INSERT INTO t (a, z) VALUES (1, 2)', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ['INSERT INTO t (a) VALUES (1, 2)', 'INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS'],
    ['INSERT INTO t (a, b) VALUES (1)', 'INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS'],
    ['INSERT INTO t VALUES (DEFAULT + 1, 2)', 'DEFAULT_PLACEMENT_INVALID'],
    ["INSERT INTO t BY NAME SELECT 'x' AS z", 'INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS'],
    ["INSERT INTO t BY NAME SELECT 'x' AS b, 1 AS a, 2 AS z", 'INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS'],
    ['INSERT OVERWRITE t SELECT a + 1, b FROM t', 'UNSUPPORTED_OVERWRITE.TABLE'],
    ['INSERT INTO v VALUES (1)', 'EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE'],
    ['INSERT INTO nothing VALUES (1)', 'TABLE_OR_VIEW_NOT_FOUND'],
  ])
    expect([text, await condition(text!)]).toEqual([text, expected])
  expect(await rows('SELECT * FROM t')).toEqual([])
})

test('names lie in schemas: the current one is meant unless another is said', async () => {
  await run(`CREATE SCHEMA one; CREATE SCHEMA IF NOT EXISTS one; CREATE SCHEMA two;
    USE one; CREATE TABLE t USING parquet AS SELECT 1 AS a;
    CREATE TABLE two.t USING parquet AS SELECT 2 AS a`)
  expect(await rows('SELECT a, t.a, one.t.a, spark_catalog.one.t.a FROM t')).toEqual([[1]])
  expect(await rows('SELECT one.t.a AS x, two.t.a AS y FROM t, two.t')).toEqual([[1, 2]])
  await run('USE SCHEMA two; CREATE VIEW v AS SELECT a + 1 AS b FROM t; USE default')
  expect(await rows('SELECT two.v.b FROM two.v')).toEqual([[3]])
  for (const [text, expected] of [
    ['SELECT * FROM t', 'TABLE_OR_VIEW_NOT_FOUND'],
    ['CREATE SCHEMA ONE', 'SCHEMA_ALREADY_EXISTS'],
    ['USE three', 'SCHEMA_NOT_FOUND'],
    ['CREATE TABLE three.t (a INT) USING parquet', 'SCHEMA_NOT_FOUND'],
    ['CREATE VIEW three.v AS SELECT 1', 'SCHEMA_NOT_FOUND'],
    ['DROP SCHEMA three', 'SCHEMA_NOT_FOUND'],
    ['DROP SCHEMA one', 'SCHEMA_NOT_EMPTY'],
  ])
    expect([text, await condition(text!)]).toEqual([text, expected])
  await run('DROP SCHEMA one CASCADE; DROP SCHEMA IF EXISTS one')
  expect(await condition('SELECT * FROM one.t')).toBe('TABLE_OR_VIEW_NOT_FOUND')
})

test('temporary views go before tables of the same name, and a view that stays cannot rest on one', async () => {
  await run(`CREATE TABLE t USING parquet AS SELECT 'table' AS a; CREATE TEMP VIEW t AS SELECT 'view' AS a`)
  expect(await rows('SELECT a FROM t')).toEqual([['view']])
  expect(await rows('SELECT a FROM default.t')).toEqual([['table']])
  for (const [text, expected] of [
    ['CREATE VIEW stays AS SELECT * FROM t', 'INVALID_TEMP_OBJ_REFERENCE'],
    ['CREATE VIEW stays AS SELECT 1 AS a WHERE 1 IN (SELECT a FROM t)', 'INVALID_TEMP_OBJ_REFERENCE'],
    ['CREATE VIEW stays AS WITH t AS (SELECT 1 AS a) SELECT * FROM t', 'none'],
    ['CREATE VIEW stays AS SELECT 1 AS a', 'TABLE_OR_VIEW_ALREADY_EXISTS'],
    ['CREATE VIEW IF NOT EXISTS stays AS SELECT 2 AS a', 'none'],
    ['CREATE TEMP VIEW t AS SELECT 1 AS a', 'TEMP_TABLE_OR_VIEW_ALREADY_EXISTS'],
    ['CREATE TEMP VIEW default.u AS SELECT 1 AS a', 'INVALID_TEMP_OBJ_QUALIFIER'],
    ['CREATE OR REPLACE VIEW default.t AS SELECT 1 AS a', 'EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE'],
    ['CREATE TEMP VIEW w (a) AS SELECT 1, 2', 'CREATE_VIEW_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS'],
    ['CREATE TEMP VIEW w (a, b) AS SELECT 1', 'CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS'],
    ['CREATE TEMP VIEW w AS SELECT 1 AS a, 2 AS A', 'COLUMN_ALREADY_EXISTS'],
    ['DROP VIEW default.t', 'WRONG_COMMAND_FOR_OBJECT_TYPE'],
    ['DROP VIEW nothing', 'TABLE_OR_VIEW_NOT_FOUND'],
    ['DROP VIEW IF EXISTS nothing', 'none'],
    ['DROP TABLE t', 'none'],
  ])
    expect([text, await condition(text!)]).toEqual([text, expected])
  expect(await rows('SELECT a FROM t')).toEqual([['table']])
  expect(await rows('SELECT a FROM stays')).toEqual([[1]])
})

test('a table is renamed and gets columns; views made before read it as it was', async () => {
  await run(`CREATE TABLE t (a INT) USING parquet; INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT * FROM t;
    ALTER TABLE t ADD COLUMNS (b STRING, c INT); INSERT INTO t VALUES (2, 'x', 3); ALTER TABLE t RENAME TO u`)
  expect(await rows('SELECT * FROM u ORDER BY a')).toEqual([
    [1, null, null],
    [2, 'x', 3],
  ])
  expect(await rows('SELECT * FROM v ORDER BY a')).toEqual([[1], [2]])
  await run('ALTER VIEW v AS SELECT count(*) AS n FROM u; ALTER VIEW v RENAME TO w; CACHE TABLE u; REFRESH TABLE u; CLEAR CACHE')
  expect(await rows('SELECT n FROM w')).toEqual([[2]])
  for (const [text, expected] of [
    ['ALTER TABLE u ADD COLUMN A INT', 'COLUMN_ALREADY_EXISTS'],
    ['ALTER VIEW u RENAME TO x', 'EXPECT_VIEW_NOT_TABLE.USE_ALTER_TABLE'],
    ['ALTER TABLE u RENAME TO w', 'TABLE_OR_VIEW_ALREADY_EXISTS'],
    ['ALTER TABLE t ADD COLUMN d INT', 'TABLE_OR_VIEW_NOT_FOUND'],
    ['TRUNCATE TABLE w', 'EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE'],
    ['ANALYZE TABLE t COMPUTE STATISTICS', 'TABLE_OR_VIEW_NOT_FOUND'],
    ['UNCACHE TABLE IF EXISTS t', 'none'],
    ['CREATE TABLE x (a INT, A INT) USING parquet', 'COLUMN_ALREADY_EXISTS'],
  ])
    expect([text, await condition(text!)]).toEqual([text, expected])
  await run('DROP TABLE u')
  expect(await rows('SELECT 1').then(() => condition('SELECT * FROM w'))).toBe('none')
  await expect(rows('SELECT n FROM w')).rejects.toMatchObject({ condition: 'TABLE_OR_VIEW_NOT_FOUND' })
})
