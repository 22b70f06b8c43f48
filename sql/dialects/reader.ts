import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Span } from '../../engine/errors/span.ts'
import { STRING } from '../../engine/types/data-type.ts'
import type { Settings } from '../../engine/types/settings.ts'
import type { CallSyntax, ExpressionSyntax, LiteralSyntax, QuerySyntax, RelationSyntax } from '../ast.ts'
import { parseExpressionSyntax } from '../ddl.ts'
import { emptyCall } from '../parser/call.ts'
import type { Dialect } from './dialect.ts'
import { type DialectToken, stringKey, stringValue } from './dialect-lexer.ts'
import type { RawNode } from './tree.ts'

/** What the readers of one query share: its dialect, where its words stand, and each other. */
export class Reading {
  readonly dialect: Dialect
  readonly settings: Settings
  /** The query, for what has no nearer place. */
  readonly span: Span
  /** Whether an operand of UNION, EXCEPT or INTERSECT stands in brackets: not every grammar says so. */
  readonly bracketsOperands: boolean
  /** Relations that Spark's grammar read, by the names put in their place. */
  readonly pieces: ReadonlyMap<string, RelationSyntax>
  readonly #quoted: ReadonlySet<string>
  readonly #places = new Map<string, DialectToken[]>()
  readonly #strings = new Map<string, DialectToken[]>()
  /** Set by read-query.ts, which reads the queries inside expressions. */
  readQuery: (raw: RawNode) => QuerySyntax = () => {
    throw this.refuse('a query here')
  }

  constructor(
    dialect: Dialect,
    settings: Settings,
    tokens: readonly DialectToken[],
    pieces: ReadonlyMap<string, RelationSyntax>,
    span: Span,
  ) {
    this.dialect = dialect
    this.settings = settings
    this.span = span
    this.pieces = pieces
    this.bracketsOperands = tokens.some(
      ({ text }, i) => text === '(' && /^(?:union|except|intersect|minus|all|distinct)$/i.test(tokens[i - 1]?.text ?? ''),
    )
    this.#quoted = new Set(tokens.filter(({ kind }) => kind === 'quoted').map(({ text }) => text.toLowerCase()))
    for (const token of tokens) {
      if (token.kind === 'string') enter(this.#strings, stringKey(token.text), token)
      else enter(this.#places, token.text.toLowerCase(), token)
    }
  }

  /** Where the next `text` stands: words that stand several times are given out in order, since trees are read in the text's order. */
  placeOf(text: string): Span {
    const token = nextOf(this.#places.get(text.toLowerCase()))
    return token ? { start: token.start, end: token.end } : this.span
  }

  /** A string of the tree as it stands in the text: grammars undo some escapes and leave others. */
  string(text: string): LiteralSyntax {
    const token = nextOf(this.#strings.get(stringKey(text)))
    if (token === undefined) return stringLiteral(text, this.span)
    return stringLiteral(stringValue(token.text, this.dialect), { start: token.start, end: token.end })
  }

  /** Whether the name stands in quotes anywhere: then it is meant as a name, whatever its word. */
  isQuoted(name: string): boolean {
    return this.#quoted.has(name.toLowerCase())
  }

  refuse(what: string, span: Span = this.span, hint?: string): ParseError {
    return new ParseError('UNSUPPORTED_FEATURE', {
      message: `${what} of ${this.dialect.title} is not supported`,
      span,
      ...(hint !== undefined && { hint }),
    })
  }

  /** Spark's reading of a text made here: a literal, a type, a frame. Its place is `span`. */
  spark(text: string, span: Span, settings = this.settings): ExpressionSyntax {
    try {
      return { ...parseExpressionSyntax(text, settings), span }
    } catch (error) {
      if (error instanceof ParseError) error.span = span
      throw error
    }
  }
}

function enter(tokens: Map<string, DialectToken[]>, key: string, token: DialectToken): void {
  const same = tokens.get(key)
  if (same) same.push(token)
  else tokens.set(key, [token])
}
/** The first of them, which is then used up, but for the last. */
function nextOf(tokens: DialectToken[] | undefined): DialectToken | undefined {
  return tokens !== undefined && tokens.length > 1 ? tokens.shift() : tokens?.[0]
}

export function stringLiteral(value: string, span: Span): LiteralSyntax {
  return { kind: 'literal', form: 'string', text: value, value, type: STRING, span }
}
export function callOf(name: string, args: readonly ExpressionSyntax[], span: Span): CallSyntax {
  return { ...emptyCall(name, span), args: args.map((value) => ({ name: undefined, value })) }
}
