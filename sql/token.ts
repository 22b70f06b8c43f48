/**
 * One lexical unit. `text` is the source text but for the three kinds that carry a value of their own:
 * `string` holds the value after escapes, `quoted` the name between back-ticks. `upper` is the text in upper case for words and symbols,
 * so that keywords compare without case; empty for the other kinds, so that a quoted name is never a keyword.
 */
export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly upper: string
  readonly start: number
  readonly end: number
  /** A string written in double quotes: a name where the session says so. */
  readonly doubleQuoted?: boolean
}
export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'unknown' | 'end'
