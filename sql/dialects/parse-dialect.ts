import { EngineError, ParseError } from '../../engine/errors/engine-error.ts'
import type { Literal } from '../../engine/expr/expression.ts'
import type { Statement } from '../../engine/plan/statement.ts'
import { Settings } from '../../engine/types/settings.ts'
import { lowerStatement } from '../lower/lower-statement.ts'
import { parseScript } from '../script.ts'
import type { Dialect } from './dialect.ts'
import { dialectOf } from './dialect.ts'
import { type DialectToken, tokenizeDialect } from './dialect-lexer.ts'
import { readTree } from './grammar.ts'
import { readQuery } from './read-query.ts'
import { Reading } from './reader.ts'
import { rewrite } from './rewrite.ts'
import { windowTables } from './window-tables.ts'

const QUERY_STARTS = new Set(['SELECT', 'WITH', '('])

/**
 * Statements separated by ';', whose queries are of the dialect, also those of INSERT, CREATE VIEW, CREATE STREAMING TABLE and EXPLAIN. All
 * else (CREATE STREAM, SET, …) is Spark's, with what Millrace adds: a script in any dialect declares its tables alike.
 *
 * throws ParseError with a span, also for what the dialect says and has no meaning here, and for what its parser drops
 */
export function parseDialectScript(
  text: string,
  name: string,
  given = new Settings(),
  parameters?: ReadonlyMap<string, Literal>,
): Statement[] {
  const dialect = dialectOf(name)
  if (dialect === undefined) return parseScript(text, given, parameters)
  const settings = given.copy()
  const statements: Statement[] = []
  for (const tokens of statementsOf(tokenizeDialect(text, dialect))) {
    const start = tokens[0]!.start
    const end = tokens.at(-1)!.end
    if (QUERY_STARTS.has(tokens[0]!.text.toUpperCase())) {
      statements.push(parseQuery(text, tokens, dialect, settings))
      continue
    }
    // Before a query inside stands what Spark's grammar reads over a query of its own.
    const at = queryInside(tokens)
    const head = text.slice(start, at === undefined ? end : tokens[at]!.start)
    // At its own places, by blanks before it.
    const whole = `${text.slice(0, start).replace(/[^\n]/g, ' ')}${head}${at === undefined ? '' : 'SELECT 1'}`
    const read = parseScript(whole, settings, parameters)
    if (at !== undefined) {
      const query = parseQuery(text, tokens.slice(at), dialect, settings)
      statements.push(...read.map((statement) => withQuery(statement, query, { start, end })))
      continue
    }
    for (const statement of read) {
      if (statement.kind === 'set' && statement.key !== undefined && statement.value !== undefined)
        settings.set(statement.key, statement.value)
    }
    statements.push(...read)
  }
  if (statements.length === 0) {
    throw new ParseError('PARSE_EMPTY_STATEMENT', { message: 'there is no statement', span: { start: 0, end: text.length } })
  }
  return statements
}

const HOLDERS =
  /^(?:INSERT|EXPLAIN|CREATE (?:OR REPLACE )?(?:GLOBAL )?(?:TEMP(?:ORARY)? )?VIEW|CREATE (?:OR REFRESH )?STREAMING TABLE)\b/i

/** Where the query begins in a statement that holds one: INSERT, CREATE VIEW, CREATE STREAMING TABLE, EXPLAIN. */
function queryInside(tokens: readonly DialectToken[]): number | undefined {
  const words = tokens.slice(0, 6).map(({ text }) => text)
  if (!HOLDERS.test(words.join(' '))) return undefined
  let depth = 0
  const found = tokens.findIndex(({ kind, text }, i) => {
    if (text === '(' && kind === 'symbol') depth++
    else if (text === ')' && kind === 'symbol') depth--
    if (kind !== 'word' || depth > 0) return false
    // WITH ('connector' = …) is of the head, WITH name AS (…) of the query.
    return /^SELECT$/i.test(text) || (/^WITH$/i.test(text) && tokens[i + 1]?.kind !== 'symbol')
  })
  return found < 0 ? undefined : found
}

/** The statement with the query in the place of the one that stood in for it. */
function withQuery(statement: Statement, query: Statement, span: { start: number; end: number }): Statement {
  if (query.kind !== 'query') return statement
  switch (statement.kind) {
    case 'query':
      return query
    case 'explain':
      return { ...statement, statement: withQuery(statement.statement, query, span), span }
    case 'insert_into':
    case 'create_view':
    case 'create_streaming_table':
      return { ...statement, query: query.query, span }
    default:
      throw new ParseError('UNSUPPORTED_FEATURE', {
        message: 'a query of another dialect in this statement is not supported',
        span,
      })
  }
}

function parseQuery(text: string, tokens: readonly DialectToken[], dialect: Dialect, settings: Settings): Statement {
  const start = tokens[0]!.start
  const end = tokens.at(-1)!.end
  const own = tokens.map((token) => ({ ...token, start: token.start - start, end: token.end - start }))
  const span = { start: 0, end: end - start }
  try {
    const { text: whole, pieces } = windowTables(text.slice(start, end), own, settings)
    const rewritten = rewrite(whole, tokenizeDialect(whole, dialect))
    const rewrittenTokens = tokenizeDialect(rewritten, dialect)
    const tree = readTree(rewritten, rewrittenTokens, dialect)
    const reading = new Reading(dialect, settings, rewrittenTokens, pieces, span)
    reading.readQuery = (raw) => readQuery(raw, reading)
    const query = readQuery(tree, reading)
    return moved(lowerStatement({ syntax: { kind: 'query_statement', query, span }, refusals: [] }), start)
  } catch (error) {
    if (error instanceof RangeError) {
      throw new ParseError('FAILED_TO_PARSE_TOO_COMPLEX', {
        message: 'the query is too deep or too long for the parser of its dialect',
        span: { start, end },
        cause: error,
      })
    }
    if (error instanceof EngineError && error.span !== undefined)
      error.span = { start: error.span.start + start, end: error.span.end + start }
    throw error
  }
}

/** Places of a query count from its own start until here. */
function moved<T>(value: T, by: number): T {
  if (by === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part) => moved(part, by)) as T
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      if (key === 'span' && isSpan(part)) return [key, { start: part.start + by, end: part.end + by }]
      return [key, key === 'value' || key === 'type' ? part : moved(part, by)]
    }),
  ) as T
}
function isSpan(value: unknown): value is { start: number; end: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'start' in value &&
    'end' in value &&
    typeof value.start === 'number' &&
    typeof value.end === 'number'
  )
}

function statementsOf(tokens: readonly DialectToken[]): DialectToken[][] {
  const statements: DialectToken[][] = [[]]
  for (const token of tokens) {
    if (token.kind === 'symbol' && token.text === ';') statements.push([])
    else statements.at(-1)!.push(token)
  }
  return statements.filter((statement) => statement.length > 0)
}
