import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { Batch } from '../../engine/columnar/batch.ts'
import type { Column } from '../../engine/columnar/column.ts'
import { ColumnBuilder } from '../../engine/columnar/column-builder.ts'
import type { ScanRequest } from '../../engine/connect/source.ts'
import { ConnectorError, EngineError, ExecutionError } from '../../engine/errors/engine-error.ts'
import type { Expression } from '../../engine/expr/expression.ts'
import { DECODE_PADDING, type Decoder, type TextEquals } from '../../engine/formats/decoder.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import type { Value } from '../../engine/types/value.ts'
import type { FileFormat, Options } from './file-format.ts'
import type { FoundFile } from './find-files.ts'

/** A chunk, and what is decoded from it, should stay in the second-level cache between being read and being decoded. */
const CHUNK_BYTES = 1 << 18

export interface FileScan {
  readonly format: FileFormat
  readonly options: Options
  readonly timeZone: string
  /** Columns that come out of the files, then those that come from key=value directories. */
  readonly dataSchema: Schema
  readonly partitionSchema: Schema
  /** The value of a partition column for a file, as of its type. */
  readonly partitionValue: (file: FoundFile, column: number) => Value
  /** A file that is gone is passed over instead of failing the query. */
  readonly ignoreMissing: boolean
}

/**
 * Rows of files, one after the other, read synchronously: a chunk of a megabyte costs less than the promise that would bring it.
 * Batches span files unless their partition columns differ. `onEnd` is told how many records were malformed.
 *
 * @throws ExecutionError FAILED_READ_FILE.NO_HINT around what made a file unreadable; FAILED_READ_FILE.FILE_NOT_EXIST
 */
export function* readFiles(
  files: readonly FoundFile[],
  scan: FileScan,
  request: ScanRequest,
  onEnd?: (badRecords: number) => void,
): Iterable<Batch> {
  const dataColumns = request.columns.filter((c) => c < scan.dataSchema.length)
  const reader = new FileReader(scan, request, dataColumns)
  for (const file of files) {
    // What is already decoded belongs to another directory.
    if (reader.partitionChanges(file)) yield* reader.rest()
    yield* reader.read(file)
  }
  yield* reader.rest()
  onEnd?.(reader.badRecords)
}

class FileReader {
  readonly #scan: FileScan
  readonly #request: ScanRequest
  readonly #decoder: Decoder
  readonly #partitionColumns: readonly number[]
  #buffer = new Uint8Array(CHUNK_BYTES + DECODE_PADDING)
  #file: FoundFile | undefined
  /** Where in the file the buffer begins. */
  #base = 0

