import type { OptionDefinition } from '../../engine/connect/options.ts'
import { csvDecoder } from '../../engine/formats/csv.ts'
import { inferCsvSchema } from '../../engine/formats/csv-infer.ts'
import { readCsvOptions } from '../../engine/formats/csv-options.ts'
import type { FileFormat } from './file-format.ts'

const OPTIONS: readonly OptionDefinition[] = [
  { name: 'sep', type: 'string', default: ',', description: 'What separates values; one or more characters.' },
  { name: 'delimiter', type: 'string', description: 'The same as sep.' },
  { name: 'header', type: 'boolean', default: 'false', description: 'The first record of each file names the columns.' },
  { name: 'inferSchema', type: 'boolean', default: 'false', description: 'Find the types of columns by a look at the data.' },
  {
    name: 'enforceSchema',
    type: 'boolean',
    default: 'true',
    description: 'Go by position; false: the header must have the columns of the schema.',
  },
  { name: 'preferDate', type: 'boolean', default: 'true', description: 'Inference: dates are DATE, not TIMESTAMP.' },
  {
    name: 'quote',
    type: 'string',
    default: '"',
    description: 'What stands around values with separators in them; empty: nothing does.',
  },
  { name: 'escape', type: 'string', default: '\\', description: 'What stands before a quote inside quotes.' },
  {
    name: 'charToEscapeQuoteEscaping',
    type: 'string',
    description: 'What stands before an escape that is one itself; escape by default.',
  },
  { name: 'comment', type: 'string', description: 'Lines that begin with this character are passed over.' },
  { name: 'nullValue', type: 'string', default: '', description: 'The text of NULL.' },
  { name: 'emptyValue', type: 'string', default: '', description: 'What an empty text in quotes is.' },
  { name: 'nanValue', type: 'string', default: 'NaN', description: 'The text of NaN.' },
  { name: 'positiveInf', type: 'string', default: 'Inf', description: 'The text of infinity.' },
  { name: 'negativeInf', type: 'string', default: '-Inf', description: 'The text of negative infinity.' },
  { name: 'ignoreLeadingWhiteSpace', type: 'boolean', default: 'false', description: 'Cut blanks before values.' },
  { name: 'ignoreTrailingWhiteSpace', type: 'boolean', default: 'false', description: 'Cut blanks behind values.' },
  {
    name: 'mode',
    type: ['PERMISSIVE', 'DROPMALFORMED', 'FAILFAST'],
    default: 'PERMISSIVE',
    description: 'Malformed records: NULLs, left out, or an error.',
  },
  {
    name: 'columnNameOfCorruptRecord',
    type: 'string',
    default: '_corrupt_record',
    description: 'The STRING column, when the schema has it, that gets the text of malformed records.',
  },
  { name: 'multiLine', type: 'boolean', default: 'false', description: 'Values in quotes may hold line breaks.' },
  {
    name: 'unescapedQuoteHandling',
    type: ['STOP_AT_DELIMITER', 'STOP_AT_CLOSING_QUOTE', 'BACK_TO_DELIMITER', 'SKIP_VALUE', 'RAISE_ERROR'],
    default: 'STOP_AT_DELIMITER',
    description: 'What a quote that is not escaped does inside a value.',
  },
  { name: 'maxColumns', type: 'int', default: '20480', description: 'The most values a record may have.' },
  { name: 'maxCharsPerColumn', type: 'int', default: '-1', description: 'The most characters a value may have; −1: any number.' },
  { name: 'samplingRatio', type: 'double', default: '1.0', description: 'Inference: the share of records looked at.' },
  { name: 'dateFormat', type: 'string', description: 'Pattern of dates; without it all that CAST takes.' },
  { name: 'timestampFormat', type: 'string', description: 'Pattern of timestamps; without it all that CAST takes.' },
  {
    name: 'timestampNTZFormat',
    type: 'string',
    description: 'Pattern of timestamps without zone; without it all that CAST takes.',
  },
  { name: 'timeFormat', type: 'string', description: 'Pattern of times of day.' },
  { name: 'timeZone', type: 'string', description: 'Zone of timestamps that name none; the session zone by default.' },
  { name: 'lineSep', type: 'string', description: 'What ends a record; \\n, \\r\\n and \\r by default.' },
  { name: 'encoding', type: 'string', description: 'Character set; UTF-8 by default.' },
  { name: 'charset', type: 'string', description: 'The same as encoding.' },
]

/** CSV as Spark reads it. */
export const csvFormat: FileFormat = {
  name: 'csv',
  options: OPTIONS,
  description: 'Files of separated values. Columns are found by position.',
  fixedSchema: undefined,
  inferSchema: (files, options, timeZone) => inferCsvSchema(files, readCsvOptions(options, { timeZone })),
  openDecoder: (request, options, timeZone) => csvDecoder(request, readCsvOptions(options, { timeZone })),
}
