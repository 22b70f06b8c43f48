import { expect, test } from 'vitest'
import { analyze } from '../../engine/analysis/analyzer.ts'
import { Catalog } from '../../engine/catalog/catalog.ts'
import { EngineError } from '../../engine/errors/engine-error.ts'
import { builtinFunctions } from '../../engine/functions/builtin.ts'
import { Settings, TIME_ZONE } from '../../engine/types/settings.ts'
import { parseTypeOrColumns } from '../../sql/ddl.ts'
import { DIALECTS } from '../../sql/dialects/dialect.ts'
import { parseDialectScript } from '../../sql/dialects/parse-dialect.ts'
import { parseScript } from '../../sql/script.ts'

/**
 * Whatever the text, the answer is a plan or an error for its author: no internal error, no other exception, no text that takes long.
 * `FUZZ=1000000` runs that many texts, `SEED` repeats a run.
 */
const TEXTS = Number(process.env['FUZZ'] ?? 20_000)
const SEED = Number(process.env['SEED'] ?? 1)
/** Of a single short text. Far above what any takes: it tells a reading of exponential time from a slow machine. */
const HANG_MS = 5_000

const QUERIES = [
  'SELECT a, b AS c, count(*) FROM t WHERE a > 1 AND b IN (1, 2) GROUP BY a, b HAVING count(*) > 1 ORDER BY a DESC NULLS LAST LIMIT 10 OFFSET 5',
  "WITH x AS (SELECT 1 AS a), y(b) AS (VALUES (1), (2)) SELECT CASE WHEN a = 1 THEN 'x' ELSE 'y' END, CAST(a AS DECIMAL(10, 2)) FROM x LEFT JOIN y ON x.a = y.b",
  'SELECT sum(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t WINDOW w AS (ORDER BY a)',
  'SELECT * FROM t NATURAL JOIN u CROSS JOIN LATERAL (SELECT t.a) v WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)',
  "SELECT EXTRACT(YEAR FROM ts), INTERVAL '1' DAY, a BETWEEN 1 AND 2, a IS NOT NULL, m['k'], s.x, arr[0], x -> x + 1 FROM t",
  'SELECT a FROM t UNION ALL SELECT a FROM u EXCEPT SELECT 1 INTERSECT SELECT 2',
  'SELECT a, b, grouping(a) FROM t GROUP BY GROUPING SETS ((a, b), (a), ()) ORDER BY ALL',
  'FROM t |> WHERE a > 1 |> AGGREGATE sum(b) AS s GROUP BY a |> ORDER BY s |> LIMIT 3',
  'SELECT * FROM t PIVOT (sum(a) AS s FOR b IN (1 AS x, 2 AS y))',
  'SELECT * FROM t UNPIVOT (v FOR n IN (a, b))',
  'SELECT explode(arr), transform(arr, (e, i) -> e * i), filter(arr, e -> e > 1) FROM t LATERAL VIEW OUTER explode(arr) z AS q',
  "SELECT window.start, count(*) FROM t GROUP BY window(ts, '5 minutes', '1 minute')",
  "CREATE STREAM s (a INT, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL 5 SECONDS) USING json OPTIONS (path 'x')",
  'CREATE OR REPLACE TEMPORARY VIEW v (a, b) AS SELECT a, b FROM t; INSERT INTO t (a) SELECT 1; SET x = 1',
  'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r QUALIFY row_number() OVER (ORDER BY n) = 1',
  "SELECT a LIKE ANY ('x%', 'y'), b RLIKE '[', ts AT TIME ZONE 'UTC', DATE '2020-01-01', X'1F', 1e3, 1.5BD, -5Y, r'\\d' FROM t",
  "SELECT approx_percentile(a, 0.5) FILTER (WHERE b > 1), listagg(c, ',') WITHIN GROUP (ORDER BY c DESC), first(a) IGNORE NULLS FROM t",
]
const WORDS = [
  ...`SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET AS ON USING WITH AND OR NOT CASE WHEN THEN ELSE END NULL TRUE FALSE JOIN LEFT RIGHT
  FULL OUTER CROSS NATURAL SEMI ANTI LATERAL VIEW UNION ALL EXCEPT INTERSECT DISTINCT IN EXISTS BETWEEN LIKE RLIKE IS CAST INTERVAL DATE TIMESTAMP
  ARRAY MAP STRUCT INT STRING DECIMAL OVER PARTITION ROWS RANGE PRECEDING FOLLOWING CURRENT ROW UNBOUNDED FILTER WITHIN QUALIFY WINDOW PIVOT UNPIVOT
  FOR VALUES TABLE CUBE ROLLUP GROUPING SETS CREATE STREAM INSERT INTO SET DAY SECOND YEAR TO EXTRACT TRIM BOTH POSITION IDENTIFIER DESCRIBE EXPLAIN
  a b c t u ts arr m s x count sum explode transform coalesce named_struct date_trunc`.split(/\s+/),
  ...`( ) , . * + - / % = <> < > <= >= <=> || :: : ; [ ] -> => |> ? :p ! ~ & | ^ @ # $ \\ { }`.split(' '),
  ...`0 1 2147483648 1.5 1e400 .5 5L 99999999999999999999999999999999999999999 'x' '' "q" \`a\` '\\' X'1' -- /* */`.split(' '),
]

