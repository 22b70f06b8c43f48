import { ExecutionError } from '../errors/engine-error.ts'
import type { ArrayType, DataType, MapType, Schema, StructType } from '../types/data-type.ts'
import { fitsPrecision, parseDecimal, rescale } from '../types/decimal.ts'
import { parseDayTime, parseIntervalText, parseYearMonth } from '../types/interval.ts'
import { formatDouble } from '../types/number-text.ts'
import { MapValue, type Row, type Value } from '../types/value.ts'
import type { JsonOptions } from './json-options.ts'
import { quoteJson } from './json-quote.ts'
import { JsonReader, JsonSyntaxError } from './json-reader.ts'
import { type TextTimes, textTimes } from './text-times.ts'

/** What one record (a line, a document, an argument of from_json) gave. */
export interface RecordReading {
  /** Usually one row; none for blank text, several for an array of objects at the top. Of a malformed record: what could be read of it. */
  readonly rows: readonly Row[]
  /** Set when the record is malformed. */
  readonly reason: string | undefined
}

/**
 * Reads records into rows of the fields given, exactly as Spark's JacksonParser does: fields by exact name, the last of equal names wins,
 * unknown fields are skipped, a value of the wrong kind makes the record malformed and its field NULL, bad syntax makes all NULL.
 *
 * @param arrays  an array at the top means its elements (files); from_json refuses it
 */
export function jsonRecordReader(schema: Schema, options: JsonOptions, arrays: boolean): (text: string) => RecordReading {
  const context: Context = { options, times: textTimes(options) }
  const readObject = structReading({ kind: 'struct', fields: schema } as StructType, context, true)
  return (text) => {
    try {
      const reader = new JsonReader(text, options)
      const token = reader.next()
      if (token === undefined) return { rows: [], reason: undefined }
      if (token === '[' && arrays) return readTopArray(reader, readObject)
      if (token !== '{') return { rows: [], reason: `a record must be an object, not ${describe(reader)}` }
      return { rows: [readObject(reader) as Row], reason: undefined }
    } catch (error) {
      if (error instanceof PartialValue) return { rows: [error.value as Row], reason: error.message }
      if (error instanceof JsonSyntaxError || error instanceof FieldError) return { rows: [], reason: error.message }
      throw error
    }
  }
}

function readTopArray(reader: JsonReader, readObject: Reading): RecordReading {
  const rows: Row[] = []
  let reason: string | undefined
  while (reader.next() !== ']') {
    if (reader.token !== '{') throw new FieldError(`an element of the array must be an object, not ${describe(reader)}`)
    try {
      rows.push(readObject(reader) as Row)
    } catch (error) {
      if (!(error instanceof PartialValue)) throw error
      rows.push(error.value as Row)
      reason ??= error.message
    }
  }
  return { rows, reason }
}

/**
 * from_json: text to a value of a struct, array or map type. Malformed text gives a struct of NULLs (or what could be read), or NULL for
 * other types; blank text gives NULL. A struct field with the corrupt-record name gets the text.
 *
 * @throws ExecutionError MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION in FAILFAST mode
 */
export function jsonTextReader(type: DataType, options: JsonOptions): (text: string) => Value {
  if (type.kind === 'struct') return structTextReader(type, options)
  const context: Context = { options, times: textTimes(options) }
  const read = rootReading(type, context)
  return (text) => {
    try {
      const reader = new JsonReader(text, options)
      if (reader.next() === undefined) return null
      return read(reader)
    } catch (error) {
      if (error instanceof PartialValue) {
        if (options.mode === 'failfast') throw malformed(text, error.message)
        return error.value
      }
      if (!(error instanceof JsonSyntaxError || error instanceof FieldError)) throw error
      if (options.mode === 'failfast') throw malformed(text, error.message)
      return null
    }
  }
}

