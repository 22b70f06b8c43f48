import { beforeAll, describe, expect, test } from 'vitest'
import { createSession, type Session } from '../../../index.ts'

/** Rules of queries that are easily got wrong; each was asked of Spark. */
let session: Session
beforeAll(async () => {
  session = createSession({ 'spark.sql.session.timeZone': 'UTC', bigint: 'number' })
  await session.run(`
    CREATE TEMPORARY VIEW t AS SELECT * FROM VALUES (1, 'x', DATE'2024-01-01'), (2, 'y', NULL), (2, 'x', NULL) AS t(a, b, d);
    CREATE TEMPORARY VIEW u AS SELECT * FROM VALUES (1, 10), (2, 20), (3, 30) AS u(a, e);
    CREATE TEMPORARY VIEW n AS SELECT * FROM VALUES (1, array(1, 2), map('k', 5), named_struct('x', 7)), (2, array(), map(), NULL) AS n(id, xs, m, s)`)
})
const rowsOf = async (sql: string): Promise<unknown[][]> => {
  const frame = session.sql(sql)
  const names = frame.columns
  return (await frame.collect()).map((row) => Object.values(row as object).slice(0, names.length))
}
const namesOf = (sql: string): readonly string[] => session.sql(sql).columns
/** The condition of analysis or of the run. */
const conditionOf = async (sql: string): Promise<string | undefined> => {
  try {
    await session.sql(sql).collect()
    return undefined
  } catch (error) {
    return (error as { condition: string }).condition
  }
}
const refusals = (cases: readonly (readonly [string, string])[]): void => {
  test.each(cases)('%s: %s', async (sql, condition) => {
    expect(await conditionOf(sql)).toBe(condition)
  })
}
const SUBQUERY = 'UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY'

describe('what a subquery may read of the query around', () => {
  refusals([
    // Not below the side of an outer, semi or anti join whose rows may be missing.
    [
      'SELECT (SELECT count(*) FROM u LEFT JOIN (SELECT * FROM u WHERE e = t.a) v ON true) FROM t',
      `${SUBQUERY}.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED`,
    ],
    [
      'SELECT * FROM t, LATERAL (SELECT 1 FROM u LEFT SEMI JOIN (SELECT * FROM u WHERE e > t.a) v ON u.a = v.a)',
      `${SUBQUERY}.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED`,
    ],
    ['SELECT (SELECT e FROM u ORDER BY t.a LIMIT 1) FROM t', `${SUBQUERY}.CORRELATED_REFERENCE`],
    // A condition on both sides of a join belongs to neither.
    [
      'SELECT * FROM t LEFT JOIN u ON EXISTS (SELECT 1 FROM u v WHERE v.a = t.a AND v.e = u.e)',
      `${SUBQUERY}.UNSUPPORTED_CORRELATED_EXPRESSION_IN_JOIN_CONDITION`,
    ],
    // Beside GROUP BY a correlated value must be a key; a key must be shown.
    [
      'SELECT b, (SELECT max(e) FROM u WHERE u.a = t.a) FROM t GROUP BY b',
      'SCALAR_SUBQUERY_IS_IN_GROUP_BY_OR_AGGREGATE_FUNCTION',
    ],
    [
      'SELECT count(*) FROM t GROUP BY (SELECT max(e) FROM u WHERE u.a = t.a)',
      `${SUBQUERY}.MUST_AGGREGATE_CORRELATED_SCALAR_SUBQUERY`,
    ],
    ['SELECT b, EXISTS (SELECT 1 FROM u WHERE u.a = t.a) FROM t GROUP BY b', 'MISSING_AGGREGATION'],
    [
      'SELECT b FROM t GROUP BY b HAVING EXISTS (SELECT 1 FROM u WHERE u.a = t.a)',
      'MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT',
    ],
    ['SELECT b FROM t GROUP BY b HAVING max(d) > (SELECT t.d)', `${SUBQUERY}.CORRELATED_COLUMN_NOT_FOUND`],
    ['SELECT transform(xs, x -> (SELECT 1)) FROM n', `${SUBQUERY}.HIGHER_ORDER_FUNCTION`],
  ])
  test('a column of the query around is named once for each place that reads it', () => {
    expect(namesOf('SELECT (SELECT max(q) FROM (SELECT e AS q FROM u WHERE u.a = t.a UNION ALL SELECT t.a)) FROM t')).toEqual([
      'scalarsubquery(a, a)',
    ])
  })
})

