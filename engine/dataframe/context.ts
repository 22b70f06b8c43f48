import type { Clock } from '../clock.ts'
import type { Batch } from '../columnar/batch.ts'
import type { LogicalPlan, RelationDefinition } from '../plan/logical-plan.ts'
import type { Options, OutputMode, Trigger } from '../plan/statement.ts'
import type { Schema } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import type { BigIntRepresentation } from './row-values.ts'
import type { StreamingQueryHandle } from './streaming-query-handle.ts'

/** What a DataFrame asks of its session. The session implements it; nothing here runs anything. */
export interface DataFrameContext {
  readonly bigint: BigIntRepresentation
  readonly timeZone: string
  readonly clock: Clock
  analyze(plan: LogicalPlan): LogicalPlan
  explain(plan: LogicalPlan, mode: ExplainMode): string
  /** A connector's relation: its schema is known at once. */
  relation(source: RelationRequest): RelationDefinition
  lookupTable(name: readonly string[], streaming: boolean): LogicalPlan
  createView(name: string, plan: LogicalPlan, replace: boolean): void
  /** Runs a batch plan; batches are valid until the call that gave them returns. */
  runBatch(plan: LogicalPlan, onBatch: (batch: Batch) => void | Promise<void>): Promise<void>
  writeBatch(request: BatchWriteRequest): Promise<void>
  startQuery(request: QueryRequest): Promise<StreamingQueryHandle>
  /** Rows as Arrow IPC tables are made at the boundary: an apache-arrow Table of the batches. */
  arrowTable(schema: Schema, batches: readonly Batch[]): Promise<unknown>
  /** A plan over columns the session holds until `release` is called. */
  hold(schema: Schema, batches: readonly Batch[]): { readonly plan: LogicalPlan; release(): void }
  standardOutput(text: string): void
}

export type ExplainMode = 'simple' | 'extended'

export interface RelationRequest {
  readonly provider: string
  readonly options: Options
  readonly schema: Schema | undefined
  readonly streaming: boolean
}

export type SaveMode = 'append' | 'overwrite' | 'errorifexists' | 'ignore'

export interface BatchWriteRequest {
  readonly plan: LogicalPlan
  readonly format: string
  readonly options: Options
  readonly partitionBy: readonly string[]
  readonly mode: SaveMode
}

/** A streaming write as its writer collected it; undefined is Spark's default. */
export interface QueryRequest {
  readonly plan: LogicalPlan
  readonly sink: SinkRequest
  readonly name: string | undefined
  readonly outputMode: OutputMode | undefined
  readonly trigger: Trigger | undefined
  readonly checkpoint: string | undefined
  readonly partitionBy: readonly string[]
  /** Beyond Spark, see QueryClauses. */
  readonly lateDataTo?: string | undefined
  readonly badRowsTo?: string | undefined
  readonly emitAfterIdleMs?: number | undefined
}
export type SinkRequest =
  | { readonly kind: 'format'; readonly format: string; readonly options: Options }
  | { readonly kind: 'foreach_batch'; readonly call: (schema: Schema, rows: readonly Batch[], epoch: number) => Promise<void> }
  | { readonly kind: 'foreach'; readonly writer: (schema: Schema) => ForeachRows }

/** The user's side of `foreach`, over rows of engine values. */
export interface ForeachRows {
  open(partition: number, epoch: number): boolean | Promise<boolean>
  process(row: Row): void | Promise<void>
  close(error: unknown): void | Promise<void>
}
