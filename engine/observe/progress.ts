/**
 * The report of one trigger: Spark's fields in Spark's order, so that JSON.stringify gives Spark's JSON. Absent fields (empty maps, numbers that are
 * NaN or infinite) are left out. Source: org.apache.spark.sql.streaming.StreamingQueryProgress.
 */
export interface StreamingQueryProgress {
  readonly id: string
  readonly runId: string
  readonly name: string | null
  /** Start of the trigger, UTC, `yyyy-MM-ddTHH:mm:ss.SSSZ`. */
  readonly timestamp: string
  /** The epoch that the trigger ran; when it ran none, the one that would have been next. */
  readonly batchId: number
  readonly batchDuration: number
  readonly numInputRows: number
  readonly inputRowsPerSecond?: number
  readonly processedRowsPerSecond?: number
  /** Milliseconds by phase, names sorted. */
  readonly durationMs: Readonly<Record<string, number>>
  /** avg, max, min, watermark as UTC times. */
  readonly eventTime?: Readonly<Record<string, string>>
  /** Nearest the sink first. */
  readonly stateOperators: readonly StateOperatorProgress[]
  readonly sources: readonly SourceProgress[]
  readonly sink: SinkProgress
}

export interface StateOperatorProgress {
  readonly operatorName: string
  readonly numRowsTotal: number
  readonly numRowsUpdated: number
  readonly allUpdatesTimeMs: number
  readonly numRowsRemoved: number
  readonly allRemovalsTimeMs: number
  readonly commitTimeMs: number
  readonly memoryUsedBytes: number
  readonly numRowsDroppedByWatermark: number
  readonly numShufflePartitions: number
  readonly numStateStoreInstances: number
  readonly customMetrics?: Readonly<Record<string, number>>
}

export interface SourceProgress {
  readonly description: string
  /** Offsets are the source's own JSON; null before the first. */
  readonly startOffset: unknown
  readonly endOffset: unknown
  readonly latestOffset: unknown
  readonly numInputRows: number
  readonly inputRowsPerSecond?: number
  readonly processedRowsPerSecond?: number
  readonly metrics?: Readonly<Record<string, string>>
}

export interface SinkProgress {
  readonly description: string
  readonly numOutputRows: number
  readonly metrics?: Readonly<Record<string, string>>
}

/** What a query is doing now, as `query.status` shows it. */
export interface StreamingQueryStatus {
  readonly message: string
  readonly isDataAvailable: boolean
  readonly isTriggerActive: boolean
}

/** Rows a second, rounded half up to one decimal as Spark does; undefined (left out of JSON) when it is no number. */
export function rowsPerSecond(rows: number, durationMs: number): number | undefined {
  const rate = (rows * 1000) / durationMs
  return Number.isFinite(rate) ? Math.round(rate * 10) / 10 : undefined
}

/** Milliseconds since 1970 as progress reports print times; beyond JavaScript's dates (which Spark's reach) it prints the limit. */
export function utcTime(milliseconds: number): string {
  return new Date(Math.max(-8.64e15, Math.min(8.64e15, milliseconds))).toISOString()
}