/** Numbers from a seed, the same on every machine (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

function textOf(random: (below: number) => number): string {
  const word = (): string => WORDS[random(WORDS.length)]!
  if (random(4) === 0) return Array.from({ length: 1 + random(25) }, word).join(' ')
  const tokens = QUERIES[random(QUERIES.length)]!.match(/\w+|'[^']*'|\s+|./g)!
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(tokens.length)
    switch (random(5)) {
      case 0:
        tokens.splice(at, 1 + random(3))
        break
      case 1:
        tokens.splice(at, 0, ` ${word()} `)
        break
      case 2:
        tokens[at] = ` ${word()} `
        break
      case 3:
        tokens.splice(at, 0, ...tokens.slice(random(tokens.length), random(tokens.length)).slice(0, 20))
        break
      default: {
        const other = random(tokens.length)
        ;[tokens[at], tokens[other]] = [tokens[other] ?? '', tokens[at] ?? '']
      }
    }
    if (tokens.length === 0) tokens.push(word())
  }
  return tokens.join('')
}

const settings = new Settings([[TIME_ZONE, 'UTC']])
const functions = builtinFunctions()
const catalog = catalogOf()

function catalogOf(): Catalog {
  const made = new Catalog()
  const view = `SELECT 1 AS a, 2 AS b, 'x' AS c, TIMESTAMP '2031-01-01 00:00:00' AS ts, array(1, 2) AS arr, map('k', 1) AS m, named_struct('x', 1) AS s`
  for (const name of ['t', 'u']) {
    const [statement] = parseScript(view, settings)
    if (statement?.kind === 'query') made.set([name], { kind: 'view', plan: statement.query })
  }
  return made
}
function check(text: string, dialect: string): void {
  for (const statement of parseDialectScript(text, dialect, settings)) {
    if (statement.kind !== 'query') continue
    analyze(statement.query, {
      catalog,
      functions,
      settings,
      evaluation: { timeZone: 'UTC', settings, epoch: { timestampMs: 0, epochId: 0 } },
      ddl: { parse: (ddl) => parseTypeOrColumns(ddl, settings) },
    })
  }
}
/** Undefined when all is well. */
function fault(text: string, dialect: string): string | undefined {
  const start = performance.now()
  try {
    check(text, dialect)
  } catch (error) {
    if (!(error instanceof EngineError)) return `${error instanceof Error ? error.stack : error}`
    if (error.domain === 'internal') return error.stack
  }
  return performance.now() - start > HANG_MS ? 'takes too long' : undefined
}
function faults(texts: number, dialect: (i: number) => string): string[] {
  const random = randomOf(SEED)
  const found: string[] = []
  for (let i = 0; i < texts && found.length < 20; i++) {
    const text = textOf(random)
    const what = fault(text, dialect(i))
    if (what !== undefined) found.push(`${dialect(i)}: ${text}\n${what}`)
  }
  return found
}

test(
  `${TEXTS} texts give a plan or a clean error`,
  () => {
    expect(faults(TEXTS, () => 'spark')).toEqual([])
  },
  60_000 + TEXTS * 5,
)

test(
  'so they do in the other dialects',
  () => {
    const names = Object.keys(DIALECTS)
    expect(faults(TEXTS / 10, (i) => names[i % names.length]!)).toEqual([])
  },
  60_000 + TEXTS * 5,
)

test('statements of a megabyte are read', () => {
  const long = (piece: string, between: string): string => {
    const count = Math.ceil(1_000_000 / (piece.length + between.length))
    return Array.from({ length: count }, () => piece).join(between)
  }
  const texts = [
    `SELECT ${long('a + 1 AS b', ', ')} FROM t`,
    `SELECT * FROM t WHERE a IN (${long('12345', ', ')})`,
    `VALUES ${long("(1, 'text', 2.5)", ', ')}`,
    `SELECT '${long('x', '')}'`,
    `SELECT 1 /* ${long('comment', ' ')} */`,
    long('SELECT a FROM t', '; '),
  ]
  for (const text of texts) expect(parseScript(text, settings).length).toBeGreaterThan(0)
}, 60_000)

test('what is nested too deeply is an error', () => {
  const nested = (open: string, inner: string, close: string): string => `${open.repeat(20_000)}${inner}${close.repeat(20_000)}`
  const texts = [
    `SELECT ${nested('(', '1', ')')}`,
    `SELECT ${nested('f(', '1', ')')}`,
    `SELECT ${nested('NOT ', 'a', '')} FROM t`,
    `SELECT ${nested('- ', '1', '')}`,
    `SELECT ${nested('CASE WHEN a THEN ', '1', ' END')} FROM t`,
    `SELECT CAST(1 AS ${nested('ARRAY<', 'INT', '>')})`,
    nested('SELECT * FROM (', 'SELECT 1', ')'),
    `SELECT ${nested('(SELECT ', '1', ')')}`,
    `SELECT a${nested('[', '1', ']')} FROM t`,
  ]
  for (const text of texts) {
    let condition: string | undefined
    try {
      check(text, 'spark')
    } catch (error) {
      expect(error, text.slice(0, 60)).toBeInstanceOf(EngineError)
      condition = (error as EngineError).condition
    }
    expect(condition, text.slice(0, 60)).not.toBe('INTERNAL_ERROR')
    expect(condition, text.slice(0, 60)).toBeDefined()
  }
})
