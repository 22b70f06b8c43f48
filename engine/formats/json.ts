import { BATCH_ROWS_MAX, type Batch } from '../columnar/batch.ts'
import { decodeText } from '../columnar/column.ts'
import { zoneOf } from '../types/zone.ts'
import { BatchFiller, type DecodeRequest, type Decoder } from './decoder.ts'
import {
  type DecodeState,
  generateJsonDecoder,
  generateJsonRecordDecoder,
  type JsonLayout,
  type JsonLineDecoder,
  type ValueReader,
} from './json-codegen.ts'
import { JsonLayoutLearner, learnLineLayout } from './json-layout.ts'
import type { JsonOptions } from './json-options.ts'
import { JsonRecords } from './json-records.ts'
import { jsonFieldReader, jsonRecordReader, type RecordReading } from './json-value.ts'
import { decodeRecord, endOfLines, isUtf8Name, lineEnd, transcode } from './text-encoding.ts'

/** A decoder of JSON: a record a line, or a record a file with `multiLine`. */
export function jsonDecoder(request: DecodeRequest, options: JsonOptions): Decoder {
  return options.multiLine ? new JsonDocumentDecoder(request, options) : new JsonLinesDecoder(request, options)
}

/**
 * Lines of JSON. Generated code decodes the plain ones straight from bytes; a line it refuses is read again by the exact reader, which
 * alone decides what is malformed.
 *
 * law: generated code and exact reader give the same row for every line that the generated code takes (tested against each other)
 */
class JsonLinesDecoder implements Decoder {
  readonly wholeFile: boolean
  readonly #options: JsonOptions
  readonly #filler: BatchFiller
  readonly #readRecord: (text: string) => RecordReading
  readonly #generate: (layout: JsonLayout | undefined, filtering: boolean) => JsonLineDecoder
  readonly #canFilter: boolean
  readonly #state: DecodeState = { row: 0, position: 0, misses: 0 }
  readonly #keys: readonly (Uint8Array | undefined)[]
  readonly #records: JsonRecords
  #decodeLines: JsonLineDecoder
  #decodeWithoutFilter: JsonLineDecoder | undefined
  readonly #layout = new JsonLayoutLearner()
  #atFileStart = true
  #given: Uint8Array | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** Lines that the generated code refused. */
  slowRecords = 0

