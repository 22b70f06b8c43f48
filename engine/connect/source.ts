import type { Clock } from '../clock.ts'
import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Expression } from '../expr/expression.ts'
import type { Logger } from '../log.ts'
import type { FileSystem } from '../storage/file-system.ts'
import type { Schema } from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import type { Offset } from './offset.ts'
import type { OptionDefinition } from './options.ts'

/** What a query wants of a scan: which columns (by position in the relation's schema), rows it will drop anyway, whose memory. */
export interface ScanRequest {
  readonly columns: readonly number[]
  /** Schema of the batches: the wanted columns in order. */
  readonly schema: Schema
  /** Bound over `schema`; optional to use. */
  readonly filters: readonly Expression[]
  /** Batches may live in it: the runner releases it after each batch it was given has been consumed. */
  readonly arena: Arena
  /** Called for each record that could not be decoded, when somebody wants them (BAD ROWS TO); counted always. */
  readonly onBadRecord: ((record: BadRecord) => void) | undefined
}
export interface BadRecord {
  readonly bytes: Uint8Array
  /** File and line, topic/partition/offset, …: where it came from, for people. */
  readonly origin: string
  readonly reason: string
}

/** How much the next epoch may read. 'all': one epoch takes everything (trigger once). */
export type ReadLimit = 'source' | 'all'

/**
 * A streaming source: ranges of offsets that can be read again.
 * law: the same range gives the same rows in the same order, for ever (socket: only while the process lives; it says so).
 */
export interface Source {
  readonly schema: Schema
  /** As progress reports show it: `FileStreamSource[file:/in]`. */
  readonly description: string
  /** The furthest offset the next epoch may read to, under the source's own rate limit; null: nothing at all yet; the same as `after`: nothing new. */
  latestOffset(after: Offset | null, limit: ReadLimit): Promise<Offset | null>
  /** Rows in (after, through]. One batch at a time: the consumer is done with a batch when it asks for the next. */
  read(after: Offset | null, through: Offset, scan: ScanRequest): AsyncIterable<Batch> | Iterable<Batch>
  /** For AvailableNow: fix the end now. Sources without it make the query fall back to one epoch (Spark's rule). */
  prepareAvailableNow?(): Promise<void>
  /** The latest offset there is, without limits, for progress (`latestOffset`); null when unknown. */
  reportLatest?(): Offset | null
  /** Rows up to `through` are committed downstream; they may be forgotten or cleaned. */
  commit(through: Offset): Promise<void>
  /** Numbers for progress `sources[].metrics`. */
  metrics?(): Readonly<Record<string, string>>
  /** Resolves when there may be new data, or when `signal` aborts: lets an idle query react at once instead of polling. */
  waitForData?(after: Offset | null, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** What a connector gets to open a source with. */
export interface SourceEnvironment {
  readonly options: Readonly<Record<string, string>>
  readonly schema: Schema
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
  /** Of the query that reads, the same after each restart. */
  readonly queryId: string
  /** For what the source must remember by itself (file lists, start time): `sources/<i>/` of the checkpoint. */
  readonly log: SourceLog
}
/** What a connector gets to read a table with. */
export type TableEnvironment = Omit<SourceEnvironment, 'log' | 'queryId'>

/** A small durable log of the source's own, kept in the query's checkpoint. Entries are JSON, keyed by a growing number. */
export interface SourceLog {
  /** All entries in order. */
  read(): Promise<{ readonly id: number; readonly value: unknown }[]>
  append(id: number, value: unknown): Promise<void>
}

export interface SourceDefinition {
  readonly name: string
  /** The session's own way to tables it holds: not offered in messages, not documented. */
  readonly internal?: true
  readonly aliases?: readonly string[]
  readonly options: readonly OptionDefinition[]
  /** One paragraph for docs/connectors.md. */
  readonly description: string
  /** The schema when the user gave none; throws UsageError when one must be given. Synchronous: analysis needs it. */
  schema(options: Readonly<Record<string, string>>, given: Schema | undefined, settings: Settings, streaming: boolean): Schema
  /** undefined: cannot be streamed from. */
  openStream?(environment: SourceEnvironment): Promise<Source>
  /** undefined: cannot be read as a table. Read anew for every batch query and every epoch that joins it. */
  readTable?(environment: TableEnvironment, scan: ScanRequest): AsyncIterable<Batch> | Iterable<Batch>
}

export type { FileSystem }
