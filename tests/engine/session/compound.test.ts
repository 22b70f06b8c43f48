import { describe, expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

/** What the script shows, a text for each result; or the condition of its error. The answers are Spark 4.3's. */
async function shown(script: string): Promise<unknown[] | string> {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  const results: unknown[] = []
  try {
    await session.run(
      script,
      {},
      {
        onResult: async (result) => {
          results.push((await result.collect()).map((row) => Object.values(row as object).join(' ')))
        },
      },
    )
    return results
  } catch (error) {
    return (error as { condition: string }).condition
  } finally {
    await session.stop()
  }
}
async function one(script: string): Promise<unknown> {
  const results = await shown(script)
  return Array.isArray(results) ? results.flat().join(', ') : results
}

describe('BEGIN … END', () => {
  test('shows the last result, as it was when it was made', async () => {
    expect(await shown('BEGIN SELECT 1; SELECT 2; END; SELECT 3')).toEqual([['2'], ['3']])
    expect(await shown('BEGIN END')).toEqual([])
    expect(await one('BEGIN DECLARE i INT DEFAULT 0; WHILE i < 2 DO SELECT i; SET i = i + 1; END WHILE; END')).toBe('1')
  })
  test.each([
    ['DECLARE x INT DEFAULT 5; SET x = x + 1; SELECT x;', '6'],
    ['DECLARE x INT = 5; DECLARE y = 2; SELECT x + y;', '7'],
    ['DECLARE a, b INT DEFAULT 3; SELECT a + b;', '6'],
    ['DECLARE a INT; DECLARE b INT; SET (a, b) = (SELECT 1, 2); SELECT a, b;', '1 2'],
    ['DECLARE x INT DEFAULT 1; BEGIN DECLARE x INT DEFAULT 2; SET x = 7; END; SELECT x;', '1'],
    ['DECLARE x INT DEFAULT 1; BEGIN DECLARE y INT DEFAULT 2; SET x = y; END; SELECT x;', '2'],
    [
      'a: BEGIN DECLARE x INT DEFAULT 2; b: BEGIN DECLARE x INT DEFAULT 3; SET a.x = 9; SELECT a.x AS p, b.x AS q, x AS r; END; END;',
      '9 3 3',
    ],
    ['DECLARE x INT DEFAULT 9; SELECT t.x AS a, x AS b FROM VALUES (1) AS t(x);', '1 1'],
    ["DECLARE q STRING DEFAULT 'SELECT 42'; EXECUTE IMMEDIATE q;", '42'],
  ])('variables belong to their block: %s', async (body, expected) => {
    expect(await one(`BEGIN ${body} END`)).toBe(expected)
  })
  test('variables of a block are gone after it, those of the session stay', async () => {
    expect(await one('DECLARE s INT DEFAULT 1; BEGIN DECLARE x INT DEFAULT 4; SET s = x; END; SELECT s')).toBe('4')
    expect(await one('BEGIN DECLARE x INT DEFAULT 4; END; SELECT x')).toBe('UNRESOLVED_COLUMN.WITHOUT_SUGGESTION')
  })
  test.each([
    ["IF 1 = 1 THEN SELECT 'a'; ELSEIF 1 = 2 THEN SELECT 'b'; ELSE SELECT 'c'; END IF;", 'a'],
    ["IF 1 = 2 THEN SELECT 'a'; ELSEIF 1 = 1 THEN SELECT 'b'; ELSE SELECT 'c'; END IF;", 'b'],
    ["IF (SELECT count(*) > 1 FROM range(3)) THEN SELECT 'many'; END IF;", 'many'],
    ["CASE 2 WHEN 1 THEN SELECT 'one'; WHEN 2 THEN SELECT 'two'; END CASE;", 'two'],
    ["CASE NULL WHEN 1 THEN SELECT 'one'; ELSE SELECT 'else'; END CASE;", 'else'],
    ["CASE WHEN 1 = 2 THEN SELECT 'one'; ELSE SELECT 'else'; END CASE;", 'else'],
    ["CASE 3 WHEN 1 THEN SELECT 'one'; END CASE;", ''],
    ['DECLARE i INT DEFAULT 0; WHILE i < 3 DO SET i = i + 1; END WHILE; SELECT i;', '3'],
    ['DECLARE i INT DEFAULT 9; REPEAT SET i = i + 1; UNTIL i >= 3 END REPEAT; SELECT i;', '10'],
    [
      'DECLARE i INT DEFAULT 0; DECLARE n INT DEFAULT 0; l: LOOP SET i = i + 1; IF i = 2 THEN ITERATE l; END IF; IF i > 4 THEN LEAVE l; END IF; SET n = n + 1; END LOOP l; SELECT i, n;',
      '5 3',
    ],
    ['DECLARE t INT DEFAULT 0; FOR r AS SELECT id FROM range(4) DO SET t = t + r.id; END FOR; SELECT t;', '6'],
    ['DECLARE t INT DEFAULT 0; FOR SELECT id FROM range(4) DO SET t = t + id; END FOR; SELECT t;', '6'],
    [
      'DECLARE t INT DEFAULT 0; o: WHILE true DO FOR r AS SELECT id FROM range(9) DO SET t = t + 1; IF r.id = 2 THEN LEAVE o; END IF; END FOR; END WHILE; SELECT t;',
      '3',
    ],
    ['a: BEGIN LEAVE a; SELECT 1; END a; SELECT 2;', '2'],
  ])('flow: %s', async (body, expected) => {
    expect(await one(`BEGIN ${body} END`)).toBe(expected)
  })
  test.each([
    ["DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SELECT 'caught'; END; SELECT 1/0; SELECT 'after';", 'caught'],
    [
      "DECLARE EXIT HANDLER FOR SQLEXCEPTION SELECT 'any'; DECLARE EXIT HANDLER FOR DIVIDE_BY_ZERO SELECT 'zero'; SELECT 1/0;",
      'zero',
    ],
    ["DECLARE EXIT HANDLER FOR SQLSTATE '22012' SELECT 'state'; SELECT 1/0;", 'state'],
    ["DECLARE EXIT HANDLER FOR USER_RAISED_EXCEPTION SELECT 'user'; SELECT raise_error('x');", 'user'],
    ["BEGIN DECLARE EXIT HANDLER FOR CAST_INVALID_INPUT SELECT 'other'; SELECT 1/0; END;", 'DIVIDE_BY_ZERO'],
    [
      "DECLARE EXIT HANDLER FOR SQLEXCEPTION SELECT 'outer'; BEGIN DECLARE EXIT HANDLER FOR CAST_INVALID_INPUT SELECT 'inner'; SELECT 1/0; END; SELECT 'after';",
      'outer',
    ],
    ["BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION SELECT 'inner'; SELECT 1/0; END; SELECT 'goes on';", 'goes on'],
    ["DECLARE EXIT HANDLER FOR NOT FOUND SELECT 'nothing'; SELECT 1/0;", 'DIVIDE_BY_ZERO'],
  ])('handlers leave their block: %s', async (body, expected) => {
    expect(await one(`BEGIN ${body} END`)).toBe(expected)
  })
  test.each([
    ['SELECT 1; DECLARE x INT;', 'INVALID_VARIABLE_DECLARATION.ONLY_AT_BEGINNING'],
    ['DECLARE OR REPLACE x INT;', 'INVALID_VARIABLE_DECLARATION.REPLACE_LOCAL_VARIABLE'],
    ['DECLARE x INT; DECLARE x INT;', 'VARIABLE_ALREADY_EXISTS'],
    ['SET zz = 1;', 'UNRESOLVED_VARIABLE'],
    ['SET spark.sql.ansi.enabled = true;', 'UNRESOLVED_VARIABLE'],
    ['IF NULL THEN SELECT 1; END IF;', 'INVALID_BOOLEAN_STATEMENT'],
    ['IF 1 THEN SELECT 1; END IF;', 'INVALID_BOOLEAN_STATEMENT'],
    ['LEAVE nowhere;', 'INVALID_LABEL_USAGE.DOES_NOT_EXIST'],
    ['a: BEGIN ITERATE a; END;', 'INVALID_LABEL_USAGE.ITERATE_IN_COMPOUND'],
    ['a: BEGIN SELECT 1; END b;', 'LABELS_MISMATCH'],
    ['a: BEGIN a: BEGIN SELECT 1; END; END;', 'LABEL_OR_FOR_VARIABLE_ALREADY_EXISTS'],
    ['DECLARE EXIT HANDLER FOR no_such SELECT 1; SELECT 2;', 'INVALID_HANDLER_DECLARATION.CONDITION_NOT_FOUND'],
    ["DECLARE EXIT HANDLER FOR SQLSTATE '99' SELECT 1; SELECT 2;", 'INVALID_SQLSTATE'],
    ['DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SELECT 1; SELECT 2;', 'UNSUPPORTED_FEATURE.CONTINUE_EXCEPTION_HANDLER'],
    ['DECLARE c CURSOR FOR SELECT 1;', 'UNSUPPORTED_FEATURE.SQL_CURSOR'],
    ['SELECT 1; DROP TEMPORARY VARIABLE x;', 'UNSUPPORTED_FEATURE.SQL_SCRIPTING_DROP_TEMPORARY_VARIABLE'],
    ['SELECT 1', 'PARSE_SYNTAX_ERROR'],
  ])('refused: %s', async (body, condition) => {
    expect(await one(`BEGIN ${body} END`)).toBe(condition)
  })
  test('starts queries over streams like any script, and is checked without running', async () => {
    const session = createSession()
    const script = `CREATE STREAM ticks USING rate;
BEGIN
  DECLARE least INT DEFAULT 3;
  IF least > 2 THEN
    CREATE STREAMING TABLE kept USING memory TRIGGER ONCE AS SELECT value FROM ticks WHERE value > least;
  END IF;
END`
    expect(session.check(script)).toEqual([])
    const queries = await createSession().run(script)
    expect(queries.map((query) => query.name)).toEqual(['kept'])
    expect(() => createSession().check('BEGIN DECLARE x INT; IF x > 1 THEN SELECT nothing; END IF; END')).toThrow(
      'column "nothing" does not exist',
    )
    expect(() => createSession().sql('BEGIN SELECT 1; END')).toThrow('the statement runs a query, and sql() only describes one')
  })
})