  constructor(request: DecodeRequest, options: JsonOptions) {
    this.#options = options
    this.wholeFile = !isUtf8Name(options.encoding)
    const filler = new BatchFiller(request, options.mode, options.columnNameOfCorruptRecord)
    this.#filler = filler
    this.#readRecord = jsonRecordReader(filler.fields, options, true)
    // A dropped line is not looked at further, so nobody may ask whether it is malformed.
    this.#canFilter =
      request.equals.length > 0 && options.mode !== 'failfast' && request.onBadRecord === undefined && filler.corrupt < 0
    const fields = filler.schema.map((f, i) => ({ name: f.name, type: i === filler.corrupt ? undefined : f.type }))
    const readers = filler.schema.map((f, i): ValueReader => {
      const read = jsonFieldReader(f.type, options)
      const column = filler.columns[i]!
      return (bytes, start, end, row) => {
        const value = read(decodeText(bytes, start, end))
        if (value === undefined) return false
        column.set(row, value)
        return true
      }
    })
    const plan = {
      fields,
      zone: zoneOf(options.timeZone),
      standardTimes:
        options.dateFormat === undefined && options.timestampFormat === undefined && options.timestampNtzFormat === undefined,
      exactText: options.exactText,
    }
    this.#keys = fields.map((f) => (f.type === undefined ? undefined : textEncoder.encode(f.name)))
    this.#generate = (layout, filtering) =>
      generateJsonDecoder({ ...plan, equals: filtering ? request.equals : [] }, layout, filler.columns, readers)
    this.#decodeLines = this.#generate(undefined, this.#canFilter)
    this.#records = new JsonRecords(this.#keys, (layout) =>
      generateJsonRecordDecoder({ ...plan, equals: this.#canFilter ? request.equals : [] }, layout, filler.columns, readers),
    )
  }

  get full(): boolean {
    return this.#filler.full
  }
  get badRecords(): number {
    return this.#filler.badRecords
  }
  startFile(): void {
    this.#atFileStart = true
  }
  take(): Batch | undefined {
    return this.#filler.take()
  }

  decode(given: Uint8Array, start: number, end: number, last: boolean): number {
    if (this.#given !== given) {
      this.#given = given
      // Searching bytes is a memchr on a Buffer and a loop on a plain array.
      this.#bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength)
      this.#view = new DataView(given.buffer, given.byteOffset, given.byteLength)
    }
    const bytes = this.#bytes
    if (this.wholeFile) {
      const text = transcode(bytes, start, end, this.#options.encoding!)
      // Rows of what does not fit wait in the filler: the bytes of the file cannot be come back to.
      this.#decodeExactly(text, 0, text.length, true)
      return end
    }
    let position = start
    if (this.#atFileStart && (end - start >= 3 || last)) {
      this.#atFileStart = false
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) position += 3
    }
    const lineSep = this.#options.lineSep
    if (lineSep !== undefined && lineSep !== '\n') return this.#decodeExactly(bytes, position, end, last)
    while (position < end && !this.#filler.full) {
      const sliceEnd = endOfLines(bytes, position, end)
      if (sliceEnd >= 0) {
        position = this.#decodeSlice(bytes, position, sliceEnd)
        continue
      }
      if (!last) break
      // The last line lacks its line feed: it gets one for the while.
      const behind = bytes[end]!
      bytes[end] = 0x0a
      position = Math.min(end, this.#decodeSlice(bytes, position, end + 1))
      bytes[end] = behind
    }
    return position
  }

  decodeRecords(given: Uint8Array, starts: Int32Array, ends: Int32Array, from: number, to: number): number {
    const filler = this.#filler
    const records = this.#records
    let at = from
    for (; this.wholeFile && at < to && !filler.full; at++) {
      const text = transcode(given, starts[at]!, ends[at]!, this.#options.encoding!)
      if (text.length > 0) this.#addRecord(text, 0, text.length)
    }
    while (at < to && !filler.full) {
      filler.begin()
      const next = records.decode(given, starts, ends, null, at, to, filler.rows, BATCH_ROWS_MAX, filler.columns)
      filler.rows = records.row
      at = next
      if (at === to || filler.full) break
      if (ends[at]! > starts[at]!) {
        this.slowRecords++
        this.#addRecord(given, starts[at]!, ends[at]!)
      }
      at++
    }
    return at
  }

  #decodeSlice(bytes: Buffer, position: number, end: number): number {
    const filler = this.#filler
    const state = this.#state
    filler.begin()
    if (this.#layout.due) this.#learn(bytes, position, end)
    let decode = this.#decodeLines
    // A carriage return may end a line too: past a dropped row's field there would be no telling.
    if (this.#canFilter && contains(bytes, 0x0d, position, end)) {
      decode = this.#decodeWithoutFilter ??= this.#generate(this.#layout.layout, false)
    }
    this.#reserve(end - position)
    while (position < end && filler.rows < BATCH_ROWS_MAX) {
      const before = filler.rows
      decode(bytes, this.#view, position, end, before, BATCH_ROWS_MAX, state)
      filler.rows = state.row
      position = state.position
      this.#layout.count(state.misses, state.row - before)
      if (position >= end || filler.rows === BATCH_ROWS_MAX) break
      position = this.#decodeLine(bytes, position, end, lineEnd(bytes, position, end))
      this.#reserve(end - position)
    }
    return position
  }

  /** Room for all the text that `length` bytes of input can hold. */
  #reserve(length: number): void {
    for (const column of this.#filler.columns) column.reserve(this.#filler.rows, length + 16)
  }

  #decodeLine(bytes: Uint8Array, start: number, limit: number, end: number): number {
    this.slowRecords++
    this.#addRecord(bytes, start, end)
    if (bytes[end] === 0x0d && end + 1 < limit && bytes[end + 1] === 0x0a) return end + 2
    return Math.min(limit, end + 1)
  }

  #addRecord(bytes: Uint8Array, start: number, end: number): void {
    const { rows, reason } = this.#readRecord(decodeRecord(bytes, start, end))
    this.#filler.add(rows, reason, bytes, start, end)
  }

  /** Records cut by a separator of one's own; every record by the exact reader. */
  #decodeExactly(bytes: Uint8Array, start: number, end: number, last: boolean): number {
    const separator = this.#options.lineSep === undefined ? undefined : textEncoder.encode(this.#options.lineSep)
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end)
    let position = start
    while (position < end && (this.wholeFile || !this.#filler.full)) {
      const found = separator === undefined ? lineEnd(bytes, position, end) : buffer.indexOf(separator, position)
      const recordEnd = found < 0 ? end : found
      if (recordEnd === end && !last) return position
      this.slowRecords++
      this.#addRecord(bytes, position, recordEnd)
      position = recordEnd + (separator?.length ?? (bytes[recordEnd] === 0x0d && bytes[recordEnd + 1] === 0x0a ? 2 : 1))
    }
    return Math.min(position, end)
  }

  /** Takes the layout of the line at `position`: the keys in their order with all that stands between values. */
  #learn(bytes: Uint8Array, position: number, end: number): void {
    this.#layout.learned(learnLineLayout(bytes, this.#view, position, end, this.#keys))
    this.#decodeLines = this.#generate(this.#layout.layout, this.#canFilter)
    this.#decodeWithoutFilter = undefined
  }
}

function contains(bytes: Buffer, byte: number, position: number, end: number): boolean {
  return bytes.subarray(position, end).indexOf(byte) >= 0
}

/** A file that is one JSON document: an object, or an array of objects. */
class JsonDocumentDecoder implements Decoder {
  readonly wholeFile = true
  readonly #options: JsonOptions
  readonly #filler: BatchFiller
  readonly #readRecord: (text: string) => RecordReading

  constructor(request: DecodeRequest, options: JsonOptions) {
    this.#options = options
    this.#filler = new BatchFiller(request, options.mode, options.columnNameOfCorruptRecord)
    this.#readRecord = jsonRecordReader(this.#filler.fields, options, true)
  }

  get full(): boolean {
    return this.#filler.full
  }
  get badRecords(): number {
    return this.#filler.badRecords
  }
  startFile(): void {}
  take(): Batch | undefined {
    return this.#filler.take()
  }

  decode(bytes: Uint8Array, start: number, end: number): number {
    const { rows, reason } = this.#readRecord(decodeRecord(bytes, start, end, this.#options.encoding))
    this.#filler.add(rows, reason, bytes, start, end)
    return end
  }
}

const textEncoder = new TextEncoder()
