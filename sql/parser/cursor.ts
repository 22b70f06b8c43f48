import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Span } from '../../engine/errors/span.ts'
import type { Literal } from '../../engine/expr/expression.ts'
import type { Settings } from '../../engine/types/settings.ts'
import type { Refusal } from '../ast.ts'
import { BY_KEYWORDS, CLAUSE_KEYWORDS, HINT_KEYWORDS, STRICT_KEYWORDS } from '../keywords.ts'
import type { Token } from '../token.ts'

/** Constructs inside one another, beyond which a text is refused rather than the stack overflown. */
export const DEPTH_MAX = 400

/**
 * A place in a list of tokens, and the words that every grammar function is written in. `peek` looks, `accept` moves on if it can,
 * `expect` must. Spark reserves no word, so some texts can only be told apart by trying: `attempt` tries one reading and comes back.
 */
export class Cursor {
  readonly text: string
  readonly tokens: readonly Token[]
  readonly settings: Settings
  /** Values of `:name` and, under '0', '1', …, of `?`; without them a marker stays a marker. */
  readonly parameters: ReadonlyMap<string, Literal> | undefined
  at = 0
  /** `?` markers seen so far. */
  positionalParameters = 0
  /** What was read so far that Spark's grammar has and Millrace does not. */
  refusals: Refusal[] = []
  /** A word that ends what is being read, and is no alias in it. */
  #end: string | undefined
  #depth = 0
  /** The failure that got furthest: when every reading fails, the message is about that one. */
  #furthest: ParseError | undefined
  readonly #failed = new Map<string, Set<number>>()

  constructor(text: string, tokens: readonly Token[], settings: Settings, parameters?: ReadonlyMap<string, Literal>) {
    this.text = text
    this.tokens = tokens
    this.settings = settings
    this.parameters = parameters
  }

