import { Batch } from '../../engine/columnar/batch.ts'
import type { ScanRequest } from '../../engine/connect/source.ts'
import { DECODE_PADDING, type Decoder } from '../../engine/formats/decoder.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import { copyBytes } from './client/copy-bytes.ts'
import type { RecordPositions } from './client/record-reader.ts'
import type { TopicPartition } from './partition-offsets.ts'
import type { RecordSink } from './record-columns.ts'
import type { KafkaSourceOptions } from './source-options.ts'

/** Bytes of values that are decoded at a time. */
const CHUNK_BYTES = 1 << 18
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const TAB = 0x09

/**
 * Values of records through a decoder of a file format, from bytes to columns: the values are put together as lines of a file. A record without a value
 * (a tombstone) or with an empty one gives no row.
 */
export class ValueRecords implements RecordSink {
  readonly #schema: Schema
  readonly #decoder: Decoder
  /** A record is decoded by itself: whatever is in its bytes belongs to it. */
  readonly #oneByOne: boolean
  /** Line breaks inside a value mean what a tab does, and are made one: between tokens of JSON, and (malformed) inside its texts. */
  readonly #breaksAreTabs: boolean
  #bytes = Buffer.alloc(CHUNK_BYTES + DECODE_PADDING)
  #view = viewOf(this.#bytes)
  #end = 0
  /** Up to here the bytes have been decoded. */
  #at = 0
  /** Where each line begins, and the offset of its record. */
  readonly #lineAt: number[] = []
  readonly #lineOffset: number[] = []
  #partition: TopicPartition = { topic: '', partition: 0 }
  #index = 0

  constructor(schema: Schema, options: KafkaSourceOptions, scan: ScanRequest, timeZone: string) {
    const format = options.format!
    const { onBadRecord } = scan
    this.#schema = scan.schema
    this.#oneByOne = format.name === 'text'
    this.#breaksAreTabs = format.name === 'json'
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
    if (!this.#oneByOne) this.#decoder.decode(Buffer.alloc(DECODE_PADDING), 0, 0, true)
  }

  get full(): boolean {
    return this.#decoder.full
  }

  /** Rows wait in the decoder, in memory of their own. */
  get rows(): number {
    return 0
  }
  settle(): void {}

  startPartition(partition: TopicPartition, index: number): void {
    this.#partition = partition
    this.#index = index
  }

  add(records: RecordPositions, from: number): number {
    if (!this.#decodeAll()) return from
    const { bytes, valueAt, valueLength, offsets } = records
    const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const start = this.#end
    let row = from
    for (; row < records.count && this.#end < CHUNK_BYTES; row++) {
      const length = valueLength[row]!
      if (length <= 0) continue
      this.#reserve(length + 1)
      this.#lineAt.push(this.#end)
      this.#lineOffset.push(offsets[row]!)
      copyBytes(bytes, source, valueAt[row]!, length, this.#bytes, this.#view, this.#end)
      this.#bytes[this.#end + length] = TAB
      this.#end += length + 1
    }
    if (this.#breaksAreTabs) this.#replaceBreaks(start)
    for (let line = this.#lineAt.length - 1; line > 0 && this.#lineAt[line]! > start; line--)
      this.#bytes[this.#lineAt[line]! - 1] = LINE_FEED
    if (this.#end > start) this.#bytes[this.#end - 1] = LINE_FEED
    if (this.#end >= CHUNK_BYTES) this.#decodeAll()
    return row
  }

  take(): Batch | undefined {
    if (!this.#decoder.full) this.#decodeAll()
    const batch = this.#decoder.take()
    return batch && new Batch(this.#schema, batch.rowCount, batch.columns, this.#index)
  }

  /** Decodes what has been put together; false when a batch must be taken first. */
  #decodeAll(): boolean {
    while (this.#at < this.#end) {
      if (this.#decoder.full) return false
      if (this.#oneByOne) this.#decodeOne()
      else this.#at = this.#decoder.decode(this.#bytes, this.#at, this.#end, true)
    }
    if (this.#decoder.full) return false
    this.#at = 0
    this.#end = 0
    this.#lineAt.length = 0
    this.#lineOffset.length = 0
    return true
  }

  #decodeOne(): void {
    const line = this.#lineOf(this.#at)
    const end = this.#lineAt[line + 1] ?? this.#end
    this.#decoder.decode(this.#bytes, this.#at, end - 1, true)
    this.#at = end
  }

  #replaceBreaks(start: number): void {
    for (const lineBreak of [LINE_FEED, CARRIAGE_RETURN]) {
      for (
        let at = this.#bytes.indexOf(lineBreak, start);
        at >= 0 && at < this.#end;
        at = this.#bytes.indexOf(lineBreak, at + 1)
      ) {
        this.#bytes[at] = TAB
      }
    }
  }

  #reserve(length: number): void {
    if (this.#end + length + DECODE_PADDING <= this.#bytes.length) return
    const grown = Buffer.alloc((this.#end + length) * 2 + DECODE_PADDING)
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
    this.#view = viewOf(grown)
  }

  /** The last line that begins at or before a position. */
  #lineOf(position: number): number {
    let low = 0
    let high = this.#lineAt.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineAt[middle]! <= position) low = middle
      else high = middle - 1
    }
    return low
  }

  #originOf(position: number): string {
    const { topic, partition } = this.#partition
    return `topic ${topic}, partition ${partition}, offset ${this.#lineOffset[this.#lineOf(position)] ?? '?'}`
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
