import { type Column, readValue } from '../columnar/column.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import { type DataType, isNested, type Schema } from '../types/data-type.ts'
import { textPrinter } from '../types/text.ts'
import type { MapValue, Value } from '../types/value.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { CsvOptions } from './csv-options.ts'
import { type CellWriter, type Encoder, plainCell, timestampCell } from './encoder.ts'
import { type TextTimes, textTimes, timePrinter } from './text-times.ts'

/**
 * Rows as lines of CSV, quoted as univocity quotes for Spark: a value with the separator, a quote, or a line break stands in quotes, quotes
 * inside are escaped; NULL is `nullValue`, an empty text `""`; blanks around a value are cut off unless told otherwise.
 *
 * @throws AnalysisError UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE for columns that CSV cannot hold
 */
export function csvEncoder(schema: Schema, options: CsvOptions): Encoder {
  const times = textTimes(options)
  const cells = schema.map((f) => csvCell(f.name, f.type, options, times))
  const lineSep = options.lineSep ?? '\n'
  return {
    begin(out) {
      if (!options.header) return
      out.text(schema.map((f) => quoted(f.name, options)).join(options.sep) + lineSep)
    },
    row(batch, row, out) {
      for (let c = 0; c < cells.length; c++) {
        if (c > 0) out.text(options.sep)
        const column = batch.columns[c]!
        if (column.isNull(row)) out.text(options.nullValue)
        else cells[c]!(column, row, out)
      }
      out.text(lineSep)
    },
  }
}

/** to_csv: one struct value as a line without its end; null where nothing at all is written. Values of nested types are written as text. */
export function csvPrinter(schema: Schema, options: CsvOptions): (row: readonly Value[]) => string | null {
  const times = textTimes(options)
  const printers = schema.map((f) => cellPrinter(f.type, options, times))
  return (row) => {
    const cells = row.map((value, i) => (value === null ? options.nullValue : quoted(printers[i]!(value), options)))
    return cells.join(options.sep) || null
  }
}

function csvCell(name: string, type: DataType, options: CsvOptions, times: TextTimes): CellWriter {
  const standard = options.timestampFormat === undefined && options.timestampNtzFormat === undefined
  // Digits never need quotes unless all values get them, or the separator is one of them.
  const plain = options.quoteAll || /[0-9TZ.:+-]/.test(options.sep) ? undefined : plainCell(type)
  if (plain !== undefined) return plain
  if (!options.quoteAll && standard && !/[0-9TZ.:+-]/.test(options.sep)) {
    if (type.kind === 'timestamp') return timestampCell(times.zone, times.formatDate)
    if (type.kind === 'timestamp_ntz') return timestampCell(undefined, times.formatDate)
  }
  if (type.kind === 'string') return textCell(options)
  if (isNested(type) || type.kind === 'interval' || type.kind === 'void') throw unsupportedColumn(name, type)
  const print = cellPrinter(type, options, times)
  return (column, row, out) => writeText(print(readValue(column, row)), out, options)
}

/** Texts that need no trimming, byte by byte: as they are, or in quotes. */
function textCell(options: CsvOptions): CellWriter {
  const slow: CellWriter = (column, row, out) => writeText(readValue(column, row) as string, out, options)
  const [separator, quote, escaping] = [asciiCode(options.sep), asciiCode(options.quote), asciiCode(options.escape)]
  const escapeOfEscape = options.charToEscapeQuoteEscaping === '' ? -1 : asciiCode(options.charToEscapeQuoteEscaping)
  const isPlain = options.charToEscapeQuoteEscaping === '' || escapeOfEscape >= 0
  if (options.quoteAll || options.comment !== '' || !options.escapeQuotes || !isPlain) return slow
  if (separator < 0 || quote < 0 || escaping < 0) return slow
  return (column, row, out) => {
    const source = column.bytes!
    const start = column.offsets![row]!
    const end = column.offsets![row + 1]!
    if (start === end || source[start]! <= 0x20 || source[end - 1]! <= 0x20) {
      slow(column, row, out)
      return
    }
    for (let at = start; at < end; at++) {
      const c = source[at]!
      if (c === separator || c === quote || c === 0x0a || c === 0x0d) {
        writeInQuotes(source, start, end, out)
        return
      }
    }
    out.raw(source, start, end)
  }
  function writeInQuotes(source: Uint8Array, start: number, end: number, out: ByteWriter): void {
    out.reserve(2 * (end - start) + 2)
    const target = out.bytes
    let o = out.length
    target[o++] = quote
    for (let at = start; at < end; at++) {
      const c = source[at]!
      if (c === quote) target[o++] = escaping
      else if (c === escaping && escapeOfEscape >= 0) target[o++] = escapeOfEscape
      target[o++] = c
    }
    target[o++] = quote
    out.length = o
  }
}
function asciiCode(text: string): number {
  return text.length === 1 && text.charCodeAt(0) < 128 ? text.charCodeAt(0) : -1
}

