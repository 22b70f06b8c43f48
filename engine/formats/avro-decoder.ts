import { BATCH_ROWS_MAX } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import type { Memory } from '../columnar/memory.ts'
import { type DataType, type Schema, structType } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import { type AvroDecodeState, type AvroProgram, type AvroRecordsDecoder, compileAvro } from './avro-codegen.ts'
import { planReading, type ReadingOptions } from './avro-reading.ts'
import type { AvroSchema } from './avro-schema.ts'
import { AvroInput, AvroMalformed, type AvroValueReader, avroValueReader } from './avro-value.ts'
import { ColumnWriter } from './column-writer.ts'
import type { MalformedMode } from './json-options.ts'
import { malformed } from './json-value.ts'

/** Bytes of records that are decoded at a time: columns reserve room for as much text. */
const SLICE_BYTES = 1 << 18
/** Of the framing of schema registries: a zero byte and the number of the schema. */
const FRAME_BYTES = 5

/** How records of one writer become columns: made once for a schema, a table and the columns that are wanted of it. */
export interface AvroReader {
  readonly program: AvroProgram
  readonly readValue: AvroValueReader
}

/**
 * @param reader  the schema that the writer's is resolved to; undefined: none, fields are found by the columns' names
 * @param table   the table's columns that are decoded; of a schema that is no record, the one column
 * @param wanted  positions in `table`, as `AvroDecoder` has them
 * @throws AnalysisError INCOMPATIBLE_AVRO_SCHEMA when a column is of a type that such a schema is not read as
 */
export function avroReader(
  writer: AvroSchema,
  reader: AvroSchema | undefined,
  table: Schema,
  wanted: readonly number[],
  options: Omit<ReadingOptions, 'wanted'>,
): AvroReader {
  const isRecord = holdsRecord(reader ?? writer)
  const type = isRecord ? structType(table) : table[0]!.type
  const reading = planReading(writer, reader, type, isRecord ? { ...options, wanted: new Set(wanted) } : options)
  const types: (DataType | undefined)[] = table.map((f, i) => (wanted.includes(i) ? f.type : undefined))
  const read = avroValueReader(reading, type)
  return { program: compileAvro(reading, types), readValue: isRecord ? read : (input) => [read(input)] }
}

/** A record, or one that may be null: its fields are the columns. */
export function holdsRecord(schema: AvroSchema): boolean {
  if (schema.kind !== 'union') return schema.kind === 'record'
  const branches = schema.branches.filter((branch) => branch.kind !== 'null')
  return branches.length === 1 && branches[0]!.kind === 'record'
}

export interface AvroDecodeRequest {
  readonly table: Schema
  /** Positions in `table` that are wanted. */
  readonly wanted: readonly number[]
  /** The column of the wanted ones that gets the bytes of malformed records; −1: none. It is BINARY. */
  readonly corrupt: number
  readonly mode: MalformedMode
  readonly memory: Memory
  /** Whether records begin with the number of their schema. */
  readonly framed: boolean
  /** The reader of a writer's number (0 for records without frame), why there is none, or undefined when it must be fetched first. */
  readonly readerOf: (id: number) => AvroReader | string | undefined
  readonly onBadRecord: ((bytes: Uint8Array, reason: string, record: number) => void) | undefined
}

/**
 * Records by their positions in bytes to columns. Each gives a row, none (without a value; malformed and left out), or stops the decoder because its
 * schema is not known yet.
 */
export class AvroDecoder {
  /** The record of each row: its number in what `decode` was given. Valid until the next call. */
  readonly sources = new Int32Array(BATCH_ROWS_MAX)
  rows = 0
  badRecords = 0
  /** The schema that must be fetched before more is decoded. */
  missing: number | undefined
  readonly #request: AvroDecodeRequest
  readonly #columns: readonly (ColumnWriter | undefined)[]
  readonly #decoders = new Map<number, AvroRecordsDecoder>()
  readonly #state: AvroDecodeState = { index: 0, row: 0 }
  readonly #input = new AvroInput()
  #begun = false

  constructor(request: AvroDecodeRequest) {
    this.#request = request
    const wanted = new Set(request.wanted)
    this.#columns = request.table.map((f, i) => (wanted.has(i) ? new ColumnWriter(f.type) : undefined))
  }

  get full(): boolean {
    return this.rows === BATCH_ROWS_MAX
  }

  /**
   * Decodes records from `from` on and gives the number of the first one that was not: because the batch is full, or its schema is `missing`.
   *
   * @param view  over `bytes`
   * @throws ExecutionError MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION in FAILFAST mode
   */
  decode(bytes: Uint8Array, view: DataView, at: Int32Array, length: Int32Array, from: number, count: number): number {
    this.missing = undefined
    this.#begin()
    let index = from
    while (index < count && !this.full && this.missing === undefined) {
      let to = index
      let total = 0
      for (; to < count && total < SLICE_BYTES; to++) total += Math.max(0, length[to]!)
      index = this.#decodeSlice(bytes, view, at, length, index, to, total)
    }
    return index
  }

