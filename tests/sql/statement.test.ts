import { describe, expect, test } from 'vitest'
import { ParseError } from '../../engine/errors/engine-error.ts'
import type { LogicalPlan } from '../../engine/plan/logical-plan.ts'
import { inputsOf } from '../../engine/plan/walk.ts'
import { Settings, TIME_ZONE } from '../../engine/types/settings.ts'
import { formatDiagnostic, sqlFrontend, substituteVariables } from '../../sql/index.ts'
import { withoutPlaces } from './without-places.ts'

/** The kinds of a plan's nodes, inputs in parentheses. */
function outline(plan: LogicalPlan): string {
  const inputs = inputsOf(plan)
  const name = plan.kind === 'unresolved_relation' ? plan.name.join('.') : plan.kind === 'join' ? `${plan.type} join` : plan.kind
  return inputs.length === 0 ? name : `${name}(${inputs.map(outline).join(', ')})`
}
function planOf(text: string): LogicalPlan {
  const [statement] = sqlFrontend.parseScript(text)
  if (statement?.kind !== 'query') throw new Error(`not a query: ${text}`)
  return statement.query
}
function conditionOf(text: string): string | undefined {
  try {
    sqlFrontend.parseScript(text)
    return undefined
  } catch (error) {
    if (error instanceof ParseError) return error.condition
    throw error
  }
}