/** to_csv straight from columns: the fields at a row; nothing at all where it gives NULL. */
export function csvRowWriter(
  schema: Schema,
  options: CsvOptions,
): (columns: readonly Column[], row: number, out: ByteWriter) => void {
  const times = textTimes(options)
  const cells = schema.map((f): CellWriter => {
    if (!isNested(f.type) && f.type.kind !== 'interval' && f.type.kind !== 'void') return csvCell(f.name, f.type, options, times)
    const print = cellPrinter(f.type, options, times)
    return (column, row, out) => writeText(print(readValue(column, row)), out, options)
  })
  return (columns, row, out) => {
    for (let c = 0; c < cells.length; c++) {
      if (c > 0) out.text(options.sep)
      const column = columns[c]!
      if (column.isNull(row)) out.text(options.nullValue)
      else cells[c]!(column, row, out)
    }
  }
}

function writeText(text: string, out: ByteWriter, options: CsvOptions): void {
  out.text(quoted(text, options))
}

function cellPrinter(type: DataType, options: CsvOptions, times: TextTimes): (value: Value) => string {
  const time = timePrinter(type, times)
  if (time !== undefined) return time
  switch (type.kind) {
    case 'float':
    case 'double': {
      const print = textPrinter(type, times.zone)
      return (value) => {
        if (Number.isNaN(value as number)) return options.nanValue
        if (value === Number.POSITIVE_INFINITY) return options.positiveInf
        if (value === Number.NEGATIVE_INFINITY) return options.negativeInf
        return print(value)
      }
    }
    case 'void':
      return () => options.nullValue
    case 'array':
    case 'map':
    case 'struct':
      return nestedPrinter(type, options.nullValue, times)
    default:
      return textPrinter(type, times.zone)
  }
}

/** As CAST writes nested values, but with `nullValue` for NULLs, and nothing, not even a blank, where that is empty. */
function nestedPrinter(type: DataType, nullValue: string, times: TextTimes): (value: Value) => string {
  const item = (itemType: DataType): ((value: Value | undefined, blank: string) => string) => {
    const print = nestedPrinter(itemType, nullValue, times)
    return (value, blank) => (value == null ? (nullValue === '' ? '' : blank + nullValue) : blank + print(value))
  }
  const list = (values: readonly Value[], print: (value: Value, index: number, blank: string) => string): string =>
    values.map((value, i) => print(value, i, i === 0 ? '' : ' ')).join(',')
  switch (type.kind) {
    case 'array': {
      const element = item(type.element)
      return (value) => `[${list(value as readonly Value[], (v, _i, blank) => element(v, blank))}]`
    }
    case 'struct': {
      const fields = type.fields.map((f) => item(f.type))
      return (value) => `{${list(value as readonly Value[], (v, i, blank) => fields[i]!(v, blank))}}`
    }
    case 'map': {
      const [key, entry] = [item(type.key), item(type.value)]
      return (value) => `{${(value as MapValue).entries.map(([k, v]) => `${key(k, '')} ->${entry(v, ' ')}`).join(', ')}}`
    }
    default:
      return textPrinter(type, times.zone)
  }
}

function unsupportedColumn(name: string, type: DataType): AnalysisError {
  return new AnalysisError('UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE', {
    message: `CSV cannot hold column "${name}" of type ${String(type)}`,
    hint: 'Write it as text, for example with to_json.',
    parameters: { columnName: name, columnType: String(type).toUpperCase(), format: 'CSV' },
  })
}

function quoted(text: string, options: CsvOptions): string {
  const { sep, quote, charToEscapeQuoteEscaping, comment } = options
  let value = text
  if (options.ignoreLeadingWhiteSpace ?? true) value = value.replace(/^[\u0000-\u0020]+/, '')
  if (options.ignoreTrailingWhiteSpace ?? true) value = value.replace(/[\u0000-\u0020]+$/, '')
  if (value === '') return options.emptyValueWritten
  if (quote === '') return value
  const needsQuotes =
    options.quoteAll ||
    value.includes(sep) ||
    value.includes('\n') ||
    value.includes('\r') ||
    (comment !== '' && value.startsWith(comment)) ||
    (options.escapeQuotes ? value.includes(quote) : value.startsWith(quote))
  if (!needsQuotes) return value
  let inside = ''
  for (const c of value) {
    if (c === quote) inside += options.escape + c
    else if (c === options.escape && charToEscapeQuoteEscaping !== '') inside += charToEscapeQuoteEscaping + c
    else inside += c
  }
  return quote + inside + quote
}