  get token(): Token {
    return this.tokens[this.at]!
  }
  peek(ahead: number): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]!
  }
  get done(): boolean {
    return this.token.kind === 'end'
  }

  /** The next tokens are these words and symbols. */
  sees(...words: readonly string[]): boolean {
    return words.every((word, i) => this.peek(i).upper === word)
  }
  seesAny(words: readonly string[], ahead = 0): boolean {
    const { upper } = this.peek(ahead)
    return upper !== '' && words.includes(upper)
  }
  accept(...words: readonly string[]): boolean {
    if (!this.sees(...words)) return false
    this.at += words.length
    return true
  }
  /** `word`, if `following` comes after it: `WITH (` but not `WITH x`. */
  acceptBefore(word: string, following: string): boolean {
    return this.sees(word, following) && this.accept(word)
  }
  expect(...words: readonly string[]): void {
    for (const word of words) {
      if (this.token.upper !== word) throw this.unexpected(word)
      this.at++
    }
  }
  next(): Token {
    const { token } = this
    if (token.kind !== 'end') this.at++
    return token
  }

  /** From the token at index `first` to the last one read. */
  spanFrom(first: number): Span {
    return { start: this.tokens[first]!.start, end: this.tokens[Math.max(this.at - 1, first)]!.end }
  }

  /** `PARSE_SYNTAX_ERROR` at the next token. */
  unexpected(expected?: string): ParseError {
    const { token } = this
    const shown = token.kind === 'end' ? 'end of input' : `'${this.text.slice(token.start, token.end)}'`
    const near = token.kind === 'word' ? nearestKeyword(token.upper) : undefined
    // A misspelt keyword is read as a name or an alias, and only what comes after it is out of place.
    const before = this.tokens[this.at - 1]
    const meant = before?.kind === 'word' ? nearestKeyword(before.upper) : undefined
    return new ParseError('PARSE_SYNTAX_ERROR', {
      message: `syntax error at or near ${shown}`,
      ...(expected && { detail: `Expected ${/^[A-Z_]+$/.test(expected) ? expected : `'${expected}'`} here.` }),
      ...(meant ? { hint: `Did you mean ${meant} by "${before!.text}"?` } : near ? { hint: `Did you mean ${near}?` } : {}),
      span: { start: token.start, end: Math.max(token.end, token.start + (token.kind === 'end' ? 0 : 1)) },
      parameters: { error: shown, hint: '' },
    })
  }
  /** Notes that `what`, read since token `first`, parses and is not supported. */
  notSupported(what: string, first: number): void {
    this.refusals.push({ what, span: this.spanFrom(first) })
  }
  /** A text that has the form of SQL and breaks one of its rules. */
  refuse(condition: string, message: string, place: Span, more: { detail?: string; hint?: string } = {}): ParseError {
    return new ParseError(condition, { message, span: { start: place.start, end: place.end }, ...more })
  }

  /**
   * The result of `read`, or undefined with the place unmoved when it fails. `what` names the reading: one that failed at a place is not
   * tried there again, so nested attempts cost linear time.
   */
  attempt<T>(what: string, read: () => T): T | undefined {
    const failed = this.#failed.get(what) ?? new Set<number>()
    this.#failed.set(what, failed)
    if (failed.has(this.at)) return undefined
    const start = this.at
    const depth = this.#depth
    const parameters = this.positionalParameters
    const refusals = this.refusals.length
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ParseError) || error.condition === 'FAILED_TO_PARSE_TOO_COMPLEX') throw error
      if (this.#furthest === undefined || place(error) > place(this.#furthest)) this.#furthest = error
      failed.add(start)
      this.at = start
      this.#depth = depth
      this.positionalParameters = parameters
      this.refusals.length = refusals
      return undefined
    }
  }
  /** `error`, or the failure of an earlier reading that got further. */
  best(error: ParseError): ParseError {
    return this.#furthest !== undefined && place(this.#furthest) > place(error) ? this.#furthest : error
  }
  forgetAttempts(): void {
    this.#furthest = undefined
  }

  /** What `read` reads in front of a word that could be taken for an alias. */
  upTo<T>(end: string, read: () => T): T {
    const outer = this.#end
    this.#end = end
    const result = read()
    this.#end = outer
    return result
  }

  /** Guards every grammar function that can contain itself. */
  nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH_MAX) {
      throw new ParseError('FAILED_TO_PARSE_TOO_COMPLEX', {
        message: 'the statement is nested too deeply',
        detail: `At most ${DEPTH_MAX} constructs may lie inside one another.`,
        hint: 'Split it with WITH or views.',
        span: { start: this.token.start, end: this.token.end },
      })
    }
    const result = read()
    this.#depth--
    return result
  }

  /** `a ! IN b`: Spark no longer reads `!` as the word NOT inside a predicate. */
  bangIsNotNot(): ParseError {
    return this.refuse('SYNTAX_DISCONTINUED.BANG_EQUALS_NOT', 'the sign "!" does not stand for NOT here', this.token, {
      hint: 'Write NOT.',
    })
  }
  // ---- lists and names

  /** item (, item)* */
  list<T>(item: () => T): T[] {
    const items = [item()]
    while (this.accept(',')) items.push(item())
    return items
  }
  /** ( item (, item)* ) */
  parenthesized<T>(item: () => T): T[] {
    this.expect('(')
    const items = this.list(item)
    this.expect(')')
    return items
  }

  /** The next token can be a name. A string in double quotes is one only when the session says so. */
  get atName(): boolean {
    const { token } = this
    return token.kind === 'word' || token.kind === 'quoted' || this.#isQuotedName(token)
  }
  isName(token: Token): boolean {
    return token.kind === 'word' || token.kind === 'quoted' || this.#isQuotedName(token)
  }
  #isQuotedName(token: Token): boolean {
    return (
      token.doubleQuoted === true &&
      this.settings.flag('spark.sql.ansi.doubleQuotedIdentifiers') &&
      this.settings.get('spark.sql.ansi.enabled') !== 'false'
    )
  }

  /** A name. Words with letters beyond ASCII, and names joined by '-', need back-ticks. IDENTIFIER('name') is a name too. */
  name(): string {
    const { token } = this
    if (!this.isName(token)) throw this.unexpected()
    if (
      token.upper === 'IDENTIFIER' &&
      this.sees('IDENTIFIER', '(') &&
      this.peek(2).kind === 'string' &&
      this.peek(3).upper === ')'
    ) {
      return this.#identifierLiteral()
    }
    return this.simpleName()
  }
  /** A name that is not written as IDENTIFIER('name'). */
  simpleName(): string {
    const { token } = this
    if (!this.isName(token)) throw this.unexpected()
    this.at++
    this.#checkWord(token)
    return token.text
  }
  #identifierLiteral(): string {
    const first = this.at
    this.at += 2
    const { text } = this.next()
    this.expect(')')
    if (/[.]/.test(text) && !/^`[^`]*`$/.test(text)) {
      throw this.refuse('IDENTIFIER_TOO_MANY_NAME_PARTS', `name "${text}" has too many parts here`, this.spanFrom(first), {
        hint: 'Give a name of one part.',
      })
    }
    return text.replace(/^`([^`]*)`$/, '$1')
  }
  #checkWord(token: Token): void {
    if (token.kind === 'word' && /[^A-Za-z0-9_]/.test(token.text))
      throw this.invalidName(token.text, { start: token.start, end: token.end })
  }
  invalidName(text: string, span: Span): ParseError {
    return this.refuse('INVALID_IDENTIFIER', `name "${text}" needs back-ticks`, span, { hint: `Write \`${text}\`.` })
  }

  /** Can what stands there only be the next clause, and no relation? */
  #clauseFollows(ahead: number): boolean {
    const [first, second] = [this.peek(ahead).upper, this.peek(ahead + 1).upper]
    if (BY_KEYWORDS.has(first)) return second === 'BY'
    return SET_OPERATORS.has(first) && (second === 'SELECT' || second === 'ALL' || second === 'DISTINCT')
  }

  /** A name where no expression can be, so that `a-b` is a name that lacks its back-ticks. */
  strictName(): string {
    const first = this.at
    let name = this.name()
    if (this.sees('-') && this.isName(this.peek(1)) && this.peek(1).start === this.token.end) {
      while (this.sees('-') && this.isName(this.peek(1))) {
        this.at++
        name += `-${this.name()}`
      }
      throw this.invalidName(name, this.spanFrom(first))
    }
    return name
  }
  /** a.b.c */
  qualifiedName(): string[] {
    const parts = [this.strictName()]
    while (this.sees('.') && this.isName(this.peek(1))) {
      this.at++
      parts.push(this.strictName())
    }
    return parts
  }

  string(): string {
    const { token } = this
    if (token.kind !== 'string' || this.#isQuotedName(token)) throw this.unexpected()
    let value = ''
    while (this.token.kind === 'string' && !this.#isQuotedName(this.token)) value += this.next().text
    return value
  }
  get atString(): boolean {
    return this.token.kind === 'string' && !this.#isQuotedName(this.token)
  }
  wholeNumber(): number {
    const { token } = this
    if (token.kind !== 'number' || !/^\d+$/.test(token.text)) throw this.unexpected()
    this.at++
    return Number(token.text)
  }

  /**
   * An alias without AS. A word that begins a clause is one only where that clause could not go on: before a comma, a parenthesis that
   * closes, the end, or another clause.
   */
  atImplicitAlias(what: 'column' | 'table'): boolean {
    const { token } = this
    if (!this.isName(token)) return false
    if (token.kind !== 'word') return true
    if (token.upper === this.#end) return false
    if (what === 'table' && STRICT_KEYWORDS.has(token.upper)) return false
    if (!CLAUSE_KEYWORDS.has(token.upper) && !STRICT_KEYWORDS.has(token.upper)) return true
    const following = this.peek(1)
    if (BY_KEYWORDS.has(token.upper) && following.upper !== 'BY') return true
    // WHERE WHERE a: the first is a name.
    if (token.upper === following.upper && token.upper !== 'FROM') return true
    if (token.upper === 'FROM' && this.#clauseFollows(1)) return true
    // FROM FROM t: the first is an alias where the second has a relation behind it.
    if (token.upper === 'FROM' && following.upper === 'FROM')
      return this.isName(this.peek(2)) && !CLAUSE_KEYWORDS.has(this.peek(2).upper)
    return following.kind === 'end' || ',);'.includes(following.upper || '?') || following.upper === 'FROM'
  }
}

function place(error: ParseError): number {
  return error.span?.start ?? 0
}

const SET_OPERATORS: ReadonlySet<string> = new Set(['UNION', 'EXCEPT', 'MINUS', 'INTERSECT'])

function nearestKeyword(word: string): string | undefined {
  if (word.length < 4 || HINT_KEYWORDS.includes(word)) return undefined
  return HINT_KEYWORDS.find((keyword) => Math.abs(keyword.length - word.length) <= 1 && distanceIsOne(keyword, word))
}
/** One letter more, less or other, or two neighbours swapped. */
function distanceIsOne(a: string, b: string): boolean {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  const restA = a.slice(i)
  const restB = b.slice(i)
  return (
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    restA.slice(1) === restB.slice(1) ||
    (restA.length >= 2 && restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  )
}
