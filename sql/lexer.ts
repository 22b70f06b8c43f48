import { ParseError } from '../engine/errors/engine-error.ts'
import type { Token, TokenKind } from './token.ts'

/** Longest first: the first that fits is the token. `>>` is two tokens: it also closes two type parameters. */
const SYMBOLS = [
  ['<=>'],
  ['<>', '!=', '<=', '>=', '!>', '!<', '==', '<<', '||', '|>', '::', '->', '=>'],
  ['=', '<', '>', '+', '-', '*', '/', '%', '~', '&', '|', '^', ':', '?', '(', ')', '[', ']', ',', '.', ';', '!', '@', '{', '}'],
].map((symbols) => new Set(symbols))

/** The commonest ones, by character; none begins a longer one. */
const ALONE: Readonly<Record<number, string>> = { 40: '(', 41: ')', 44: ',' }
const LETTER = /\p{L}/u
const HEX = /^[0-9a-fA-F]+$/
/** A path such as `s3://bucket/key` as one word, for the message that it needs quotes. */
const URI = /[a-zA-Z]+:\/\/[\p{L}0-9_/\-.?=&#%]+/uy
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYFD])?/iy

/**
 * SQL text → tokens, the last of kind `end`. Comments (nested ones too) and white space are left out; `/*+` opens a hint, whose `*` + `/` is then a token.
 *
 * throws ParseError UNCLOSED_BRACKETED_COMMENT, PARSE_SYNTAX_ERROR for a string or quoted name without an end
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let insideHint = false
  const push = (kind: TokenKind, start: number, value?: string, doubleQuoted = false): void => {
    const source = value ?? text.slice(start, at)
    const upper = kind === 'word' || kind === 'symbol' ? source.toUpperCase() : ''
    tokens.push(
      doubleQuoted ? { kind, text: source, upper, start, end: at, doubleQuoted } : { kind, text: source, upper, start, end: at },
    )
  }
  while (at < text.length) {
    const start = at
    const code = text.charCodeAt(at)
    if (isSpace(code)) {
      at++
      continue
    }
    const alone = ALONE[code]
    if (alone !== undefined) {
      at++
      tokens.push({ kind: 'symbol', text: alone, upper: alone, start, end: at })
      continue
    }
    const next = text.charCodeAt(at + 1)
    if (code === 45 && next === 45) {
      at = endOfLine(text, at)
      continue
    }
    if (code === 47 && next === 42) {
      if (text.charCodeAt(at + 2) === 43) {
        at += 3
        insideHint = true
        push('symbol', start)
      } else at = endOfComment(text, at)
      continue
    }
    if (insideHint && code === 42 && next === 47) {
      at += 2
      insideHint = false
      push('symbol', start)
      continue
    }
    if (code === 39 || code === 34) {
      at = endOfString(text, at, code, true)
      push('string', start, withoutEscapes(text, start + 1, at - 1, code), code === 34)
      continue
    }
    if ((code === 114 || code === 82) && (next === 39 || next === 34)) {
      at = endOfString(text, at + 1, next, false)
      push('string', start, text.slice(start + 2, at - 1))
      continue
    }
    if (code === 96) {
      at = endOfString(text, at, code, false, true)
      push('quoted', start, text.slice(start + 1, at - 1).replaceAll('``', '`'))
      continue
    }
    if (isDigit(code) || (code === 46 && isDigit(next))) {
      // The longer of a number and a name that begins with digits; a number when both are as long.
      const name = endOfWord(text, at)
      const number = endOfNumber(text, at)
      at = Math.max(name, number)
      if (at > start) {
        push(number >= name ? 'number' : 'word', start)
        continue
      }
    }
    const word = endOfWord(text, at)
    if (word > at) {
      URI.lastIndex = at
      at = text.startsWith('://', word) && URI.test(text) ? URI.lastIndex : word
      push('word', start)
      continue
    }
    const length = SYMBOLS.findIndex((symbols, i) => symbols.has(text.slice(at, at + 3 - i)))
    if (length >= 0) {
      at += 3 - length
      push('symbol', start)
      continue
    }
    at += text.codePointAt(at)! > 0xffff ? 2 : 1
    push('unknown', start)
  }
  tokens.push({ kind: 'end', text: 'end of input', upper: '', start: text.length, end: text.length })
  return tokens
}

function isSpace(code: number): boolean {
  return (
    code === 32 ||
    (code >= 9 && code <= 13) ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200b) ||
    code === 0x2028 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  )
}
function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function endOfWord(text: string, at: number): number {
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const ascii = isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95
    if (ascii) at++
    else if (code < 128) break
    else {
      const character = String.fromCodePoint(text.codePointAt(at)!)
      if (!LETTER.test(character)) break
      at += character.length
    }
  }
  return at
}

/** `at` itself when no number is there: `.5a` and `1.5a` are a dot and a name. */
function endOfNumber(text: string, at: number): number {
  NUMBER.lastIndex = at
  if (!NUMBER.test(text)) return at
  const end = NUMBER.lastIndex
  const whole = text.slice(at, end)
  const dot = whole.includes('.')
  if (!dot && !/^\d+[eE][+-]?\d+[LSY]$/i.test(whole)) return end
  // L, S and Y belong to whole numbers only, and a decimal ends where no name could go on.
  if (!/[LSY]$/i.test(whole) && endOfWord(text, end) === end) return end
  let digits = at
  while (isDigit(text.charCodeAt(digits))) digits++
  return digits
}

