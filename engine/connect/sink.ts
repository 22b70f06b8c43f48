import type { Clock } from '../clock.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Logger } from '../log.ts'
import type { OutputMode } from '../plan/statement.ts'
import type { Schema } from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import type { MemoryTables } from './memory-table.ts'
import type { OptionDefinition } from './options.ts'

/**
 * Where a query's rows go.
 * law: writing epoch N a second time is the same as writing it once, for sinks whose `guarantee` is exactly-once; the others say what they promise.
 */
export interface Sink {
  /** As progress reports show it. */
  readonly description: string
  /** Begins epoch N. In complete mode the rows of the epoch replace all earlier ones. `skip`: the sink already has this epoch. */
  begin(epoch: number): Promise<EpochWriter | 'skip'>
  /** For progress `sink.metrics`. */
  metrics?(): Readonly<Record<string, string>>
  close(): Promise<void>
}
/** What a sink promises over a crash about each row. */
export type Guarantee = 'exactly-once' | 'at-least-once' | 'none'

export interface EpochWriter {
  /** The batch is valid until the call (or its promise) is done: copy or encode what is kept. */
  append(batch: Batch): void | Promise<void>
  /** Makes the epoch's rows visible and durable. */
  commit(): Promise<void>
  /** The epoch failed: undo what can be undone. */
  abort(): Promise<void>
}
export interface SinkEnvironment {
  readonly options: Readonly<Record<string, string>>
  readonly schema: Schema
  readonly mode: OutputMode
  readonly partitionBy: readonly string[]
  readonly queryName: string | undefined
  readonly queryId: string
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
  /** Where console output goes; process.stdout by default. */
  readonly stdout: (text: string) => void
  /** Where the memory sink keeps its rows; the session's. */
  readonly memoryTables?: MemoryTables
}
export interface SinkDefinition {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly options: readonly OptionDefinition[]
  readonly description: string
  readonly guarantee: Guarantee
  /** An option that makes it exactly-once when it is true. */
  readonly exactlyOnceWith?: string
  /** Output modes it takes; another is STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE. */
  readonly modes: readonly OutputMode[]
  /** May run without a named checkpoint (a temporary one is made): console, memory, foreach, noop. */
  readonly temporaryCheckpoint: boolean
  openStream(environment: SinkEnvironment): Promise<Sink>
  /** Batch write; undefined: cannot. `saveMode` as in Spark's DataFrameWriter. */
  writeTable?(environment: SinkEnvironment, saveMode: SaveMode): Promise<EpochWriter>
}
export type SaveMode = 'append' | 'overwrite' | 'errorifexists' | 'ignore'