describe('queries become plans', () => {
  test.each([
    ['SELECT 1', 'project(one_row)'],
    ['SELECT DISTINCT a FROM t WHERE b', 'distinct(project(filter(t)))'],
    ['SELECT a FROM t GROUP BY a HAVING count(*) > 1', 'filter(aggregate(t))'],
    ['SELECT 1 FROM t HAVING true', 'filter(aggregate(t))'],
    ['SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1', 'filter(project(t))'],
    ['SELECT a FROM t ORDER BY a LIMIT 2 OFFSET 1', 'limit(offset(sort(project(t))))'],
    ['SELECT a FROM t DISTRIBUTE BY a SORT BY b', 'sort(repartition(project(t)))'],
    ['SELECT * FROM a, b LEFT JOIN c ON x', 'project(inner join(a, left join(b, c)))'],
    ['SELECT * FROM a NATURAL FULL JOIN b SEMI JOIN c USING (k)', 'project(left_semi join(full join(a, b), c))'],
    ['SELECT * FROM a LEFT ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ON a.k = b.k', 'project(asof_join(a, b))'],
    ['SELECT * FROM t, LATERAL (SELECT t.a)', 'project(inner join(t, alias(project(one_row))))'],
    ['SELECT * FROM (a JOIN b) AS x', 'project(alias(inner join(a, b)))'],
    ['SELECT * FROM t LATERAL VIEW OUTER explode(a) e AS x LATERAL VIEW f() g', 'project(generate(generate(t)))'],
    ['SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3', 'union(project(one_row), project(one_row), project(one_row))'],
    [
      'SELECT 1 UNION SELECT 2 INTERSECT SELECT 3',
      'distinct(union(project(one_row), set_operation(project(one_row), project(one_row))))',
    ],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'with(project(a))'],
    ['VALUES (1, 2), (3, 4) AS t(a, b)', 'alias(local)'],
    ['TABLE t', 't'],
    ['FROM t SELECT a WHERE b', 'project(filter(t))'],
    ['FROM t |> WHERE a |> SELECT b |> ORDER BY b |> LIMIT 1', 'limit(sort(project(filter(t))))'],
    ['FROM t |> AGGREGATE sum(a) GROUP BY b |> AS x |> DROP b', 'project(alias(aggregate(t)))'],
    ['FROM t |> EXTEND 1 AS x |> SET x = 2 |> UNION ALL TABLE u', 'union(project(project(t)), u)'],
    ['SELECT * FROM t TABLESAMPLE (5 ROWS)', 'project(limit(t))'],
    ['SELECT * FROM t TABLESAMPLE (5 PERCENT)', 'project(sample(t))'],
    ['SELECT * FROM t PIVOT (sum(a) FOR b IN (1, 2)) AS p', 'project(alias(pivot(t)))'],
    ['SELECT * FROM t UNPIVOT (v FOR n IN (a, b))', 'project(project(filter(generate(t))))'],
    ['SELECT * FROM STREAM t WATERMARK at DELAY OF INTERVAL 5 SECONDS AS x', 'project(watermark(alias(t)))'],
    ['SELECT * FROM json.`data/x`', 'project(json.data/x)'],
    ["SELECT * FROM 'data/x.csv'", 'project(.data/x.csv)'],
    ['SELECT * FROM range(3) r', 'project(alias(range))'],
    ['SELECT /*+ BROADCAST(t) */ 1', 'hint(project(one_row))'],
  ])('%s', (text, expected) => {
    expect(outline(planOf(text))).toBe(expected)
  })

  test.each<[string, readonly (readonly number[])[]]>([
    ['ROLLUP (a, b)', [[0, 1], [0], []]],
    ['CUBE (a, b)', [[0, 1], [0], [1], []]],
    ['GROUPING SETS ((a, b), a, ())', [[0, 1], [0], []]],
    ['a, ROLLUP (b)', [[0, 1], [0]]],
    ['a, b WITH ROLLUP', [[0, 1], [0], []]],
    ['a, b GROUPING SETS ((a), (b))', [[0], [1]]],
    ['ROLLUP ((a, b), c)', [[0, 1, 2], [0, 1], []]],
  ])('GROUP BY %s', (grouping, sets) => {
    expect(planOf(`SELECT 1 FROM t GROUP BY ${grouping}`)).toMatchObject({ kind: 'aggregate', groupingSets: sets })
  })

  test('GROUP BY ALL is said, not guessed', () => {
    expect(planOf('SELECT a FROM t GROUP BY ALL')).toMatchObject({
      groupByAll: true,
      grouping: [{ kind: 'name', parts: ['ALL'] }],
    })
  })

  test('a named window is put where it is used', () => {
    const plan = planOf('SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b)')
    expect(plan).toMatchObject({ expressions: [{ kind: 'over', partitionBy: [{ kind: 'name', parts: ['b'] }] }] })
    expect(conditionOf('SELECT sum(a) OVER w FROM t')).toBe('MISSING_WINDOW_SPECIFICATION')
  })

  test("Flink's window tables are Spark's windows", () => {
    const flink = planOf(
      "SELECT window_start, window_end, count(*) AS n FROM TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '1' MINUTE) GROUP BY window_start, window_end",
    )
    const spark = planOf(
      "SELECT window.start AS window_start, window.end AS window_end, count(*) AS n FROM (SELECT *, window(at, INTERVAL '1' MINUTE) AS window FROM t) GROUP BY window",
    )
    const inner = (plan: LogicalPlan) =>
      plan.kind === 'aggregate' ? { grouping: plan.grouping, aggregates: plan.aggregates } : plan.kind
    expect(withoutPlaces(inner(flink))).toBe(withoutPlaces(inner(spark)))
    expect(outline(flink)).toBe('aggregate(project(t))')
  })

  test('HOP with size and slide the other way round shows the way out', () => {
    const text = 'SELECT * FROM HOP(TABLE t, DESCRIPTOR(at), INTERVAL 10 SECONDS, INTERVAL 2 SECONDS)'
    expect(() => planOf(text)).toThrow(
      expect.objectContaining({ condition: 'INVALID_WINDOW_TABLE', hint: 'Swap the two intervals.' }),
    )
  })
})

