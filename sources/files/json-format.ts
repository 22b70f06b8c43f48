import type { OptionDefinition } from '../../engine/connect/options.ts'
import { jsonDecoder } from '../../engine/formats/json.ts'
import { inferJsonSchema } from '../../engine/formats/json-infer.ts'
import { readJsonOptions } from '../../engine/formats/json-options.ts'
import type { FileFormat } from './file-format.ts'

const OPTIONS: readonly OptionDefinition[] = [
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
  {
    name: 'multiLine',
    type: 'boolean',
    default: 'false',
    description: 'A file is one document: an object or an array of objects.',
  },
  { name: 'primitivesAsString', type: 'boolean', default: 'false', description: 'Inference: all primitive values are strings.' },
  { name: 'prefersDecimal', type: 'boolean', default: 'false', description: 'Inference: fractions are decimals where they fit.' },
  { name: 'allowComments', type: 'boolean', default: 'false', description: 'Take comments in the manner of Java.' },
  { name: 'allowUnquotedFieldNames', type: 'boolean', default: 'false', description: 'Take field names without quotes.' },
  { name: 'allowSingleQuotes', type: 'boolean', default: 'true', description: 'Take single quotes.' },
  { name: 'allowNumericLeadingZeros', type: 'boolean', default: 'false', description: 'Take numbers such as 007.' },
  { name: 'allowNonNumericNumbers', type: 'boolean', default: 'true', description: 'Take NaN, +INF, -INF and their long forms.' },
  {
    name: 'allowBackslashEscapingAnyCharacter',
    type: 'boolean',
    default: 'false',
    description: 'A backslash before any character means that character.',
  },
  {
    name: 'allowUnquotedControlChars',
    type: 'boolean',
    default: 'false',
    description: 'Take raw control characters in strings.',
  },
  {
    name: 'dropFieldIfAllNull',
    type: 'boolean',
    default: 'false',
    description: 'Inference: leave out fields that are always NULL.',
  },
  {
    name: 'inferTimestamp',
    type: 'boolean',
    default: 'false',
    description: 'Inference: strings that are timestamps are timestamps.',
  },
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

/** NDJSON, or one document a file with multiLine. */
export const jsonFormat: FileFormat = {
  name: 'json',
  options: OPTIONS,
  description: 'Files of JSON: an object a line, or a document a file with multiLine. Fields are found by exact name.',
  fixedSchema: undefined,
  inferSchema: (files, options, timeZone) => inferJsonSchema(files, readJsonOptions(options, { timeZone, exactText: true })),
  openDecoder: (request, options, timeZone) => jsonDecoder(request, readJsonOptions(options, { timeZone, exactText: true })),
}
