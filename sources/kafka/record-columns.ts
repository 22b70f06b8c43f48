import { BATCH_ROWS_MAX, Batch } from '../../engine/columnar/batch.ts'
import { Column } from '../../engine/columnar/column.ts'
import type { Memory } from '../../engine/columnar/memory.ts'
import { ColumnWriter } from '../../engine/formats/column-writer.ts'
import {
  arrayType,
  BIGINT,
  BINARY,
  type DataType,
  field,
  INT,
  type Schema,
  STRING,
  structType,
  TIMESTAMP,
} from '../../engine/types/data-type.ts'
import { copyBytes } from './client/copy-bytes.ts'
import type { RecordPositions } from './client/record-reader.ts'
import { MovedBytes } from './moved-bytes.ts'
import type { TopicPartition } from './partition-offsets.ts'

/** Spark's columns of a record, in Spark's order. */
export const RECORD_SCHEMA: Schema = [
  field('key', BINARY),
  field('value', BINARY),
  field('topic', STRING),
  field('partition', INT),
  field('offset', BIGINT),
  field('timestamp', TIMESTAMP),
  field('timestampType', INT),
]
export const HEADERS_TYPE: DataType = arrayType(structType([field('key', STRING), field('value', BINARY)]))
export const RECORD_SCHEMA_WITH_HEADERS: Schema = [...RECORD_SCHEMA, field('headers', HEADERS_TYPE)]

/** Collects records into batches: from positions of bytes to columns. */
export interface RecordSink {
  /** The records that follow are of this partition, number `index` of the epoch. */
  startPartition(partition: TopicPartition, index: number): void
  /** Takes records from `from` on, and gives the number of the first one that did not fit. */
  add(records: RecordPositions, from: number): number
  readonly full: boolean
  /** Rows that have not been taken, as far as is known. */
  readonly rows: number
  /** Values that were malformed; undefined where none are decoded. */
  readonly badRecords?: number
  /** What must be there before more records are added. */
  readonly waiting?: Promise<void> | undefined
  /** The bytes of the records added so far are about to hold something else. */
  settle(): void
  /** The rows so far; undefined when there are none. */
  take(): Batch | undefined
}

/** The columns of RECORD_SCHEMA; those that are not wanted cost nothing. */
export class RecordColumns implements RecordSink {
  readonly #schema: Schema
  readonly #names: readonly string[]
  readonly #memory: Memory
  readonly #writers: readonly (ColumnWriter | undefined)[]
  readonly #key: ColumnWriter | undefined
  readonly #value: MovedBytes | undefined
  readonly #headers: ColumnWriter | undefined
  /** 64-bit columns as halves, low first: BigInt stores are slow. */
  #offsets: Int32Array | undefined
  #timestamps: Int32Array | undefined
  #timestampTypes: Int32Array | undefined
  #partition: TopicPartition = { topic: '', partition: 0 }
  #index = 0
  #rows = 0
  #begun = false

  constructor(schema: Schema, memory: Memory) {
    this.#schema = schema
    this.#names = schema.map((f) => f.name)
    this.#memory = memory
    this.#writers = schema.map((f) => (['key', 'headers'].includes(f.name) ? new ColumnWriter(f.type) : undefined))
    const writerOf = (name: string) => this.#writers[this.#names.indexOf(name)]
    this.#key = writerOf('key')
    this.#value = this.#names.includes('value') ? new MovedBytes(BINARY, memory) : undefined
    this.#headers = writerOf('headers')
  }

  get full(): boolean {
    return this.#rows === BATCH_ROWS_MAX
  }

  get rows(): number {
    return this.#rows
  }

  startPartition(partition: TopicPartition, index: number): void {
    this.#partition = partition
    this.#index = index
  }

  settle(): void {
    this.#value?.settle()
  }

