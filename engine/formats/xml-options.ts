import { AnalysisError, UsageError } from '../errors/engine-error.ts'
import { GivenOptions } from './given-options.ts'
import { type MalformedMode, readMode } from './json-options.ts'

/** How XML text is read and written. Names and defaults are Spark's XmlOptions. */
export interface XmlOptions {
  readonly mode: MalformedMode
  readonly columnNameOfCorruptRecord: string
  /** Writing: the name of the element that a row is. */
  readonly rowTag: string
  /** Fields whose names begin with it are attributes. */
  readonly attributePrefix: string
  /** The field that has the text of an element which has attributes or elements too. */
  readonly valueTag: string
  /** The field that takes the text of elements without a field of their own. */
  readonly wildcardColName: string
  /** Writing: the name of elements of arrays in arrays. */
  readonly arrayElementName: string
  readonly excludeAttribute: boolean
  readonly ignoreSurroundingSpaces: boolean
  /** Names count without their prefixes. */
  readonly ignoreNamespace: boolean
  /** Schemas: false makes every value STRING. */
  readonly inferSchema: boolean
  readonly prefersDecimal: boolean
  /** The text that means NULL; undefined: none is read as NULL, and NULLs are left out. */
  readonly nullValue: string | undefined
  /** Writing: what a level is moved in by; empty: all on one line. */
  readonly indent: string
  readonly dateFormat: string | undefined
  readonly timestampFormat: string | undefined
  readonly timestampNtzFormat: string | undefined
  readonly timeFormat: string | undefined
  readonly timeZone: string
}

/** What the options of a function say; keys without case. */
export function readXmlOptions(given: Readonly<Record<string, string>>, defaults: { readonly timeZone: string }): XmlOptions {
  const options = new GivenOptions(given)
  const text = (key: string): string | undefined => options.text(key)
  const flag = (key: string, byDefault: boolean): boolean => options.flag(key, byDefault)
  const name = (key: string, byDefault: string): string => {
    const value = text(key) ?? byDefault
    if (value.trim() === '')
      throw new UsageError('INVALID_OPTION', {
        message: `option "${key}" must not be empty`,
        parameters: { option: key, value },
      })
    return value
  }
  refuse(text('rowValidationXSDPath'), 'rowValidationXSDPath', 'XML schemas are not read')
  const locale = text('locale')
  refuse(/^en([_-]us)?$/i.test(locale ?? 'en-US') ? undefined : locale, 'locale', 'numbers and dates are read as in en-US')
  return {
    mode: readMode(text('mode')),
    columnNameOfCorruptRecord: text('columnNameOfCorruptRecord') ?? '_corrupt_record',
    rowTag: name('rowTag', 'ROW'),
    attributePrefix: name('attributePrefix', '_'),
    valueTag: name('valueTag', '_VALUE'),
    wildcardColName: text('wildcardColName') ?? 'xs_any',
    arrayElementName: name('arrayElementName', 'item'),
    excludeAttribute: flag('excludeAttribute', false),
    ignoreSurroundingSpaces: flag('ignoreSurroundingSpaces', true),
    ignoreNamespace: flag('ignoreNamespace', false),
    inferSchema: flag('inferSchema', true),
    prefersDecimal: flag('prefersDecimal', false),
    nullValue: text('nullValue'),
    indent: text('indent') ?? '    ',
    dateFormat: text('dateFormat'),
    timestampFormat: text('timestampFormat'),
    timestampNtzFormat: text('timestampNTZFormat'),
    timeFormat: text('timeFormat'),
    timeZone: text('timeZone') ?? defaults.timeZone,
  }
}

function refuse(value: string | undefined, option: string, because: string): void {
  if (value === undefined) return
  throw new AnalysisError('UNSUPPORTED_FEATURE', {
    message: `option "${option}" is not supported: ${because}`,
    parameters: { option, value },
  })
}
