import { EngineError } from '../errors/engine-error.ts'
import { type StreamingQueryProgress, type StreamingQueryStatus, utcTime } from '../observe/progress.ts'
import { nextTurn } from './execute-plan.ts'
import type { WhyFact } from './explain-why.ts'
import type { QueryDefinition } from './query-definition.ts'
import type { QueryExecution } from './query-execution.ts'
import { StreamingQueryException } from './streaming-query-exception.ts'
import { nextTickMs } from './trigger.ts'

/** A trigger whose failure is outside (a broker gone, a disk busy) is tried again this often, after waits that double. */
const RETRIES_MAX = 8
const FIRST_RETRY_MS = 100
const RETRY_WAIT_MAX_MS = 10_000
/** Reports of triggers that found nothing come at most this often. Source: spark.sql.streaming.noDataProgressEventInterval. */
const IDLE_REPORT_MS = 10_000
const EMPTY_WAKE_PAUSE_MS = 1
const RECENT_PROGRESS = 'spark.sql.streaming.numRecentProgressUpdates'

/** Runs an open query's triggers one after the other until it is stopped, done or failed; then closes it. */
export class QueryLoop {
  /** Resolves, never rejects, when the query has ended and everything is closed. */
  readonly ended: Promise<void>
  isActive = true
  exception: StreamingQueryException | undefined
  readonly recentProgress: StreamingQueryProgress[] = []
  readonly #definition: QueryDefinition
  readonly #execution: QueryExecution
  readonly #identity: { readonly id: string; readonly runId: string; readonly name: string | undefined }
  readonly #recentMax: number
  readonly #stop = new AbortController()
  /** Ends the wait that the loop is in, if any. */
  #wake = () => {}
  #triggersBegun = 0
  #isTriggerActive = false
  #lastIdleReportMs: number | undefined
  /** Who waits for a trigger after the given one to find nothing. */
  #idleWaiters: { readonly after: number; readonly resolve: () => void }[] = []
  #markEnded = () => {}

  constructor(
    definition: QueryDefinition,
    execution: QueryExecution,
    identity: { readonly id: string; readonly runId: string; readonly name: string | undefined },
  ) {
    this.#definition = definition
    this.#execution = execution
    this.#identity = identity
    this.#recentMax = Math.max(1, Number(definition.settings.get(RECENT_PROGRESS) ?? '100'))
    this.ended = new Promise((resolve) => {
      this.#markEnded = resolve
    })
  }

  get status(): StreamingQueryStatus {
    if (this.exception !== undefined) {
      return {
        message: `Terminated with exception: ${messageOf(this.exception.cause)}`,
        isDataAvailable: false,
        isTriggerActive: false,
      }
    }
    if (!this.isActive) return { message: 'Stopped', isDataAvailable: false, isTriggerActive: false }
    return {
      message: this.#execution.message,
      isDataAvailable: this.#execution.isDataAvailable,
      isTriggerActive: this.#isTriggerActive,
    }
  }

  explainWhy(atMs: number | undefined): WhyFact[] {
    return this.#execution.explainWhy(atMs)
  }

