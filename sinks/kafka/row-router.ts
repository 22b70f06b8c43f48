import type { Batch } from '../../engine/columnar/batch.ts'
import { type Column, decodeText, readValue } from '../../engine/columnar/column.ts'
import { ConnectorError, ExecutionError } from '../../engine/errors/engine-error.ts'
import type { Codec } from '../../sources/kafka/client/compression.ts'
import type { BytePool } from '../../sources/kafka/client/lent-bytes.ts'
import { partitionOfKey } from './murmur2.ts'
import type { OutgoingBatch } from './producer.ts'
import { type BytesColumn, type Header, RecordBatchBuilder } from './record-batch-builder.ts'
import type { SinkColumns } from './sink-columns.ts'

export interface RouterSettings {
  readonly columns: SinkColumns
  /** Wins over a topic column; undefined: there is one. */
  readonly topic: string | undefined
  readonly codec: Codec
  /** Bytes of a record batch. */
  readonly maxBatchBytes: number
  readonly timestampMs: number
  /** Where record batches are put together. */
  readonly pool: BytePool
  /** Shifts where rows without key and partition go first. */
  readonly turn: number
}

/** Rows of one epoch into record batches by topic and partition. A row goes where its column `partition` says, else where its key's hash says, else in turn. */
export class RowRouter {
  readonly #settings: RouterSettings
  readonly #topics = new Map<string, TopicBatches>()
  /** Full batches, in the order they were filled. */
  #full: OutgoingBatch[] = []
  #fullBytes = 0

  constructor(settings: RouterSettings) {
    this.#settings = settings
  }

  get fullBytes(): number {
    return this.#fullBytes
  }