function structTextReader(type: StructType, options: JsonOptions): (text: string) => Value {
  const corrupt = type.fields.findIndex((f) => f.name === options.columnNameOfCorruptRecord && f.type.kind === 'string')
  const read = jsonRecordReader(
    type.fields.filter((_, i) => i !== corrupt),
    options,
    false,
  )
  const nulls: Row = type.fields.filter((_, i) => i !== corrupt).map(() => null)
  return (text) => {
    const { rows, reason } = read(text)
    if (reason === undefined && rows.length === 0) return null
    if (reason !== undefined && options.mode === 'failfast') throw malformed(text, reason)
    const row = rows[0] ?? nulls
    if (corrupt < 0) return row
    return [...row.slice(0, corrupt), reason === undefined ? null : text, ...row.slice(corrupt)]
  }
}

/** One value of a field from its text; undefined when the record that holds it is malformed. */
export function jsonFieldReader(type: DataType, options: JsonOptions): (text: string) => Value | undefined {
  const read = reading(type, { options, times: textTimes(options) })
  return (text) => {
    try {
      const reader = new JsonReader(text, options)
      reader.next()
      return read(reader)
    } catch (error) {
      if (error instanceof PartialValue || error instanceof JsonSyntaxError || error instanceof FieldError) return undefined
      throw error
    }
  }
}

export function malformed(record: string, reason: string, cause?: unknown): ExecutionError {
  return new ExecutionError('MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION', {
    message: `malformed record: ${record.length > 200 ? `${record.slice(0, 200)}…` : record}`,
    detail: `The mode is FAILFAST and ${reason}.`,
    hint: 'Read with mode PERMISSIVE to get NULLs instead, or DROPMALFORMED to leave such records out.',
    parameters: { badRecord: record, failFastMode: 'FAILFAST' },
    cause,
  })
}

interface Context {
  readonly options: JsonOptions
  readonly times: TextTimes
}
/** Reads the value at the reader's token (or behind its name); throws FieldError or PartialValue when it is of another kind. */
type Reading = (reader: JsonReader) => Value

class FieldError extends Error {}
/** A container of which some parts could not be read: carried up so that the readable rest is kept. */
class PartialValue extends Error {
  readonly value: Value
  constructor(value: Value, reason: string) {
    super(reason)
    this.value = value
  }
}

function rootReading(type: DataType, context: Context): Reading {
  const read = reading(type, context)
  if (type.kind !== 'array' || type.element.kind !== 'struct') return read
  // An object where an array of objects is wanted is an array of one.
  const readElement = reading(type.element, context)
  return (reader) => {
    if (reader.token !== '{') return read(reader)
    try {
      return [readElement(reader)]
    } catch (error) {
      throw error instanceof PartialValue ? new PartialValue([error.value], error.message) : error
    }
  }
}

function reading(type: DataType, context: Context): Reading {
  const read = typedReading(type, context)
  return (reader) => {
    while (reader.token === 'name') reader.next()
    return reader.token === 'null' ? null : read(reader)
  }
}

