import type { Clock } from '../clock.ts'
import type { StreamingQueryProgress, StreamingQueryStatus } from '../observe/progress.ts'
import type { WhyFact } from './explain-why.ts'
import type { QueryLoop } from './query-loop.ts'
import type { StreamingQueryException } from './streaming-query-exception.ts'

/** A running (or ended) streaming query as its user holds it; Spark's members. */
export class StreamingQuery {
  /** Kept in the checkpoint: the same after a restart. */
  readonly id: string
  /** New at every start. */
  readonly runId: string
  readonly name: string | null
  readonly #loop: QueryLoop
  readonly #clock: Clock
  readonly #explain: (extended: boolean) => string

  constructor(
    identity: { readonly id: string; readonly runId: string; readonly name: string | undefined },
    loop: QueryLoop,
    clock: Clock,
    explain: (extended: boolean) => string,
  ) {
    this.id = identity.id
    this.runId = identity.runId
    this.name = identity.name ?? null
    this.#loop = loop
    this.#clock = clock
    this.#explain = explain
  }

  get isActive(): boolean {
    return this.#loop.isActive
  }
  get status(): StreamingQueryStatus {
    return this.#loop.status
  }
  /** null before the first trigger is done. */
  get lastProgress(): StreamingQueryProgress | null {
    return this.#loop.recentProgress.at(-1) ?? null
  }
  /** The newest reports, oldest first; `spark.sql.streaming.numRecentProgressUpdates` says how many are kept. */
  get recentProgress(): readonly StreamingQueryProgress[] {
    return this.#loop.recentProgress
  }
  /** Why the query stopped by itself; null while it runs and after a clean end. */
  get exception(): StreamingQueryException | null {
    return this.#loop.exception ?? null
  }

  /**
   * Waits for the end of the query; throws its exception when it failed. With a timeout in milliseconds: gives up waiting after that.
   * True: the query has ended.
   */
  async awaitTermination(timeoutMs?: number): Promise<boolean> {
    if (timeoutMs === undefined) {
      await this.#loop.ended
    } else {
      const timer = new AbortController()
      await Promise.race([this.#loop.ended, this.#clock.sleep(timeoutMs, timer.signal)])
      timer.abort()
    }
    if (this.#loop.exception !== undefined) throw this.#loop.exception
    return !this.#loop.isActive
  }

  /** Waits until a trigger that began after this call has found nothing more to read. Throws the query's exception when it fails. For tests. */
  async processAllAvailable(): Promise<void> {
    await this.#loop.untilIdle()
  }

  /** The plan, as EXPLAIN prints it. */
  explain(extended = false): string {
    return this.#explain(extended)
  }

  /** Why nothing comes out: watermarks, what waits for them, what came late. `atMs`: also what would become of a row of that event time. */
  explainWhy(atMs?: number): readonly WhyFact[] {
    return this.#loop.explainWhy(atMs)
  }

  /** Ends the query after the epoch that is running, if any. Does nothing when it has ended. */
  async stop(): Promise<void> {
    await this.#loop.stop()
  }
}
