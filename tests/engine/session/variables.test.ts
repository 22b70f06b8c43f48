import { beforeEach, expect, test } from 'vitest'
import { createSession, type Session } from '../../../index.ts'

let session: Session
beforeEach(() => {
  session = createSession({ 'spark.sql.session.timeZone': 'UTC', bigint: 'number' })
})
const rows = async (text: string, args?: Readonly<Record<string, unknown>> | readonly unknown[]) =>
  (await session.sql(text, args === undefined ? {} : { args }).collect()).map((row) => Object.values(row))
const condition = (text: string) =>
  session.run(text).then(
    () => 'none',
    (error: { condition: string }) => error.condition,
  )

test('variables hold values of their type, columns go before them', async () => {
  await session.run(`DECLARE a INT; DECLARE VARIABLE b = 2 + 3; DECLARE OR REPLACE b DOUBLE DEFAULT 7;
    SET VAR a = (SELECT max(x) FROM VALUES (1), (4) AS t(x))`)
  const frame = session.sql('SELECT a, session.b, system.session.a + 1 AS c')
  expect(frame.columns).toEqual(['a', 'b', 'c'])
  expect((await frame.collect()).map((row) => Object.values(row))).toEqual([[4, 7, 5]])
  expect(await rows('SELECT a FROM VALUES (9) AS t(a) WHERE b = 7')).toEqual([[9]])
  await session.run("SET VARIABLE a = a + 1, b = DEFAULT; SET VAR (b, a) = (SELECT 1.5, '8')")
  expect(await rows('SELECT a, b')).toEqual([[8, 1.5]])
  await session.run('SET VAR (a, b) = (SELECT 1, 2 WHERE false)')
  expect(await rows('SELECT a, b')).toEqual([[null, null]])
  await session.run('DROP TEMPORARY VARIABLE a')
  for (const [text, expected] of [
    ['SET VAR a = 1', 'UNRESOLVED_VARIABLE'],
    ['DECLARE b INT', 'VARIABLE_ALREADY_EXISTS'],
    ['DROP TEMPORARY VARIABLE a', 'VARIABLE_NOT_FOUND'],
    ['DROP TEMPORARY VARIABLE IF EXISTS a', 'none'],
    ['SET VAR b = 1, b = 2', 'DUPLICATE_ASSIGNMENTS'],
    ['SET VAR (b) = (SELECT 1, 2)', 'ASSIGNMENT_ARITY_MISMATCH'],
    ['SET VAR (b) = (SELECT * FROM VALUES (1), (2))', 'ROW_SUBQUERY_TOO_MANY_ROWS'],
    ['SELECT a', 'UNRESOLVED_COLUMN.WITHOUT_SUGGESTION'],
  ])
    expect([text, await condition(text!)]).toEqual([text, expected])
})

test('EXECUTE IMMEDIATE runs a text with its parameters, into variables or as a statement of its own', async () => {
  await session.run(`DECLARE n INT; DECLARE what STRING DEFAULT 'SELECT ? + :unused';
    EXECUTE IMMEDIATE 'CREATE TABLE t (a INT) USING parquet';
    EXECUTE IMMEDIATE 'INSERT INTO t VALUES (?), (?)' USING 1, 1 + 1;
    EXECUTE IMMEDIATE 'SELECT sum(a) + :more FROM IDENTIFIER(:source)' INTO n USING 10 AS more, 't' AS source`)
  expect(await rows('SELECT n')).toEqual([[13]])
  const shown: unknown[] = []
  await session.run(
    "EXECUTE IMMEDIATE 'SELECT a FROM t WHERE a > ?' USING (1)",
    {},
    { onResult: async (result) => void shown.push(await result.collect()) },
  )
  expect(shown).toEqual([[{ a: 2 }]])
  for (const [text, expected] of [
    ["EXECUTE IMMEDIATE 'SELECT a FROM t' INTO n", 'ROW_SUBQUERY_TOO_MANY_ROWS'],
    ["EXECUTE IMMEDIATE 'SET a = b' INTO n", 'INVALID_STATEMENT_FOR_EXECUTE_INTO'],
    ["EXECUTE IMMEDIATE 'SELECT ?'", 'UNBOUND_SQL_PARAMETER'],
    ["EXECUTE IMMEDIATE 'SELEC 1'", 'PARSE_SYNTAX_ERROR'],
    ['EXECUTE IMMEDIATE CAST(NULL AS STRING)', 'NULL_QUERY_STRING_EXECUTE_IMMEDIATE'],
    ['EXECUTE IMMEDIATE 1', 'INVALID_EXPR_TYPE_FOR_QUERY_EXECUTE_IMMEDIATE'],
    ["EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE ''SELECT 1'''", 'none'],
    ["EXECUTE IMMEDIATE 'SELECT ?' USING 1 AS a", 'none'],
    ["EXECUTE IMMEDIATE 'SELECT :a' USING 1", 'ALL_PARAMETERS_MUST_BE_NAMED'],
    ["EXECUTE IMMEDIATE 'SELECT ? + :b' USING 1, 2 AS b", 'INVALID_QUERY_MIXED_QUERY_PARAMETERS'],
  ])
    expect([text, await condition(text!)]).toEqual([text, expected])
})

test('sql() takes values for markers, which are never read as SQL', async () => {
  session
    .createDataFrame(
      [
        { a: 1, b: "x' OR true" },
        { a: 2, b: 'y' },
      ],
      'a INT, b STRING',
    )
    .createOrReplaceTempView('t')
  expect(await rows('SELECT a FROM t WHERE b = :b LIMIT :n', { b: "x' OR true", n: 5 })).toEqual([[1]])
  expect(await rows('SELECT ?, ? FROM IDENTIFIER(?) WHERE a = ?', [null, 'q', 't', 2])).toEqual([[null, 'q']])
  expect(() => session.sql('SELECT :missing', { args: { other: 1 } })).toThrow(/missing/)
})

test('a script is checked with variables of their types and no values', async () => {
  const script = 'DECLARE day DATE; SET VAR day = current_date(); SELECT year(day) AS y'
  expect(session.check(script)).toEqual([])
  const other = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  expect(() => other.check('SET VAR day = 1')).toThrow(expect.objectContaining({ condition: 'UNRESOLVED_VARIABLE' }))
  expect(() => other.check('DECLARE m MAP<INT, INT>; SELECT m + 1')).toThrow(/cannot take MAP<INT, INT>/)
})
