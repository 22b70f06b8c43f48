import type { StreamingQueryHandle } from '../dataframe/streaming-query-handle.ts'
import { UsageError } from '../errors/engine-error.ts'
import type { Logger } from '../log.ts'
import { ListenerBus, type StreamingQueryListener } from '../observe/listener.ts'

/** The queries of a session: Spark's `spark.streams`. */
export class QueryManager {
  readonly listeners: ListenerBus
  readonly #queries = new Map<string, StreamingQueryHandle>()

  constructor(logger: Logger) {
    this.listeners = new ListenerBus(logger)
  }

  /** Running queries, in order of their start. */
  get active(): StreamingQueryHandle[] {
    return [...this.#queries.values()].filter((query) => query.isActive)
  }
  /** By id or name; undefined when none is active. */
  get(idOrName: string): StreamingQueryHandle | undefined {
    return this.active.find((query) => query.id === idOrName || query.name === idOrName)
  }
  addListener(listener: StreamingQueryListener): void {
    this.listeners.add(listener)
  }
  removeListener(listener: StreamingQueryListener): void {
    this.listeners.remove(listener)
  }
  /** Resolves when any active query has ended; rejects when it failed. */
  async awaitAnyTermination(timeoutMs?: number): Promise<boolean> {
    const active = this.active
    if (active.length === 0) return true
    return Promise.race(active.map((query) => query.awaitTermination(timeoutMs)))
  }
  async stopAll(): Promise<void> {
    await Promise.all(this.active.map((query) => query.stop()))
  }

  /** Refuses a second active query of the name before anything of it is opened. */
  checkName(name: string | undefined): void {
    if (name === undefined || this.active.every((query) => query.name !== name)) return
    throw new UsageError('STREAMING_QUERY_NAME_ALREADY_ACTIVE', {
      message: `cannot start query "${name}": a query of that name is already active in this session`,
      hint: 'Stop it first, or give this one another name.',
    })
  }
  register(query: StreamingQueryHandle): void {
    this.#queries.set(query.runId, query)
    const forget = () => {
      this.#queries.delete(query.runId)
    }
    query.awaitTermination().then(forget, forget)
  }
}
