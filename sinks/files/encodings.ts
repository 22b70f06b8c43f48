import type { OptionDefinition } from '../../engine/connect/options.ts'
import { readCsvOptions } from '../../engine/formats/csv-options.ts'
import { csvEncoder } from '../../engine/formats/csv-write.ts'
import { readJsonOptions } from '../../engine/formats/json-options.ts'
import { jsonEncoder } from '../../engine/formats/json-write.ts'
import { textEncoderOf } from '../../engine/formats/text-write.ts'
import type { FileEncoding } from './file-sink.ts'

const TIMES: readonly OptionDefinition[] = [
  { name: 'dateFormat', type: 'string', description: 'Pattern of dates; yyyy-MM-dd by default.' },
  { name: 'timestampFormat', type: 'string', description: "Pattern of timestamps; yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX] by default." },
  {
    name: 'timestampNTZFormat',
    type: 'string',
    description: "Pattern of timestamps without zone; yyyy-MM-dd'T'HH:mm:ss[.SSS] by default.",
  },
  { name: 'timeFormat', type: 'string', description: 'Pattern of times of day.' },
  { name: 'timeZone', type: 'string', description: 'Zone that timestamps are written in; the session zone by default.' },
]
const LINE_SEP: OptionDefinition = { name: 'lineSep', type: 'string', default: '\n', description: 'What ends a record.' }

export const jsonEncoding: FileEncoding = {
  name: 'json',
  options: [
    ...TIMES,
    LINE_SEP,
    {
      name: 'ignoreNullFields',
      type: 'boolean',
      description: 'Leave NULL fields out; spark.sql.jsonGenerator.ignoreNullFields by default.',
    },
  ],
  description: 'Files of JSON, an object a line, each row exactly once.',
  openEncoder(schema, options, environment) {
    const { settings } = environment
    const ignoreNullFields = settings.flag('spark.sql.jsonGenerator.ignoreNullFields')
    return jsonEncoder(schema, readJsonOptions(options, { timeZone: settings.timeZone, ignoreNullFields }))
  },
}

export const textEncoding: FileEncoding = {
  name: 'text',
  options: [LINE_SEP],
  description: 'Files of text from one STRING column, a line a row, each exactly once.',
  openEncoder(schema, options) {
    const lineSep = Object.entries(options).find(([key]) => key.toLowerCase() === 'linesep')?.[1]
    return textEncoderOf(schema, lineSep ?? '\n')
  },
}

export const csvEncoding: FileEncoding = {
  name: 'csv',
  options: [
    ...TIMES,
    LINE_SEP,
    { name: 'sep', type: 'string', default: ',', description: 'What separates values.' },
    { name: 'delimiter', type: 'string', description: 'The same as sep.' },
    { name: 'header', type: 'boolean', default: 'false', description: 'Each file begins with the names of the columns.' },
    { name: 'quote', type: 'string', default: '"', description: 'What stands around values that need it.' },
    { name: 'escape', type: 'string', default: '\\', description: 'What stands before a quote inside quotes.' },
    {
      name: 'charToEscapeQuoteEscaping',
      type: 'string',
      description: 'What stands before an escape inside quotes; escape by default.',
    },
    { name: 'quoteAll', type: 'boolean', default: 'false', description: 'Put all values in quotes.' },
    { name: 'escapeQuotes', type: 'boolean', default: 'true', description: 'Put values that hold a quote in quotes.' },
    { name: 'comment', type: 'string', description: 'Values that begin a line with this character are put in quotes.' },
    { name: 'nullValue', type: 'string', default: '', description: 'The text of NULL.' },
    { name: 'emptyValue', type: 'string', default: '""', description: 'The text of an empty value.' },
    { name: 'nanValue', type: 'string', default: 'NaN', description: 'The text of NaN.' },
    { name: 'positiveInf', type: 'string', default: 'Inf', description: 'The text of infinity.' },
    { name: 'negativeInf', type: 'string', default: '-Inf', description: 'The text of negative infinity.' },
    { name: 'ignoreLeadingWhiteSpace', type: 'boolean', default: 'true', description: 'Cut blanks before values.' },
    { name: 'ignoreTrailingWhiteSpace', type: 'boolean', default: 'true', description: 'Cut blanks behind values.' },
  ],
  description: 'Files of separated values, each row exactly once.',
  openEncoder: (schema, options, environment) =>
    csvEncoder(schema, readCsvOptions(options, { timeZone: environment.settings.timeZone })),
}
