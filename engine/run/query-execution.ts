import { randomUUID } from 'node:crypto'
import type { Checkpoint, RecoveredEpochs } from '../checkpoint/checkpoint.ts'
import type { Json, PlannedEpoch } from '../checkpoint/records.ts'
import { Arena } from '../columnar/arena.ts'
import { type Offset, sameOffset } from '../connect/offset.ts'
import type { Sink } from '../connect/sink.ts'
import type { ReadLimit } from '../connect/source.ts'
import type { StreamingQueryProgress } from '../observe/progress.ts'
import { EMIT_IN_SAME_EPOCH, NO_DATA_EPOCHS, WATERMARK_IDLE_AFTER, WATERMARK_KEPT, WATERMARK_POLICY } from '../types/settings.ts'
import { explainWhy, type WhyFact } from './explain-why.ts'
import { type EpochResult, runEpoch } from './micro-batch.ts'
import { closeSources, type OpenSource } from './open-sources.ts'
import { ProgressReporter } from './progress-reporter.ts'
import type { QueryDefinition } from './query-definition.ts'
import { openCheckpoint, openParts, type QueryParts } from './recovery.ts'
import { type NodeMemory, WatermarkTracker } from './watermark-tracker.ts'

/** Unset: one watermark for lateness and eviction, as before Spark 3.4. */
const TWO_WATERMARKS = 'spark.sql.streaming.statefulOperator.allowMultiple'
const POLL_MS = 10
/** Timers of the platform end at 24 days. */
const SLEEP_MAX_MS = 86_400_000

/** The memory of a running query that its checkpoint does not keep. */
export interface ResumePoint {
  readonly nodes: NodeMemory
  readonly hasRun: boolean
  readonly quietSinceMs: number
}

/**
 * A query that is open and runs when told: one trigger a call. QueryLoop calls it when triggers fire; tests call it step by step.
 * Calls must not overlap.
 */
export class QueryExecution {
  readonly queryId: string
  readonly runId = randomUUID()
  /** What it is doing, in Spark's words. */
  message = 'Initializing sources'
  isDataAvailable = false
  readonly #definition: QueryDefinition
  readonly #sink: Sink
  readonly #arena = new Arena()
  #parts: QueryParts
  #watermark: WatermarkTracker
  /** The epoch to run next. */
  #nextEpoch: number
  /** Evict watermark of the epoch before the next: what the next judges lateness by. */
  #lateWatermarkMs: number
  /** Planned in the log and not committed: runs before anything is planned anew. */
  #pending: PlannedEpoch | undefined
  /** Has an epoch run since the start? Only then may one without rows follow. */
  #hasRun = false
  /** Time of the last trigger that found rows, or of the start. */
  #quietSinceMs: number
  /** Since the start, for EXPLAIN WHY. */
  readonly #late = new Map<string, number>()
  #ahead = 0
  /** An epoch has failed half way: nothing may run before `reopen`. */
  #broken = false
  /** Ends of committed epochs that the sources have not been told of, since their commit may not be on the disk yet. */
  #untold: { readonly epoch: number; readonly ends: readonly Json[] }[] = []
  readonly #progress: ProgressReporter

  private constructor(definition: QueryDefinition, parts: QueryParts, sink: Sink, resumed: ResumePoint | undefined) {
    this.#definition = definition
    this.#parts = parts
    this.#sink = sink
    this.queryId = parts.checkpoint.queryId
    const { last, pending } = parts.checkpoint.recovered
    this.#nextEpoch = (last?.planned.epoch ?? -1) + 1
    this.#pending = pending
    this.#lateWatermarkMs = evictedBy(last)
    this.#quietSinceMs = resumed?.quietSinceMs ?? definition.clock.nowMs()
    const isKept = parts.settings.flag(WATERMARK_KEPT)
    const kept = isKept ? keptNodes(last, parts.pipeline.watermarkPlaces.length) : undefined
    this.#watermark = this.#trackerAt(last?.committed.nextWatermarkMs ?? 0, resumed?.nodes ?? memoryOf(pending) ?? kept)
    this.#hasRun = resumed?.hasRun ?? (isKept && last !== undefined)
    this.#progress = new ProgressReporter({ id: this.queryId, runId: this.runId, name: definition.name }, sink)
  }

