import { CHARACTER_CLASSES, propertyClass } from './java-classes.ts'

/**
 * Translates java.util.regex syntax to a JavaScript RegExp with the flag `v`, or undefined where Java refuses the pattern.
 *
 * Java's rules that JavaScript does not share and that are translated: ASCII \d \w \s \b, possessive quantifiers and atomic groups (as
 * a captured lookahead), inline flags in the middle, class union and intersection, \Q…\E, \A \z \Z \G, POSIX classes, $ before a last
 * line break, dot without any of Java's line breaks, case-insensitivity of ASCII letters only. Matching is by code point in both.
 * Not translated, and so refused: \X, \N{name}, canonical equivalence.
 */
export interface JavaPattern {
  /** Flags `g` and `d` are not set. */
  readonly regexp: RegExp
  /** Groups of the Java pattern, the whole match left out. */
  readonly groupCount: number
  /** Number of the JavaScript group of each Java group; entry 0 is 0. */
  readonly groups: readonly number[]
  readonly names: ReadonlyMap<string, number>
}

export function compileJavaPattern(source: string): JavaPattern | undefined {
  try {
    const translator = new Translator(source)
    const text = translator.translate()
    return {
      regexp: new RegExp(text, 'v'),
      groupCount: translator.groups.length - 1,
      groups: translator.groups,
      names: translator.names,
    }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

interface Flags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
  readonly comments: boolean
  readonly unixLines: boolean
  readonly unicode: boolean
}
const FLAG_LETTERS: Readonly<Record<string, keyof Flags | undefined>> = {
  i: 'ignoreCase',
  m: 'multiline',
  s: 'dotAll',
  x: 'comments',
  d: 'unixLines',
  u: 'unicode',
  U: 'unicode',
}
const LINE_BREAKS = '\\n\\r\\u0085\\u2028\\u2029'
const END = '(?![\\s\\S])'
const START = '(?<![\\s\\S])'
const SYNTAX = /[\\^$.*+?()[\]{}|/]/
/** Characters with a meaning in classes only, alone or doubled. */
const CLASS_SYNTAX = /[-&!#%,:;<=>@`~]/

function refuse(reason: string): never {
  throw new SyntaxError(reason)
}
/** One character, safe inside and outside of classes. */
function escaped(char: string): string {
  const code = char.codePointAt(0)!
  if (code < 0x20 || code === 0x7f || (code >= 0xd800 && code <= 0xdfff) || /\s/.test(char)) return `\\u{${code.toString(16)}}`
  if (SYNTAX.test(char)) return `\\${char}`
  return CLASS_SYNTAX.test(char) ? `\\u{${code.toString(16)}}` : char
}
function otherCase(char: string, unicode: boolean): string[] {
  if (!unicode) return /[a-z]/.test(char) ? [char.toUpperCase()] : /[A-Z]/.test(char) ? [char.toLowerCase()] : []
  return [char.toLowerCase(), char.toUpperCase()].filter((other) => other !== char && [...other].length === 1)
}

class Translator {
  readonly #chars: readonly string[]
  #at = 0
  #flags: Flags = { ignoreCase: false, multiline: false, dotAll: false, comments: false, unixLines: false, unicode: false }
  /** JavaScript groups opened so far. */
  #jsGroups = 0
  readonly groups: number[] = [0]
  readonly names = new Map<string, number>()

  constructor(source: string) {
    this.#chars = [...source]
  }

  translate(): string {
    const text = this.#alternatives()
    if (this.#at < this.#chars.length) refuse('unmatched )')
    return text
  }

  #peek(offset = 0): string | undefined {
    return this.#chars[this.#at + offset]
  }
  #looking(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#peek(i) !== text[i]) return false
    return true
  }
  #take(text: string): boolean {
    if (!this.#looking(text)) return false
    this.#at += text.length
    return true
  }
  #next(): string {
    return this.#chars[this.#at++] ?? refuse('the pattern ends too early')
  }

  /** Up to a closing parenthesis or the end; flags set inside do not reach out. */
  #alternatives(): string {
    const flags = this.#flags
    let out = ''
    for (;;) {
      this.#skipComments()
      const char = this.#peek()
      if (char === undefined || char === ')') break
      if (char === '|') {
        this.#at++
        out += '|'
        continue
      }
      out += this.#quantified()
    }
    this.#flags = flags
    return out
  }

  #skipComments(): void {
    if (!this.#flags.comments) return
    for (;;) {
      const char = this.#peek()
      if (char !== undefined && /[ \t\n\v\f\r]/.test(char)) this.#at++
      else if (char === '#') while (this.#peek() !== undefined && this.#next() !== '\n');
      else return
    }
  }

  #quantified(): string {
    const groupsBefore = this.#jsGroups
    const start = this.#at
    const atom = this.#atom()
    this.#skipComments()
    const quantifier = this.#quantifier()
    if (quantifier === '') return atom
    if (atom === '') return refuse('nothing to repeat')
    const body = this.#isAssertion(start) ? `(?:${atom})` : atom
    if (this.#peek() === '?') {
      this.#at++
      return `${body}${quantifier}?`
    }
    if (this.#peek() !== '+') return body + quantifier
    this.#at++
    return this.#atomic(body + quantifier, groupsBefore)
  }
  /** A match that is not given back: a lookahead that captures, then what it captured. */
  #atomic(body: string, groupsBefore: number): string {
    // The capture comes before the groups inside, whose numbers all move up by one.
    const shifted = this.#shiftGroups(body, groupsBefore)
    return `(?:(?=(${shifted}))\\${groupsBefore + 1}(?:))`
  }
  #shiftGroups(body: string, above: number): string {
    this.#jsGroups++
    for (let i = 1; i < this.groups.length; i++) if (this.groups[i]! > above) this.groups[i]!++
    return body.replace(/\\(?:([1-9]\d*)(?=\(\?:\))|[\s\S])/g, (whole, digits: string | undefined) =>
      digits !== undefined && Number(digits) > above ? `\\${Number(digits) + 1}` : whole,
    )
  }
  #isAssertion(start: number): boolean {
    const first = this.#chars[start]
    return first === '^' || first === '$' || first === '(' || first === '\\'
  }
  #quantifier(): string {
    const char = this.#peek()
    if (char === '*' || char === '+' || char === '?') {
      this.#at++
      return char
    }
    if (char !== '{') return ''
    const match = /^\{(\d+)(,(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 30).join(''))
    if (match === null) return refuse('bad repetition')
    this.#at += match[0].length
    if (match[3] && Number(match[3]) < Number(match[1])) return refuse('repetition range out of order')
    return match[0]
  }

  #atom(): string {
    const char = this.#next()
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return this.#class()
      case '.':
        return this.#dot()
      case '^':
        return this.#flags.multiline ? `(?:${START}|(?<=[${this.#lineBreaks()}])(?!${END}))` : START
      case '$':
        return this.#endOfLine()
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        return refuse('nothing to repeat')
      case '{':
        return refuse('bad repetition')
      default:
        return this.#literal(char)
    }
  }
  #literal(char: string): string {
    if (!this.#flags.ignoreCase) return escaped(char)
    const others = otherCase(char, this.#flags.unicode)
    return others.length === 0 ? escaped(char) : `[${[char, ...others].map(escaped).join('')}]`
  }
  #lineBreaks(): string {
    return this.#flags.unixLines ? '\\n' : LINE_BREAKS
  }
  #dot(): string {
    return this.#flags.dotAll ? '[\\s\\S]' : `[^${this.#lineBreaks()}]`
  }
  #endOfLine(): string {
    if (this.#flags.unixLines) return this.#flags.multiline ? `(?=\\n|${END})` : `(?=\\n?${END})`
    const breaks = `\\r\\n|[${LINE_BREAKS}]`
    const inside = `(?<!\\r(?=\\n))`
    return this.#flags.multiline ? `(?:${inside}(?=${breaks}|${END}))` : `(?:${inside}(?=(?:${breaks})?${END}))`
  }

  #group(): string {
    if (!this.#take('?')) {
      this.groups.push(++this.#jsGroups)
      return this.#close(`(`)
    }
    for (const prefix of [':', '=', '!', '<=', '<!']) if (this.#take(prefix)) return this.#close(`(?${prefix}`)
    if (this.#take('>')) {
      const before = this.#jsGroups
      return this.#atomic(this.#close('(?:'), before)
    }
    if (this.#take('<')) return this.#namedGroup()
    return this.#inlineFlags()
  }
  #close(open: string): string {
    const body = this.#alternatives()
    if (!this.#take(')')) refuse('unclosed group')
    return `${open}${body})`
  }
  #namedGroup(): string {
    let name = ''
    for (let char = this.#next(); char !== '>'; char = this.#next()) name += char
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name) || this.names.has(name)) refuse('bad group name')
    this.groups.push(++this.#jsGroups)
    this.names.set(name, this.groups.length - 1)
    return this.#close('(')
  }
  #inlineFlags(): string {
    let value = true
    let flags = this.#flags
    for (;;) {
      const char = this.#next()
      if (char === '-' && value) value = false
      else if (char === ')' || char === ':') {
        const outer = this.#flags
        this.#flags = flags
        if (char === ')') return ''
        const body = this.#close('(?:')
        this.#flags = outer
        return body
      } else {
        const flag = Object.hasOwn(FLAG_LETTERS, char) ? FLAG_LETTERS[char] : undefined
        if (flag === undefined) return refuse('unknown flag')
        flags = { ...flags, [flag]: value }
      }
    }
  }

  #escape(): string {
    const char = this.#peek()
    if (char === undefined) return refuse('trailing backslash')
    if (/[1-9]/.test(char)) return this.#backReference()
    switch (char) {
      case 'b':
        this.#at++
        return '(?:(?<=\\w)(?!\\w)|(?<!\\w)(?=\\w))'
      case 'B':
        this.#at++
        return '(?:(?<=[\\w])(?=[\\w])|(?<![\\w])(?![\\w]))'
      case 'A':
        this.#at++
        return START
      case 'G':
        return refuse('\\G')
      case 'z':
        this.#at++
        return END
      case 'Z':
        this.#at++
        return `(?=(?:\\r\\n|[${LINE_BREAKS}])?${END})`
      case 'R':
        this.#at++
        return `(?:\\r\\n|[\\n\\v\\f\\r\\u0085\\u2028\\u2029])`
      case 'Q':
        this.#at++
        return this.#quoted((c) => this.#literal(c))
      case 'E':
        return refuse('\\E without \\Q')
      case 'k': {
        this.#at++
        if (!this.#take('<')) return refuse('bad group reference')
        let name = ''
        for (let c = this.#next(); c !== '>'; c = this.#next()) name += c
        const group = this.names.get(name)
        return group === undefined ? refuse('unknown group') : `\\${this.groups[group]}(?:)`
      }
    }
    const set = this.#classEscape()
    if (set !== undefined) return set
    return this.#literal(this.#escapedChar())
  }
  /** Java takes as many digits as there are groups for. */
  #backReference(): string {
    let number = Number(this.#next())
    while (/\d/.test(this.#peek() ?? '') && number * 10 + Number(this.#peek()) < this.groups.length)
      number = number * 10 + Number(this.#next())
    // A group that does not exist yet never matches.
    return number < this.groups.length ? `\\${this.groups[number]}(?:)` : '(?!)'
  }
  #quoted(emit: (char: string) => string): string {
    let out = ''
    while (this.#peek() !== undefined && !this.#take('\\E')) out += emit(this.#next())
    return out === '' ? '(?:)' : out
  }
  /** `\d`, `\p{…}` and the like: a class that may stand inside another one. Undefined where another escape stands. */
  #classEscape(): string | undefined {
    const char = this.#peek()!
    if (char === 'p' || char === 'P') {
      this.#at++
      return this.#property(char === 'P')
    }
    const set = Object.hasOwn(CHARACTER_CLASSES, char) ? CHARACTER_CLASSES[char] : undefined
    if (set !== undefined) this.#at++
    return set
  }
  #property(negated: boolean): string {
    let name = this.#next()
    if (name === '{') {
      name = ''
      for (let char = this.#next(); char !== '}'; char = this.#next()) name += char
    }
    const set = propertyClass(name, this.#flags.ignoreCase)
    if (set === undefined) return refuse(`unknown property ${name}`)
    return negated ? `[^${set}]` : `[${set}]`
  }
  /** The character an escape stands for. */
  #escapedChar(): string {
    const char = this.#next()
    switch (char) {
      case 't':
        return '\t'
      case 'n':
        return '\n'
      case 'r':
        return '\r'
      case 'f':
        return '\f'
      case 'a':
        return '\x07'
      case 'e':
        return '\x1b'
      case '0':
        return this.#octal()
      case 'x':
        return this.#take('{') ? this.#braced() : this.#hex(2)
      case 'u':
        return this.#unicode()
      case 'c':
        return String.fromCharCode(this.#next().charCodeAt(0) ^ 64)
      default:
        // Letters without a meaning are reserved; everything else stands for itself.
        return /[A-Za-z]/.test(char) ? refuse(`unknown escape \\${char}`) : char
    }
  }
  #octal(): string {
    let digits = ''
    while (digits.length < 3 && /[0-7]/.test(this.#peek() ?? '') && Number.parseInt(digits + this.#peek(), 8) <= 0o377)
      digits += this.#next()
    return digits === '' ? refuse('bad octal escape') : String.fromCharCode(Number.parseInt(digits, 8))
  }
  #hexDigits(count: number): number {
    let digits = ''
    for (let i = 0; i < count; i++) digits += this.#next()
    return /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : refuse('bad hexadecimal escape')
  }
  #hex(count: number): string {
    return String.fromCharCode(this.#hexDigits(count))
  }
  #unicode(): string {
    const high = this.#hexDigits(4)
    if (high < 0xd800 || high > 0xdbff || !this.#looking('\\u')) return String.fromCharCode(high)
    const back = this.#at
    this.#at += 2
    const low = this.#hexDigits(4)
    if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(high, low)
    this.#at = back
    return String.fromCharCode(high)
  }
  #braced(): string {
    let digits = ''
    for (let char = this.#next(); char !== '}'; char = this.#next()) digits += char
    const code = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN
    return code <= 0x10ffff ? String.fromCodePoint(code) : refuse('bad hexadecimal escape')
  }

  /** After `[`. Parts are joined as unions; `&&` intersects what stands on both sides. */
  #class(): string {
    const negated = this.#take('^')
    const operands: string[] = []
    let parts = ''
    let first = true
    for (;;) {
      if (this.#flags.comments) this.#skipComments()
      const char = this.#peek()
      if (char === undefined) return refuse('unclosed character class')
      if (char === ']' && (!first || operands.length > 0)) {
        this.#at++
        break
      }
      first = false
      if (this.#take('&&')) {
        operands.push(parts)
        parts = ''
        continue
      }
      parts += this.#classPart()
    }
    operands.push(parts)
    const body = operands.length === 1 ? parts : intersection(operands)
    return `[${negated ? '^' : ''}${body}]`
  }
  #classPart(): string {
    const char = this.#next()
    if (char === '[') return this.#class()
    let low = char
    if (char === '\\') {
      if (this.#take('Q')) return this.#quotedInClass()
      const set = this.#classEscape()
      if (set !== undefined) return set
      low = this.#escapedChar()
    }
    if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === '[' || this.#peek(1) === undefined)
      return this.#classChar(low)
    this.#at++
    let high = this.#next()
    if (high === '\\') high = this.#escapedChar()
    if (high.codePointAt(0)! < low.codePointAt(0)!) return refuse('character range out of order')
    return this.#range(low, high)
  }
  #quotedInClass(): string {
    let out = ''
    while (this.#peek() !== undefined && !this.#take('\\E')) out += this.#classChar(this.#next())
    return out
  }
  #classChar(char: string): string {
    return [char, ...(this.#flags.ignoreCase ? otherCase(char, this.#flags.unicode) : [])].map(escaped).join('')
  }
  #range(low: string, high: string): string {
    const range = (from: number, to: number): string =>
      `${escaped(String.fromCodePoint(from))}-${escaped(String.fromCodePoint(to))}`
    const [from, to] = [low.codePointAt(0)!, high.codePointAt(0)!]
    let out = range(from, to)
    if (!this.#flags.ignoreCase) return out
    for (const [a, z, shift] of [
      [0x41, 0x5a, 32],
      [0x61, 0x7a, -32],
    ] as const) {
      const [start, end] = [Math.max(from, a), Math.min(to, z)]
      if (start <= end) out += range(start + shift, end + shift)
    }
    return out
  }
}

/** An empty side of && means nothing more to ask for. */
function intersection(operands: readonly string[]): string {
  return operands
    .filter((operand) => operand !== '')
    .map((operand) => `[${operand}]`)
    .join('&&')
}