  /** Begins to run. A query that is active keeps the process alive, whatever its sources wait on. */
  start(): void {
    const keepAlive = setInterval(() => {}, 1 << 30)
    void this.#run().finally(() => {
      clearInterval(keepAlive)
      this.#markEnded()
    })
  }

  /** Ends the query after the epoch that is running. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.ended
  }

  /** Resolves when a trigger that begins after this call finds nothing to do, or when the query ends; rejects when it fails. */
  async untilIdle(): Promise<void> {
    if (this.isActive) {
      const idle = new Promise<void>((resolve) => {
        this.#idleWaiters.push({ after: this.#triggersBegun, resolve })
      })
      if (this.#isAsFastAsPossible) this.#wake()
      await Promise.race([idle, this.ended])
    }
    if (this.exception !== undefined) throw this.exception
  }

  async #run(): Promise<void> {
    const { listeners, logger } = this.#definition
    let failure: unknown
    try {
      await this.#runTriggers()
    } catch (error) {
      failure = error
    }
    const epoch = this.#execution.nextEpoch
    try {
      await this.#execution.close()
    } catch (error) {
      failure ??= error
    }
    if (failure !== undefined) {
      this.exception = new StreamingQueryException(this.#identity, epoch, failure)
      logger.error('query stopped', { id: this.#identity.id, epoch, error: messageOf(failure) })
    }
    this.isActive = false
    listeners.terminated({
      id: this.#identity.id,
      runId: this.#identity.runId,
      exception: this.exception?.message,
      errorClassOnException: this.exception && (this.exception.causeCondition ?? this.exception.condition),
    })
  }

  async #runTriggers(): Promise<void> {
    const { trigger } = this.#definition
    switch (trigger.kind) {
      case 'once':
        await this.#trigger('all', false)
        return
      case 'available_now':
        // Where a source cannot fix its end, one epoch over everything is what is available now.
        if (!(await this.#execution.prepareAvailableNow())) await this.#trigger('all', false)
        else while (!this.#stopping && (await this.#trigger('source', true))) await nextTurn()
        return
      case 'processing_time':
        if (trigger.intervalMs === 0) await this.#runAsFastAsPossible()
        else await this.#runByTicks(trigger.intervalMs)
    }
  }

  /** An epoch begins as soon as there are rows, in the next turn of the event loop (so that what arrived meanwhile is in it); no timer in between. */
  async #runAsFastAsPossible(): Promise<void> {
    let emptyWakes = 0
    while (!this.#stopping) {
      if (await this.#trigger('source', true)) {
        emptyWakes = 0
        await nextTurn()
        continue
      }
      this.#execution.message = 'Waiting for data to arrive'
      // A source that calls although it has nothing must not make the loop spin.
      await this.#wait(async (signal) => {
        if (emptyWakes > 2) await this.#definition.clock.sleep(EMPTY_WAKE_PAUSE_MS, signal)
        if (!signal.aborted) await this.#execution.waitForData(signal)
        if (!signal.aborted) emptyWakes++
      })
    }
  }

  async #runByTicks(intervalMs: number): Promise<void> {
    const { clock, logger } = this.#definition
    while (!this.#stopping) {
      const startMs = clock.nowMs()
      await this.#trigger('source', true)
      const tickMs = nextTickMs(startMs, intervalMs)
      const nowMs = clock.nowMs()
      if (nowMs - startMs > intervalMs) {
        logger.warn('an epoch took longer than the trigger interval', {
          id: this.#identity.id,
          intervalMs,
          spentMs: nowMs - startMs,
        })
      }
      this.#execution.message = 'Waiting for next trigger'
      if (tickMs > nowMs) await this.#wait((signal) => clock.sleep(tickMs - nowMs, signal))
      else await nextTurn()
    }
  }

  /** One trigger, tried again when what failed is outside and may mend itself. False: there was nothing to do. */
  async #trigger(limit: 'source' | 'all', noData: boolean): Promise<boolean> {
    const { clock, listeners, logger } = this.#definition
    const begun = ++this.#triggersBegun
    for (let failures = 0; ; ) {
      try {
        this.#isTriggerActive = true
        const progress = await this.#execution.runTrigger(limit, noData)
        this.#isTriggerActive = false
        if (progress === undefined) {
          this.#idle(begun)
          return false
        }
        this.#keep(progress)
        listeners.progress({ progress })
        return true
      } catch (error) {
        this.#isTriggerActive = false
        if (!isWorthRetrying(error) || failures === RETRIES_MAX || !this.#execution.canTryAgain) throw error
        const waitMs = Math.min(RETRY_WAIT_MAX_MS, FIRST_RETRY_MS * 2 ** failures++)
        logger.warn('a trigger failed and is tried again', { id: this.#identity.id, error: messageOf(error), waitMs })
        await this.#wait((signal) => clock.sleep(waitMs, signal))
        // A query that is being stopped does not wait for the outside to mend: its next start tries again.
        if (this.#stopping) return false
      }
    }
  }

  #idle(begun: number): void {
    const waiters = this.#idleWaiters
    this.#idleWaiters = waiters.filter(({ after }) => after >= begun)
    for (const { after, resolve } of waiters) if (after < begun) resolve()
    // A run that ends by itself has no idle time to report on.
    if (this.#definition.trigger.kind !== 'processing_time') return
    const { clock, listeners } = this.#definition
    const nowMs = clock.nowMs()
    if (this.#lastIdleReportMs !== undefined && nowMs - this.#lastIdleReportMs < IDLE_REPORT_MS) return
    const first = this.#lastIdleReportMs === undefined && this.recentProgress.length === 0
    this.#lastIdleReportMs = nowMs
    const progress = this.#execution.idleProgress()
    this.#keep(progress)
    if (first) listeners.progress({ progress })
    else listeners.idle({ id: this.#identity.id, runId: this.#identity.runId, timestamp: utcTime(nowMs) })
  }

  #keep(progress: StreamingQueryProgress): void {
    this.recentProgress.push(progress)
    if (this.recentProgress.length > this.#recentMax) this.recentProgress.shift()
  }

  /** Waits in a way that `stop` and `untilIdle` can end. */
  async #wait(until: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#stopping) return
    const waiting = new AbortController()
    this.#wake = () => waiting.abort()
    // A call of untilIdle may have come between the last trigger and now: look again instead of waiting.
    if (this.#isAsFastAsPossible && this.#idleWaiters.length > 0) return
    try {
      await until(waiting.signal)
    } finally {
      this.#wake = () => {}
    }
  }

  get #stopping(): boolean {
    return this.#stop.signal.aborted
  }
  get #isAsFastAsPossible(): boolean {
    const { trigger } = this.#definition
    return trigger.kind === 'processing_time' && trigger.intervalMs === 0
  }
}

function isWorthRetrying(error: unknown): boolean {
  return error instanceof EngineError && error.retry === 'backoff'
}
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
