import { Batch } from '../../engine/columnar/batch.ts'
import type { ScanRequest } from '../../engine/connect/source.ts'
import { DECODE_PADDING, type Decoder } from '../../engine/formats/decoder.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import type { RecordPositions } from './client/record-reader.ts'
import { type ColumnLayout, inPlace, MetadataColumns } from './metadata-columns.ts'
import type { TopicPartition } from './partition-offsets.ts'
import type { RecordSink } from './record-columns.ts'
import { recordOrigin } from './record-origin.ts'
import type { KafkaSourceOptions } from './source-options.ts'

const LINE_FEED = 0x0a
const OPENING_BRACE = 0x7b

/**
 * Values of records through a decoder of a file format: from the bytes of the answer to columns, where they lie. A record without a value (a
 * tombstone) or, in formats of lines, with an empty one gives no row.
 */
export class ValueRecords implements RecordSink {
  readonly #schema: Schema
  readonly #layout: ColumnLayout
  readonly #decoder: Decoder
  /** undefined: none are wanted, and nobody asks which record a row is of. */
  readonly #metadata: MetadataColumns | undefined
  readonly #onBadRecord: ScanRequest['onBadRecord']
  readonly #dropsMalformed: boolean
  /** Of the run that is being decoded. */
  readonly #malformed = new Set<number>()
  #counter: { readonly rowsDecoded: number } = { rowsDecoded: 0 }
  /** For a run of records, the record of each row. */
  #sources = new Int32Array(0)
  /** A value is lines of its own, the last of which needs an end. */
  readonly #isLines: boolean
  #partition: TopicPartition = { topic: '', partition: 0 }
  #index = 0
  #records: RecordPositions | undefined
  /** Of `#records`, where their values end. */
  #ends = new Int32Array(0)
  /** The record that is being decoded, where records are decoded one by one. */
  #current = -1
  /** Where to go on in a record whose lines did not all fit into the batch. */
  #within = -1
  #padded: Buffer = Buffer.alloc(0)
  #paddedOf: Buffer | undefined