  add(records: RecordPositions, from: number): number {
    this.#begin()
    const start = this.#rows
    const count = Math.min(records.count - from, BATCH_ROWS_MAX - start)
    if (this.#key !== undefined) addBytes(this.#key, start, records.bytes, records.keyAt, records.keyLength, from, count)
    if (this.#headers !== undefined) addHeaders(this.#headers, start, records, from, count)
    // Last, as it writes over what lies between the values.
    this.#value?.add(records.bytes, records.valueAt, records.valueLength, from, count)
    if (this.#offsets !== undefined) addLongs(this.#offsets, start, records.offsets, 1, from, count)
    if (this.#timestamps !== undefined) addLongs(this.#timestamps, start, records.timestamps, 1000, from, count)
    this.#timestampTypes?.fill(records.timestampType, start, start + count)
    this.#rows = start + count
    return from + count
  }

  take(): Batch | undefined {
    if (this.#rows === 0) return undefined
    const rows = this.#rows
    this.#rows = 0
    this.#begun = false
    const columns = this.#schema.map((f, i) => this.#writers[i]?.finish(rows) ?? this.#plainColumn(f.name, rows))
    return new Batch(this.#schema, rows, columns, this.#index)
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    const memory = this.#memory
    for (const writer of this.#writers) writer?.begin(memory, BATCH_ROWS_MAX)
    this.#value?.begin()
    if (this.#names.includes('offset')) this.#offsets = halvesOf(memory.int64(BATCH_ROWS_MAX))
    if (this.#names.includes('timestamp')) this.#timestamps = halvesOf(memory.int64(BATCH_ROWS_MAX))
    if (this.#names.includes('timestampType')) this.#timestampTypes = memory.int32(BATCH_ROWS_MAX)
  }

  #plainColumn(name: string, rows: number): Column {
    switch (name) {
      case 'value':
        return this.#value!.finish()
      case 'offset':
        return new Column(BIGINT, rows, null, longsOf(this.#offsets!, rows))
      case 'timestamp':
        return new Column(TIMESTAMP, rows, null, longsOf(this.#timestamps!, rows))
      case 'timestampType':
        return new Column(INT, rows, null, this.#timestampTypes!.subarray(0, rows))
      case 'partition':
        return new Column(INT, rows, null, this.#memory.int32(rows).fill(this.#partition.partition))
      default:
        return repeatedText(this.#partition.topic, rows, this.#memory)
    }
  }
}

/** A STRING column with the same text in each row. */
export function repeatedText(text: string, rows: number, memory: Memory): Column {
  const one = Buffer.from(text)
  const bytes = memory.bytes(one.length * rows + 8)
  bytes.set(one)
  for (let filled = one.length; filled < one.length * rows; filled *= 2) bytes.copyWithin(filled, 0, filled)
  const offsets = memory.int32(rows + 1)
  for (let row = 0; row <= rows; row++) offsets[row] = row * one.length
  return new Column(STRING, rows, null, null, offsets, bytes)
}

function addBytes(
  column: ColumnWriter,
  start: number,
  bytes: Buffer,
  positions: Int32Array,
  lengths: Int32Array,
  from: number,
  count: number,
): void {
  let total = 0
  for (let i = 0; i < count; i++) if (lengths[from + i]! > 0) total += lengths[from + i]!
  column.reserve(start, total + 16)
  const offsets = column.offsets!
  const target = column.bytes!
  const to = column.view!
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = offsets[start]!
  for (let i = 0; i < count; i++) {
    const length = lengths[from + i]!
    if (length < 0) column.setNull(start + i)
    else {
      copyBytes(bytes, source, positions[from + i]!, length, target, to, at)
      at += length
      offsets[start + i + 1] = at
    }
  }
}

function addLongs(halves: Int32Array, start: number, values: Float64Array, unit: number, from: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const value = values[from + i]! * unit
    const high = Math.floor(value / 4294967296)
    halves[2 * (start + i)] = value - high * 4294967296
    halves[2 * (start + i) + 1] = high
  }
}

/** A record without headers has NULL, not an empty array, as in Spark. */
export function addHeaders(column: ColumnWriter, start: number, records: RecordPositions, from: number, count: number): void {
  const { bytes } = records
  for (let i = 0; i < count; i++) {
    let at = records.headersAt[from + i]!
    const varint = (): number => {
      let value = 0
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++]!
        value |= (byte & 127) << shift
        if (byte < 128) return (value >>> 1) ^ -(value & 1)
      }
    }
    const headers: [string, Uint8Array | null][] = []
    for (let left = varint(); left > 0; left--) {
      const keyLength = varint()
      const key = bytes.toString('utf8', at, at + keyLength)
      at += keyLength
      const valueLength = varint()
      headers.push([key, valueLength < 0 ? null : bytes.subarray(at, at + valueLength)])
      if (valueLength > 0) at += valueLength
    }
    column.set(start + i, headers.length === 0 ? null : headers)
  }
}

function halvesOf(longs: BigInt64Array): Int32Array {
  return new Int32Array(longs.buffer, longs.byteOffset, longs.length * 2)
}
function longsOf(halves: Int32Array, rows: number): BigInt64Array {
  return new BigInt64Array(halves.buffer, halves.byteOffset, rows)
}
