import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { createSession, EngineError, ParseError, type Session } from '../../../index.ts'
import { DIALECTS } from '../../../sql/dialects/dialect.ts'

/** A query of a dialect's file, with the lines that say what comes of it. */
interface Case {
  readonly text: string
  readonly outcome: readonly string[]
}

function casesOf(dialect: string): Case[] {
  const text = readFileSync(new URL(`${dialect}.sql`, import.meta.url), 'utf8')
  const blocks = text.split('\n\n').map((block) => block.split('\n').filter((line) => line !== ''))
  return blocks
    .filter(([first]) => first !== undefined && !first.startsWith('--'))
    .map(([first, ...outcome]) => ({ text: first!, outcome }))
}

let session: Session
beforeAll(async () => {
  session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  await session.run(readFileSync(new URL('tables.sql', import.meta.url), 'utf8'))
})

async function outcomeOf(text: string, dialect: string): Promise<string[]> {
  try {
    return (await session.sql(text, { dialect }).toJSON()).map((row) => `--> ${row}`)
  } catch (error) {
    if (error instanceof EngineError && error.domain === 'user') return [`--! ${error.condition}: ${error.message}`]
    throw error
  }
}

describe.each(Object.keys(DIALECTS))('queries of %s', (dialect) => {
  test.each(casesOf(dialect))('$text', async ({ text, outcome }) => {
    expect(await outcomeOf(text, dialect)).toEqual(outcome)
  })

  test('as many are read as docs/dialects.md says', () => {
    const cases = casesOf(dialect)
    const read = cases.filter(({ outcome }) => !outcome.some((line) => line.startsWith('--!')))
    const page = readFileSync(new URL('../../../docs/dialects.md', import.meta.url), 'utf8')
    expect(page).toContain(
      `| ${DIALECTS[dialect as keyof typeof DIALECTS].title} | \`${dialect}\` | ${read.length} of ${cases.length} |`,
    )
  })
})