describe('statements', () => {
  const script = `
    CREATE STREAM clicks (user STRING, at TIMESTAMP NOT NULL)
    USING json OPTIONS (path 'data/clicks', maxFilesPerTrigger 4, 'kafka.x' = true)
    WATERMARK at DELAY OF INTERVAL 5 SECONDS LATE DATA TO late BAD ROWS TO bad;
    CREATE TABLE pages (url STRING) USING csv OPTIONS (path 'data/pages.csv', header true);
    CREATE OR REPLACE TEMP VIEW named AS SELECT 1;
    CREATE STREAMING TABLE per_minute
    USING console OPTIONS (truncate false)
    OUTPUT MODE append TRIGGER EVERY INTERVAL 10 SECONDS CHECKPOINT 'checkpoints/x' EMIT AFTER IDLE '1 minute'
    AS SELECT * FROM named;
    INSERT INTO sink OUTPUT MODE update TRIGGER AVAILABLE NOW SELECT 1;
    EXPLAIN EXTENDED SELECT 1; EXPLAIN WHY per_minute; SHOW STREAMS; DESCRIBE clicks; STOP per_minute;
    SET a.b = c d; SET TIME ZONE 'UTC'; SET TIME ZONE INTERVAL '-08:30' HOUR TO MINUTE; RESET a.b; DROP VIEW IF EXISTS named`

  test('a script is its statements in order', () => {
    const statements = sqlFrontend.parseScript(script).map(({ span, ...statement }) => {
      expect(span.end).toBeGreaterThan(span.start)
      const { query, watermark, statement: inner, columns, ...rest } = statement as typeof statement & Record<string, unknown>
      return { ...rest, ...(columns !== undefined && { columns: JSON.parse(withoutPlaces(columns)) }) }
    })
    const noClauses = {
      checkpoint: undefined,
      lateDataTo: undefined,
      emitAfterIdleMs: undefined,
      partitionBy: [],
      trigger: undefined,
    }
    expect(statements).toEqual([
      {
        kind: 'create_relation',
        streaming: true,
        name: ['clicks'],
        columns: [
          { name: 'user', type: { kind: 'string' }, nullable: true },
          { name: 'at', type: { kind: 'timestamp' }, nullable: false },
        ],
        provider: 'json',
        options: { path: 'data/clicks', maxFilesPerTrigger: '4', 'kafka.x': 'true' },
        lateDataTo: 'late',
        badRowsTo: 'bad',
        orReplace: false,
        ifNotExists: false,
      },
      {
        kind: 'create_relation',
        streaming: false,
        name: ['pages'],
        columns: [{ name: 'url', type: { kind: 'string' }, nullable: true }],
        provider: 'csv',
        options: { path: 'data/pages.csv', header: 'true' },
        lateDataTo: undefined,
        badRowsTo: undefined,
        orReplace: false,
        ifNotExists: false,
      },
      { kind: 'create_view', name: ['named'], columns: [], orReplace: true, ifNotExists: false, temporary: true },
      {
        kind: 'create_streaming_table',
        name: ['per_minute'],
        provider: 'console',
        options: { truncate: 'false' },
        outputMode: 'append',
        ...noClauses,
        trigger: { kind: 'processing_time', intervalMs: 10_000 },
        checkpoint: 'checkpoints/x',
        emitAfterIdleMs: 60_000,
      },
      {
        kind: 'insert_into',
        name: ['sink'],
        byName: false,
        overwrite: false,
        outputMode: 'update',
        ...noClauses,
        trigger: { kind: 'available_now' },
      },
      { kind: 'explain', mode: 'extended' },
      { kind: 'explain_why', name: 'per_minute' },
      { kind: 'show', what: 'streams', builtIn: true },
      { kind: 'describe', name: ['clicks'], extended: false },
      { kind: 'stop', name: 'per_minute' },
      { kind: 'set', key: 'a.b', value: 'c d' },
      { kind: 'set_time_zone', zone: 'UTC' },
      { kind: 'set_time_zone', zone: '-08:30' },
      { kind: 'reset', key: 'a.b' },
      { kind: 'drop', what: 'view', name: ['named'], ifExists: true },
    ])
  })

  test("Flink's declaration is the same stream", () => {
    const [flink] = sqlFrontend.parseScript(
      `CREATE TABLE t (at TIMESTAMP, WATERMARK FOR at AS at - INTERVAL '5' SECOND)
       WITH ('connector' = 'kafka', 'topic' = 'a', 'properties.bootstrap.servers' = 'h:9092', 'scan.startup.mode' = 'earliest-offset')`,
    )
    const [spark] = sqlFrontend.parseScript(
      `CREATE STREAM t (at TIMESTAMP) USING kafka OPTIONS (subscribe 'a', kafka.bootstrap.servers 'h:9092', startingOffsets 'earliest')
       WATERMARK at DELAY OF INTERVAL '5' SECOND`,
    )
    expect(withoutPlaces(flink)).toBe(withoutPlaces(spark))
  })

  test('SET holds for the statements after it', () => {
    const settings = new Settings([[TIME_ZONE, 'UTC']])
    const text = "SELECT TIMESTAMP '1970-01-01 00:00:00'"
    const values = sqlFrontend.parseScript(`${text}; SET TIME ZONE '+01:00'; ${text}`, settings).flatMap((statement) => {
      if (statement.kind !== 'query' || statement.query.kind !== 'project') return []
      const [e] = statement.query.expressions
      return e?.kind === 'literal' ? [e.value] : []
    })
    expect(values).toEqual([0n, -3_600_000_000n])
    expect(settings.timeZone).toBe('UTC')
  })

  test.each([
    'ALTER TABLE t DROP COLUMN a',
    "ALTER DATABASE d SET LOCATION 'x'",
    'ANALYZE TABLES COMPUTE STATISTICS',
    'DELETE FROM t WHERE a',
    'MERGE INTO t USING u ON a WHEN MATCHED THEN DELETE',
    'CALL p(1)',
    'CREATE TABLE t (a INT) USING csv PARTITIONED BY (a)',
    'INSERT INTO t REPLACE WHERE a SELECT 1',
    'SELECT * FROM t VERSION AS OF 1',
    'SELECT CAST(a AS VARIANT)',
  ])('known to Spark and refused with its name: %s', (text) => {
    expect(conditionOf(text)).toBe('UNSUPPORTED_FEATURE')
  })
})

