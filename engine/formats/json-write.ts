import type { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { compareText } from '../types/compare.ts'
import type { DataType, MapType, Schema } from '../types/data-type.ts'
import { formatDecimal } from '../types/decimal.ts'
import { formatCalendarInterval, formatDayTime, formatYearMonth } from '../types/interval.ts'
import { formatDouble, formatFloat } from '../types/number-text.ts'
import { valueToText } from '../types/text.ts'
import type { CalendarInterval, MapValue, Value } from '../types/value.ts'
import type { ByteWriter } from './byte-writer.ts'
import { type CellWriter, type Encoder, plainCell, timestampCell, valueCell } from './encoder.ts'
import type { JsonOptions } from './json-options.ts'
import { quoteJson } from './json-quote.ts'
import { type TextTimes, textTimes, timePrinter } from './text-times.ts'

/**
 * to_json: a value as JSON text, as Spark's JacksonGenerator writes it. NULL fields of structs are left out (`ignoreNullFields`), NULL
 * elements and map values are written.
 */
export function jsonPrinter(type: DataType, options: JsonOptions): (value: Value) => string {
  const print = printer(type, options, textTimes(options))
  if (!options.pretty) return print
  return (value) => prettyPrint(print(value))
}

type Print = (value: Value) => string

function printer(type: DataType, options: JsonOptions, times: TextTimes): Print {
  const print = typedPrinter(type, options, times)
  return (value) => (value === null ? 'null' : print(value))
}

function typedPrinter(type: DataType, options: JsonOptions, times: TextTimes): Print {
  const time = timePrinter(type, times)
  if (time !== undefined) return (value) => quoteJson(time(value))
  switch (type.kind) {
    case 'void':
      return () => 'null'
    case 'float':
      return (value) => floatText(value as number, formatFloat)
    case 'double':
      return (value) => floatText(value as number, formatDouble)
    case 'decimal':
      return (value) => formatDecimal(value as bigint, type.scale)
    case 'string':
      return (value) => quoteJson(value as string)
    case 'binary':
      return (value) => `"${Buffer.from(value as Uint8Array).toString('base64')}"`
    case 'interval':
      return (value) => quoteJson(formatCalendarInterval(value as CalendarInterval))
    case 'interval_year_month':
      return (value) => quoteJson(formatYearMonth(value as number, type))
    case 'interval_day_time':
      return (value) => quoteJson(formatDayTime(value as bigint, type))
    case 'array': {
      const element = printer(type.element, options, times)
      return (value) => `[${(value as readonly Value[]).map(element).join(',')}]`
    }
    case 'map': {
      const item = printer(type.value, options, times)
      const key = keyPrinter(type.key, options)
      return (value) => {
        const entries = (value as MapValue).entries.map(([k, v]) => [key(k), v] as const)
        if (options.sortKeys) entries.sort(([a], [b]) => compareText(a, b))
        return `{${entries.map(([k, v]) => `${quoteJson(k)}:${item(v)}`).join(',')}}`
      }
    }
    case 'struct': {
      const fields = type.fields.map((f, ordinal) => ({ ordinal, name: f.name, print: printer(f.type, options, times) }))
      if (options.sortKeys) fields.sort((a, b) => compareText(a.name, b.name))
      const names = fields.map((f) => `${quoteJson(f.name)}:`)
      return (value) => {
        const parts: string[] = []
        fields.forEach((f, i) => {
          const item = (value as readonly Value[])[f.ordinal]!
          if (item !== null || !options.ignoreNullFields) parts.push(names[i]! + f.print(item))
        })
        return `{${parts.join(',')}}`
      }
    }
    default:
      return String
  }
}

function floatText(value: number, format: (value: number) => string): string {
  return Number.isFinite(value) ? format(value) : `"${format(value)}"`
}

/** Keys of maps are written as Spark stores them: a date is its number of days, a timestamp its microseconds, a struct the row `[1,a]`. */
function keyPrinter(type: DataType, options: JsonOptions): (value: Value) => string {
  switch (type.kind) {
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_year_month':
    case 'interval_day_time':
      return String
    case 'array':
    case 'struct': {
      const items = type.kind === 'array' ? [type.element] : type.fields.map((f) => f.type)
      const printers = items.map((item) => keyPrinter(item, options))
      const print = (v: Value, i: number): string => (v === null ? 'null' : (printers[i] ?? printers[0]!)(v))
      return (value) => `[${(value as readonly Value[]).map(print).join(',')}]`
    }
    default:
      return (value) => valueToText(value, type, options.timeZone)
  }
}

/** Jackson's default pretty printer: two blanks a level, arrays on one line. */
function prettyPrint(text: string): string {
  const write = (value: unknown, indent: string): string => {
    if (Array.isArray(value)) return value.length === 0 ? '[ ]' : `[ ${value.map((v) => write(v, indent)).join(', ')} ]`
    if (value instanceof ObjectShape) {
      const inner = `${indent}  `
      const fields = value.fields.map(([k, v]) => `\n${inner}${k} : ${write(v, inner)}`)
      return fields.length === 0 ? '{ }' : `{${fields.join(',')}\n${indent}}`
    }
    return value as string
  }
  return write(parseShape(text), '')
}

/** Fields with their names as written, in order; a name may come twice. */
class ObjectShape {
  readonly fields: (readonly [string, unknown])[] = []
}

/** The text's structure with its scalars as written, so that no digit of a number is lost. */
function parseShape(text: string): unknown {
  let at = 0
  const value = (): unknown => {
    const start = at
    if (text[at] === '{') {
      const shape = new ObjectShape()
      at++
      while (text[at] !== '}') {
        if (text[at] === ',') at++
        const name = scalar()
        at++
        shape.fields.push([name, value()])
      }
      at++
      return shape
    }
    if (text[at] === '[') {
      const elements: unknown[] = []
      at++
      while (text[at] !== ']') {
        if (text[at] === ',') at++
        elements.push(value())
      }
      at++
      return elements
    }
    at = start
    return scalar()
  }
  const scalar = (): string => {
    const start = at
    if (text[at] === '"') {
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++
      at++
    } else while (at < text.length && !',]}'.includes(text[at]!)) at++
    return text.slice(start, at)
  }
  return value()
}

/** Rows as lines of JSON, straight from columns. */
export function jsonEncoder(schema: Schema, options: JsonOptions): Encoder {
  const write = objectWriter(schema, options, textTimes(options))
  return {
    begin() {},
    row(batch: Batch, row: number, out: ByteWriter) {
      write(batch.columns, row, out)
      out.text(options.lineSep ?? '\n')
    },
  }
}

/** to_json straight from columns: writes the value at a row that is not NULL. */
export function jsonCellWriter(type: DataType, options: JsonOptions): CellWriter {
  return jsonCell(type, options, textTimes(options))
}

/** The fields at a row as an object. */
function objectWriter(
  schema: Schema,
  options: JsonOptions,
  times: TextTimes,
): (columns: readonly Column[], row: number, out: ByteWriter) => void {
  const textEncoder = new TextEncoder()
  const ordered = schema.map((f, ordinal) => ({ ...f, ordinal }))
  if (options.sortKeys) ordered.sort((a, b) => compareText(a.name, b.name))
  const fields = ordered.map((f) => ({
    ordinal: f.ordinal,
    first: textEncoder.encode(`{${quoteJson(f.name)}:`),
    later: textEncoder.encode(`,${quoteJson(f.name)}:`),
    write: jsonCell(f.type, options, times),
  }))
  return (columns, row, out) => {
    let isFirst = true
    for (const field of fields) {
      const column = columns[field.ordinal]!
      const isNull = column.isNull(row)
      if (isNull && options.ignoreNullFields) continue
      out.raw(isFirst ? field.first : field.later)
      isFirst = false
      if (isNull) out.text('null')
      else field.write(column, row, out)
    }
    if (isFirst) out.byte(0x7b)
    out.byte(0x7d)
  }
}

function jsonCell(type: DataType, options: JsonOptions, times: TextTimes): CellWriter {
  const plain = plainCell(type)
  if (plain !== undefined) return plain
  switch (type.kind) {
    case 'string':
      return writeQuoted
    case 'binary':
      return writeBase64
    case 'timestamp':
    case 'timestamp_ntz': {
      const format = type.kind === 'timestamp' ? options.timestampFormat : options.timestampNtzFormat
      if (format !== undefined) break
      const write = timestampCell(type.kind === 'timestamp' ? times.zone : undefined, times.formatDate)
      return (column, row, out) => {
        out.byte(0x22)
        write(column, row, out)
        out.byte(0x22)
      }
    }
    case 'struct': {
      const write = objectWriter(type.fields, options, times)
      return (column, row, out) => write(column.children, row, out)
    }
    case 'array': {
      const write = jsonCell(type.element, options, times)
      return (column, row, out) => {
        const elements = column.children[0]!
        const start = column.offsets![row]!
        const end = column.offsets![row + 1]!
        out.byte(0x5b)
        for (let i = start; i < end; i++) {
          if (i > start) out.byte(0x2c)
          if (elements.isNull(i)) out.text('null')
          else write(elements, i, out)
        }
        out.byte(0x5d)
      }
    }
    case 'map':
      if (options.sortKeys) break
      return mapCell(type, options, times)
  }
  return valueCell(printer(type, options, times))
}

function mapCell(type: MapType, options: JsonOptions, times: TextTimes): CellWriter {
  const write = jsonCell(type.value, options, times)
  const print = keyPrinter(type.key, options)
  const writeKey: CellWriter = type.key.kind === 'string' ? writeQuoted : valueCell((key) => quoteJson(print(key)))
  return (column, row, out) => {
    const [keys, values] = column.children as [Column, Column]
    const start = column.offsets![row]!
    const end = column.offsets![row + 1]!
    out.byte(0x7b)
    for (let i = start; i < end; i++) {
      if (i > start) out.byte(0x2c)
      writeKey(keys, i, out)
      out.byte(0x3a)
      if (values.isNull(i)) out.text('null')
      else write(values, i, out)
    }
    out.byte(0x7d)
  }
}

function writeQuoted(column: Column, row: number, out: ByteWriter): void {
  const source = column.bytes!
  const end = column.offsets![row + 1]!
  let at = column.offsets![row]!
  out.reserve(end - at + 2)
  const target = out.bytes
  let o = out.length
  target[o++] = 0x22
  for (; at < end; at++) {
    const c = source[at]!
    if (c < 0x20 || c === 0x22 || c === 0x5c) break
    target[o++] = c
  }
  out.length = o
  if (at < end) writeEscaped(source, at, end, out)
  out.byte(0x22)
}

function writeEscaped(source: Uint8Array, at: number, end: number, out: ByteWriter): void {
  // Each byte takes six at most: \u001F.
  out.reserve((end - at) * 6)
  const target = out.bytes
  let o = out.length
  for (; at < end; at++) {
    const c = source[at]!
    if (c >= 0x20 && c !== 0x22 && c !== 0x5c) {
      target[o++] = c
      continue
    }
    const letter = ESCAPES[c]!
    target[o++] = 0x5c
    target[o++] = letter
    if (letter !== 0x75) continue
    target[o++] = 0x30
    target[o++] = 0x30
    target[o++] = HEX_DIGITS[c >> 4]!
    target[o++] = HEX_DIGITS[c & 15]!
  }
  out.length = o
}
/** By byte: what stands behind the backslash. */
const ESCAPES = Uint8Array.from({ length: 128 }, (_, c) => quoteJson(String.fromCharCode(c)).charCodeAt(2))
const HEX_DIGITS = Uint8Array.from('0123456789ABCDEF', (digit) => digit.charCodeAt(0))

function writeBase64(column: Column, row: number, out: ByteWriter): void {
  const source = column.bytes!
  const end = column.offsets![row + 1]!
  let at = column.offsets![row]!
  out.reserve(Math.ceil((end - at) / 3) * 4 + 2)
  const target = out.bytes
  let o = out.length
  target[o++] = 0x22
  for (; at < end; at += 3) {
    const left = end - at
    const bits = (source[at]! << 16) | ((left > 1 ? source[at + 1]! : 0) << 8) | (left > 2 ? source[at + 2]! : 0)
    target[o++] = BASE64_DIGITS[bits >> 18]!
    target[o++] = BASE64_DIGITS[(bits >> 12) & 63]!
    target[o++] = left > 1 ? BASE64_DIGITS[(bits >> 6) & 63]! : 0x3d
    target[o++] = left > 2 ? BASE64_DIGITS[bits & 63]! : 0x3d
  }
  target[o++] = 0x22
  out.length = o
}
const BASE64_DIGITS = Uint8Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', (digit) =>
  digit.charCodeAt(0),
)