function typedReading(type: DataType, context: Context): Reading {
  const { options, times } = context
  switch (type.kind) {
    case 'void':
      return (reader) => {
        reader.skipChildren()
        return null
      }
    case 'boolean':
      return (reader) => (reader.token === 'true' ? true : reader.token === 'false' ? false : refuse(reader, type))
    case 'tinyint':
      // Jackson lets a byte be written as 0 to 255 too.
      return (reader) => (Number(integer(reader, type, -128n, 255n)) << 24) >> 24
    case 'smallint':
      return (reader) => Number(integer(reader, type, -32768n, 32767n))
    case 'int':
      return (reader) => Number(integer(reader, type, -2147483648n, 2147483647n))
    case 'bigint':
      return (reader) => integer(reader, type, MIN_LONG, MAX_LONG)
    case 'float':
      return (reader) => Math.fround(floating(reader, type, options))
    case 'double':
      return (reader) => floating(reader, type, options)
    case 'decimal':
      return (reader) => {
        if (reader.token !== 'int' && reader.token !== 'float' && reader.token !== 'string') return refuse(reader, type)
        const parsed = parseDecimal(reader.token === 'string' ? reader.text.replaceAll(',', '') : reader.text)
        if (parsed === undefined || Math.abs(parsed.scale) > 10_000) return refuse(reader, type)
        const unscaled = rescale(parsed.unscaled, parsed.scale, type.scale)
        return fitsPrecision(unscaled, type.precision) ? unscaled : refuse(reader, type)
      }
    case 'string':
      return (reader) => (reader.token === 'string' ? wellFormed(reader.text) : structureText(reader, options.exactText))
    case 'binary':
      return (reader) => {
        const text = stringOf(reader, type)
        if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return refuse(reader, type)
        return new Uint8Array(Buffer.from(text, 'base64'))
      }
    case 'date':
      return textReading(type, times.parseDate)
    case 'timestamp': {
      const read = textReading(type, times.parseTimestamp)
      return (reader) => (reader.token === 'int' ? integer(reader, type, MIN_SECONDS, MAX_SECONDS) * 1_000_000n : read(reader))
    }
    case 'timestamp_ntz':
      return textReading(type, times.parseTimestampNtz)
    case 'time':
      return textReading(type, times.parseTime)
    case 'interval':
      return (reader) => parseIntervalText(stringOf(reader, type)) ?? null
    case 'interval_year_month':
      return (reader) => {
        const parsed = parseYearMonth(stringOf(reader, type), type)
        return 'value' in parsed ? parsed.value : refuse(reader, type)
      }
    case 'interval_day_time':
      return (reader) => {
        const parsed = parseDayTime(stringOf(reader, type), type)
        return 'value' in parsed ? parsed.value : refuse(reader, type)
      }
    case 'array':
      return arrayReading(type, context)
    case 'map':
      return mapReading(type, context)
    case 'struct':
      return structReading(type, context, false)
  }
}

const MIN_LONG = -(1n << 63n)
const MAX_LONG = (1n << 63n) - 1n
const MIN_SECONDS = MIN_LONG / 1_000_000n
const MAX_SECONDS = MAX_LONG / 1_000_000n

function integer(reader: JsonReader, type: DataType, min: bigint, max: bigint): bigint {
  if (reader.token !== 'int') return refuse(reader, type)
  const value = BigInt(reader.text)
  return value < min || value > max ? refuse(reader, type) : value
}

function floating(reader: JsonReader, type: DataType, options: JsonOptions): number {
  switch (reader.token) {
    case 'int':
      // Without the sign of zero: an int is read first.
      return Number(reader.text) + 0
    case 'float':
    case 'string': {
      const special = options.allowNonNumericNumbers || reader.token === 'float' ? SPECIAL_NUMBERS[reader.text] : undefined
      return special ?? (reader.token === 'float' ? Number(reader.text) : refuse(reader, type))
    }
    default:
      return refuse(reader, type)
  }
}
const SPECIAL_NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  INF: Number.POSITIVE_INFINITY,
  '+INF': Number.POSITIVE_INFINITY,
  Infinity: Number.POSITIVE_INFINITY,
  '+Infinity': Number.POSITIVE_INFINITY,
  '-INF': Number.NEGATIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

function stringOf(reader: JsonReader, type: DataType): string {
  return reader.token === 'string' && reader.text.length > 0 ? reader.text : refuse(reader, type)
}

function textReading(type: DataType, parse: (text: string) => Value | undefined): Reading {
  return (reader) => parse(stringOf(reader, type)) ?? refuse(reader, type)
}

function arrayReading(type: ArrayType, context: Context): Reading {
  const readElement = reading(type.element, context)
  return (reader) => {
    if (reader.token !== '[') return refuse(reader, type)
    const elements: Value[] = []
    let reason: string | undefined
    while (reader.next() !== ']') {
      try {
        elements.push(readElement(reader))
      } catch (error) {
        if (!(error instanceof PartialValue)) throw error
        elements.push(error.value)
        reason ??= error.message
      }
    }
    if (reason !== undefined) throw new PartialValue(elements, reason)
    return elements
  }
}

