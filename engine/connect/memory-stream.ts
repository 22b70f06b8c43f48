import { BATCH_ROWS_MAX, Batch, batchFromRows } from '../columnar/batch.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import type { Schema } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import type { Offset } from './offset.ts'
import { readOptions } from './options.ts'
import type { ScanRequest, Source, SourceDefinition } from './source.ts'

/**
 * A stream fed by calls: each `addRows` is one block, and the offset is the number of blocks. Everything added is kept, so that
 * any range can be read again and several queries can read the same stream.
 *
 * A block is one partition of the epoch that reads it: `Batch.partition` is the block's index within the epoch's range, as each
 * addData of Spark's MemoryStream is one partition.
 */
export class MemoryStream {
  readonly name: string
  readonly schema: Schema
  readonly #blocks: (readonly Batch[])[] = []
  readonly #waiting = new Set<() => void>()

  constructor(name: string, schema: Schema) {
    this.name = name
    this.schema = schema
  }

  /** Adds one block of plain values; an empty block moves the offset too, so that an epoch runs. Returns the new offset. */
  addRows(rows: readonly Row[]): number {
    const batches: Batch[] = []
    for (let at = 0; at < rows.length; at += BATCH_ROWS_MAX) {
      batches.push(batchFromRows(this.schema, rows.slice(at, at + BATCH_ROWS_MAX)))
    }
    this.#blocks.push(batches)
    for (const wake of this.#waiting) wake()
    return this.#blocks.length
  }

  /** A reader of the stream. Closing it leaves the stream as it is. */
  openSource(): Source {
    return new MemoryStreamSource(this)
  }

  get offset(): Offset | null {
    return this.#blocks.length === 0 ? null : this.#blocks.length
  }

  *read(after: Offset | null, through: Offset, scan: ScanRequest): Iterable<Batch> {
    const first = after === null ? 0 : (after as number)
    for (let block = first; block < (through as number); block++) {
      for (const batch of this.#blocks[block]!) {
        yield new Batch(
          scan.schema,
          batch.rowCount,
          scan.columns.map((c) => batch.columns[c]!),
          block - first,
        )
      }
    }
  }

  /** Resolves at the next `addRows`, at once if there is something past `after`, or when `signal` aborts. */
  waitForData(after: Offset | null, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#blocks.length > ((after as number | null) ?? 0)) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done)
    })
  }
}

class MemoryStreamSource implements Source {
  readonly schema: Schema
  readonly description: string
  readonly #stream: MemoryStream
  #end: Offset | null | undefined

  constructor(stream: MemoryStream) {
    this.#stream = stream
    this.schema = stream.schema
    this.description = `MemoryStream[${stream.schema.map((f) => f.name).join(',')}]`
  }

  async latestOffset(): Promise<Offset | null> {
    return this.#end === undefined ? this.#stream.offset : this.#end
  }
  async prepareAvailableNow(): Promise<void> {
    this.#end = this.#stream.offset
  }
  read(after: Offset | null, through: Offset, scan: ScanRequest): Iterable<Batch> {
    return this.#stream.read(after, through, scan)
  }
  reportLatest(): Offset | null {
    return this.#stream.offset
  }
  waitForData(after: Offset | null, signal: AbortSignal): Promise<void> {
    return this.#stream.waitForData(after, signal)
  }
  // Nothing is forgotten: other queries and restarts read the same blocks.
  async commit(): Promise<void> {}
  async close(): Promise<void> {}
}

/** The connector through which a session's queries read its memory streams: option `stream` names one of `streams`. */
export function memorySourceDefinition(streams: ReadonlyMap<string, MemoryStream>): SourceDefinition {
  const find = (options: Readonly<Record<string, string>>): MemoryStream => {
    const name = readOptions(MEMORY_OPTIONS, options, 'source "memory"').requiredText('stream')
    const stream = streams.get(name)
    if (stream === undefined) {
      throw new AnalysisError('TABLE_OR_VIEW_NOT_FOUND', {
        message: `there is no memory stream "${name}"`,
        detail: `Memory streams of this session: ${[...streams.keys()].join(', ') || 'none'}.`,
      })
    }
    return stream
  }
  return {
    name: 'memory',
    options: MEMORY_OPTIONS,
    description:
      'Rows that the program adds itself, kept in memory. Each call of `addRows` is one block and one partition. For tests and examples.',
    schema: (options) => find(options).schema,
    openStream: async (environment) => find(environment.options).openSource(),
    readTable: (environment, scan) => {
      const stream = find(environment.options)
      const end = stream.offset
      return end === null ? [] : stream.read(null, end, scan)
    },
  }
}

const MEMORY_OPTIONS = [{ name: 'stream', type: 'string', required: true, description: 'Name of the memory stream.' }] as const
