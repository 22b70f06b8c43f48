import type { JsonOptions } from './json-options.ts'

/** What the text says wrongly. Caught by whoever reads records; never leaves the room as it is. */
export class JsonSyntaxError extends Error {}

export type JsonToken = '{' | '}' | '[' | ']' | 'name' | 'string' | 'int' | 'float' | 'true' | 'false' | 'null'

type Laxness = Pick<
  JsonOptions,
  | 'allowComments'
  | 'allowUnquotedFieldNames'
  | 'allowSingleQuotes'
  | 'allowNumericLeadingZeros'
  | 'allowNonNumericNumbers'
  | 'allowBackslashEscapingAnyCharacter'
  | 'allowUnquotedControlChars'
>

/** As Jackson's StreamReadConstraints. */
const DEPTH_MAX = 1000
const NUMBER_LENGTH_MAX = 1000
const OBJECT = 0
const ARRAY = 1

/**
 * Tokens of a JSON text, one after the other, with the laxness of the Jackson parser that Spark configures: what it takes this takes,
 * what it refuses this refuses. Reads one value; what follows it at the top is left alone unless the caller asks for more.
 *
 * @throws JsonSyntaxError
 */
export class JsonReader {
  readonly source: string
  readonly #lax: Laxness
  #at: number
  #depth = 0
  readonly #containers = new Uint8Array(DEPTH_MAX + 1)
  /** A comma or the container's end must come before the next element. */
  #afterValue = false
  #afterName = false
  /** The current token; undefined before the first and after the last. */
  token: JsonToken | undefined
  /** The decoded text of a name or string, the digits of a number. */
  text = ''
  /** Where the current token begins and ends in `source`. */
  start = 0
  end = 0

  constructor(source: string, lax: Laxness) {
    this.source = source
    this.#lax = lax
    this.#at = source.charCodeAt(0) === 0xfeff ? 1 : 0
  }