describe('functions that make rows', () => {
  test('several in one list are rows times rows, and the list may name their columns', async () => {
    expect(await rowsOf('SELECT id, explode(xs), explode(m) FROM n')).toEqual([
      [1, 1, 'k', 5],
      [1, 2, 'k', 5],
    ])
  })
  test('LATERAL without a condition keeps no row that makes none', async () => {
    expect(await rowsOf('SELECT id, v FROM n LEFT JOIN LATERAL explode(xs) AS l(v)')).toEqual([
      [1, 1],
      [1, 2],
    ])
  })
  refusals([
    ['SELECT explode(xs) + 1 FROM n', 'UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS'],
    ['SELECT sum(explode(xs)) FROM n', 'UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS'],
    ['SELECT id FROM n WHERE explode(xs) > 1', 'UNSUPPORTED_GENERATOR.OUTSIDE_SELECT'],
    ['SELECT id FROM n ORDER BY explode(xs)', 'UNSUPPORTED_GENERATOR.OUTSIDE_SELECT'],
    ['SELECT id FROM n GROUP BY id, explode(xs)', 'UNSUPPORTED_EXPR_FOR_OPERATOR'],
    ['SELECT count(*), explode(array(1)), explode(array(2)) FROM n', 'UNSUPPORTED_GENERATOR.MULTI_GENERATOR'],
  ])
})

describe('window functions and their frames', () => {
  const over = (call: string, window: string): string => `SELECT ${call} OVER (${window}) FROM t`
  refusals([
    ['SELECT row_number() FROM t', 'WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE'],
    [over('rank()', 'PARTITION BY b'), 'WINDOW_FUNCTION_FRAME_NOT_ORDERED'],
    [over('nth_value(a, 2)', 'PARTITION BY b'), 'WINDOW_FUNCTION_FRAME_NOT_ORDERED'],
    [over('lag(a)', 'ORDER BY a ROWS UNBOUNDED PRECEDING'), '_LEGACY_ERROR_TEMP_1035'],
    [over('row_number(a)', 'ORDER BY a'), 'WRONG_NUM_ARGS.WITHOUT_SUGGESTION'],
    [
      over('sum(a)', 'ORDER BY a ROWS BETWEEN 1L PRECEDING AND CURRENT ROW'),
      'DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE',
    ],
    [
      over('sum(a)', 'ORDER BY a ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW'),
      'DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_INVALID_BOUND',
    ],
    [
      over('sum(a)', 'ORDER BY a ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING'),
      'DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON',
    ],
    [over('sum(a)', 'ORDER BY d RANGE BETWEEN 1.5 PRECEDING AND CURRENT ROW'), 'DATATYPE_MISMATCH.RANGE_FRAME_INVALID_TYPE'],
    ['SELECT a FROM t QUALIFY a > 1', 'QUALIFY_REQUIRES_WINDOW_FUNCTION'],
    ['SELECT b FROM t GROUP BY b HAVING sum(a) OVER () > 1', 'WINDOW_FUNCTION_NOT_ALLOWED_IN_CLAUSE'],
  ])
  test('an aggregate before OVER may stand in QUALIFY', async () => {
    expect(await rowsOf('SELECT a FROM t QUALIFY max(a) OVER (PARTITION BY b) > 1 ORDER BY a')).toEqual([[1], [2], [2]])
  })
})

