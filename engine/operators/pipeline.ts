import type { Batch } from '../columnar/batch.ts'
import type { Expression } from '../expr/expression.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import type { StateTable } from '../state/state-table.ts'
import type { Schema } from '../types/data-type.ts'
import type { Emit, Epoch, HeldBack, Operator, StatefulReport } from './operator.ts'

/** A leaf that the runner feeds. */
export interface ScanPort {
  readonly id: number
  readonly relation: RelationDefinition
  /** Columns to deliver, by position in `relation.schema`, in this order. */
  readonly columns: readonly number[]
  readonly schema: Schema
  /** Over `schema`, bound: the decoder may skip rows for which one is not TRUE. */
  readonly filters: readonly Expression[]
  /** Read whole before any streaming scan of the epoch begins (static side of a join, or any static scan). */
  readonly first: boolean
}

/** Event times seen by one watermark node in one epoch, in milliseconds (floor). NULL times are left out. */
export interface EventTimeStatistics {
  readonly delayMs: number
  readonly count: number
  readonly maxMs: number
  readonly minMs: number
  readonly sumMs: number
  /** Rows left out because they were further ahead of the clock than `millrace.watermark.maxAhead` allows; in none of the other numbers. */
  readonly aheadCount: number
}

/** One watermark node, for people. */
export interface WatermarkPlace {
  /** The column, and the sources below. */
  readonly column: string
  readonly sources: readonly string[]
  readonly delayMs: number
}

/** The operators of one query, built from its incremental plan, as the runner drives them. */
export interface Pipeline {
  readonly output: Schema
  readonly scans: readonly ScanPort[]
  /** Rows held in the plan (VALUES, range) are fed by the pipeline itself when the epoch begins its input. */
  begin(epoch: Epoch, emit: Emit): void
  push(scan: number, batch: Batch): void
  endScan(scan: number): void
  /** Stateful operators in the order of progress reports: nearest the sink first. */
  readonly stateful: readonly { readonly id: string; readonly operator: Operator }[]
  /** All state tables by operator id and table name. */
  tables(): { readonly operatorId: string; readonly operatorName: string; readonly table: StateTable }[]
  reports(): StatefulReport[]
  /** One entry a watermark node, in plan order (first the one nearest the first source). */
  eventTimes(): EventTimeStatistics[]
  readonly hasWatermark: boolean
  /** In the order of `eventTimes`. */
  readonly watermarkPlaces: readonly WatermarkPlace[]
  /** The least global watermark under which no operator holds anything back; undefined: none does. */
  closingWatermark(): number | undefined
  /** What each stateful operator holds back, in the order of `stateful`, in its own input watermark; with what it adds to the global one. */
  heldBack(): { readonly id: string; readonly inputWatermark: number; readonly held: HeldBack }[]
  /** Would an epoch without data emit or evict at this global watermark, after one at the last? */
  wantsEpochAt(watermarkMs: number, lastWatermarkMs: number): boolean
  readonly context: EvaluationContext
}