  /** Topics of a batch's rows that have not been met. */
  unknownTopics(batch: Batch): string[] {
    const { topic, columns } = this.#settings
    if (topic !== undefined) return this.#topics.has(topic) ? [] : [topic]
    const unknown = new Set<string>()
    const column = batch.columns[columns.topic]!
    for (let row = 0; row < batch.rowCount; row++) {
      if (column.isNull(row)) throw nullTopic()
      const name = textAt(column, row)
      if (!this.#topics.has(name)) unknown.add(name)
    }
    return [...unknown]
  }
  addTopic(name: string, partitions: number): void {
    const builders = new Array<undefined>(partitions).fill(undefined)
    this.#topics.set(name, { name, builders, next: this.#settings.turn % partitions, usualBytes: FIRST_BYTES })
  }

  add(batch: Batch): void {
    const { columns, maxBatchBytes, timestampMs, pool } = this.#settings
    const keys = bytesOf(batch.columns[columns.key])
    const values = bytesOf(batch.columns[columns.value])!
    const headers = batch.columns[columns.headers]
    const partitions = batch.columns[columns.partition]
    const fixed = this.#settings.topic === undefined ? undefined : this.#topics.get(this.#settings.topic)!
    for (let row = 0; row < batch.rowCount; row++) {
      const topic = fixed ?? this.#topics.get(textAt(batch.columns[columns.topic]!, row))!
      const keyAt = keys?.offsets[row] ?? 0
      const keyLength = keys === undefined || keys.column.isNull(row) ? -1 : keys.offsets[row + 1]! - keyAt
      const valueAt = values.offsets[row]!
      const valueLength = values.column.isNull(row) ? -1 : values.offsets[row + 1]! - valueAt
      const partition =
        partitions !== undefined && !partitions.isNull(row)
          ? explicitPartition(topic, partitions.values![row] as number)
          : keyLength >= 0
            ? partitionOfKey(keys!.bytes, keyAt, keyAt + keyLength, topic.builders.length)
            : topic.next
      const rowHeaders = headers === undefined ? NO_HEADERS : headersAt(headers, row)
      let builder = topic.builders[partition]
      if (
        builder !== undefined &&
        builder.length + Math.max(0, keyLength) + Math.max(0, valueLength) + ROW_OVERHEAD > maxBatchBytes
      ) {
        this.#finish(topic, partition)
        builder = undefined
      }
      builder ??= topic.builders[partition] = new RecordBatchBuilder(timestampMs, pool, topic.usualBytes)
      builder.append(keys, keyAt, keyLength, values, valueAt, valueLength, rowHeaders)
      if (builder.length > maxBatchBytes) {
        if (builder.count === 1) throw tooLarge(topic.name, builder.length, maxBatchBytes)
        this.#finish(topic, partition)
      }
    }
    if (this.#openBytes() > OPEN_BYTES_MAX) this.finish()
  }

  /** Batches that are full, at most one a partition, in order; undefined when there are none. */
  takeFull(): OutgoingBatch[] | undefined {
    if (this.#full.length === 0) return undefined
    const taken = new Set<string>()
    const now: OutgoingBatch[] = []
    const later: OutgoingBatch[] = []
    for (const outgoing of this.#full) {
      const key = `${outgoing.topic}/${outgoing.partition}`
      if (taken.has(key)) later.push(outgoing)
      else {
        taken.add(key)
        now.push(outgoing)
        this.#fullBytes -= outgoing.batch.bytes.length
      }
    }
    this.#full = later
    return now
  }

  /** Batches that are not full count as full: no more rows come, or the batches take too much memory. */
  finish(): void {
    for (const topic of this.#topics.values()) {
      for (let partition = 0; partition < topic.builders.length; partition++) {
        if (topic.builders[partition] !== undefined) this.#finish(topic, partition)
      }
    }
  }

  #openBytes(): number {
    let bytes = 0
    for (const { builders } of this.#topics.values()) for (const builder of builders) bytes += builder?.length ?? 0
    return bytes
  }

  #finish(topic: TopicBatches, partition: number): void {
    const builder = topic.builders[partition]!
    topic.usualBytes = builder.length + ROW_OVERHEAD
    const batch = builder.finish(this.#settings.codec)
    topic.builders[partition] = undefined
    if (partition === topic.next) topic.next = (topic.next + 1) % topic.builders.length
    this.#full.push({ topic: topic.name, partition, batch })
    this.#fullBytes += batch.bytes.length
  }
}

interface TopicBatches {
  readonly name: string
  readonly builders: (RecordBatchBuilder | undefined)[]
  /** Where rows without key and partition go until the batch there is full. */
  next: number
  /** Bytes of the last batch, and so likely of the next. */
  usualBytes: number
}

const ROW_OVERHEAD = 32
/** Bytes of batches that are not full. With more partitions than fit, batches go out before they are. */
const OPEN_BYTES_MAX = 64 << 20
const FIRST_BYTES = 1 << 15
const NO_HEADERS: readonly Header[] = []

function bytesOf(
  column: Column | undefined,
): (BytesColumn & { readonly column: Column; readonly offsets: Int32Array }) | undefined {
  if (column === undefined) return undefined
  const bytes = column.bytes!
  return { column, bytes, offsets: column.offsets!, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
}

function textAt(column: Column, row: number): string {
  return decodeText(column.bytes!, column.offsets![row]!, column.offsets![row + 1]!)
}

function headersAt(column: Column, row: number): readonly Header[] {
  const value = readValue(column, row) as readonly (readonly [string | null, Uint8Array | null] | null)[] | null
  if (value === null) return NO_HEADERS
  return value.map((header) => {
    if (header === null || header[0] === null) {
      throw new ExecutionError('KAFKA_NULL_HEADER', { message: 'a header of a row for Kafka is NULL, or has a NULL key' })
    }
    return [Buffer.from(header[0]), header[1]]
  })
}

function explicitPartition(topic: TopicBatches, partition: number): number {
  if (partition >= 0 && partition < topic.builders.length) return partition
  throw new ExecutionError('KAFKA_INVALID_PARTITION', {
    message:
      partition < 0
        ? `invalid partition: ${partition}; partition number should always be non-negative or null`
        : `partition ${partition} of topic ${topic.name} with partition count ${topic.builders.length} is not present in metadata`,
  })
}

function nullTopic(): ExecutionError {
  return new ExecutionError('KAFKA_NULL_TOPIC', {
    message: 'the Kafka message data sent to the producer contains a null topic',
    hint: 'Use the `topic` option for setting a default topic.',
  })
}

function tooLarge(topic: string, bytes: number, limit: number): ConnectorError {
  return new ConnectorError('KAFKA_RECORD_TOO_LARGE', {
    message: `a row for topic "${topic}" takes ${bytes} bytes, more than kafka.max.request.size allows (${limit})`,
    hint: 'Raise kafka.max.request.size, and max.message.bytes of the topic.',
  })
}
