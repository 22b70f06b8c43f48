import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Dialect } from './dialect.ts'

/** A unit of a text as its dialect writes it. `text` of strings and quoted names is what is between the quotes, escapes as written. */
export interface DialectToken {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
}

const BLANK = /\s+|--[^\n]*/y
const HASH_COMMENT = /#[^\n]*/y
const BLOCK_COMMENT = /\/\*[\s\S]*?\*\//y
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y

/** throws ParseError for a quote or comment that does not end */
export function tokenizeDialect(text: string, dialect: Dialect): DialectToken[] {
  const tokens: DialectToken[] = []
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  while (at < text.length) {
    const skipped = match(BLANK) ?? match(BLOCK_COMMENT) ?? (dialect.hashComments ? match(HASH_COMMENT) : undefined)
    if (skipped !== undefined) {
      at += skipped.length
      continue
    }
    const start = at
    const first = text[at]!
    if (first === "'" || first === '"' || first === '`') {
      if (dialect.name === 'bigquery' && text.startsWith(first.repeat(3), at)) {
        throw new ParseError('UNSUPPORTED_FEATURE', {
          message: 'strings in three quotes are not supported',
          span: { start, end: at + 3 },
        })
      }
      const end = endOfQuote(text, at, dialect.backslashEscapes && first !== '`')
      const kind = first === "'" || (first === '"' && dialect.doubleQuotes === 'string') ? 'string' : 'quoted'
      tokens.push({ kind, text: text.slice(start + 1, end - 1), start, end })
      at = end
      continue
    }
    if (first === '/' && text[at + 1] === '*') throw unfinished('comment', at, text)
    const word = match(WORD)
    const number = word === undefined ? match(NUMBER) : undefined
    const found = word ?? number ?? first
    at += found.length
    const kind = word !== undefined ? 'word' : number !== undefined ? 'number' : 'symbol'
    tokens.push({ kind, text: found, start, end: at })
  }
  return tokens
}

/** Behind the closing quote; a doubled quote is one of the text. */
function endOfQuote(text: string, start: number, backslashes: boolean): number {
  const quote = text[start]!
  for (let at = start + 1; at < text.length; at++) {
    if (backslashes && text[at] === '\\') at++
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1
      at++
    }
  }
  throw unfinished(quote === "'" ? 'string' : 'quoted name or string', start, text)
}
function unfinished(what: string, start: number, text: string): ParseError {
  return new ParseError('PARSE_SYNTAX_ERROR', {
    message: `the ${what} that begins here does not end`,
    span: { start, end: text.length },
  })
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', '0': '\0', Z: '\x1a' }

/** What a string means, of its text between the quotes. */
export function stringValue(text: string, dialect: Dialect): string {
  if (!dialect.backslashEscapes) return text.replaceAll("''", "'")
  return text.replace(/''|""|\\(.)/gs, (whole: string, escaped: string | undefined) => {
    if (escaped === undefined) return whole[0]!
    // \% and \_ stay as they are: LIKE reads them.
    if (escaped === '%' || escaped === '_') return whole
    return ESCAPES[escaped] ?? escaped
  })
}

const CONTROLS: Readonly<Record<string, string>> = { '\n': 'n', '\t': 't', '\r': 'r', '\b': 'b', '\0': '0', '\x1a': 'Z' }
/** The same for a string's text as it is written and as a grammar gives it, which undoes some escapes and leaves others. */
export function stringKey(text: string): string {
  return text
    .replace(/[\n\t\r\b\0\x1a]/g, (control) => CONTROLS[control]!)
    .replace(/\\|''|""/g, (pair) => (pair === '\\' ? '' : pair[0]!))
}