  /** Moves to the next token; undefined at the end of the text at the top. */
  next(): JsonToken | undefined {
    this.#skipSpace()
    if (this.#at >= this.source.length) {
      if (this.source === '\ufeff') throw new JsonSyntaxError('the text is a byte order mark and nothing else')
      if (this.#depth > 0 || this.#afterName) throw new JsonSyntaxError('the text ends inside a value')
      return (this.token = undefined)
    }
    let code = this.source.charCodeAt(this.#at)
    if (this.#depth > 0 && !this.#afterName) {
      const inObject = this.#containers[this.#depth] === OBJECT
      if (code === (inObject ? 0x7d : 0x5d)) return this.#close(inObject ? '}' : ']')
      if (this.#afterValue) {
        if (code !== 0x2c) throw this.#unexpected('a comma or the end of the container')
        this.#at++
        this.#skipSpace()
        code = this.source.charCodeAt(this.#at)
      }
      if (inObject) return this.#name(code)
    }
    this.#afterName = false
    this.start = this.#at
    this.token = this.#value(code)
    this.end = this.#at
    return this.token
  }

  /** On a container's start: moves to its end. On anything else: nothing. */
  skipChildren(): void {
    if (this.token !== '{' && this.token !== '[') return
    const depth = this.#depth - 1
    do this.next()
    while (this.#depth > depth)
  }

  /** How many containers are open at the current token; a container's start counts as open, its end as closed. */
  get depth(): number {
    return this.#depth
  }
  /** Moves on until only `depth` containers are open: out of a value that was left half read. */
  leaveTo(depth: number): void {
    while (this.#depth > depth) this.next()
  }

  #close(token: '}' | ']'): JsonToken {
    this.start = this.#at++
    this.end = this.#at
    this.#depth--
    this.#afterValue = true
    return (this.token = token)
  }

  #name(code: number): JsonToken {
    this.start = this.#at
    if (code === 0x22 || (code === 0x27 && this.#lax.allowSingleQuotes)) this.text = this.#string(code)
    else if (this.#lax.allowUnquotedFieldNames && isNameStart(code)) this.text = this.#unquotedName()
    else throw this.#unexpected('a field name')
    this.end = this.#at
    this.#skipSpace()
    if (this.source.charCodeAt(this.#at) !== 0x3a) throw this.#unexpected('a colon')
    this.#at++
    this.#afterName = true
    return (this.token = 'name')
  }

  #unquotedName(): string {
    const start = this.#at
    while (this.#at < this.source.length && isNamePart(this.source.charCodeAt(this.#at))) this.#at++
    return this.source.slice(start, this.#at)
  }

  #value(code: number): JsonToken {
    switch (code) {
      case 0x7b:
        this.#open(OBJECT)
        return '{'
      case 0x5b:
        this.#open(ARRAY)
        return '['
      case 0x22:
        this.text = this.#string(code)
        this.#afterValue = true
        return 'string'
      case 0x27:
        if (!this.#lax.allowSingleQuotes) break
        this.text = this.#string(code)
        this.#afterValue = true
        return 'string'
      case 0x74:
        return this.#word('true')
      case 0x66:
        return this.#word('false')
      case 0x6e:
        return this.#word('null')
      case 0x4e:
      case 0x49:
      case 0x2b:
        return this.#notANumber()
      default:
        if (code === 0x2d || (code >= 0x30 && code <= 0x39)) return this.#number(code)
    }
    throw this.#unexpected('a value')
  }

  #open(container: number): void {
    if (++this.#depth > DEPTH_MAX) throw new JsonSyntaxError(`values are nested more than ${DEPTH_MAX} deep`)
    this.#containers[this.#depth] = container
    this.#at++
    this.#afterValue = false
  }

  #word<T extends 'true' | 'false' | 'null'>(word: T): T {
    if (!this.source.startsWith(word, this.#at)) throw this.#unexpected('true, false or null')
    this.#at += word.length
    this.#endOfWord()
    return word
  }

  #endOfWord(): void {
    if (this.#at < this.source.length && isNamePart(this.source.charCodeAt(this.#at))) throw this.#unexpected('the end of a word')
    this.#afterValue = true
  }

  #notANumber(): JsonToken {
    const source = this.source
    if (this.#lax.allowNonNumericNumbers) {
      const sign = source[this.#at] === '+' || source[this.#at] === '-' ? 1 : 0
      for (const word of sign === 0 ? ['NaN', 'Infinity'] : ['INF', 'Infinity']) {
        if (!source.startsWith(word, this.#at + sign)) continue
        this.text = source.slice(this.#at, this.#at + sign + word.length)
        this.#at += sign + word.length
        this.#endOfWord()
        return 'float'
      }
    }
    throw this.#unexpected('a value')
  }

  #number(first: number): JsonToken {
    const source = this.source
    const start = this.#at
    let at = start
    if (first === 0x2d) at++
    let code = source.charCodeAt(at)
    if (!isDigit(code)) {
      if (first === 0x2d && code === 0x49) return this.#notANumber()
      throw this.#unexpected('a digit')
    }
    let digitsStart = at
    if (code === 0x30 && isDigit(source.charCodeAt(at + 1))) {
      if (!this.#lax.allowNumericLeadingZeros) throw new JsonSyntaxError('a number begins with a zero')
      while (source.charCodeAt(digitsStart) === 0x30 && isDigit(source.charCodeAt(digitsStart + 1))) digitsStart++
    }
    while (isDigit(source.charCodeAt(at))) at++
    let token: JsonToken = 'int'
    code = source.charCodeAt(at)
    if (code === 0x2e) {
      token = 'float'
      if (!isDigit(source.charCodeAt(++at))) throw new JsonSyntaxError('a decimal point must be followed by a digit')
      while (isDigit(source.charCodeAt(at))) at++
      code = source.charCodeAt(at)
    }
    if (code === 0x65 || code === 0x45) {
      token = 'float'
      code = source.charCodeAt(++at)
      if (code === 0x2b || code === 0x2d) at++
      if (!isDigit(source.charCodeAt(at))) throw new JsonSyntaxError('an exponent must have digits')
      while (isDigit(source.charCodeAt(at))) at++
    }
    if (at - start > NUMBER_LENGTH_MAX) throw new JsonSyntaxError(`a number is longer than ${NUMBER_LENGTH_MAX} characters`)
    this.#at = at
    // At the top a number must be followed by space; inside a container the next token says what is wrong.
    if (this.#depth === 0 && at < source.length && !isSpace(source.charCodeAt(at))) throw this.#unexpected('space after a number')
    this.text = (first === 0x2d ? '-' : '') + source.slice(digitsStart, at)
    this.#afterValue = true
    return token
  }

  /** From the opening quote to behind the closing one. */
  #string(quote: number): string {
    const source = this.source
    let at = this.#at + 1
    let start = at
    let text = ''
    for (;;) {
      if (at >= source.length) throw new JsonSyntaxError('the text ends inside a string')
      const code = source.charCodeAt(at)
      if (code === quote) break
      if (code === 0x5c) {
        text += source.slice(start, at)
        this.#at = at + 1
        text += this.#escape()
        at = start = this.#at
        continue
      }
      if (code < 0x20 && !this.#lax.allowUnquotedControlChars) {
        throw new JsonSyntaxError(`a string holds the control character ${code}, which must be escaped`)
      }
      at++
    }
    this.#at = at + 1
    return text === '' ? source.slice(start, at) : text + source.slice(start, at)
  }

  #escape(): string {
    if (this.#at >= this.source.length) throw new JsonSyntaxError('the text ends inside an escape')
    const letter = this.source[this.#at++]!
    switch (letter) {
      case 'b':
        return '\b'
      case 't':
        return '\t'
      case 'n':
        return '\n'
      case 'f':
        return '\f'
      case 'r':
        return '\r'
      case '"':
      case '/':
      case '\\':
        return letter
      case 'u': {
        const digits = this.source.slice(this.#at, this.#at + 4)
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new JsonSyntaxError('\\u must be followed by four hexadecimal digits')
        this.#at += 4
        return String.fromCharCode(Number.parseInt(digits, 16))
      }
      default:
        if (this.#lax.allowBackslashEscapingAnyCharacter) return letter
        if (letter === "'" && this.#lax.allowSingleQuotes) return letter
        throw new JsonSyntaxError(`"\\${letter}" is not an escape`)
    }
  }

  #skipSpace(): void {
    const source = this.source
    for (; this.#at < source.length; this.#at++) {
      const code = source.charCodeAt(this.#at)
      if (isSpace(code)) continue
      if (code === 0x2f && this.#lax.allowComments) {
        this.#skipComment()
        this.#at--
        continue
      }
      return
    }
  }

  #skipComment(): void {
    const kind = this.source[this.#at + 1]
    if (kind === '*') {
      const end = this.source.indexOf('*/', this.#at + 2)
      if (end < 0) throw new JsonSyntaxError('the text ends inside a comment')
      this.#at = end + 2
    } else if (kind === '/') {
      while (this.#at < this.source.length && !/[\r\n]/.test(this.source[this.#at]!)) this.#at++
    } else throw this.#unexpected('a comment')
  }

  #unexpected(wanted: string): JsonSyntaxError {
    const found = this.source[this.#at]
    return new JsonSyntaxError(`expected ${wanted}, found ${found === undefined ? 'the end' : JSON.stringify(found)}`)
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
/** As Java's identifier characters, which Jackson looks at behind a word and in names without quotes. */
function isNameStart(code: number): boolean {
  return isNamePart(code) && !isDigit(code)
}
function isNamePart(code: number): boolean {
  if (code < 128)
    return isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f || code === 0x24
  return /[\p{L}\p{Nl}\p{Nd}\p{Sc}\p{Pc}\p{Mn}\p{Mc}]/u.test(String.fromCharCode(code))
}
