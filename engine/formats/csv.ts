import { BATCH_ROWS_MAX, type Batch } from '../columnar/batch.ts'
import { UsageError } from '../errors/engine-error.ts'
import type { Schema } from '../types/data-type.ts'
import type { CsvLineDecoder } from './csv-codegen.ts'
import { csvLineDecoder } from './csv-lines.ts'
import type { CsvOptions } from './csv-options.ts'
import { csvRecords, isIgnored } from './csv-records.ts'
import { CsvTokenizer } from './csv-tokenizer.ts'
import { csvRecordReader } from './csv-value.ts'
import { BatchFiller, type DecodeRequest, type Decoder } from './decoder.ts'
import type { DecodeState } from './json-codegen.ts'
import type { RecordReading } from './json-value.ts'
import { decodeLenient, endOfLines, isUtf8Name, lineEnd } from './text-encoding.ts'

/** A decoder of CSV: a record a line, or records that may span lines with `multiLine`. Columns are found by position. */
export function csvDecoder(request: DecodeRequest, options: CsvOptions): Decoder {
  return new CsvDecoder(request, options)
}

/**
 * Lines of CSV. Generated code decodes the plain ones straight from bytes; a line that has an escape, or a value that is not plainly of its type, is
 * read again by the exact reader, which alone decides what is malformed.
 *
 * law: both give the same row for every line that the generated code takes (tested against each other)
 */
class CsvDecoder implements Decoder {
  readonly wholeFile: boolean
  readonly #options: CsvOptions
  readonly #filler: BatchFiller
  readonly #tokenizer: CsvTokenizer
  readonly #readRecord: (values: readonly (string | undefined)[]) => RecordReading
  /** Columns of the file, without the corrupt-record column. */
  readonly #fileSchema: Schema
  /** The generated code; undefined: only the exact reader. */
  readonly #decodeLines: CsvLineDecoder | undefined
  readonly #state: DecodeState = { row: 0, position: 0, misses: 0 }
  readonly #checkCount: boolean
  #given: Uint8Array | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
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
    if (!this.wholeFile) {
      const places = fileColumns.map((c) => request.columns.indexOf(c))
      this.#decodeLines = csvLineDecoder(filler.columns, places, filler.corrupt, !this.#checkCount, options)
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
    this.#look(bytes)
    while (position < end && !this.#filler.full) {
      const sliceEnd = this.#decodeLines === undefined || this.#headerDue ? -1 : endOfLines(this.#bytes, position, end)
      const next =
        sliceEnd < 0
          ? this.#readNextLine(position, end, end, last)
          : this.#decodeSlice(this.#decodeLines!, position, sliceEnd, end)
      if (next === position) break
      position = next
    }
    return position
  }

  #look(given: Uint8Array): void {
    if (this.#given === given) return
    this.#given = given
    this.#bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength)
    this.#view = new DataView(given.buffer, given.byteOffset, given.byteLength)
  }

  /** The lines of bytes[start, sliceEnd), which ends behind a line feed. */
  #decodeSlice(decodeLines: CsvLineDecoder, start: number, sliceEnd: number, end: number): number {
    const filler = this.#filler
    const state = this.#state
    filler.begin()
    this.#reserve(sliceEnd - start)
    let position = start
    while (position < sliceEnd && filler.rows < BATCH_ROWS_MAX) {
      decodeLines(this.#bytes, this.#view, position, sliceEnd, filler.rows, BATCH_ROWS_MAX, state)
      filler.rows = state.row
      position = state.position
      if (position >= sliceEnd || filler.rows === BATCH_ROWS_MAX) break
      position = this.#readNextLine(position, sliceEnd, end, true)
      this.#reserve(sliceEnd - position)
    }
    return position
  }

  /** The line at `position` by the exact reader; nothing when neither `limit` nor a line break says that it is all there. */
  #readNextLine(position: number, limit: number, end: number, last: boolean): number {
    const bytes = this.#bytes
    const stop = lineEnd(bytes, position, limit)
    if (!last && (stop === end || (bytes[stop] === 0x0d && stop + 1 === end))) return position
    this.#readLine(bytes, position, stop)
    return Math.min(limit, stop + (bytes[stop] === 0x0d && bytes[stop + 1] === 0x0a ? 2 : 1))
  }

  /** Room for all the text that `length` bytes of input can hold. */
  #reserve(length: number): void {
    for (const column of this.#filler.columns) column.reserve(this.#filler.rows, length + 16)
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
