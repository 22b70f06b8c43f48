import type { StreamingQueryProgress, StreamingQueryStatus } from '../observe/progress.ts'
import type { AnyRow } from './row-type.ts'

/** A running streaming query as users hold it: Spark's members, promises instead of blocking, and the rows of a memory sink as they come. */
export interface StreamingQueryHandle<Row = AnyRow> {
  /** The same after every restart from the checkpoint. */
  readonly id: string
  /** New with every start. */
  readonly runId: string
  readonly name: string | null
  readonly isActive: boolean
  readonly status: StreamingQueryStatus
  readonly lastProgress: StreamingQueryProgress | null
  readonly recentProgress: readonly StreamingQueryProgress[]
  /** Why the query failed; null while it has not. */
  readonly exception: Error | null
  /** Resolves when the query ends: true, or false when `timeoutMs` passed first. Rejects with the query's exception when it failed. */
  awaitTermination(timeoutMs?: number): Promise<boolean>
  /** Resolves when all data that was there at the call is in the sink. */
  processAllAvailable(): Promise<void>
  /** Finishes the running epoch, then stops. */
  stop(): Promise<void>
  explain(): string
  /** Why nothing comes out: the watermark and who holds it back, what waits for it, what came late. `at`: also what would become of a row of that event time. */
  explainWhy(at?: Date): readonly QueryFact[]
  /** Rows as they reach the memory sink, until the query ends; rejects when it fails. Only for format('memory'). */
  rows(): AsyncIterable<Row>
  /** The same, an apache-arrow Table for each epoch that had rows. */
  batches(): AsyncIterable<unknown>
}
/** One line of `explainWhy`; times are UTC. */
export interface QueryFact {
  readonly about: 'query' | 'watermark' | 'operator' | 'window' | 'row'
  readonly name: string
  readonly fact: string
  readonly value: string
}
