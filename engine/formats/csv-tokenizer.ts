import { ExecutionError } from '../errors/engine-error.ts'
import type { CsvOptions } from './csv-options.ts'

/** Behind the last character; no text holds it (and a text that does ends there). */
const END = '\uffff\uffff'
const NEWLINE = '\n'

/** Thrown where univocity's reader runs out of characters: the record ends as `#atEnd` says. */
const OUT_OF_TEXT = Symbol('out of text')

/**
 * Records of CSV text as univocity-parsers cuts them, which is what Spark reads CSV with: its treatment of quotes inside values, blanks
 * around quotes, and text that ends inside a quote is followed step by step, since there is no standard to follow.
 *
 * A value is undefined where the record has nothing between two separators.
 *
 * source  univocity-parsers CsvParser, AbstractParser.handleEOF
 */
export class CsvTokenizer {
  readonly #options: CsvOptions
  readonly #separator: string
  readonly #quote: string
  readonly #escape: string
  readonly #escapeEscape: string
  readonly #trimLeading: boolean
  readonly #trimTrailing: boolean
  /** Where a quoted value has more text behind its closing quote, all up to the next separator belongs to it. */
  readonly #untilDelimiter: boolean
  #text = ''
  #at = 0
  /** Current and previous character; '' stands for none. */
  #current = ''
  #previous = ''
  #unescaped = false
  #skipped = false
  #value = ''
  #fields: (string | undefined)[] = []
  #recordStart = 0
  /** BACK_TO_DELIMITER: a record that ended inside a quoted value, and the values that had begun the next one by then. */
  #cutOff: (string | undefined)[] | undefined
  #begun: (string | undefined)[] = []
  /** What ends a record: nothing does in a single line, where a line break can only be part of a value. */
  #newline = NEWLINE

  constructor(options: CsvOptions) {
    this.#options = options
    this.#separator = options.sep
    this.#quote = options.quote === '' ? END : options.quote
    this.#escape = options.escape === '' ? END : options.escape
    this.#escapeEscape = options.charToEscapeQuoteEscaping === '' ? END : options.charToEscapeQuoteEscaping
    this.#trimLeading = options.ignoreLeadingWhiteSpace ?? false
    this.#trimTrailing = options.ignoreTrailingWhiteSpace ?? false
    this.#untilDelimiter = !['STOP_AT_CLOSING_QUOTE', 'RAISE_ERROR'].includes(options.unescapedQuoteHandling)
  }

  /** The values of one line; undefined when there are none (an empty line, a comment). */
  line(text: string): (string | undefined)[] | undefined {
    this.#newline = END
    this.#start(text)
    return this.#record()
  }

  /** Records of a whole document, with the text of each. Line breaks are `\n`, and all that the first one in the text says. */
  *document(text: string): Iterable<{ readonly values: readonly (string | undefined)[]; readonly text: string }> {
    const lineSep = this.#options.lineSep ?? /\r\n|\n|\r/.exec(text)?.[0] ?? NEWLINE
    this.#newline = NEWLINE
    this.#start(lineSep === NEWLINE ? text : text.replaceAll(lineSep, NEWLINE))
    while (this.#at < this.#text.length) {
      const values = this.#record()
      if (values !== undefined) yield { values, text: this.#text.slice(this.#recordStart, this.#at).replace(/\r?\n$/, '') }
    }
    if (this.#begun.length > 0) yield { values: this.#begun, text: '' }
  }

  #start(text: string): void {
    this.#text = text
    this.#at = 0
    this.#begun = []
  }

  #record(): (string | undefined)[] | undefined {
    this.#fields = this.#begun
    this.#begun = []
    this.#cutOff = undefined
    this.#value = ''
    this.#previous = ''
    this.#unescaped = false
    this.#skipped = false
    this.#recordStart = this.#at
    try {
      this.#next()
      if (this.#options.comment !== '' && this.#current === this.#options.comment) {
        const end = this.#text.indexOf(this.#newline, this.#at)
        this.#at = end < 0 ? this.#text.length : end + 1
        return undefined
      }
      this.#values()
    } catch (error) {
      if (error !== OUT_OF_TEXT) throw error
      this.#atEnd()
    }
    if (this.#cutOff !== undefined) {
      this.#begun = this.#fields
      return this.#cutOff
    }
    return this.#fields.length === 0 ? undefined : this.#fields
  }