describe('names and stars', () => {
  refusals([
    ['SELECT count(t.*) FROM t', 'INVALID_USAGE_OF_STAR_WITH_TABLE_IDENTIFIER_IN_COUNT'],
    ['SELECT * + 1 FROM t', 'INVALID_USAGE_OF_STAR_OR_REGEX'],
    ['SELECT * EXCEPT (b, b) FROM t', 'EXCEPT_OVERLAPPING_COLUMNS'],
    ['SELECT xs.x FROM n', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    // A temporary view lies in no schema.
    ['SELECT spark_catalog.default.t.a FROM t', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    // ALL is a key of its own only alone.
    ['SELECT a FROM t ORDER BY ALL, a', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ['SELECT a FROM t LIMIT CAST(1 AS TINYINT)', 'INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE'],
    ['SELECT * FROM u UNPIVOT (v FOR k IN (a, e)) JOIN t USING (b)', 'UNRESOLVED_USING_COLUMN_FOR_JOIN'],
    ['SELECT * FROM t UNPIVOT (v FOR k IN (a, b))', 'UNPIVOT_VALUE_DATA_TYPE_MISMATCH'],
  ])
  test('a date and a number show as the function they are', () => {
    expect(namesOf('SELECT d + 1, 1 + d, d - 1, d - d FROM t')).toEqual([
      'date_add(d, 1)',
      'date_add(d, 1)',
      'date_sub(d, 1)',
      '(d - d)',
    ])
  })
  test('a column that every branch of a UNION shows twice is not ambiguous', async () => {
    expect(await rowsOf('SELECT a FROM (SELECT a, a FROM t UNION SELECT a, a FROM u) ORDER BY a')).toEqual([[1], [2], [3]])
  })
  test('DISTRIBUTE BY reaches below the select list', async () => {
    expect(await rowsOf('SELECT a FROM u DISTRIBUTE BY e SORT BY e DESC')).toEqual([[3], [2], [1]])
  })
  test('UNPIVOT takes a column for several rows', async () => {
    expect(await rowsOf('SELECT * FROM u UNPIVOT ((v, w) FOR k IN ((a, e), (e, e) AS twice)) WHERE v < 11')).toEqual([
      ['a_e', 1, 10],
      ['twice', 10, 10],
      ['a_e', 2, 20],
      ['a_e', 3, 30],
    ])
  })
})

describe('names in ORDER BY, HAVING, GROUP BY ALL and lists', () => {
  test('what is computed goes by its name for later items, also a generated one', () => {
    expect(namesOf('SELECT s.x, x + 1 FROM n')).toEqual(['x', '(lateralAliasReference(x) + 1)'])
    expect(namesOf('SELECT a + 1, `(a + 1)` FROM t')).toEqual(['(a + 1)', '(a + 1)'])
    expect(namesOf('SELECT explode(xs) AS e, e + 1 FROM n')).toEqual(['e', '(e + 1)'])
  })
  test('GROUP BY ALL takes items with aggregates that name other items', async () => {
    expect(await rowsOf('SELECT count(b) AS c, sum(a) + c FROM t GROUP BY ALL')).toEqual([[3, 8]])
    expect(await rowsOf('SELECT a, a + count(*) FROM t GROUP BY ALL ORDER BY a')).toEqual([
      [1, 2],
      [2, 4],
    ])
  })
  test('keys of GROUPING SETS have names for ORDER BY', async () => {
    expect(await rowsOf('SELECT b FROM t GROUP BY GROUPING SETS (b, a + 1) ORDER BY `(a + 1)` DESC, b LIMIT 2')).toEqual([
      [null],
      [null],
    ])
  })
  test('a column of the list that has no elements gives way to the one below it', async () => {
    expect(await rowsOf("SELECT 'q' AS xs FROM n WHERE id = 1 GROUP BY xs ORDER BY xs[0]")).toEqual([['q']])
  })
  test('LIKE ALL and variables show as the functions they are', () => {
    expect(namesOf("SELECT b LIKE ALL ('x', 'y'), b NOT ILIKE ANY ('X'), negative(a), -a FROM t")).toEqual([
      'likeall(b)',
      'notlikeany(lower(b))',
      'negative(a)',
      '(- a)',
    ])
  })
  test('FROM is a name where no relation follows', async () => {
    expect(namesOf('SELECT a from FROM t')).toEqual(['from'])
    expect(await rowsOf('SELECT max(a) FROM FROM t')).toEqual([[2]])
  })
  refusals([
    ['SELECT a AS x, b AS x FROM t ORDER BY x', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ['SELECT a FROM t ORDER BY row_number() OVER (ORDER BY a)', 'UNSUPPORTED_EXPR_FOR_OPERATOR'],
    ['SELECT a FROM t ORDER BY count(*)', 'UNSUPPORTED_EXPR_FOR_OPERATOR'],
    // HAVING brought in an aggregate that the list does not show.
    ['SELECT b FROM t GROUP BY b HAVING sum(a) > 1 ORDER BY sum(a)', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ['SELECT b FROM t GROUP BY b HAVING sum(a) > 1 ORDER BY count(*)', 'UNSUPPORTED_EXPR_FOR_OPERATOR'],
    ['SELECT a, b + count(*) FROM t GROUP BY ALL', 'MISSING_AGGREGATION'],
    ['SELECT b + count(*) FROM t GROUP BY ALL', 'UNRESOLVED_ALL_IN_GROUP_BY'],
    ['SELECT a, FROM t', 'TRAILING_COMMA_IN_SELECT'],
    ['SELECT upper(b) AS (x, y) FROM t', 'MULTI_ALIAS_WITHOUT_GENERATOR'],
    ['SELECT CASE WHEN a THEN 1 END FROM t', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['SELECT s[0] FROM n', 'INVALID_EXTRACT_FIELD_TYPE'],
    ["SELECT t.IDENTIFIER('a') FROM t", 'UNRESOLVED_ROUTINE'],
    ["SELECT IDENTIFIER('a b') FROM t", 'PARSE_SYNTAX_ERROR'],
    // A function that does not exist is said before anything else.
    ['SELECT zz FROM t WHERE a IN (SELECT foo(1))', 'UNRESOLVED_ROUTINE'],
    ['SELECT foo(1) FROM nothing', 'UNRESOLVED_ROUTINE'],
    ['SELECT count(a) FILTER (WHERE rand() > 1) FROM t', 'INVALID_AGGREGATE_FILTER.NON_DETERMINISTIC'],
  ])
})

describe('VALUES and table functions', () => {
  refusals([
    ['VALUES (sum(1))', 'INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE'],
    ['VALUES (rand())', 'INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE'],
    ['VALUES (1 / 0)', 'INVALID_INLINE_TABLE.FAILED_SQL_EXPRESSION_EVALUATION'],
    ['SELECT * FROM VALUES (1) AS q(x, y)', 'INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH'],
    ['SELECT * FROM range(3) AS q(x, y)', 'NUM_TABLE_VALUE_ALIASES_MISMATCH'],
    ['SELECT * FROM range(1, 2, 0)', 'FAILED_FUNCTION_CALL'],
    ['SELECT * FROM range(NULL)', 'UNEXPECTED_INPUT_TYPE'],
    ["SELECT * FROM range('a')", 'CAST_INVALID_INPUT'],
    ['SELECT * FROM n, LATERAL range(id)', 'NON_FOLDABLE_ARGUMENT'],
    ['SELECT * FROM upper(1)', 'NOT_A_TABLE_FUNCTION'],
    ['SELECT range(1)', 'NOT_A_SCALAR_FUNCTION'],
  ])
})

test('FILTER decides before its argument is computed', async () => {
  expect(await rowsOf('SELECT sum(6 / (a - 1)) FILTER (WHERE a > 1), count(1 / (a - 1)) FILTER (WHERE a > 1) FROM t')).toEqual([
    [12, 2],
  ])
  expect(await conditionOf('SELECT count(*) FILTER (WHERE 1 / (a - 1) > 0) FROM t')).toBe('DIVIDE_BY_ZERO')
})
test('a RANGE frame over dates moves by days, by parts of them and by months', async () => {
  const counts = (distance: string): Promise<unknown[][]> =>
    rowsOf(`SELECT count(*) OVER (ORDER BY x RANGE BETWEEN ${distance} PRECEDING AND CURRENT ROW) AS c
      FROM VALUES (DATE'2024-01-31'), (DATE'2024-02-01'), (DATE'2024-02-29') AS v(x)`)
  expect(await counts('INTERVAL 1 DAY')).toEqual([[1], [2], [1]])
  expect(await counts('INTERVAL 23 HOURS')).toEqual([[1], [1], [1]])
  expect(await counts('INTERVAL 1 MONTH')).toEqual([[1], [2], [3]])
})

describe('literals and words', () => {
  refusals([
    ["SELECT INTERVAL '--1' DAY", 'INVALID_INTERVAL_FORMAT.INVALID_VALUE'],
    ["SELECT INTERVAL '1 day 2' DAY", '_LEGACY_ERROR_TEMP_0026'],
    ["SELECT INTERVAL '1--2' YEAR TO MONTH", 'INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING'],
    ["SELECT INTERVAL '1:2' DAY TO SECOND", 'INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE'],
    ['SELECT INTERVAL 9999999999 YEARS', 'INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION'],
    ['SELECT a FROM t GROUP BY a b', 'PARSE_SYNTAX_ERROR'],
    ['FROM t |> WINDOW w AS (ORDER BY a)', 'UNSUPPORTED_FEATURE.CLAUSE_WITH_PIPE_OPERATORS'],
  ])
  test('a clause word twice is a name first', async () => {
    expect(await rowsOf('SELECT where.a FROM u WHERE WHERE a > 2')).toEqual([[3]])
  })
})

test('a value correlated by other conditions than equalities may be a single row, and fails where it is more', async () => {
  expect(await rowsOf('SELECT a, (SELECT e FROM u WHERE u.a > t.a AND u.a < t.a + 2) FROM t ORDER BY a')).toEqual([
    [1, 20],
    [2, 30],
    [2, 30],
  ])
  expect(await conditionOf('SELECT a, (SELECT e FROM u WHERE u.a >= t.a) FROM t')).toBe('SCALAR_SUBQUERY_TOO_MANY_ROWS')
})

describe('GROUP BY and the queries around it', () => {
  test('an aggregate of the query around stands in a query of HAVING, above GROUPING SETS too', async () => {
    const sql = `SELECT b, sum(a) FROM t GROUP BY GROUPING SETS ((b), ())
      HAVING EXISTS (SELECT 1 FROM u WHERE sum(t.a) = u.a) ORDER BY 2`
    expect(await rowsOf(sql)).toEqual([
      ['y', 2],
      ['x', 3],
    ])
  })
  refusals([
    ['SELECT a FROM (SELECT a, b AS all FROM t) GROUP BY ALL', 'MISSING_AGGREGATION'],
    ['SELECT a AS all, b FROM t GROUP BY ALL', 'MISSING_AGGREGATION'],
    ['SELECT a, (SELECT max(e) FROM u GROUP BY e ORDER BY a LIMIT 1) FROM t', `${SUBQUERY}.CORRELATED_REFERENCE`],
  ])
})

refusals([
  ['SELECT sum(id) OVER (PARTITION BY m) FROM n', 'EXPRESSION_TYPE_IS_NOT_ORDERABLE'],
  ['VALUES ((SELECT 1))', `${SUBQUERY}.SCALAR_SUBQUERY_IN_VALUES`],
  // A query in ORDER BY sees what the list shows.
  ['SELECT a FROM t ORDER BY (SELECT count(*) FROM u WHERE u.a = t.a)', `${SUBQUERY}.UNSUPPORTED_CORRELATED_SCALAR_SUBQUERY`],
  ['SELECT b FROM t ORDER BY (SELECT count(*) FROM u WHERE u.a = t.a)', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
])
