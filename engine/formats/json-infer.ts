import { AnalysisError } from '../errors/engine-error.ts'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  type DataType,
  DOUBLE,
  decimalType,
  type Field,
  field,
  type Schema,
  STRING,
  type StructType,
  sameType,
  structType,
  TIMESTAMP,
  VOID,
} from '../types/data-type.ts'
import { digitCount, parseDecimal } from '../types/decimal.ts'
import type { JsonOptions } from './json-options.ts'
import { JsonReader, JsonSyntaxError } from './json-reader.ts'
import { malformed } from './json-value.ts'
import { recordSample } from './record-sample.ts'
import { decodeLenient, decodeRecord, isUtf8Name, lineEnd, transcode } from './text-encoding.ts'
import { type TextTimes, textTimes } from './text-times.ts'

/**
 * The schema that records of JSON have in common, as Spark's JsonInferSchema finds it: fields by name, integers BIGINT, fractions DOUBLE,
 * what does not agree STRING; malformed records add the corrupt-record column.
 *
 * @throws ExecutionError MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION in FAILFAST mode
 */
export function inferJsonSchema(files: Iterable<Uint8Array>, options: JsonOptions): Schema {
  const times = textTimes(options)
  const sample = recordSample(options.samplingRatio, options.multiLine)
  let root: DataType = structType([])
  for (const record of recordsOf(files, options)) {
    if (!sample()) continue
    try {
      const reader = new JsonReader(record, options)
      if (reader.next() === undefined) continue
      root = mergeRoot(root, typeOfValue(reader, options, times), options)
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error
      if (options.mode === 'failfast') throw malformed(record, error.message)
      if (options.mode === 'permissive') root = mergeRoot(root, corruptType(options), options)
    }
  }
  const canonical = canonicalType(root, options)
  const fields = canonical?.kind === 'struct' ? canonical.fields : []
  const names = new Set<string>()
  for (const { name } of fields) {
    if (names.has(name.toLowerCase())) throw repeatedColumn(name)
    names.add(name.toLowerCase())
  }
  return fields
}

export function repeatedColumn(name: string): AnalysisError {
  return new AnalysisError('COLUMN_ALREADY_EXISTS', {
    message: `the column "${name}" already exists`,
    detail: 'The files have it twice; column names are the same in upper and lower case.',
    hint: 'Declare the columns to read.',
    parameters: { columnName: name },
  })
}

/** Schema of one JSON text, as schema_of_json gives it. Throws JsonSyntaxError. */
export function inferJsonType(text: string, options: JsonOptions): DataType {
  const reader = new JsonReader(text, options)
  reader.next()
  const type = typeOfValue(reader, options, textTimes(options))
  const canonical = canonicalType(type, options)
  return canonical ?? (type.kind === 'array' ? arrayType(structType([])) : structType([]))
}

/** Texts of records. */
function* recordsOf(files: Iterable<Uint8Array>, options: JsonOptions): Iterable<string> {
  for (const content of files) {
    if (options.multiLine) {
      yield decodeRecord(content, 0, content.length, options.encoding)
      continue
    }
    const bytes = isUtf8Name(options.encoding) ? content : transcode(content, 0, content.length, options.encoding!)
    if (options.lineSep !== undefined) {
      yield* decodeLenient(bytes, 0, bytes.length).split(options.lineSep)
      continue
    }
    for (let start = 0; start < bytes.length; ) {
      const end = lineEnd(bytes, start, bytes.length)
      yield decodeRecord(bytes, start, end)
      start = end + (bytes[end] === 0x0d && bytes[end + 1] === 0x0a ? 2 : 1)
    }
  }
}

function corruptType(options: JsonOptions): DataType {
  return structType([field(options.columnNameOfCorruptRecord, STRING)])
}

