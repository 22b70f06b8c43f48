import { BATCH_ROWS_MAX, type Batch } from '../columnar/batch.ts'
import { isUtf8 } from '../columnar/bytes.ts'
import { UsageError } from '../errors/engine-error.ts'
import type { Schema } from '../types/data-type.ts'
import { type CellReader, csvCellReader } from './csv-bytes.ts'
import type { CsvOptions } from './csv-options.ts'
import { csvRecords, isIgnored } from './csv-records.ts'
import { CsvTokenizer } from './csv-tokenizer.ts'
import { csvRecordReader } from './csv-value.ts'
import { BatchFiller, type DecodeRequest, type Decoder } from './decoder.ts'
import type { RecordReading } from './json-value.ts'
import { decodeLenient, isUtf8Name, lineEnd } from './text-encoding.ts'

const SLICE_BYTES = 1 << 18

/** A decoder of CSV: a record a line, or records that may span lines with `multiLine`. Columns are found by position. */
export function csvDecoder(request: DecodeRequest, options: CsvOptions): Decoder {
  return new CsvDecoder(request, options)
}

/**
 * Lines without quotes go straight from bytes to columns; a line that has a quote where it matters, or a value that is not plainly of its
 * type, is read again by the exact reader, which alone decides what is malformed.
 *
 * law: both give the same row for every line that the fast one takes (tested against each other)
 */
class CsvDecoder implements Decoder {
  readonly wholeFile: boolean
  readonly #options: CsvOptions
  readonly #filler: BatchFiller
  readonly #tokenizer: CsvTokenizer
  readonly #readRecord: (values: readonly (string | undefined)[]) => RecordReading
  /** Columns of the file, without the corrupt-record column. */
  readonly #fileSchema: Schema
  /** By file column: what writes its cell, or undefined when the column is not wanted. Undefined altogether: only the exact reader. */
  readonly #cells: readonly (CellReader | undefined)[] | undefined
  readonly #checkCount: boolean
  readonly #separator: number
  readonly #quote: number
  readonly #comment: number
  #headerDue = false
  #atFileStart = true

