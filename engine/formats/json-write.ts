import type { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { compareText } from '../types/compare.ts'
import type { DataType, Schema } from '../types/data-type.ts'
import { formatDecimal } from '../types/decimal.ts'
import { formatCalendarInterval, formatDayTime, formatYearMonth } from '../types/interval.ts'
import { formatDouble, formatFloat } from '../types/number-text.ts'
import { valueToText } from '../types/text.ts'
import type { CalendarInterval, MapValue, Value } from '../types/value.ts'
import type { ByteWriter } from './byte-writer.ts'
import { type CellWriter, type Encoder, plainCell, timestampCell, valueCell } from './encoder.ts'
import type { JsonOptions } from './json-options.ts'
import { quoteJson } from './json-quote.ts'
import { type TextTimes, textTimes } from './text-times.ts'

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
    case 'date':
      return (value) => quoteJson(times.formatDate(value as number))
    case 'timestamp':
      return (value) => quoteJson(times.formatTimestamp(value as bigint))
    case 'timestamp_ntz':
      return (value) => quoteJson(times.formatTimestampNtz(value as bigint))
    case 'time':
      return (value) => quoteJson(times.formatTime(value as bigint))
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
  const times = textTimes(options)
  const textEncoder = new TextEncoder()
  const names = schema.map((f) => textEncoder.encode(`${quoteJson(f.name)}:`))
  const cells = schema.map((f) => jsonCell(f.type, options, times))
  return {
    begin() {},
    row(batch: Batch, row: number, out: ByteWriter) {
      out.byte(0x7b)
      let first = true
      for (let c = 0; c < cells.length; c++) {
        const column = batch.columns[c]!
        const isNull = column.isNull(row)
        if (isNull && options.ignoreNullFields) continue
        if (!first) out.byte(0x2c)
        first = false
        out.raw(names[c]!)
        if (isNull) out.text('null')
        else cells[c]!(column, row, out)
      }
      out.byte(0x7d)
      out.text(options.lineSep ?? '\n')
    },
  }
}

function jsonCell(type: DataType, options: JsonOptions, times: TextTimes): CellWriter {
  const plain = plainCell(type)
  if (plain !== undefined) return plain
  const standard = options.timestampFormat === undefined && options.timestampNtzFormat === undefined
  switch (type.kind) {
    case 'string':
      return writeQuoted
    case 'timestamp':
    case 'timestamp_ntz': {
      if (!standard) break
      const write = timestampCell(type.kind === 'timestamp' ? times.zone : undefined, times.formatDate)
      return (column, row, out) => {
        out.byte(0x22)
        write(column, row, out)
        out.byte(0x22)
      }
    }
  }
  return valueCell(printer(type, options, times))
}

function writeQuoted(column: Column, row: number, out: ByteWriter): void {
  const source = column.bytes!
  const end = column.offsets![row + 1]!
  let at = column.offsets![row]!
  // Each byte takes six at most: \u001F.
  out.reserve((end - at) * 6 + 2)
  const target = out.bytes
  let o = out.length
  target[o++] = 0x22
  for (; at < end; at++) {
    const c = source[at]!
    if (c >= 0x20 && c !== 0x22 && c !== 0x5c) {
      target[o++] = c
      continue
    }
    const quoted = quoteJson(String.fromCharCode(c))
    for (let i = 1; i < quoted.length - 1; i++) target[o++] = quoted.charCodeAt(i)
  }
  target[o++] = 0x22
  out.length = o
}