  constructor(layout: ColumnLayout, options: KafkaSourceOptions, scan: ScanRequest, timeZone: string) {
    const format = options.format!
    const { onBadRecord } = scan
    this.#onBadRecord = onBadRecord
    this.#schema = scan.schema
    this.#layout = layout
    this.#isLines = format.name === 'csv' || format.name === 'json'
    this.#metadata = layout.metadata.length === 0 ? undefined : new MetadataColumns(layout, scan.arena)
    this.#dropsMalformed = Object.entries(options.formatOptions).some(
      ([name, value]) => name.toLowerCase() === 'mode' && value.toLowerCase() === 'dropmalformed',
    )
    this.#decoder = format.openDecoder(
      {
        schema: layout.value,
        columns: layout.wanted,
        equals: [],
        memory: scan.arena,
        onBadRecord:
          onBadRecord === undefined && this.#metadata === undefined
            ? undefined
            : (bytes, reason, position) => this.#onMalformed(bytes, reason, position),
        onFiller: (counter) => {
          this.#counter = counter
        },
      },
      options.formatOptions,
      timeZone,
    )
    this.#decoder.startFile()
    // What a file may begin with (a byte order mark) is looked for once.
    if (this.#isLines) this.#decoder.decode(Buffer.alloc(DECODE_PADDING), 0, 0, true)
  }

  /** Rows are in the decoder, in memory of their own. */
  get rows(): number {
    return 0
  }
  settle(): void {
    this.#records = undefined
    this.#paddedOf = undefined
    this.#padded = Buffer.alloc(0)
  }

  get full(): boolean {
    return this.#decoder.full
  }
  get badRecords(): number {
    return this.#decoder.badRecords
  }

  startPartition(partition: TopicPartition, index: number): void {
    this.#partition = partition
    this.#index = index
    this.#metadata?.startPartition(partition)
  }

  add(records: RecordPositions, from: number): number {
    this.#records = records
    if (this.#decoder.decodeRecords === undefined) return this.#addOneByOne(records, from)
    const { valueAt, valueLength, count } = records
    if (this.#ends.length < count) this.#ends = new Int32Array(records.capacity)
    const ends = this.#ends
    for (let i = from; i < count; i++) ends[i] = valueAt[i]! + Math.max(0, valueLength[i]!)
    this.#current = -1
    if (this.#metadata !== undefined) return this.#addRuns(records, from, this.#metadata)
    return this.#decoder.decodeRecords(records.bytes, valueAt, ends, from, count)
  }

  take(): Batch | undefined {
    const batch = this.#decoder.take()
    if (batch === undefined) return undefined
    const { rowCount } = batch
    const columns = inPlace(this.#layout, batch.columns, this.#metadata?.take(rowCount) ?? [])
    return new Batch(this.#schema, rowCount, columns, this.#index)
  }

  #addOneByOne(records: RecordPositions, from: number): number {
    const decoder = this.#decoder
    const { valueAt, valueLength, count } = records
    let bytes = this.#paddedBytes(records.bytes)
    for (let row = from; row < count; row++) {
      const length = valueLength[row]!
      if (length < 0 || (length === 0 && this.#isLines)) continue
      if (decoder.full) return row
      let start = valueAt[row]!
      let end = start + length
      if (end + DECODE_PADDING > bytes.length) {
        bytes = paddedCopy(records.bytes)
        this.#padded = bytes
      }
      if (this.#within >= 0) start = this.#within
      // Behind the value stands how many headers there are.
      const behind = bytes[end]!
      if (this.#isLines) bytes[end++] = LINE_FEED
      this.#current = row
      const before = this.#counter.rowsDecoded
      const stopped = decoder.decode(bytes, start, end, true)
      if (this.#isLines) bytes[end - 1] = behind
      if (this.#metadata !== undefined) this.#addRows(records, row, this.#counter.rowsDecoded - before)
      this.#within = stopped < end ? stopped : -1
      if (stopped < end) return row
    }
    return count
  }

  /**
   * The same as `decodeRecords`, with the record of each row: an object makes one row, or none when it is malformed and left out; what else a value may
   * be (an array of objects) is decoded by itself, so that its rows can be counted.
   */
  #addRuns(records: RecordPositions, from: number, metadata: MetadataColumns): number {
    const decoder = this.#decoder
    const { bytes, valueAt, valueLength, count } = records
    let at = from
    while (at < count && !decoder.full) {
      let to = at
      while (to < count && (valueLength[to]! <= 0 || bytes[valueAt[to]!] === OPENING_BRACE)) to++
      const isRun = to > at
      const before = this.#counter.rowsDecoded
      this.#malformed.clear()
      const next = decoder.decodeRecords!(bytes, valueAt, this.#ends, at, isRun ? to : at + 1)
      if (isRun) {
        const rows = this.#sourcesOf(valueLength, at, next)
        metadata.add(records, this.#sources, 0, rows)
      } else this.#addRows(records, at, this.#counter.rowsDecoded - before)
      at = next
    }
    return at
  }

  /** Rows that objects number from … to have made: how many there are. */
  #sourcesOf(valueLength: Int32Array, from: number, to: number): number {
    if (this.#sources.length < to - from) this.#sources = new Int32Array(valueLength.length)
    let rows = 0
    for (let i = from; i < to; i++) {
      if (valueLength[i]! <= 0 || (this.#dropsMalformed && this.#malformed.has(i))) continue
      this.#sources[rows++] = i
    }
    return rows
  }

  /** Rows of one record. */
  #addRows(records: RecordPositions, record: number, rows: number): void {
    if (this.#sources.length < rows) this.#sources = new Int32Array(rows)
    this.#sources.fill(record, 0, rows)
    this.#metadata!.add(records, this.#sources, 0, rows)
  }

  /** The same bytes with, where they are, some more behind them. */
  #paddedBytes(bytes: Buffer): Buffer {
    if (this.#paddedOf !== bytes) {
      this.#paddedOf = bytes
      const { buffer, byteOffset, byteLength } = bytes
      this.#padded = Buffer.from(buffer, byteOffset, Math.min(byteLength + DECODE_PADDING, buffer.byteLength - byteOffset))
    }
    return this.#padded
  }

  #onMalformed(bytes: Uint8Array, reason: string, position: number): void {
    const { offsets, timestamps } = this.#records!
    const record = this.#recordAt(position)
    this.#malformed.add(record)
    this.#onBadRecord?.({ bytes, reason, origin: recordOrigin(this.#partition, offsets[record]!, timestamps[record]!) })
  }

  /** `position`: where the record, or a line of it, begins. */
  #recordAt(position: number): number {
    if (this.#current >= 0) return this.#current
    const { valueAt, count } = this.#records!
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (valueAt[middle]! <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}

function paddedCopy(bytes: Buffer): Buffer {
  const copy = Buffer.alloc(bytes.length + DECODE_PADDING)
  copy.set(bytes)
  return copy
}