describe('clauses beyond Spark', () => {
  test.each([
    ["INSERT INTO t LATE DATA TO late BAD ROWS TO db.bad EMIT AFTER IDLE '30 seconds' SELECT 1", 'db.bad', 30_000],
    ['INSERT INTO t BAD ROWS TO bad EMIT AFTER IDLE INTERVAL 1 MINUTE LATE DATA TO late SELECT 1', 'bad', 60_000],
  ])('a query may say where left-out rows go, in any order: %s', (text, badRowsTo, emitAfterIdleMs) => {
    const [statement] = sqlFrontend.parseScript(text)
    expect(statement).toMatchObject({ kind: 'insert_into', lateDataTo: 'late', badRowsTo, emitAfterIdleMs })
  })

  test('EXPLAIN WHY takes a time', () => {
    expect(sqlFrontend.parseScript("EXPLAIN WHY a.b AT '2031-03-04 12:00:00'; EXPLAIN WHY at")).toMatchObject([
      { kind: 'explain_why', name: 'a.b', at: '2031-03-04 12:00:00' },
      { kind: 'explain_why', name: 'at', at: undefined },
    ])
  })

  test.each([
    ["INSERT INTO t EMIT AFTER IDLE '1 month' SELECT 1", 'INVALID_PARAMETER_VALUE'],
    ["INSERT INTO t EMIT AFTER IDLE '-1 second' SELECT 1", 'INVALID_PARAMETER_VALUE'],
    ['INSERT INTO t LATE DATA TO a LATE DATA TO b SELECT 1', 'DUPLICATE_CLAUSES'],
    ['INSERT INTO t BAD ROWS a SELECT 1', 'PARSE_SYNTAX_ERROR'],
  ])('refused: %s', (text, condition) => {
    expect(conditionOf(text)).toBe(condition)
  })
})

