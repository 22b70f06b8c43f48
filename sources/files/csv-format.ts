import { type OptionDefinition, type OptionUse, onlyForInference, type TypedOptions } from '../../engine/connect/options.ts'
import { csvDecoder } from '../../engine/formats/csv.ts'
import { inferCsvSchema } from '../../engine/formats/csv-infer.ts'
import { readCsvOptions } from '../../engine/formats/csv-options.ts'
import type { FileFormat } from './file-format.ts'
import { LINE_OPTIONS, MALFORMED_OPTIONS, samplingRatio, TIME_OPTIONS } from './record-options.ts'

const onlyInferring = (options: TypedOptions, use: OptionUse) =>
  onlyForInference(options, use) ?? (options.flag('inferSchema') ? undefined : 'types are only looked for with inferSchema true')

const OPTIONS: readonly OptionDefinition[] = [
  { name: 'sep', type: 'string', default: ',', description: 'What separates values; one or more characters.' },
  {
    name: 'delimiter',
    type: 'string',
    description: 'The same as sep.',
    idle: (options) => (options.has('sep') ? 'sep comes before it' : undefined),
  },
  { name: 'header', type: 'boolean', default: 'false', description: 'The first record of each file names the columns.' },
  {
    name: 'inferSchema',
    type: 'boolean',
    default: 'false',
    description: 'Find the types of columns by a look at the data.',
    idle: onlyForInference,
  },
  {
    name: 'enforceSchema',
    type: 'boolean',
    default: 'true',
    description: 'Go by position; false: the header must have the columns of the schema.',
    idle: (options) => (options.flag('header') ? undefined : 'there is no header to look at without header true'),
  },
  {
    name: 'preferDate',
    type: 'boolean',
    default: 'true',
    description: 'Inference: dates are DATE, not TIMESTAMP.',
    idle: onlyInferring,
  },
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
  ...MALFORMED_OPTIONS,
  { name: 'multiLine', type: 'boolean', default: 'false', description: 'Values in quotes may hold line breaks.' },
  {
    name: 'unescapedQuoteHandling',
    type: ['STOP_AT_DELIMITER', 'STOP_AT_CLOSING_QUOTE', 'BACK_TO_DELIMITER', 'SKIP_VALUE', 'RAISE_ERROR'],
    default: 'STOP_AT_DELIMITER',
    description: 'What a quote that is not escaped does inside a value.',
  },
  { name: 'maxColumns', type: 'int', default: '20480', description: 'The most values a record may have.' },
  { name: 'maxCharsPerColumn', type: 'int', default: '-1', description: 'The most characters a value may have; −1: any number.' },
  samplingRatio(onlyInferring),
  ...TIME_OPTIONS,
  ...LINE_OPTIONS,
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
