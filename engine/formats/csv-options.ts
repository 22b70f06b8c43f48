import { UsageError } from '../errors/engine-error.ts'
import { GivenOptions } from './given-options.ts'
import { type MalformedMode, readMode } from './json-options.ts'

/** How CSV text is read and written. Names and defaults are Spark's CSVOptions. Characters that are switched off are ''. */
export interface CsvOptions {
  readonly mode: MalformedMode
  readonly columnNameOfCorruptRecord: string
  readonly multiLine: boolean
  readonly sep: string
  readonly quote: string
  readonly escape: string
  readonly charToEscapeQuoteEscaping: string
  readonly comment: string
  readonly header: boolean
  readonly inferSchema: boolean
  readonly enforceSchema: boolean
  readonly preferDate: boolean
  readonly samplingRatio: number
  readonly nullValue: string
  readonly emptyValueRead: string
  readonly emptyValueWritten: string
  readonly nanValue: string
  readonly positiveInf: string
  readonly negativeInf: string
  /** undefined: off for reading, on for writing. */
  readonly ignoreLeadingWhiteSpace: boolean | undefined
  readonly ignoreTrailingWhiteSpace: boolean | undefined
  readonly unescapedQuoteHandling:
    | 'STOP_AT_DELIMITER'
    | 'STOP_AT_CLOSING_QUOTE'
    | 'BACK_TO_DELIMITER'
    | 'SKIP_VALUE'
    | 'RAISE_ERROR'
  readonly maxColumns: number
  readonly maxCharsPerColumn: number
  readonly quoteAll: boolean
  readonly escapeQuotes: boolean
  readonly dateFormat: string | undefined
  readonly timestampFormat: string | undefined
  readonly timestampNtzFormat: string | undefined
  readonly timeFormat: string | undefined
  readonly encoding: string | undefined
  readonly lineSep: string | undefined
  readonly timeZone: string
}

/** What the options of a reader or writer say; keys without case. @throws UsageError for values that mean nothing. */
export function readCsvOptions(given: Readonly<Record<string, string>>, defaults: { readonly timeZone: string }): CsvOptions {
  const options = new GivenOptions(given)
  const text = (...keys: string[]): string | undefined => options.text(...keys)
  const optionalFlag = (key: string): boolean | undefined => options.flag(key, undefined)
  const flag = (key: string, byDefault = false): boolean => options.flag(key, byDefault)
  const quote = character('quote', text('quote') ?? '"')
  const escapeCharacter = character('escape', text('escape') ?? '\\')
  return {
    mode: readMode(text('mode')),
    columnNameOfCorruptRecord: text('columnNameOfCorruptRecord') ?? '_corrupt_record',
    multiLine: flag('multiLine'),
    sep: separator(text('sep', 'delimiter') ?? ','),
    quote,
    escape: escapeCharacter,
    charToEscapeQuoteEscaping: character(
      'charToEscapeQuoteEscaping',
      text('charToEscapeQuoteEscaping') ?? (escapeCharacter === quote ? '' : escapeCharacter),
    ),
    comment: character('comment', text('comment') ?? ''),
    header: flag('header'),
    inferSchema: flag('inferSchema'),
    enforceSchema: flag('enforceSchema', true),
    preferDate: flag('preferDate', true),
    samplingRatio: Number(text('samplingRatio') ?? 1),
    nullValue: text('nullValue') ?? '',
    emptyValueRead: text('emptyValue') ?? '',
    emptyValueWritten: text('emptyValue') ?? '""',
    nanValue: text('nanValue') ?? 'NaN',
    positiveInf: text('positiveInf') ?? 'Inf',
    negativeInf: text('negativeInf') ?? '-Inf',
    ignoreLeadingWhiteSpace: optionalFlag('ignoreLeadingWhiteSpace'),
    ignoreTrailingWhiteSpace: optionalFlag('ignoreTrailingWhiteSpace'),
    unescapedQuoteHandling: (text('unescapedQuoteHandling')?.toUpperCase() ??
      'STOP_AT_DELIMITER') as CsvOptions['unescapedQuoteHandling'],
    maxColumns: Number(text('maxColumns') ?? 20480),
    maxCharsPerColumn: Number(text('maxCharsPerColumn') ?? -1),
    quoteAll: flag('quoteAll'),
    escapeQuotes: flag('escapeQuotes', true),
    dateFormat: text('dateFormat'),
    timestampFormat: text('timestampFormat'),
    timestampNtzFormat: text('timestampNTZFormat'),
    timeFormat: text('timeFormat'),
    encoding: text('encoding', 'charset'),
    lineSep: text('lineSep'),
    timeZone: text('timeZone') ?? defaults.timeZone,
  }
}

function character(name: string, value: string): string {
  if (value.length <= 1) return value === '\u0000' ? '' : value
  if (value === '\\u0000') return ''
  throw new UsageError('INVALID_OPTION', {
    message: `option "${name}" of CSV must be one character, not "${value}"`,
    parameters: { option: name, value },
  })
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', "'": "'", '\\': '\\' }

/** A separator as written, with `\t`, `\\` and `\u0000` to `\uFFFF` decoded. */
function separator(text: string): string {
  const refuse = (condition: string, why: string): UsageError =>
    new UsageError(`INVALID_DELIMITER_VALUE.${condition}`, {
      message: `"${text}" cannot be the separator of CSV`,
      detail: why,
      parameters: { str: text },
    })
  if (text === '') throw refuse('EMPTY_STRING', 'It is empty.')
  if (text === '\\') throw refuse('SINGLE_BACKSLASH', 'A single backslash begins an escape: write two.')
  let decoded = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') {
      decoded += text[i]
      continue
    }
    const letter = text[++i]
    if (letter === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(i + 1, i + 5))) {
      decoded += String.fromCharCode(Number.parseInt(text.slice(i + 1, i + 5), 16))
      i += 4
    } else if (letter !== undefined && ESCAPES[letter] !== undefined) decoded += ESCAPES[letter]
    else throw refuse('UNSUPPORTED_SPECIAL_CHARACTER', `"\\${letter ?? ''}" is not an escape.`)
  }
  return decoded
}