  constructor(scan: FileScan, request: ScanRequest, dataColumns: readonly number[]) {
    this.#scan = scan
    this.#request = request
    this.#partitionColumns = request.columns.filter((c) => c >= scan.dataSchema.length).map((c) => c - scan.dataSchema.length)
    const onBadRecord = request.onBadRecord
    this.#decoder = scan.format.openDecoder(
      {
        schema: scan.dataSchema,
        columns: dataColumns,
        equals: textFilters(request.filters, request.columns, dataColumns),
        memory: request.arena,
        onBadRecord:
          onBadRecord &&
          ((bytes, reason, position) =>
            onBadRecord({ bytes, reason, origin: `${this.#file!.path}, byte ${this.#base + position}` })),
      },
      scan.options,
      scan.timeZone,
    )
  }

  get badRecords(): number {
    return this.#decoder.badRecords
  }

  partitionChanges(file: FoundFile): boolean {
    const previous = this.#file
    return (
      previous !== undefined &&
      this.#partitionColumns.some((c) => this.#scan.partitionValue(previous, c) !== this.#scan.partitionValue(file, c))
    )
  }

  *read(file: FoundFile): Iterable<Batch> {
    this.#file = file
    this.#base = 0
    this.#decoder.startFile()
    try {
      if (this.#decoder.wholeFile || file.path.endsWith('.gz')) yield* this.#readWhole(file)
      else yield* this.#readChunks(file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && this.#scan.ignoreMissing) return
      throw unreadable(file.path, error)
    }
  }

  *rest(): Iterable<Batch> {
    const batch = this.#take()
    if (batch !== undefined) yield batch
  }

  *#readWhole(file: FoundFile): Iterable<Batch> {
    const content = readWholeFile(file.path)
    const buffer = new Uint8Array(content.length + DECODE_PADDING)
    buffer.set(content)
    yield* this.#decode(buffer, 0, content.length, true)
  }

  *#readChunks(file: FoundFile): Iterable<Batch> {
    const handle = openSync(file.path, 'r')
    try {
      let filled = 0
      for (let last = false; !last; ) {
        const capacity = this.#buffer.length - DECODE_PADDING
        const read = readSync(handle, this.#buffer, filled, capacity - filled, null)
        filled += read
        last = read === 0
        const position = yield* this.#decode(this.#buffer, 0, filled, last)
        if (position === 0 && filled === capacity) this.#growBuffer()
        else {
          this.#buffer.copyWithin(0, position, filled)
          filled -= position
          this.#base += position
        }
      }
    } finally {
      closeSync(handle)
    }
  }

  *#decode(bytes: Uint8Array, start: number, end: number, last: boolean): Generator<Batch, number> {
    let position = start
    for (;;) {
      // Also without bytes: the last call tells a decoder that no more come.
      position = this.#decoder.decode(bytes, position, end, last)
      if (!this.#decoder.full) return position
      while (this.#decoder.full) yield this.#take()!
      if (position >= end) return position
    }
  }

  #take(): Batch | undefined {
    const batch = this.#decoder.take()
    if (batch === undefined || this.#partitionColumns.length === 0) return batch
    let data = 0
    const columns = this.#request.columns.map((c): Column => {
      if (c < this.#scan.dataSchema.length) return batch.columns[data++]!
      const column = c - this.#scan.dataSchema.length
      const builder = new ColumnBuilder(this.#scan.partitionSchema[column]!.type, batch.rowCount)
      const value = this.#scan.partitionValue(this.#file!, column)
      for (let row = 0; row < batch.rowCount; row++) builder.append(value)
      return builder.finish()
    })
    return new Batch(this.#request.schema, batch.rowCount, columns)
  }

  /** A record is longer than the buffer. */
  #growBuffer(): void {
    const grown = new Uint8Array((this.#buffer.length - DECODE_PADDING) * 2 + DECODE_PADDING)
    grown.set(this.#buffer)
    this.#buffer = grown
  }
}

/** The content of a file, unpacked when its name ends in .gz. */
export function readWholeFile(path: string): Uint8Array {
  const content = readFileSync(path)
  return path.endsWith('.gz') ? gunzipSync(content) : content
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof EngineError && error.condition.startsWith('FAILED_READ_FILE')) return error
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  const text = {
    message: missing ? `file "${path}" is not there any more` : `cannot read file "${path}"`,
    detail: `${(error as Error).message}.`,
    hint: missing
      ? 'It was removed between being found and being read; option ignoreMissingFiles passes over such files.'
      : error instanceof EngineError
        ? error.hint
        : undefined,
    parameters: { path },
    cause: error,
  }
  if (error instanceof ExecutionError) return new ExecutionError('FAILED_READ_FILE.NO_HINT', text)
  return new ConnectorError(missing ? 'FAILED_READ_FILE.FILE_NOT_EXIST' : 'FAILED_READ_FILE.NO_HINT', text)
}

/** The filters of the form `column = 'text'`, which decoders can test on bytes; the others are the Filter's above. */
function textFilters(filters: readonly Expression[], columns: readonly number[], dataColumns: readonly number[]): TextEquals[] {
  const found: TextEquals[] = []
  const visit = (filter: Expression): void => {
    if (filter.kind !== 'call') return
    if (filter.name === 'and') filter.args.forEach(visit)
    if (filter.name !== '=') return
    const [left, right] = filter.args
    const bound = left?.kind === 'bound' ? left : right?.kind === 'bound' ? right : undefined
    const constant = left?.kind === 'literal' ? left : right?.kind === 'literal' ? right : undefined
    if (bound?.type.kind !== 'string' || typeof constant?.value !== 'string' || constant.type.kind !== 'string') return
    const column = dataColumns.indexOf(columns[bound.ordinal]!)
    if (column >= 0) found.push({ column, bytes: new TextEncoder().encode(constant.value) })
  }
  filters.forEach(visit)
  return found
}