function typeOfValue(reader: JsonReader, options: JsonOptions, times: TextTimes): DataType {
  switch (reader.token) {
    case '{': {
      const fields = new Map<string, Field>()
      while (reader.next() !== '}') {
        const name = reader.text
        reader.next()
        const type = typeOfValue(reader, options, times)
        if (name !== '' && fields.has(name)) throw repeatedColumn(name)
        fields.set(name, field(name, type))
      }
      return structType([...fields.values()].sort(byName))
    }
    case '[': {
      let element: DataType = VOID
      while (reader.next() !== ']') element = merge(element, typeOfValue(reader, options, times))
      return arrayType(element)
    }
    case 'string':
      return typeOfText(reader.text, options, times)
    case 'true':
    case 'false':
      return options.primitivesAsString ? STRING : BOOLEAN
    case 'int': {
      if (options.primitivesAsString) return STRING
      const value = BigInt(reader.text)
      return BigInt.asIntN(64, value) === value ? BIGINT : (decimalOf(reader.text) ?? DOUBLE)
    }
    case 'float':
      if (options.primitivesAsString) return STRING
      return (options.prefersDecimal ? decimalOf(reader.text) : undefined) ?? DOUBLE
    default:
      return VOID
  }
}

function typeOfText(text: string, options: JsonOptions, times: TextTimes): DataType {
  if (text === '') return VOID
  if (options.prefersDecimal) {
    const decimal = decimalOf(text.replaceAll(',', ''))
    if (decimal !== undefined) return decimal
  }
  if (options.inferTimestamp && times.parseTimestamp(text) !== undefined) return TIMESTAMP
  return STRING
}

/** DECIMAL of a number as it is written; undefined where 38 digits are too few, or its scale is negative. */
export function decimalOf(text: string): DataType | undefined {
  const parsed = parseDecimal(text)
  if (parsed === undefined) return undefined
  const precision = Math.max(digitCount(parsed.unscaled), parsed.scale)
  return precision <= 38 && parsed.scale >= 0 ? decimalType(precision, parsed.scale) : undefined
}

/** At the top an array stands for its elements, NULL for nothing, and anything that is not an object is a malformed record. */
function mergeRoot(left: DataType, right: DataType, options: JsonOptions): DataType {
  if (left.kind === 'array') return mergeRoot(left.element, right, options)
  if (right.kind === 'array') return mergeRoot(left, right.element, options)
  if (right.kind === 'void') return left
  if (left.kind === 'void') return right
  if (left.kind === 'struct' && right.kind !== 'struct') return withCorrupt(left, options)
  if (right.kind === 'struct' && left.kind !== 'struct') return withCorrupt(right, options)
  return merge(left, right)
}

function withCorrupt(type: StructType, options: JsonOptions): DataType {
  if (options.mode === 'failfast') throw malformed('', 'a record is not an object')
  return options.mode === 'permissive' ? merge(type, corruptType(options)) : type
}

/** The type that both fit, STRING at worst. */
export function merge(left: DataType, right: DataType): DataType {
  if (left.kind === 'void') return right
  if (right.kind === 'void' || sameType(left, right)) return left
  if (left.kind === 'struct' && right.kind === 'struct') {
    const fields = new Map(left.fields.map((f) => [f.name, f]))
    for (const f of right.fields) {
      const known = fields.get(f.name)
      fields.set(f.name, known === undefined ? f : field(f.name, merge(known.type, f.type)))
    }
    return structType([...fields.values()].sort(byName))
  }
  if (left.kind === 'array' && right.kind === 'array') return arrayType(merge(left.element, right.element))
  const a = left.kind === 'bigint' ? decimalType(20, 0) : left
  const b = right.kind === 'bigint' ? decimalType(20, 0) : right
  if (a.kind === 'decimal' && b.kind === 'decimal') {
    const scale = Math.max(a.scale, b.scale)
    const precision = Math.max(a.precision - a.scale, b.precision - b.scale) + scale
    return precision > 38 ? DOUBLE : decimalType(precision, scale)
  }
  const isNumber = (type: DataType): boolean => type.kind === 'decimal' || type.kind === 'double'
  return isNumber(a) && isNumber(b) ? DOUBLE : STRING
}

/** Order of fields by the code units of their names. */
export function byName(a: Field, b: Field): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** Always NULL becomes STRING; objects without fields, and fields without a name, are left out. */
function canonicalType(type: DataType, options: JsonOptions): DataType | undefined {
  switch (type.kind) {
    case 'array': {
      const element = canonicalType(type.element, options)
      return element === undefined ? undefined : arrayType(element)
    }
    case 'struct': {
      const fields = type.fields.flatMap((f) => {
        const canonical = f.name === '' ? undefined : canonicalType(f.type, options)
        return canonical === undefined ? [] : [field(f.name, canonical)]
      })
      return fields.length === 0 ? undefined : structType(fields)
    }
    case 'void':
      return options.dropFieldIfAllNull ? undefined : STRING
    default:
      return type
  }
}
