import { BATCH_ROWS_MAX, Batch } from '../columnar/batch.ts'
import type { Memory } from '../columnar/memory.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import { field, type Schema } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import { ColumnWriter } from './column-writer.ts'
import type { MalformedMode } from './json-options.ts'
import { malformed } from './json-value.ts'
import { decodeLenient } from './text-encoding.ts'

/** What a scan wants of a decoder. */
export interface DecodeRequest {
  /** The relation's columns that come from the records (partition columns are not among them). */
  readonly schema: Schema
  /** Positions in `schema` that are wanted, in the order of the batches' columns. */
  readonly columns: readonly number[]
  /** Rows that are dropped anyway unless the STRING column (by position in the batch) has exactly these bytes. May be used to skip early. */
  readonly equals: readonly TextEquals[]
  readonly memory: Memory
  /** Called for each record that is malformed, with its bytes (valid during the call), the reason, and where it begins in what `decode` was given. */
  readonly onBadRecord: ((bytes: Uint8Array, reason: string, position: number) => void) | undefined
  /** Told once what counts the rows, for who must know which record made which. */
  readonly onFiller?: ((counter: { readonly rowsDecoded: number }) => void) | undefined
}
export interface TextEquals {
  readonly column: number
  readonly bytes: Uint8Array
}

/** Bytes that the caller of `decode` leaves writable behind `end`. */
export const DECODE_PADDING = 64

/**
 * Bytes of files to batches of columns. One decoder reads one file after the other; batches may span files.
 *
 * The caller: `startFile`, then `decode` until the file's bytes are used up, taking a batch whenever `full`; at the end `take` what is left.
 */
export interface Decoder {
  /** The whole file must be given in one call of `decode`: the format has no records that could be cut. */
  readonly wholeFile: boolean
  /** The batch is full and must be taken before more is decoded. */
  readonly full: boolean
  /** Malformed records so far, all files. */
  readonly badRecords: number
  startFile(): void
  /**
   * Decodes records of bytes[start, end) and returns where it stopped: because the batch is full, or before a record whose end is not there
   * (never when `last`). `bytes` has DECODE_PADDING writable bytes behind `end`.
   */
  decode(bytes: Uint8Array, start: number, end: number, last: boolean): number
  /**
   * Decodes the records number from … to of a log, the i-th in bytes[starts[i], ends[i]); places ascend, an empty record gives no row. Gives the
   * number of the first record it did not decode because the batch is full, or `to`. Positions of malformed records are places in `bytes`. While it
   * runs a byte behind the last record may have another value. Undefined: records must be put together as lines for `decode`.
   */
  decodeRecords?(bytes: Uint8Array, starts: Int32Array, ends: Int32Array, from: number, to: number): number
  /** The rows so far as a batch in the scan's memory; undefined when there are none. */
  take(): Batch | undefined
}

/**
 * The batch that a decoder fills, and what becomes of malformed records: the part that all formats share.
 * `columns[i]` writes wanted column i; `corrupt` is the position of the corrupt-record column among them, or −1.
 */
export class BatchFiller {
  readonly columns: readonly ColumnWriter[]
  readonly schema: Schema
  readonly corrupt: number
  /** Wanted columns but the corrupt-record column: what records are parsed into. */
  readonly fields: Schema
  rows = 0
  badRecords = 0
  readonly #request: DecodeRequest
  readonly #mode: MalformedMode
  #begun = false
  #rowsTaken = 0
  /** Rows of one record that did not fit into the batch. */
  #pending: { readonly row: Row | undefined; readonly text: string | undefined }[] = []

  constructor(request: DecodeRequest, mode: MalformedMode, corruptName: string) {
    this.#request = request
    this.#mode = mode
    this.schema = request.columns.map((c) => request.schema[c]!)
    this.columns = this.schema.map((f) => new ColumnWriter(f.type))
    this.corrupt = this.schema.findIndex((f) => f.name === corruptName && f.type.kind === 'string')
    if (this.corrupt === 0 && this.columns.length === 1) throw onlyCorruptColumn(corruptName)
    request.onFiller?.(this)
    this.fields = this.schema.filter((_, i) => i !== this.corrupt).map((f) => field(f.name, f.type, true))
  }

  get full(): boolean {
    return this.rows === BATCH_ROWS_MAX || this.#pending.length > 0
  }

  /** Rows of all batches so far, with those that wait for the next one. */
  get rowsDecoded(): number {
    return this.#rowsTaken + this.rows + this.#pending.length
  }

  /** Before rows are written: there are arrays. */
  begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.rows = 0
    for (const column of this.columns) column.begin(this.#request.memory, BATCH_ROWS_MAX)
  }

  /**
   * Takes the rows of one record. `reason`: the record is malformed and `rows` is what could be read. The record
   * lies in bytes[start, end).
   *
   * @throws ExecutionError MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION in FAILFAST mode
   */
  add(rows: readonly Row[], reason: string | undefined, bytes: Uint8Array, start: number, end: number): void {
    if (reason === undefined) {
      for (const row of rows) this.#addRow(row, undefined)
      return
    }
    this.badRecords++
    this.#request.onBadRecord?.(bytes.subarray(start, end), reason, start)
    if (this.#mode === 'failfast') throw malformed(decodeLenient(bytes, start, end), reason)
    if (this.#mode === 'dropmalformed') return
    const record = this.corrupt < 0 ? undefined : decodeLenient(bytes, start, end)
    if (rows.length === 0) this.#addRow(undefined, record)
    else for (const row of rows) this.#addRow(row, record)
  }

  take(): Batch | undefined {
    // Only now: what is written into the scan's memory before the last batch was consumed would be lost with it.
    if (this.rows === 0 && this.#pending.length > 0) {
      const pending = this.#pending
      this.#pending = []
      for (const { row, text } of pending) this.#addRow(row, text)
    }
    if (this.rows === 0) return undefined
    const batch = new Batch(
      this.schema,
      this.rows,
      this.columns.map((column) => column.finish(this.rows)),
    )
    this.#begun = false
    this.#rowsTaken += this.rows
    this.rows = 0
    return batch
  }

  /** `row`: values of `fields`, undefined for all NULL. */
  #addRow(row: Row | undefined, text: string | undefined): void {
    if (this.rows === BATCH_ROWS_MAX) {
      this.#pending.push({ row, text })
      return
    }
    this.begin()
    const at = this.rows++
    for (let c = 0, f = 0; c < this.columns.length; c++) {
      if (c === this.corrupt) this.columns[c]!.set(at, text ?? null)
      else this.columns[c]!.set(at, row === undefined ? null : row[f++]!)
    }
  }
}

function onlyCorruptColumn(name: string): AnalysisError {
  return new AnalysisError('UNSUPPORTED_FEATURE.QUERY_ONLY_CORRUPT_RECORD_COLUMN', {
    message: `a query of files cannot read the column "${name}" alone`,
    detail: 'Which records are malformed depends on the other columns that are read.',
    hint: 'Read another column too, or collect the parsed rows first and query those.',
    parameters: { columnName: name },
  })
}
