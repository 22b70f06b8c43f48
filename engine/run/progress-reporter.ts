import type { PlannedEpoch } from '../checkpoint/records.ts'
import type { Sink } from '../connect/sink.ts'
import {
  rowsPerSecond,
  type SinkProgress,
  type SourceProgress,
  type StateOperatorProgress,
  type StreamingQueryProgress,
  utcTime,
} from '../observe/progress.ts'
import type { StatefulReport } from '../operators/operator.ts'
import type { EventTimeStatistics } from '../operators/pipeline.ts'
import type { EpochResult } from './micro-batch.ts'
import type { QueryParts } from './recovery.ts'

/** Makes the progress reports of a query: Spark's fields, see engine/observe/progress.ts. */
export class ProgressReporter {
  readonly #identity: { readonly id: string; readonly runId: string; readonly name: string | null }
  readonly #sink: Sink
  #previousTriggerMs: number | undefined
  #lastIdle:
    | { readonly triggerMs: number; readonly epoch: number; readonly durations: Readonly<Record<string, number>> }
    | undefined
  #lastEpoch: PlannedEpoch | undefined

  constructor(identity: { readonly id: string; readonly runId: string; readonly name: string | undefined }, sink: Sink) {
    this.#identity = { id: identity.id, runId: identity.runId, name: identity.name ?? null }
    this.#sink = sink
  }

  /** The report of an epoch. Times in milliseconds; `offsetsMs` undefined: the epoch was planned by an earlier run. */
  epoch(
    triggerMs: number,
    parts: QueryParts,
    epoch: PlannedEpoch,
    result: EpochResult,
    offsetsMs: number | undefined,
    tookMs: number,
  ): StreamingQueryProgress {
    const sinceLastMs = this.#previousTriggerMs === undefined ? Number.POSITIVE_INFINITY : triggerMs - this.#previousTriggerMs
    this.#previousTriggerMs = triggerMs
    this.#lastEpoch = epoch
    const processingMs = Math.max(1, tookMs)
    let inputRows = 0
    const sources = parts.sources.map(({ source }, i): SourceProgress => {
      const rows = result.rows.input[i]!
      inputRows += rows
      const metrics = source.metrics?.()
      return {
        description: source.description,
        startOffset: epoch.offsets[i]!.start,
        endOffset: epoch.offsets[i]!.end,
        latestOffset: source.reportLatest?.() ?? null,
        numInputRows: rows,
        ...rates(rows, sinceLastMs, processingMs),
        ...(metrics !== undefined && Object.keys(metrics).length > 0 && { metrics }),
      }
    })
    return {
      ...this.#identity,
      timestamp: utcTime(triggerMs),
      batchId: epoch.epoch,
      batchDuration: Math.round(tookMs),
      numInputRows: inputRows,
      ...rates(inputRows, sinceLastMs, processingMs),
      durationMs: durations({
        addBatch: result.runMs,
        commitOffsets: result.commitMs,
        getBatch: 0,
        latestOffset: offsetsMs,
        queryPlanning: 0,
        triggerExecution: tookMs,
        walCommit: result.planMs,
      }),
      ...(parts.pipeline.hasWatermark && { eventTime: eventTime(result.eventTimes, epoch.watermarkMs) }),
      stateOperators: stateOperators(parts, result.reports, false),
      sources,
      sink: this.#sinkProgress(result.rows.output),
    }
  }

  /** Remembers a trigger that ran nothing. A report is made only when it is asked for: idle triggers are many. */
  idle(triggerMs: number, nextEpoch: number, durationsMs: Readonly<Record<string, number>>): void {
    this.#previousTriggerMs = triggerMs
    this.#lastIdle = { triggerMs, epoch: nextEpoch, durations: durationsMs }
  }

  /** The report of the last trigger that ran nothing: state as it is, nothing changed or dropped. */
  idleReport(parts: QueryParts): StreamingQueryProgress {
    const { triggerMs, epoch, durations: times } = this.#lastIdle!
    const watermarkMs = this.#lastEpoch?.watermarkMs
    return {
      ...this.#identity,
      timestamp: utcTime(triggerMs),
      batchId: epoch,
      batchDuration: Math.round(times['triggerExecution']!),
      numInputRows: 0,
      inputRowsPerSecond: 0,
      processedRowsPerSecond: 0,
      durationMs: durations(times),
      ...(parts.pipeline.hasWatermark && watermarkMs !== undefined && { eventTime: { watermark: utcTime(watermarkMs) } }),
      stateOperators: stateOperators(parts, parts.pipeline.reports(), true),
      sources: parts.sources.map(({ source, after }) => ({
        description: source.description,
        startOffset: after,
        endOffset: after,
        latestOffset: source.reportLatest?.() ?? null,
        numInputRows: 0,
        inputRowsPerSecond: 0,
        processedRowsPerSecond: 0,
      })),
      sink: this.#sinkProgress(0),
    }
  }

  #sinkProgress(numOutputRows: number): SinkProgress {
    const metrics = this.#sink.metrics?.()
    return { description: this.#sink.description, numOutputRows, ...(metrics !== undefined && { metrics }) }
  }
}

function rates(rows: number, sinceLastMs: number, processingMs: number) {
  const input = rowsPerSecond(rows, sinceLastMs)
  const processed = rowsPerSecond(rows, processingMs)
  return {
    ...(input !== undefined && { inputRowsPerSecond: input }),
    ...(processed !== undefined && { processedRowsPerSecond: processed }),
  }
}

/** Whole milliseconds, absent phases left out. The names must come sorted. */
function durations(times: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const whole: Record<string, number> = {}
  for (const [phase, time] of Object.entries(times)) if (time !== undefined) whole[phase] = Math.round(time)
  return whole
}

/** Of the first watermark node, as in Spark; `aheadOfClock` counts what all nodes have left out (`millrace.watermark.maxAhead`). */
function eventTime(nodes: readonly EventTimeStatistics[], watermarkMs: number): Record<string, string> {
  const [seen] = nodes
  const aheadCount = nodes.reduce((sum, node) => sum + node.aheadCount, 0)
  const watermark = utcTime(watermarkMs)
  const ahead = aheadCount > 0 && { aheadOfClock: String(aheadCount) }
  if (seen === undefined || seen.count === 0) return { watermark, ...ahead }
  return {
    ...ahead,
    avg: utcTime(Math.trunc(seen.sumMs / seen.count)),
    max: utcTime(seen.maxMs),
    min: utcTime(seen.minMs),
    watermark,
  }
}

/** Times of the single phases of an operator are not measured: they are part of addBatch. State has one partition a table. */
function stateOperators(parts: QueryParts, reports: readonly StatefulReport[], idle: boolean): StateOperatorProgress[] {
  return reports.map((report, i) => {
    const tables = parts.pipeline.stateful[i]?.operator.tables.length ?? 1
    return {
      operatorName: report.operatorName,
      numRowsTotal: report.numRowsTotal,
      numRowsUpdated: idle ? 0 : report.numRowsUpdated,
      allUpdatesTimeMs: 0,
      numRowsRemoved: idle ? 0 : report.numRowsRemoved,
      allRemovalsTimeMs: 0,
      commitTimeMs: 0,
      memoryUsedBytes: report.memoryUsedBytes,
      numRowsDroppedByWatermark: idle ? 0 : report.numRowsDroppedByWatermark,
      numShufflePartitions: 1,
      numStateStoreInstances: tables,
      ...(Object.keys(report.customMetrics).length > 0 && { customMetrics: report.customMetrics }),
    }
  })
}
