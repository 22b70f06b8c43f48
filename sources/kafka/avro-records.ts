import { Batch } from '../../engine/columnar/batch.ts'
import type { ScanRequest } from '../../engine/connect/source.ts'
import { AvroDecoder } from '../../engine/formats/avro-decoder.ts'
import type { AvroOptions } from './avro-options.ts'
import type { AvroReaders } from './avro-readers.ts'
import type { RecordPositions } from './client/record-reader.ts'
import { type ColumnLayout, inPlace, MetadataColumns } from './metadata-columns.ts'
import type { TopicPartition } from './partition-offsets.ts'
import type { RecordSink } from './record-columns.ts'
import { recordOrigin } from './record-origin.ts'

/** Avro values of records, from the bytes of the answer to columns. A record without a value (a tombstone) gives no row. */
export class AvroRecords implements RecordSink {
  readonly #scan: ScanRequest
  readonly #layout: ColumnLayout
  readonly #readers: AvroReaders
  readonly #decoder: AvroDecoder
  readonly #metadata: MetadataColumns
  #partition: TopicPartition = { topic: '', partition: 0 }
  #index = 0
  #records: RecordPositions | undefined
  #view: DataView = new DataView(new ArrayBuffer(0))
  #viewOf: Buffer | undefined
  /** A schema that is being fetched. */
  waiting: Promise<void> | undefined

  constructor(layout: ColumnLayout, options: AvroOptions, readers: AvroReaders, scan: ScanRequest) {
    const { onBadRecord } = scan
    this.#scan = scan
    this.#layout = layout
    this.#readers = readers
    this.#metadata = new MetadataColumns(layout, scan.arena)
    const corrupt = layout.value.findIndex((f) => f.name === options.corruptColumn && f.type.kind === 'binary')
    this.#decoder = new AvroDecoder({
      table: layout.value,
      wanted: layout.wanted,
      corrupt,
      mode: options.mode,
      memory: scan.arena,
      framed: readers.framed,
      readerOf: (id) => readers.readerOf(id, layout.wanted),
      onBadRecord:
        onBadRecord &&
        ((bytes, reason, record) => {
          const { offsets, timestamps } = this.#records!
          onBadRecord({ bytes, reason, origin: recordOrigin(this.#partition, offsets[record]!, timestamps[record]!) })
        }),
    })
  }

  get full(): boolean {
    return this.#decoder.full
  }
  get badRecords(): number {
    return this.#decoder.badRecords
  }
  get rows(): number {
    return this.#decoder.rows
  }
  /** Everything has been copied. */
  settle(): void {
    this.#records = undefined
    this.#viewOf = undefined
  }

  startPartition(partition: TopicPartition, index: number): void {
    this.#partition = partition
    this.#index = index
    this.#metadata.startPartition(partition)
  }

  add(records: RecordPositions, from: number): number {
    const { bytes, valueAt, valueLength, count } = records
    this.#records = records
    if (this.#viewOf !== bytes) {
      this.#viewOf = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    const decoder = this.#decoder
    const before = decoder.rows
    const next = decoder.decode(bytes, this.#view, valueAt, valueLength, from, count)
    this.#metadata.add(records, decoder.sources, before, decoder.rows)
    if (decoder.missing !== undefined) {
      this.waiting = this.#readers.fetch(decoder.missing).finally(() => {
        this.waiting = undefined
      })
      // It is waited for; until then nobody else looks after its failure.
      this.waiting.catch(() => undefined)
    }
    return next
  }

  take(): Batch | undefined {
    const { rows } = this.#decoder
    if (rows === 0) return undefined
    const columns = inPlace(this.#layout, this.#decoder.take(), this.#metadata.take(rows))
    return new Batch(this.#scan.schema, rows, columns, this.#index)
  }
}
