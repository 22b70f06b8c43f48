import { UsageError } from '../errors/engine-error.ts'
import { GivenOptions } from './given-options.ts'

export type MalformedMode = 'permissive' | 'dropmalformed' | 'failfast'

/** How JSON text is read. Names and defaults are Spark's JSONOptions. */
export interface JsonOptions {
  readonly mode: MalformedMode
  readonly columnNameOfCorruptRecord: string
  readonly multiLine: boolean
  readonly primitivesAsString: boolean
  readonly prefersDecimal: boolean
  readonly allowComments: boolean
  readonly allowUnquotedFieldNames: boolean
  readonly allowSingleQuotes: boolean
  readonly allowNumericLeadingZeros: boolean
  readonly allowNonNumericNumbers: boolean
  readonly allowBackslashEscapingAnyCharacter: boolean
  readonly allowUnquotedControlChars: boolean
  readonly dropFieldIfAllNull: boolean
  readonly inferTimestamp: boolean
  readonly samplingRatio: number
  /** undefined: the forms of CAST. */
  readonly dateFormat: string | undefined
  readonly timestampFormat: string | undefined
  readonly timestampNtzFormat: string | undefined
  readonly timeFormat: string | undefined
  /** undefined: UTF-8, and for whole documents whatever the first bytes say. */
  readonly encoding: string | undefined
  /** undefined: `\n`, `\r\n` and `\r`. */
  readonly lineSep: string | undefined
  readonly timeZone: string
  /** Writing: leave NULL fields out of objects. */
  readonly ignoreNullFields: boolean
  readonly pretty: boolean
  /** Writing: fields and map keys in the order of their names. */
  readonly sortKeys: boolean
  /** Values read into STRING keep their text as it is written, as in files; from_json prints them anew. */
  readonly exactText: boolean
}

/** What the options of a reader or function say; keys without case. Unknown keys have been refused by whoever owns the schema. */
export function readJsonOptions(
  given: Readonly<Record<string, string>>,
  defaults: { readonly timeZone: string; readonly ignoreNullFields?: boolean; readonly exactText?: boolean },
): JsonOptions {
  const options = new GivenOptions(given)
  const text = (key: string): string | undefined => options.text(key)
  const flag = (key: string, byDefault = false): boolean => options.flag(key, byDefault)
  const multiLine = flag('multiLine')
  const encoding = text('encoding') ?? text('charset')
  if (!multiLine && /^utf-(16|32)$/i.test(encoding ?? '')) {
    throw new UsageError('INVALID_OPTION', {
      message: `encoding "${encoding}" needs multiLine`,
      detail: 'Its byte order stands at the beginning of a file, where lines do not have it.',
      hint: `Name the byte order, as in ${encoding}LE, and give lineSep.`,
      parameters: { option: 'encoding', value: encoding! },
    })
  }
  return {
    mode: readMode(text('mode')),
    columnNameOfCorruptRecord: text('columnNameOfCorruptRecord') ?? '_corrupt_record',
    multiLine,
    primitivesAsString: flag('primitivesAsString'),
    prefersDecimal: flag('prefersDecimal'),
    allowComments: flag('allowComments'),
    allowUnquotedFieldNames: flag('allowUnquotedFieldNames'),
    allowSingleQuotes: flag('allowSingleQuotes', true),
    allowNumericLeadingZeros: flag('allowNumericLeadingZeros'),
    allowNonNumericNumbers: flag('allowNonNumericNumbers', true),
    allowBackslashEscapingAnyCharacter: flag('allowBackslashEscapingAnyCharacter'),
    allowUnquotedControlChars: flag('allowUnquotedControlChars'),
    dropFieldIfAllNull: flag('dropFieldIfAllNull'),
    inferTimestamp: flag('inferTimestamp'),
    samplingRatio: Number(text('samplingRatio') ?? 1),
    dateFormat: text('dateFormat'),
    timestampFormat: text('timestampFormat'),
    timestampNtzFormat: text('timestampNTZFormat'),
    timeFormat: text('timeFormat'),
    encoding,
    lineSep: text('lineSep'),
    timeZone: text('timeZone') ?? defaults.timeZone,
    ignoreNullFields: flag('ignoreNullFields', defaults.ignoreNullFields ?? true),
    pretty: flag('pretty'),
    sortKeys: flag('sortKeys'),
    exactText: defaults.exactText ?? false,
  }
}

export function readMode(text: string | undefined): MalformedMode {
  switch (text?.toLowerCase()) {
    case undefined:
    case 'permissive':
      return 'permissive'
    case 'dropmalformed':
      return 'dropmalformed'
    case 'failfast':
      return 'failfast'
    default:
      throw new UsageError('INVALID_OPTION', {
        message: `"${text}" is not a mode of reading`,
        detail: 'The modes are PERMISSIVE, DROPMALFORMED and FAILFAST.',
        parameters: { option: 'mode', value: text! },
      })
  }
}