  #values(): void {
    while (this.#current !== this.#newline) {
      if (this.#trimLeading) this.#skipBlanks()
      if (this.#current === this.#separator || this.#current === this.#newline) this.#push(undefined)
      else {
        this.#unescaped = false
        this.#previous = ''
        if (this.#current === this.#quote) {
          this.#quoted()
          const wasCut = this.#unescaped && this.#options.unescapedQuoteHandling === 'BACK_TO_DELIMITER' && this.#value === ''
          if (!wasCut) this.#push(this.#value === '' ? this.#options.emptyValueRead : this.#value)
        } else {
          this.#appendUntilSeparator()
          this.#push(this.#trimTrailing ? trimEnd(this.#value) : this.#value)
        }
      }
      if (this.#current !== this.#newline) {
        this.#next()
        if (this.#current === this.#newline) this.#push(undefined)
      }
    }
  }

  /**
   * A value that begins with a quote, from there on; ends on the separator or line break behind it. `toLineEnd`: what follows the closing quote is not
   * cut at separators.
   */
  #quoted(toLineEnd = false): void {
    const { unescapedQuoteHandling } = this.#options
    if (this.#previous !== '' && this.#untilDelimiter) {
      if (unescapedQuoteHandling === 'SKIP_VALUE') {
        this.#skipValue()
        return
      }
      // More text after the closing quote: the value is taken as it stands, quotes and all, to the next separator.
      this.#value = this.#quote + this.#value
      this.#next()
      if (toLineEnd) this.#appendUntilLineEnd()
      else this.#appendUntilSeparator()
      if (this.#trimTrailing) this.#value = trimEnd(this.#value)
      return
    }
    this.#next()
    for (;;) {
      if (this.#previous === this.#quote && (this.#isBlank() || this.#atValueEnd())) break
      if (this.#current !== this.#quote && this.#current !== this.#escape) {
        if (this.#previous === this.#quote) {
          this.#unescapedQuote()
          return
        }
        if (this.#previous === this.#escape) this.#value += this.#escape
        this.#appendUntilQuote()
        this.#previous = this.#current
        this.#next()
      } else {
        this.#escapeOrQuote()
        this.#previous = this.#current
        this.#next()
        if (this.#unescaped && this.#atValueEnd()) return
      }
    }
    if (!this.#atValueEnd() && this.#isBlank()) this.#afterQuote()
  }

  /** Blanks behind a closing quote: dropped when the value ends after them, else they belong to it. */
  #afterQuote(): void {
    let blanks = ''
    do {
      blanks += this.#current
      this.#next()
      if (this.#current === this.#newline) return
    } while (this.#isBlank() && this.#current !== this.#separator)
    if (this.#current === this.#separator) return
    if (this.#options.unescapedQuoteHandling === 'RAISE_ERROR') {
      throw malformedCsv(`"${this.#current}" follows the quoted value "${this.#value}"`)
    }
    this.#value += this.#quote + blanks
    if (this.#untilDelimiter || (this.#current !== this.#quote && this.#current !== this.#escape)) this.#value += this.#current
    this.#previous = this.#current
    // univocity does not see separators of several characters from here on.
    this.#quoted(this.#separator.length > 1)
  }

  #unescapedQuote(): void {
    this.#unescaped = true
    switch (this.#options.unescapedQuoteHandling) {
      case 'RAISE_ERROR':
        throw malformedCsv(`a quote inside a value is not escaped after "${this.#value}"`)
      case 'SKIP_VALUE':
        this.#skipValue()
        return
      case 'BACK_TO_DELIMITER':
        this.#cutValue()
        this.#value += this.#current
        this.#previous = ''
        this.#quoted()
        return
      default:
        this.#value += this.#quote + this.#current
        this.#previous = this.#current
        this.#quoted()
    }
  }

  /**
   * What has been read as the text of one quoted value is cut at its separators after all, and what is behind the last of them goes on as a quoted
   * value without its first quote. The first line break ends the record; further ones only values.
   */
  #cutValue(): void {
    for (;;) {
      const separator = this.#value.indexOf(this.#separator)
      const lineBreak = this.#value.indexOf(this.#newline)
      const atLineBreak = lineBreak >= 0 && (separator < 0 || lineBreak < separator)
      const end = atLineBreak ? lineBreak : separator
      if (end < 0) return
      const rest = this.#value.slice(end + (atLineBreak ? 1 : this.#separator.length))
      this.#push(this.#value.slice(0, end))
      this.#value = rest
      if (atLineBreak && this.#cutOff === undefined) {
        this.#cutOff = this.#fields
        this.#fields = []
      }
    }
  }

  #escapeOrQuote(): void {
    if (this.#current === this.#escape && this.#previous === this.#escapeEscape) {
      this.#value += this.#escape
      this.#current = ''
    } else if (this.#previous === this.#escape) {
      if (this.#current === this.#quote) {
        this.#value += this.#quote
        this.#current = ''
      } else this.#value += this.#previous
    } else if (this.#current === this.#quote && this.#previous === this.#quote) this.#value += this.#quote
    else if (this.#previous === this.#quote) this.#quoteInValue()
  }

  /** A quote that neither ends the value nor is escaped, with an escape behind it. */
  #quoteInValue(): void {
    switch (this.#options.unescapedQuoteHandling) {
      case 'RAISE_ERROR':
        throw malformedCsv(`a quote inside a value is not escaped after "${this.#value}"`)
      case 'SKIP_VALUE':
        this.#skipValue()
        return
      default:
        this.#value += this.#quote
        this.#previous = this.#current
        this.#appendWithEscapes()
    }
  }

  /** As above, blind to separators of several characters. */
  #appendWithEscapes(): void {
    while (this.#current !== this.#newline && (this.#current !== this.#separator || this.#separator.length > 1)) {
      if (this.#current === this.#quote || this.#current === this.#escape) this.#escapeOrQuote()
      else if (this.#previous === this.#quote) {
        this.#quoteInValue()
        return
      } else this.#value += this.#current
      this.#previous = this.#current
      this.#next()
    }
  }

  /** The value becomes NULL. */
  #skipValue(): void {
    this.#value = ''
    this.#skipped = true
    while (!this.#atValueEnd()) this.#next()
  }

  /** The text is used up: what there is of a value is one, and a separator at the very end begins an empty one. */
  #atEnd(): void {
    let whole = false
    if (this.#current === this.#quote) {
      if (this.#previous === this.#quote) whole = true
      else if (!this.#unescaped) this.#value += this.#quote
    }
    whole ||= this.#previous !== '' && this.#current !== this.#separator && this.#current !== this.#newline
    this.#current = ''
    this.#previous = ''
    if (this.#value !== '' || whole)
      this.#push(this.#value === '' ? this.#options.emptyValueRead : this.#trimTrailing ? trimEnd(this.#value) : this.#value)
    else if (this.#at > this.#recordStart) this.#push(undefined)
  }

  #push(value: string | undefined): void {
    if (this.#fields.length >= this.#options.maxColumns) {
      throw malformedCsv(`a record has more than ${this.#options.maxColumns} columns (option maxColumns)`)
    }
    if (this.#options.maxCharsPerColumn >= 0 && value !== undefined && value.length > this.#options.maxCharsPerColumn) {
      throw malformedCsv(`a value has more than ${this.#options.maxCharsPerColumn} characters (option maxCharsPerColumn)`)
    }
    this.#fields.push(this.#skipped ? undefined : value)
    this.#skipped = false
    this.#value = ''
  }

  /** The next character, or the whole separator, becomes the current one. */
  #next(): void {
    const text = this.#text
    if (this.#at >= text.length) throw OUT_OF_TEXT
    const separator = this.#separator
    if (separator.length > 1 && text.startsWith(separator, this.#at)) {
      this.#current = separator
      this.#at += separator.length
    } else this.#current = text[this.#at++]!
  }

  #appendUntilSeparator(): void {
    const text = this.#text
    const separator = this.#separator
    if (separator.length === 1 && this.#current === text[this.#at - 1]) {
      let end = this.#at - 1
      while (end < text.length && text[end] !== separator && text[end] !== this.#newline) end++
      this.#value += text.slice(this.#at - 1, end)
      this.#at = end
      this.#next()
      return
    }
    while (!this.#atValueEnd()) {
      this.#value += this.#current
      this.#next()
    }
  }
  #appendUntilLineEnd(): void {
    const found = this.#text.indexOf(this.#newline, this.#at)
    const end = found < 0 ? this.#text.length : found
    this.#value += this.#current + this.#text.slice(this.#at, end)
    this.#at = end
    this.#next()
  }
  #appendUntilQuote(): void {
    while (this.#current !== this.#quote && this.#current !== this.#escape && this.#current !== this.#escapeEscape) {
      this.#value += this.#current
      this.#next()
    }
  }
  #skipBlanks(): void {
    while (this.#isBlank() && this.#current !== this.#separator && this.#current !== this.#newline) this.#next()
  }
  #isBlank(): boolean {
    return this.#current !== '' && this.#current <= ' '
  }
  #atValueEnd(): boolean {
    return this.#current === this.#separator || this.#current === this.#newline
  }
}

function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) <= 0x20) end--
  return text.slice(0, end)
}

function malformedCsv(reason: string): ExecutionError {
  return new ExecutionError('MALFORMED_CSV_RECORD', {
    message: 'malformed CSV record',
    detail: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
  })
}
