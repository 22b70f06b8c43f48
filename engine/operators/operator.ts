import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { StateTable } from '../state/state-table.ts'
import type { Schema } from '../types/data-type.ts'

/** What operators know of the epoch they run in. Watermarks are milliseconds; 0 means none yet. */
export interface Epoch {
  readonly id: number
  /** The epoch's processing time: durable before the epoch runs, the same on replay. */
  readonly timestampMs: number
  /** Global watermark of this epoch: evict by it. */
  readonly watermarkMs: number
  /** Global watermark of the epoch before (0 in the first): late by it. */
  readonly lateWatermarkMs: number
  readonly arena: Arena
}

/** Receives an operator's output. The batch is valid until the call returns. */
export type Emit = (batch: Batch) => void

/**
 * An operator: synchronous, driven by the runner through Pipeline.
 *
 * Each epoch: `begin` once; then for each port any number of `process` and one `endPort`; a join's static port (see `firstPorts`) ends before
 * the others begin. When its last port has ended, an operator has emitted all that the epoch lets it emit and evicted all it may evict;
 * the driver then ends the port above. Input order within a port is kept.
 */
export interface Operator {
  /** As EXPLAIN shows it, and for stateful operators as progress reports name it (`stateStoreSave`, `dedupe`, `symmetricHashJoin` …). */
  readonly name: string
  readonly output: Schema
  /** Empty: stateless. */
  readonly tables: readonly StateTable[]
  /** Positions of its input that it reads, of operators with one input; undefined: all. What is below may leave the others out. */
  readonly reads?: ReadonlySet<number> | undefined
  begin(epoch: Epoch): void
  process(port: number, batch: Batch, emit: Emit): void
  endPort(port: number, emit: Emit): void
  /** Stateful operators: numbers for the progress report of the last epoch. */
  readonly report?: StatefulReport
  /** Asked after an epoch with the global watermark that the next would have and the one it had itself: would it emit or evict something without data? */
  wantsEpochAt?(watermarkMs: number, lastWatermarkMs: number): boolean
  /**
   * Between epochs: what the operator holds back until the watermark passes it. `firstMs`, `lastMs`: input watermarks at which the first and the last of
   * it leaves (groups in append mode, rows of outer joins without partner); undefined: it holds nothing back.
   */
  heldBack?(): HeldBack | undefined
}

export interface HeldBack {
  readonly firstMs: number
  readonly lastMs: number
  /** Groups, sessions or rows. */
  readonly count: number
  /** Windows, sessions or times with open groups, where there are such; undefined for rows of joins. */
  readonly open?: readonly { readonly startMs: number | undefined; readonly endMs: number; readonly groups: number }[]
}

export interface StatefulReport {
  readonly operatorName: string
  readonly numRowsTotal: number
  readonly numRowsUpdated: number
  readonly numRowsRemoved: number
  readonly numRowsDroppedByWatermark: number
  readonly memoryUsedBytes: number
  readonly customMetrics: Readonly<Record<string, number>>
}
