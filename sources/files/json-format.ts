import { type OptionDefinition, onlyForInference } from '../../engine/connect/options.ts'
import { jsonDecoder } from '../../engine/formats/json.ts'
import { inferJsonSchema } from '../../engine/formats/json-infer.ts'
import { readJsonOptions } from '../../engine/formats/json-options.ts'
import type { FileFormat } from './file-format.ts'
import { LINE_OPTIONS, MALFORMED_OPTIONS, samplingRatio, TIME_OPTIONS } from './record-options.ts'

const OPTIONS: readonly OptionDefinition[] = [
  ...MALFORMED_OPTIONS,
  {
    name: 'multiLine',
    type: 'boolean',
    default: 'false',
    description: 'A file is one document: an object or an array of objects.',
  },
  {
    name: 'primitivesAsString',
    type: 'boolean',
    default: 'false',
    description: 'Inference: all primitive values are strings.',
    idle: onlyForInference,
  },
  {
    name: 'prefersDecimal',
    type: 'boolean',
    default: 'false',
    description: 'Inference: fractions are decimals where they fit.',
    idle: onlyForInference,
  },
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
    idle: onlyForInference,
  },
  {
    name: 'inferTimestamp',
    type: 'boolean',
    default: 'false',
    description: 'Inference: strings that are timestamps are timestamps.',
    idle: onlyForInference,
  },
  samplingRatio(onlyForInference),
  ...TIME_OPTIONS,
  ...LINE_OPTIONS,
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
