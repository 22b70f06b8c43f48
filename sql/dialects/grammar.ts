import { createRequire } from 'node:module'
import { ParseError } from '../../engine/errors/engine-error.ts'
import { requireConserved } from './conservation.ts'
import type { Dialect } from './dialect.ts'
import { type DialectToken, tokenizeDialect } from './dialect-lexer.ts'
import { isNode, type RawNode } from './tree.ts'

interface GrammarModule {
  readonly Parser: new () => {
    parse(text: string, options: { database: string; parseOptions: { includeLocations: boolean } }): { readonly ast: unknown }
  }
}

const load = createRequire(import.meta.url)
/** The deepest nesting of brackets: the grammars recurse, and some try several readings at each. */
const NESTING_MAX = 40

/**
 * One query → node-sql-parser's tree, nothing lost. The grammar is loaded when a text first asks for it: each has several hundred kilobytes.
 * `rewritten` has the length of `text` and its tokens at the same places.
 *
 * throws ParseError at the place the dialect's own grammar stopped, or naming a part that is lost
 */
export function readTree(text: string, tokens: readonly DialectToken[], dialect: Dialect): RawNode {
  requireShallow(tokens)
  let refusal: ParseError | undefined
  for (const grammar of dialect.grammars) {
    try {
      const tree = parseWith(grammar, text, dialect)
      requireConserved(tokens, tree, dialect)
      return tree
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      if (refusal === undefined || (error.span?.start ?? 0) > (refusal.span?.start ?? 0)) refusal = error
    }
  }
  throw refusal!
}

function parseWith(grammar: string, text: string, dialect: Dialect): RawNode {
  const { Parser } = load(`node-sql-parser/build/${grammar}.js`) as GrammarModule
  try {
    const { ast } = new Parser().parse(text, { database: grammar, parseOptions: { includeLocations: true } })
    const tree = Array.isArray(ast) ? ast[0] : ast
    if (isNode(tree) && (!Array.isArray(ast) || ast.length === 1)) return tree
    throw refused(dialect, undefined, text)
  } catch (error) {
    if (error instanceof ParseError) throw error
    if (error instanceof RangeError) throw tooDeep({ start: 0, end: text.length })
    throw refused(dialect, error, text)
  }
}

/** What is not a syntax error with a place is a fault of the grammar's own: the query is refused all the same. */
function refused(dialect: Dialect, cause: unknown, text: string): ParseError {
  const place =
    isNode(cause) && isNode(cause['location']) && isNode(cause['location']['start']) ? cause['location']['start']['offset'] : 0
  const start = typeof place === 'number' ? Math.min(place, text.length) : 0
  const word = tokenizeAt(text, start, dialect)
  return new ParseError('PARSE_SYNTAX_ERROR', {
    message:
      word === undefined ? `unexpected end of the query in ${dialect.title}` : `unexpected "${word.text}" in ${dialect.title}`,
    hint: 'docs/dialects.md says what is read of each dialect.',
    span: word ?? { start: text.length, end: text.length },
    cause,
  })
}
function tokenizeAt(text: string, start: number, dialect: Dialect): DialectToken | undefined {
  return tokenizeDialect(text, dialect).find(({ end }) => end > start)
}

function requireShallow(tokens: readonly DialectToken[]): void {
  let depth = 0
  for (const { kind, text, start, end } of tokens) {
    if (kind !== 'symbol') continue
    if (text === '(' || text === '[') depth++
    else if (text === ')' || text === ']') depth--
    if (depth > NESTING_MAX) throw tooDeep({ start, end })
  }
}
function tooDeep(span: { start: number; end: number }): ParseError {
  return new ParseError('FAILED_TO_PARSE_TOO_COMPLEX', {
    message: 'the query is nested too deeply for the parser of its dialect',
    hint: `Brackets may be ${NESTING_MAX} deep; split the query with WITH.`,
    span,
  })
}
