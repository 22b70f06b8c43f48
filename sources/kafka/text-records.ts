import { isUtf8 } from 'node:buffer'
import { BATCH_ROWS_MAX, Batch } from '../../engine/columnar/batch.ts'
import { type Column, decodeText } from '../../engine/columnar/column.ts'
import type { Memory } from '../../engine/columnar/memory.ts'
import { ColumnWriter } from '../../engine/formats/column-writer.ts'
import { type Schema, STRING } from '../../engine/types/data-type.ts'
import type { RecordPositions } from './client/record-reader.ts'
import { MovedBytes } from './moved-bytes.ts'
import type { RecordSink } from './record-columns.ts'

/** Values as the one STRING column of format text, moved together where they lie. A record without a value gives no row. */
export class TextRecords implements RecordSink {
  readonly #schema: Schema
  readonly #memory: Memory
  /** undefined: the query only counts rows. */
  readonly #values: MovedBytes | undefined
  #positions = new Int32Array(0)
  #lengths = new Int32Array(0)
  #index = 0
  #rows = 0

  constructor(schema: Schema, memory: Memory) {
    this.#schema = schema
    this.#memory = memory
    this.#values = schema.length === 0 ? undefined : new MovedBytes(STRING, memory)
  }

  get full(): boolean {
    return this.#rows === BATCH_ROWS_MAX
  }
  get rows(): number {
    return this.#rows
  }

  startPartition(_partition: unknown, index: number): void {
    this.#index = index
  }

  add(records: RecordPositions, from: number): number {
    const { bytes, valueAt, valueLength, count } = records
    if (this.#positions.length < count) {
      this.#positions = new Int32Array(records.capacity)
      this.#lengths = new Int32Array(records.capacity)
    }
    if (this.#rows === 0) this.#values?.begin()
    const rowsMax = BATCH_ROWS_MAX - this.#rows
    let there = 0
    let at = from
    for (; at < count && there < rowsMax; at++) {
      if (valueLength[at]! < 0) continue
      this.#positions[there] = valueAt[at]!
      this.#lengths[there++] = valueLength[at]!
    }
    if (there > 0) this.#values?.add(bytes, this.#positions, this.#lengths, 0, there)
    this.#rows += there
    return at
  }

  settle(): void {
    this.#values?.settle()
  }

  take(): Batch | undefined {
    const rows = this.#rows
    if (rows === 0) return undefined
    this.#rows = 0
    const column = this.#values?.finish()
    if (column === undefined) return new Batch(this.#schema, rows, [], this.#index)
    return new Batch(this.#schema, rows, [isText(column) ? column : repaired(column, this.#memory)], this.#index)
  }
}

/** All values are UTF-8: what they are together is, and none begins within a character. */
function isText({ length, offsets, bytes }: Column): boolean {
  if (!isUtf8(bytes!.subarray(offsets![0], offsets![length]))) return false
  for (let row = 0; row < length; row++) {
    const start = offsets![row]!
    if (start < offsets![row + 1]! && (bytes![start]! & 0xc0) === 0x80) return false
  }
  return true
}

/** What is no UTF-8 becomes U+FFFD. */
function repaired({ length, offsets, bytes }: Column, memory: Memory): Column {
  const writer = new ColumnWriter(STRING)
  writer.begin(memory, length)
  for (let row = 0; row < length; row++) writer.set(row, decodeText(bytes!, offsets![row]!, offsets![row + 1]!))
  return writer.finish(length)
}