function endOfLine(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 92 && text.charCodeAt(at + 1) === 10) at++
    else if (code === 10 || code === 13) break
  }
  return at
}

function endOfComment(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++
      at++
    } else if (text.startsWith('*/', at)) {
      at++
      if (--depth === 0) return at + 1
    }
  }
  throw new ParseError('UNCLOSED_BRACKETED_COMMENT', {
    message: 'a bracketed comment is not closed',
    hint: 'Comments nest: every "/*" needs its own "*/".',
    span: { start, end: Math.min(start + 2, text.length) },
  })
}

function endOfString(text: string, start: number, quote: number, escapes: boolean, doubled = escapes): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (escapes && code === 92) at++
    else if (code === quote) {
      if (!doubled || text.charCodeAt(at + 1) !== quote) return at + 1
      at++
    }
  }
  const what = quote === 96 ? 'quoted name' : 'string'
  throw new ParseError('PARSE_SYNTAX_ERROR', {
    message: `syntax error at or near '${String.fromCharCode(quote)}': the ${what} is not closed`,
    span: { start, end: start + 1 },
    parameters: { error: `'${String.fromCharCode(quote)}'`, hint: '' },
  })
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  0: '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
  '%': '\\%',
  _: '\\_',
}

/** Spark's escapes: \n and the like, \uXXXX, \UXXXXXXXX, octal \ooo; `\%` and `\_` stay for LIKE; any other `\c` is c. A doubled quote is one. */
function withoutEscapes(text: string, start: number, end: number, quote: number): string {
  const body = text.slice(start, end)
  const mark = String.fromCharCode(quote)
  if (!body.includes('\\')) return body.includes(mark) ? body.replaceAll(mark + mark, mark) : body
  let result = ''
  for (let i = 0; i < body.length; i++) {
    const character = body[i]!
    if (character === mark) {
      result += character
      i++
      continue
    }
    if (character !== '\\') {
      result += character
      continue
    }
    const escaped = body[++i] ?? '\\'
    const long = escaped === 'u' ? 4 : escaped === 'U' ? 8 : 0
    const hex = body.slice(i + 1, i + 1 + long)
    if (long > 0 && hex.length === long && HEX.test(hex) && Number.parseInt(hex, 16) <= 0x10ffff) {
      result += String.fromCodePoint(Number.parseInt(hex, 16))
      i += long
    } else if (/^[01][0-7]{2}$/.test(body.slice(i, i + 3))) {
      result += String.fromCharCode(Number.parseInt(body.slice(i, i + 3), 8))
      i += 2
    } else result += SIMPLE_ESCAPES[escaped] ?? escaped
  }
  return result
}
