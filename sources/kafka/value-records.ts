import { Batch } from '../../engine/columnar/batch.ts'
import type { ScanRequest } from '../../engine/connect/source.ts'
import { DECODE_PADDING, type Decoder } from '../../engine/formats/decoder.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import type { RecordPositions } from './client/record-reader.ts'
import type { TopicPartition } from './partition-offsets.ts'
import type { RecordSink } from './record-columns.ts'
import type { KafkaSourceOptions } from './source-options.ts'

const LINE_FEED = 0x0a

/**
 * Values of records through a decoder of a file format: from the bytes of the answer to columns, where they lie. A record without a value (a
 * tombstone) or, in formats of lines, with an empty one gives no row.
 */
export class ValueRecords implements RecordSink {
  readonly #schema: Schema
  readonly #decoder: Decoder
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

  constructor(schema: Schema, options: KafkaSourceOptions, scan: ScanRequest, timeZone: string) {
    const format = options.format!
    const { onBadRecord } = scan
    this.#schema = scan.schema
    this.#isLines = format.name === 'csv' || format.name === 'json'
    this.#decoder = format.openDecoder(
      {
        schema,
        columns: scan.columns,
        equals: [],
        memory: scan.arena,
        onBadRecord:
          onBadRecord && ((bytes, reason, position) => onBadRecord({ bytes, reason, origin: this.#originOf(position) })),
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

  startPartition(partition: TopicPartition, index: number): void {
    this.#partition = partition
    this.#index = index
  }

  add(records: RecordPositions, from: number): number {
    this.#records = records
    if (this.#decoder.decodeRecords === undefined) return this.#addOneByOne(records, from)
    const { valueAt, valueLength, count } = records
    if (this.#ends.length < count) this.#ends = new Int32Array(records.capacity)
    const ends = this.#ends
    for (let i = from; i < count; i++) ends[i] = valueAt[i]! + Math.max(0, valueLength[i]!)
    this.#current = -1
    return this.#decoder.decodeRecords(records.bytes, valueAt, ends, from, count)
  }

  take(): Batch | undefined {
    const batch = this.#decoder.take()
    return batch && new Batch(this.#schema, batch.rowCount, batch.columns, this.#index)
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
      // Behind the value stands what has been read already: how many headers there are.
      if (this.#isLines) bytes[end++] = LINE_FEED
      this.#current = row
      const stopped = decoder.decode(bytes, start, end, true)
      this.#within = stopped < end ? stopped : -1
      if (stopped < end) return row
    }
    return count
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

  /** `position`: where the record, or a line of it, begins. */
  #originOf(position: number): string {
    const { topic, partition } = this.#partition
    const { offsets, valueAt, count } = this.#records!
    let record = this.#current
    if (record < 0) {
      let low = 0
      let high = count - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (valueAt[middle]! <= position) low = middle
        else high = middle - 1
      }
      record = low
    }
    return `topic ${topic}, partition ${partition}, offset ${offsets[record]}`
  }
}

function paddedCopy(bytes: Buffer): Buffer {
  const copy = Buffer.alloc(bytes.length + DECODE_PADDING)
  copy.set(bytes)
  return copy
}