function mapReading(type: MapType, context: Context): Reading {
  const readValue = reading(type.value, context)
  return (reader) => {
    if (reader.token !== '{') return refuse(reader, type)
    const entries = new Map<string, Value>()
    let reason: string | undefined
    while (reader.next() !== '}') {
      const key = wellFormed(reader.text)
      try {
        entries.set(key, readValue(reader))
      } catch (error) {
        if (!(error instanceof PartialValue)) throw error
        entries.set(key, error.value)
        reason ??= error.message
      }
    }
    const value = new MapValue([...entries])
    if (reason !== undefined) throw new PartialValue(value, reason)
    return value
  }
}

function structReading(type: StructType, context: Context, root: boolean): Reading {
  const positions = new Map(type.fields.map((f, i) => [f.name, i]))
  const readings = type.fields.map((f) => reading(f.type, context))
  return (reader) => {
    if (reader.token !== '{') return refuse(reader, type)
    const depth = reader.depth
    const row: Value[] = new Array<Value>(type.fields.length).fill(null)
    let reason: string | undefined
    while (reader.next() !== '}') {
      const name = reader.text
      const position = positions.get(name)
      reader.next()
      if (position === undefined) {
        reader.skipChildren()
        continue
      }
      try {
        row[position] = readings[position]!(reader)
      } catch (error) {
        if (error instanceof PartialValue) row[position] = error.value
        else if (error instanceof FieldError) {
          if (root) row[position] = null
          reader.leaveTo(depth)
        } else throw error
        reason ??= `field "${name}": ${(error as Error).message}`
      }
    }
    if (reason !== undefined) throw new PartialValue(row, reason)
    return row
  }
}

function refuse(reader: JsonReader, type: DataType): never {
  throw new FieldError(`${describe(reader)} is not ${String(type)}`)
}

function describe(reader: JsonReader): string {
  switch (reader.token) {
    case '{':
      return 'an object'
    case '[':
      return 'an array'
    case 'string':
      return quoteJson(reader.text.slice(0, 60))
    case 'int':
    case 'float':
      return reader.text.slice(0, 60)
    default:
      return reader.token ?? 'nothing'
  }
}

/** Java strings with half a surrogate pair become '?' on their way to UTF-8. */
export function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, '?') : text
}

/** Jackson writes half a surrogate pair inside printed JSON as an escape; alone, as bytes, it has no way to write it. */
export function holdsHalfPair(text: string): boolean {
  return /\p{Surrogate}/u.test(text)
}

/** Any value as JSON text: what a STRING field holds where the record has something else. Moves to the value's end. */
export function structureText(reader: JsonReader, exact: boolean): string {
  if (!exact) return printAnew(reader)
  const start = reader.start
  reader.skipChildren()
  return wellFormed(reader.source.slice(start, reader.end))
}

function printAnew(reader: JsonReader): string {
  switch (reader.token) {
    case '{': {
      const fields: string[] = []
      while (reader.next() !== '}') {
        const name = quoteJson(reader.text)
        reader.next()
        fields.push(`${name}:${printAnew(reader)}`)
      }
      return `{${fields.join(',')}}`
    }
    case '[': {
      const elements: string[] = []
      while (reader.next() !== ']') elements.push(printAnew(reader))
      return `[${elements.join(',')}]`
    }
    case 'string':
      return quoteJson(reader.text).replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16).toUpperCase()}`)
    case 'int':
      return BigInt(reader.text).toString()
    case 'float': {
      const special = SPECIAL_NUMBERS[reader.text]
      return special === undefined ? formatDouble(Number(reader.text)) : `"${formatDouble(special)}"`
    }
    default:
      return reader.token!
  }
}