describe('errors say where and what', () => {
  const diagnosed = (text: string): string => {
    try {
      sqlFrontend.parseScript(text)
      return 'no error'
    } catch (error) {
      return formatDiagnostic(error, text, 'query.sql')
    }
  }
  test.each([
    [
      'SELECT price\nFORM orders WHERE true',
      `query.sql:2:6: syntax error at or near 'orders'
  2 | FORM orders WHERE true
    |      ^^^^^^
  Did you mean FROM by "FORM"?
  PARSE_SYNTAX_ERROR, SQLSTATE 42601`,
    ],
    [
      'SELECT count(* FROM t',
      `query.sql:1:16: syntax error at or near 'FROM'
  1 | SELECT count(* FROM t
    |                ^^^^
  Expected ')' here.
  PARSE_SYNTAX_ERROR, SQLSTATE 42601`,
    ],
    [
      'CREATE STREM s (a INT)',
      `query.sql:1:8: syntax error at or near 'STREM'
  1 | CREATE STREM s (a INT)
    |        ^^^^^
  Did you mean STREAM?
  PARSE_SYNTAX_ERROR, SQLSTATE 42601`,
    ],
    [
      'SELECT a-b FROM my-table',
      `query.sql:1:17: name "my-table" needs back-ticks
  1 | SELECT a-b FROM my-table
    |                 ^^^^^^^^
  Write \`my-table\`.
  INVALID_IDENTIFIER, SQLSTATE 42602`,
    ],
    [
      'SELECT 1;\n\tSELECT 2 +',
      `query.sql:2:12: syntax error at or near end of input
  2 | \tSELECT 2 +
    | \t          ^
  PARSE_SYNTAX_ERROR, SQLSTATE 42601`,
    ],
    [
      'SHOW STREAMS; DROP INDEX i ON t',
      `query.sql:1:15: DROP INDEX is not supported
  1 | SHOW STREAMS; DROP INDEX i ON t
    |               ^^^^^^^^^^^^^^^^^
  UNSUPPORTED_FEATURE, SQLSTATE 0A000`,
    ],
  ])('%s', (text, expected) => {
    expect(diagnosed(text)).toBe(expected)
  })

  test('a text without a statement is refused', () => {
    expect(conditionOf(' ; -- nothing\n ;')).toBe('PARSE_EMPTY_STATEMENT')
  })

  test.each([
    ['parentheses', `SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`],
    ['subqueries', `SELECT * FROM ${'(SELECT * FROM '.repeat(20_000)}t${')'.repeat(20_000)}`],
    ['calls', `SELECT ${'f('.repeat(20_000)}1${')'.repeat(20_000)}`],
    ['NOT', `SELECT ${'NOT '.repeat(20_000)}a`],
    ['types', `SELECT CAST(a AS ${'ARRAY<'.repeat(20_000)}INT${'>'.repeat(20_000)})`],
    ['additions', `SELECT ${'a + '.repeat(20_000)}a`],
    ['subscripts', `SELECT a${'[0]'.repeat(20_000)}`],
  ])('nesting without end is an error, not an overflow: %s', (_, text) => {
    expect(conditionOf(text)).toBe('FAILED_TO_PARSE_TOO_COMPLEX')
  })

  test('long lists and chains are no nesting', () => {
    expect(conditionOf(`SELECT 1 WHERE ${Array.from({ length: 20_000 }, (_, i) => `a = ${i}`).join(' OR ')}`)).toBe(undefined)
    expect(conditionOf(Array.from({ length: 10_000 }, (_, i) => `SELECT ${i}`).join(' UNION ALL '))).toBe(undefined)
    expect(conditionOf(`SELECT * FROM t ${'JOIN u ON a '.repeat(2000)}`)).toBe(undefined)
  })
})

describe('variables', () => {
  const variables = new Map([
    ['dir', 'data/x'],
    ['n', '3'],
  ])
  const reference = (name: string): string => `\${${name}}`
  test('a reference is replaced, in strings too, and not in comments', () => {
    const text = `SELECT '${reference('dir')}/a' -- ${reference('unknown')}\nLIMIT ${reference(' n ')}`
    expect(substituteVariables(text, variables)).toBe(`SELECT 'data/x/a' -- ${reference('unknown')}\nLIMIT 3`)
  })
  test('a name without a value is refused where it stands', () => {
    expect(() => substituteVariables(`SELECT ${reference('x')}`, variables)).toThrow(
      expect.objectContaining({ condition: 'UNRESOLVED_VARIABLE', span: { start: 7, end: 11 } }),
    )
  })
})