  constructor(request: DecodeRequest, options: CsvOptions) {
    this.#options = options
    this.wholeFile = options.multiLine || !isUtf8Name(options.encoding) || options.lineSep !== undefined
    const filler = new BatchFiller(request, options.mode, options.columnNameOfCorruptRecord)
    this.#filler = filler
    this.#tokenizer = new CsvTokenizer(options)
    const corruptName = options.columnNameOfCorruptRecord
    const fileColumns = request.schema
      .map((_, i) => i)
      .filter((i) => !(request.schema[i]!.name === corruptName && request.schema[i]!.type.kind === 'string'))
    this.#fileSchema = fileColumns.map((i) => request.schema[i]!)
    const wanted = request.columns.filter((_, i) => i !== filler.corrupt).map((c) => fileColumns.indexOf(c))
    // As in Spark: where columns are left out, values beyond those wanted are not even cut apart.
    this.#checkCount = filler.corrupt >= 0 || wanted.length === request.schema.length
    this.#readRecord = csvRecordReader(this.#fileSchema, wanted, options, this.#checkCount)
    const ascii = (text: string): number => (text.length === 1 && text.charCodeAt(0) < 128 ? text.charCodeAt(0) : -1)
    this.#separator = ascii(options.sep)
    this.#quote = ascii(options.quote)
    this.#comment = ascii(options.comment)
    const plain =
      !this.wholeFile &&
      this.#separator >= 0 &&
      (options.quote === '' || this.#quote >= 0) &&
      (options.comment === '' || this.#comment >= 0) &&
      options.ignoreLeadingWhiteSpace !== true &&
      options.ignoreTrailingWhiteSpace !== true &&
      options.maxCharsPerColumn < 0 &&
      this.#fileSchema.length <= options.maxColumns
    if (plain) {
      const cells = this.#fileSchema.map((): CellReader | undefined => undefined)
      let possible = true
      request.columns.forEach((c, i) => {
        if (i === filler.corrupt) return
        const cell = csvCellReader(filler.columns[i]!, options)
        if (cell === undefined) possible = false
        cells[fileColumns.indexOf(c)] = cell
      })
      this.#cells = possible ? cells : undefined
    }
  }

  get full(): boolean {
    return this.#filler.full
  }
  get badRecords(): number {
    return this.#filler.badRecords
  }
  startFile(): void {
    this.#atFileStart = true
    this.#headerDue = this.#options.header
  }
  take(): Batch | undefined {
    return this.#filler.take()
  }

  decode(bytes: Uint8Array, start: number, end: number, last: boolean): number {
    if (this.wholeFile) {
      const textEncoder = new TextEncoder()
      for (const { values, text } of csvRecords(bytes, start, end, this.#options)) {
        if (this.#takeHeader(values)) continue
        const { rows, reason } = this.#readRecord(values)
        const record = reason === undefined ? bytes : textEncoder.encode(text)
        this.#filler.add(rows, reason, record, 0, reason === undefined ? 0 : record.length)
      }
      return end
    }
    let position = start
    if (this.#atFileStart && (end - start >= 3 || last)) {
      this.#atFileStart = false
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) position += 3
    }
    while (position < end && !this.#filler.full) {
      const next = this.#decodeSlice(bytes, position, Math.min(end, position + SLICE_BYTES), end, last)
      if (next === position) break
      position = next
    }
    return position
  }

  /** Lines that begin before `sliceEnd`; they may end later, but must end before `end` unless that is the end of the file. */
  #decodeSlice(bytes: Uint8Array, start: number, sliceEnd: number, end: number, last: boolean): number {
    const filler = this.#filler
    filler.begin()
    const reserve = (from: number): void => {
      for (const column of filler.columns) column.reserve(filler.rows, end - from + 16)
    }
    reserve(start)
    let position = start
    while (position < sliceEnd && filler.rows < BATCH_ROWS_MAX) {
      if (this.#cells !== undefined && !this.#headerDue) {
        const next = this.#decodeLine(bytes, position, end)
        if (next > 0) {
          position = next
          continue
        }
      }
      const lineStop = lineEnd(bytes, position, end)
      if (!last && (lineStop === end || (bytes[lineStop] === 0x0d && lineStop + 1 === end))) break
      this.#readLine(bytes, position, lineStop)
      position = lineStop + (bytes[lineStop] === 0x0d && bytes[lineStop + 1] === 0x0a ? 2 : 1)
      reserve(Math.min(position, end))
    }
    return Math.min(position, end)
  }

  /** The fast way: gives the position behind the line, or −1 for the exact reader. Only lines that end in a line feed. */
  #decodeLine(bytes: Uint8Array, start: number, end: number): number {
    const cells = this.#cells!
    const separator = this.#separator
    const quote = this.#quote
    const row = this.#filler.rows
    let p = start
    let column = 0
    if (bytes[p] === this.#comment || bytes[p]! <= 0x20) return -1
    for (;;) {
      const cellStart = p
      let all = 0
      let c = bytes[p]!
      if (c === quote) return -1
      while (c !== separator && c !== 0x0a && c !== 0x0d && p < end) {
        all |= c
        c = bytes[++p]!
      }
      if (p >= end) return -1
      const cell = column < cells.length ? cells[column] : undefined
      if (cell !== undefined) {
        if (all > 127 && !isUtf8(bytes, cellStart, p)) return -1
        if (!cell(bytes, cellStart, p, row)) return -1
      }
      column++
      if (c === separator) {
        p++
        continue
      }
      if (c === 0x0d) {
        if (p + 1 >= end || bytes[p + 1] !== 0x0a) return -1
        p++
      }
      if (column !== cells.length) return -1
      if (this.#filler.corrupt >= 0) this.#filler.columns[this.#filler.corrupt]!.setNull(row)
      this.#filler.rows++
      return p + 1
    }
  }

  #readLine(bytes: Uint8Array, start: number, end: number): void {
    const text = decodeLenient(bytes, start, end)
    if (isIgnored(text, this.#options)) return
    const values = this.#tokenizer.line(text)
    if (values === undefined || this.#takeHeader(values)) return
    const { rows, reason } = this.#readRecord(values)
    this.#filler.add(rows, reason, bytes, start, end)
  }

  /** The first record of a file with `header` is not a row. @throws UsageError when it must fit the schema and does not */
  #takeHeader(values: readonly (string | undefined)[]): boolean {
    if (!this.#headerDue) return false
    this.#headerDue = false
    if (this.#options.enforceSchema) return true
    const names = this.#fileSchema.map((f) => f.name)
    const fits =
      names.length === values.length && names.every((name, i) => name.toLowerCase() === (values[i] ?? '').toLowerCase())
    if (!fits) {
      throw new UsageError('CSV_HEADER_DOES_NOT_CONFORM', {
        message: 'the CSV header does not conform to the schema',
        detail: `The header has: ${values.map((v) => v ?? '').join(', ')}. The schema has: ${names.join(', ')}.`,
        hint: 'Declare the columns as in the header, or set enforceSchema to true to go by position.',
      })
    }
    return true
  }
}
