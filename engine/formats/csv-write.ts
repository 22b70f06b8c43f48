import { readValue } from '../columnar/column.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import type { DataType, Schema } from '../types/data-type.ts'
import { textPrinter } from '../types/text.ts'
import type { Value } from '../types/value.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { CsvOptions } from './csv-options.ts'
import { type CellWriter, type Encoder, plainCell, timestampCell } from './encoder.ts'
import { type TextTimes, textTimes } from './text-times.ts'

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

/** to_csv: one struct value as a line without its end. */
export function csvPrinter(schema: Schema, options: CsvOptions): (row: readonly Value[]) => string {
  const times = textTimes(options)
  const printers = schema.map((f) => cellPrinter(f.name, f.type, options, times))
  return (row) =>
    row.map((value, i) => (value === null ? options.nullValue : quoted(printers[i]!(value), options))).join(options.sep)
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
  const print = cellPrinter(name, type, options, times)
  return (column, row, out) => writeText(print(readValue(column, row)), out, options)
}

function writeText(text: string, out: ByteWriter, options: CsvOptions): void {
  out.text(quoted(text, options))
}

function cellPrinter(name: string, type: DataType, options: CsvOptions, times: TextTimes): (value: Value) => string {
  switch (type.kind) {
    case 'date':
      return (value) => times.formatDate(value as number)
    case 'timestamp':
      return (value) => times.formatTimestamp(value as bigint)
    case 'timestamp_ntz':
      return (value) => times.formatTimestampNtz(value as bigint)
    case 'time':
      return (value) => times.formatTime(value as bigint)
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
    case 'array':
    case 'map':
    case 'struct':
    case 'interval':
    case 'void':
      throw new AnalysisError('UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE', {
        message: `CSV cannot hold column "${name}" of type ${String(type)}`,
        hint: 'Write it as text, for example with to_json.',
        parameters: { columnName: name, columnType: String(type).toUpperCase(), format: 'CSV' },
      })
    default:
      return textPrinter(type, times.zone)
  }
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