  /** Opens checkpoint, operators, sources and sink, in this order. When one refuses, those opened are closed and the error is thrown. */
  static async open(definition: QueryDefinition, resumed?: ResumePoint): Promise<QueryExecution> {
    const checkpoint = await openCheckpoint(definition)
    let parts: QueryParts | undefined
    try {
      parts = await openParts(definition, checkpoint)
      const sink = await definition.openSink(checkpoint.queryId)
      const { last, pending } = checkpoint.recovered
      if (last !== undefined || pending !== undefined) {
        definition.logger.info('query recovered', {
          id: checkpoint.queryId,
          lastEpoch: last?.planned.epoch,
          repeats: pending?.epoch,
        })
      }
      return new QueryExecution(definition, parts, sink, resumed)
    } catch (error) {
      if (parts !== undefined) await closeSources(parts.sources, definition)
      await checkpoint.close()
      throw error
    }
  }

  /** The global watermark that the next epoch will run with. */
  get watermarkMs(): number {
    return this.#pending?.watermarkMs ?? this.#watermark.globalMs
  }
  /** What a restart forgets, as in Spark: handed to the next `open`, the query goes on as if it had not stopped. */
  get resumePoint(): ResumePoint {
    const { nodesMs, activeMs } = this.#watermark
    return { nodes: { nodesMs: [...nodesMs], activeMs: [...activeMs] }, hasRun: this.#hasRun, quietSinceMs: this.#quietSinceMs }
  }
  get nextEpoch(): number {
    return this.#nextEpoch
  }
  /** May a failed trigger be tried again? Not when it failed half way through an epoch and with it the only copy of the state. */
  get canTryAgain(): boolean {
    return !this.#broken || this.#parts.checkpoint.keepsState || this.#parts.pipeline.tables().length === 0
  }

  /**
   * One trigger: runs the epoch that has to be repeated, else one over new rows, else one without rows if the watermark has moved and an operator
   * waits for it, or all sources have been idle for as long as the query wants (and `noData` allows), else nothing. Gives the epoch's report; undefined when there was nothing to do.
   */
  async runTrigger(limit: ReadLimit = 'source', noData = true): Promise<StreamingQueryProgress | undefined> {
    if (this.#broken) await this.reopen()
    const { clock, logger } = this.#definition
    const triggerMs = clock.nowMs()
    const started = performance.now()
    let offsetsMs: number | undefined
    let epoch = this.#pending
    if (epoch === undefined) {
      const ends = await this.#latestOffsets(limit)
      offsetsMs = performance.now() - started
      const { sources } = this.#parts
      this.isDataAvailable = sources.some((open, i) => ends[i] !== null && !sameOffset(open.after, ends[i]!))
      this.#watermark.look(triggerMs)
      const closing =
        !this.isDataAvailable && noData && !this.#wantsEpochWithoutData() ? this.#closingWatermark(triggerMs) : undefined
      if (closing !== undefined) this.#watermark.raise(closing)
      if (!this.isDataAvailable && !(noData && (closing !== undefined || this.#wantsEpochWithoutData()))) {
        this.#progress.idle(triggerMs, this.#nextEpoch, {
          latestOffset: offsetsMs,
          triggerExecution: performance.now() - started,
        })
        return undefined
      }
      epoch = this.#plan(ends, triggerMs)
    }
    if (epoch.offsets.some(({ start, end }) => end !== null && !sameOffset(start as Offset | null, end as Offset)))
      this.#quietSinceMs = triggerMs
    this.message = this.isDataAvailable ? 'Processing new data' : 'No new data but cleaning up state'

    this.#broken = true
    const result = await runEpoch(
      this.#parts,
      epoch,
      epoch === this.#pending,
      this.#sink,
      this.#watermark,
      this.#arena,
      this.#definition,
    )
    this.#broken = false
    this.#pending = undefined
    this.#hasRun = true
    this.#nextEpoch = epoch.epoch + 1
    this.#lateWatermarkMs = result.evictedMs
    this.#count(result)
    this.#untold.push({ epoch: epoch.epoch, ends: epoch.offsets.map((range) => range.end) })
    await this.#tellSources()
    await this.#parts.checkpoint.maintain()
    for (const warning of this.#parts.checkpoint.takeWarnings()) logger.warn(warning, { id: this.queryId })
    const progress = this.#progress.epoch(triggerMs, this.#parts, epoch, result, offsetsMs, performance.now() - started)
    logger.debug('epoch done', { id: this.queryId, epoch: epoch.epoch, rows: progress.numInputRows, ms: progress.batchDuration })
    return progress
  }

  /** Why the query puts nothing out; `atMs`: and what would become of a row of that event time. */
  explainWhy(atMs: number | undefined): WhyFact[] {
    const { name, clock, emitAfterIdleMs } = this.#definition
    return explainWhy(
      {
        name: name ?? this.queryId,
        message: this.message,
        pipeline: this.#parts.pipeline,
        watermark: this.#watermark,
        nowMs: clock.nowMs(),
        quietSinceMs: this.#quietSinceMs,
        emitAfterIdleMs,
        late: this.#late,
        ahead: this.#ahead,
      },
      atMs,
    )
  }

  /** The report of a trigger that found nothing to do. */
  idleProgress(): StreamingQueryProgress {
    return this.#progress.idleReport(this.#parts)
  }

  /** Fixes the end of every source for a run over what there is now. False: one of them cannot, and none has. */
  async prepareAvailableNow(): Promise<boolean> {
    const { sources } = this.#parts
    if (sources.some(({ source }) => source.prepareAvailableNow === undefined)) return false
    for (const { source } of sources) await source.prepareAvailableNow!()
    return true
  }

  /** Resolves when a source may have new rows: at once where all sources tell, else after a short while; or when `signal` aborts. */
  async waitForData(signal: AbortSignal): Promise<void> {
    const { sources } = this.#parts
    const { clock } = this.#definition
    if (sources.length === 0 || sources.some(({ source }) => source.waitForData === undefined)) {
      await clock.sleep(POLL_MS, signal)
      return
    }
    const nowMs = clock.nowMs()
    const wakeMs = this.#nextIdleMs(nowMs)
    const enough = new AbortController()
    const stop = () => enough.abort()
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    try {
      const waits = sources.map(({ source, after }) => source.waitForData!(after, enough.signal))
      if (wakeMs !== undefined) waits.push(clock.sleep(Math.min(wakeMs - nowMs, SLEEP_MAX_MS), enough.signal))
      await Promise.race(waits)
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
    }
  }

  /** Makes operators and sources anew after a failed epoch, from the checkpoint; the epoch is repeated by the next trigger, under the watermark it had. */
  async reopen(): Promise<void> {
    const definition = this.#definition
    await closeSources(this.#parts.sources, definition)
    const checkpoint = await this.#reopenCheckpoint()
    this.#parts = await openParts(definition, checkpoint)
    const { last, pending } = checkpoint.recovered
    this.#nextEpoch = (last?.planned.epoch ?? -1) + 1
    this.#lateWatermarkMs = evictedBy(last)
    // Not a restart: the watermark nodes keep what they had seen before the epoch. Without a pending one the failure came before they saw any of it.
    if (pending !== undefined) {
      const before = { nodesMs: pending.nodeWatermarksMs, activeMs: pending.nodeActiveMs }
      this.#watermark = this.#trackerAt(last?.committed.nextWatermarkMs ?? 0, before)
    }
    this.#pending = pending
    this.#broken = false
  }

  /** Lets go of everything; what has been committed is durable. */
  async close(): Promise<void> {
    try {
      await closeSources(this.#parts.sources, this.#definition)
      await this.#sink.close()
    } finally {
      await this.#parts.checkpoint.close()
    }
  }

  async #reopenCheckpoint(): Promise<Checkpoint> {
    const { checkpoint } = this.#parts
    if (!checkpoint.keepsState) return checkpoint
    await checkpoint.abandon()
    return openCheckpoint(this.#definition)
  }

  async #latestOffsets(limit: ReadLimit): Promise<(Offset | null)[]> {
    const ends: (Offset | null)[] = []
    for (const { source, after } of this.#parts.sources) {
      this.message = `Getting offsets from ${source.description}`
      ends.push((await source.latestOffset(after, limit)) ?? after)
    }
    return ends
  }

  /** Spark's rule: only after an epoch of this run, and if an operator could emit or evict under the watermark that epoch has made. */
  #wantsEpochWithoutData(): boolean {
    return (
      this.#hasRun &&
      this.#parts.settings.flag(NO_DATA_EPOCHS) &&
      this.#parts.pipeline.wantsEpochAt(this.#watermark.globalMs, this.#lateWatermarkMs)
    )
  }

  /** EMIT AFTER IDLE: the watermark that closes all that is open, once all sources have been quiet for long enough; undefined: not now. */
  #closingWatermark(nowMs: number): number | undefined {
    const { emitAfterIdleMs } = this.#definition
    if (emitAfterIdleMs === undefined || nowMs - this.#quietSinceMs < emitAfterIdleMs) return undefined
    const closing = this.#parts.pipeline.closingWatermark()
    return closing !== undefined && closing > this.#watermark.globalMs ? closing : undefined
  }
  /** When silence alone will have an effect. */
  #nextIdleMs(nowMs: number): number | undefined {
    const { emitAfterIdleMs } = this.#definition
    const moments = [this.#watermark.nextIdleMs(nowMs)]
    if (emitAfterIdleMs !== undefined && this.#quietSinceMs + emitAfterIdleMs > nowMs)
      moments.push(this.#quietSinceMs + emitAfterIdleMs)
    const known = moments.filter((ms) => ms !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }

  #count(result: EpochResult): void {
    this.#parts.pipeline.stateful.forEach(({ id }, i) => {
      this.#late.set(id, (this.#late.get(id) ?? 0) + (result.reports[i]?.numRowsDroppedByWatermark ?? 0))
    })
    for (const { aheadCount } of result.eventTimes) this.#ahead += aheadCount
  }

  #trackerAt(globalMs: number, nodes: NodeMemory | undefined): WatermarkTracker {
    const { settings } = this.#parts
    const options = {
      policy: settings.get(WATERMARK_POLICY),
      idleAfterMs: settings.durationMs(WATERMARK_IDLE_AFTER),
      startMs: this.#quietSinceMs,
    }
    return new WatermarkTracker(options, globalMs, nodes)
  }

  #plan(ends: readonly (Offset | null)[], timestampMs: number): PlannedEpoch {
    const watermarkMs = this.#watermark.globalMs
    const { settings } = this.#parts
    return {
      epoch: this.#nextEpoch,
      offsets: this.#parts.sources.map((open, i) => ({ start: open.after, end: ends[i]! })),
      watermarkMs,
      lateWatermarkMs: settings.flag(TWO_WATERMARKS) ? this.#lateWatermarkMs : watermarkMs,
      timestampMs,
      nodeWatermarksMs: [...this.#watermark.nodesMs],
      ...(settings.isSet(WATERMARK_IDLE_AFTER) && { nodeActiveMs: [...this.#watermark.activeMs] }),
      // In the other modes nothing waits for the watermark.
      ...(this.#definition.mode === 'append' && settings.flag(EMIT_IN_SAME_EPOCH) && { emitsAtOnce: true as const }),
    }
  }

  async #tellSources(): Promise<void> {
    const durable = this.#parts.checkpoint.durableEpoch
    let ends: readonly Json[] | undefined
    while (this.#untold.length > 0 && this.#untold[0]!.epoch <= durable) ends = this.#untold.shift()!.ends
    if (ends === undefined) return
    for (const [i, { source }] of this.#parts.sources.entries()) {
      if (ends[i] !== null) await this.#tellSource(source, ends[i]!)
    }
  }

  async #tellSource(source: OpenSource['source'], end: Json): Promise<void> {
    try {
      await source.commit(end)
    } catch (error) {
      // The epoch is done all the same; what could not be cleaned up now is with the next commit.
      this.#definition.logger.warn('a source could not clean up behind a committed epoch', {
        source: source.description,
        error: String(error),
      })
    }
  }
}

/** The watermark that state was evicted by in the last epoch: rows of the next are late by it. */
function evictedBy(last: RecoveredEpochs['last']): number {
  return last?.committed.evictedMs ?? last?.planned.watermarkMs ?? 0
}
/** What the nodes had reached at the end of the last run; undefined where the plan has others now. */
function keptNodes(last: RecoveredEpochs['last'], nodes: number): NodeMemory | undefined {
  const nodesMs = last?.committed.nodeWatermarksMs
  return nodesMs?.length === nodes ? { nodesMs } : undefined
}
/** An epoch that emits what its own watermark makes final must, when it is repeated, come to the same watermark. */
function memoryOf(pending: PlannedEpoch | undefined): NodeMemory | undefined {
  return pending?.emitsAtOnce && { nodesMs: pending.nodeWatermarksMs, activeMs: pending.nodeActiveMs }
}
