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
/** How deep a text may be nested for a grammar: brackets and CASE inside one another, and CAST inside CAST. */
interface Limits {
  readonly nesting: number
  readonly casts: number
}
const USUAL: Limits = { nesting: 40, casts: 40 }
/** These read a nested part several times over, so that their time doubles and more with each level. */
const SLOW: Readonly<Record<string, Limits>> = {
  flinksql: { nesting: 7, casts: 5 },
  mysql: { nesting: 40, casts: 5 },
  mariadb: { nesting: 40, casts: 5 },
  bigquery: { nesting: 40, casts: 5 },
}

/**
 * One query → node-sql-parser's tree, nothing lost. The grammar is loaded when a text first asks for it: each has several hundred kilobytes.
 * `rewritten` has the length of `text` and its tokens at the same places.
 *
 * throws ParseError at the place the dialect's own grammar stopped, or naming a part that is lost
 */
export function readTree(text: string, tokens: readonly DialectToken[], dialect: Dialect): RawNode {
  let refusal: ParseError | undefined
  for (const grammar of dialect.grammars) {
    try {
      requireShallow(tokens, SLOW[grammar] ?? USUAL)
      const tree = parseWith(grammar, text, dialect)
      requireConserved(tokens, tree, dialect)
      return tree
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      if (refusal === undefined || isTooDeep(refusal) || (error.span?.start ?? 0) > (refusal.span?.start ?? 0)) refusal = error
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

/** Of what one grammar cannot bear another says more. */
function isTooDeep({ condition }: ParseError): boolean {
  return condition === 'FAILED_TO_PARSE_TOO_COMPLEX'
}

function requireShallow(tokens: readonly DialectToken[], limits: Limits): void {
  /** Of each open bracket, whether it is a cast's. */
  const open: boolean[] = []
  let casts = 0
  let cases = 0
  tokens.forEach(({ kind, text, start, end }, i) => {
    if (kind === 'word') {
      if (/^CASE$/i.test(text)) cases++
      else if (/^END$/i.test(text)) cases--
    } else if (kind === 'symbol' && (text === '(' || text === '[')) {
      const isCast = /^(?:TRY_|SAFE_)?CAST$/i.test(tokens[i - 1]?.text ?? '')
      open.push(isCast)
      if (isCast) casts++
    } else if (kind === 'symbol' && (text === ')' || text === ']') && open.pop() === true) casts--
    if (open.length + cases > limits.nesting || casts > limits.casts) throw tooDeep({ start, end }, limits)
  })
}
function tooDeep(span: { start: number; end: number }, limits = USUAL): ParseError {
  return new ParseError('FAILED_TO_PARSE_TOO_COMPLEX', {
    message: 'the query is nested too deeply for the parser of its dialect',
    hint: `Brackets may be ${limits.nesting} deep and casts ${limits.casts}; split the query with WITH.`,
    span,
  })
}