describe('dialects', () => {
  const errorOf = (text: string, dialect: string): ParseError => {
    try {
      session.sql(text, { dialect })
    } catch (error) {
      if (error instanceof ParseError) return error
      throw error
    }
    throw new Error('read without an error')
  }
  const marked = (text: string, dialect: string): string => {
    const { message, span } = errorOf(text, dialect)
    return `${message} @ ${text.slice(span!.start, span!.end)}`
  }

  test('a part that the parser drops is refused with its place', () => {
    expect(marked('SELECT a FROM t TABLESAMPLE BERNOULLI (10)', 'trino')).toBe('"TABLESAMPLE" is lost @ TABLESAMPLE')
    expect(marked("SELECT 'tablesample bernoulli 10' FROM t TABLESAMPLE BERNOULLI (10)", 'trino')).toBe(
      '"TABLESAMPLE" is lost @ TABLESAMPLE',
    )
    expect(marked('(SELECT id FROM a) UNION ALL (SELECT id FROM b) ORDER BY 1', 'bigquery')).toBe('"1" is lost @ 1')
  })

  test('places are those of the text, behind other statements and in every dialect', async () => {
    const text = "SET spark.sql.session.timeZone = 'UTC';\nSELECT nam FROM people"
    const error = await session.run(text, { dialect: 'postgresql' }).then(
      () => undefined,
      (reason: EngineError) => reason,
    )
    expect(error?.condition).toBe('UNRESOLVED_COLUMN.WITH_SUGGESTION')
    expect(text.slice(error!.span!.start, error!.span!.end)).toBe('nam')
  })

  test('syntax that the dialect does not have is refused where it stands', () => {
    expect(marked('SELECT a FROM t WHERE', 'postgresql')).toBe('unexpected end of the query in PostgreSQL @ ')
    expect(marked('SELECT a b c FROM t', 'mysql')).toBe('unexpected "c" in MySQL @ c')
    expect(marked("SELECT 'abc FROM t", 'trino')).toBe("the string that begins here does not end @ 'abc FROM t")
  })

  test('brackets too deep are an error', () => {
    for (const dialect of Object.keys(DIALECTS)) {
      expect(errorOf(`SELECT ${'('.repeat(500)}1${')'.repeat(500)}`, dialect).condition).toBe('FAILED_TO_PARSE_TOO_COMPLEX')
    }
  })

  test('what a grammar would take exponential time over is refused, or read by another', async () => {
    const nested = (open: string, close: string, depth: number): string =>
      `SELECT ${open.repeat(depth)}1${close.repeat(depth)} AS v`
    for (const dialect of ['mysql', 'bigquery']) {
      expect(errorOf(nested('CAST(', ' AS DECIMAL)', 30), dialect).condition).toBe('FAILED_TO_PARSE_TOO_COMPLEX')
    }
    for (const text of [nested('abs(', ')', 10)])
      expect(await session.sql(text, { dialect: 'flinksql' }).toJSON()).toEqual(['{"v":1}'])
  })

  test('a dialect that does not exist is refused by name', () => {
    expect(errorOf('SELECT 1', 'oracle')).toMatchObject({
      condition: 'UNKNOWN_DIALECT',
      hint: 'Dialects are spark, flinksql, postgresql, mysql, trino, snowflake, bigquery.',
    })
  })

  test.each(Object.keys(DIALECTS))('operators bind as they do in %s', async (dialect) => {
    const value = async (expression: string): Promise<unknown> => {
      const [row] = await session.sql<{ v: unknown }>(`SELECT ${expression} AS v`, { dialect }).collect()
      return row?.v
    }
    const [t, f] = ['1 = 1', '1 = 2']
    expect(await value(`CASE WHEN ${t} OR ${t} AND ${f} THEN 1 ELSE 0 END`)).toBe(1)
    expect(await value(`CASE WHEN ${f} AND ${t} OR ${t} AND ${t} OR ${f} THEN 1 ELSE 0 END`)).toBe(1)
    expect(await value(`CASE WHEN (${t} OR ${t}) AND ${f} THEN 1 ELSE 0 END`)).toBe(0)
    expect(await value(`CASE WHEN NOT ${f} OR ${t} AND ${f} THEN 1 ELSE 0 END`)).toBe(1)
    expect(await value(`CASE WHEN NOT (1 = 1) IS NULL THEN 1 ELSE 0 END`)).toBe(1)
    expect(await value('10 - 4 - 3 * 2')).toBe(0)
    const rows = await session
      .sql(`SELECT id FROM people WHERE NOT age > 30 OR age IS NULL AND city = 'Rome'`, { dialect })
      .collect()
    expect(rows).toEqual([{ id: 3 }, { id: 4 }])
  })

  test('queries inside INSERT, CREATE VIEW and EXPLAIN are of the dialect', async () => {
    const own = createSession({ 'spark.sql.session.timeZone': 'UTC' })
    const rows: string[] = []
    const script = `
      CREATE TABLE kept (name STRING, n INT);
      CREATE VIEW doubled(x) AS WITH one AS (SELECT '1'::int AS a) SELECT a * 2 FROM one;
      INSERT INTO kept (name, n) SELECT "x"::text, strpos('abc', 'c') FROM doubled;
      SELECT * FROM kept`
    await own.run(script, { dialect: 'postgresql' }, { onResult: async (result) => void rows.push(...(await result.toJSON())) })
    expect(rows).toEqual(['{"name":"2","n":3}'])
    expect(own.explain("EXPLAIN SELECT strpos('abc', 'c')", { dialect: 'postgresql' })).toContain('instr(abc, c)')
    const text = 'CREATE VIEW w AS SELECT a ^^ b FROM t'
    expect(marked(text, 'postgresql')).toBe('unexpected "^" in PostgreSQL @ ^')
  })

  test('spark is a dialect as well, and declarations are of it in every dialect', async () => {
    expect(await session.sql('SELECT 1 AS a', { dialect: 'spark' }).toJSON()).toEqual(['{"a":1}'])
    const rows: string[] = []
    await session.run(
      'CREATE OR REPLACE TEMPORARY VIEW v AS SELECT named_struct(\'a\', 1) AS s; SELECT "s" AS "x y" FROM v',
      { dialect: 'postgresql' },
      { onResult: async (result) => void rows.push(...(await result.toJSON())) },
    )
    expect(rows).toEqual(['{"x y":{"a":1}}'])
  })
})