  /** The wanted columns so far, in the order of `wanted`. */
  take(): Column[] {
    this.#begin()
    const rows = this.rows
    this.rows = 0
    this.#begun = false
    return this.#request.wanted.map((i) => this.#columns[i]!.finish(rows))
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    for (const column of this.#columns) column?.begin(this.#request.memory, BATCH_ROWS_MAX)
  }

  #decodeSlice(
    bytes: Uint8Array,
    view: DataView,
    at: Int32Array,
    length: Int32Array,
    from: number,
    to: number,
    total: number,
  ): number {
    const state = this.#state
    this.#reserve(total)
    for (let index = from; index < to && !this.full; ) {
      const id = this.#idOf(bytes, view, at[index]!, length[index]!)
      const reader =
        id === undefined ? 'it does not begin with a zero byte and the number of a schema' : this.#request.readerOf(id)
      if (reader === undefined) {
        this.missing = id
        return index
      }
      if (typeof reader === 'string') {
        this.#addBad(bytes, at[index]!, length[index]!, index, reader)
        index++
        continue
      }
      const decode = this.#decoderOf(id!, reader)
      const framedId = this.#request.framed ? id! : -1
      decode(bytes, view, at, length, index, to, this.rows, BATCH_ROWS_MAX, framedId, this.sources, state)
      this.rows = state.row
      index = state.index
      if (index === to || this.full) return index
      if (this.#idOf(bytes, view, at[index]!, length[index]!) !== id) continue
      this.#decodeOne(bytes, view, at[index]!, length[index]!, index, reader)
      index++
      // What was written by the way may have used up room.
      this.#reserve(total)
    }
    return to
  }

  #decoderOf(id: number, reader: AvroReader): AvroRecordsDecoder {
    let decode = this.#decoders.get(id)
    if (decode === undefined) {
      decode = reader.program(this.#columns)
      this.#decoders.set(id, decode)
    }
    return decode
  }

  /** undefined: the record is not framed as it should be. */
  #idOf(bytes: Uint8Array, view: DataView, at: number, length: number): number | undefined {
    if (!this.#request.framed || length < 0) return 0
    return length >= FRAME_BYTES && bytes[at] === 0 ? view.getInt32(at + 1) : undefined
  }

  /** One record that generated code has refused. */
  #decodeOne(bytes: Uint8Array, view: DataView, at: number, length: number, index: number, reader: AvroReader): void {
    for (const column of this.#columns) if (column !== undefined) forgetNulls(column, this.rows)
    const start = at + (this.#request.framed ? FRAME_BYTES : 0)
    let row: Value
    try {
      row = reader.readValue(this.#input.start(bytes, view, start, at + length))
    } catch (error) {
      // So deep inside itself that the stack does not hold it: no schema means that.
      if (!(error instanceof AvroMalformed || error instanceof RangeError)) throw error
      this.#addBad(bytes, at, length, index, error.message)
      return
    }
    this.#addRow(row as readonly Value[] | null, index, undefined)
  }

  #addBad(bytes: Uint8Array, at: number, length: number, index: number, reason: string): void {
    const { mode, onBadRecord } = this.#request
    const record = bytes.subarray(at, at + length)
    this.badRecords++
    onBadRecord?.(record, reason, index)
    if (mode === 'failfast') throw malformed(`X'${Buffer.from(record).toString('hex').toUpperCase()}'`, reason)
    if (mode === 'permissive') this.#addRow(null, index, record)
  }

  #addRow(values: readonly Value[] | null, index: number, record: Uint8Array | undefined): void {
    const { corrupt } = this.#request
    this.sources[this.rows] = index
    for (let i = 0; i < this.#columns.length; i++) {
      this.#columns[i]?.set(
        this.rows,
        i === corrupt ? (record === undefined ? null : new Uint8Array(record)) : (values?.[i] ?? null),
      )
    }
    this.rows++
  }

  #reserve(length: number): void {
    for (const column of this.#columns) column?.reserve(this.rows, length + 16)
  }
}

/** NULLs of a row that was given up stay in the bitmaps; the rows that come in its place must begin without. */
export function forgetNulls(column: ColumnWriter, row: number): void {
  if (column.hasNulls) {
    const validity = column.validity!
    validity[row >> 3]! |= 255 << (row & 7)
    validity.fill(255, (row >> 3) + 1)
  }
  const childRow = column.offsets === null ? row : column.offsets[row]!
  for (const child of column.children) forgetNulls(child, childRow)
}
