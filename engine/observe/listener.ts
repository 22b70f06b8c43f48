import { channel } from 'node:diagnostics_channel'
import type { Logger } from '../log.ts'
import type { StreamingQueryProgress } from './progress.ts'

export interface QueryStartedEvent {
  readonly id: string
  readonly runId: string
  readonly name: string | null
  /** UTC, `yyyy-MM-ddTHH:mm:ss.SSSZ`. */
  readonly timestamp: string
}
export interface QueryProgressEvent {
  readonly progress: StreamingQueryProgress
}
export interface QueryIdleEvent {
  readonly id: string
  readonly runId: string
  readonly timestamp: string
}
export interface QueryTerminatedEvent {
  readonly id: string
  readonly runId: string
  /** The message of the failure; undefined when the query was stopped or done. */
  readonly exception: string | undefined
  /** The condition of the error that stopped it. */
  readonly errorClassOnException: string | undefined
}

/** Told of the life of queries, as Spark's StreamingQueryListener. `onQueryStarted` is called before `start()` returns. */
export interface StreamingQueryListener {
  onQueryStarted?(event: QueryStartedEvent): void
  onQueryProgress?(event: QueryProgressEvent): void
  onQueryIdle?(event: QueryIdleEvent): void
  onQueryTerminated?(event: QueryTerminatedEvent): void
}

/**
 * The listeners of a session, told in the order in which they were added. One that throws is logged and the others go on: watching
 * must not hurt a query. Every event is also published on a diagnostics channel `millrace.query.started`, `.progress`, `.idle`, `.terminated`.
 */
export class ListenerBus {
  readonly #listeners = new Set<StreamingQueryListener>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  add(listener: StreamingQueryListener): void {
    this.#listeners.add(listener)
  }
  remove(listener: StreamingQueryListener): void {
    this.#listeners.delete(listener)
  }
  list(): StreamingQueryListener[] {
    return [...this.#listeners]
  }

  started(event: QueryStartedEvent): void {
    this.#tell('onQueryStarted', event)
    startedChannel.publish(event)
  }
  progress(event: QueryProgressEvent): void {
    this.#tell('onQueryProgress', event)
    progressChannel.publish(event)
  }
  idle(event: QueryIdleEvent): void {
    this.#tell('onQueryIdle', event)
    idleChannel.publish(event)
  }
  terminated(event: QueryTerminatedEvent): void {
    this.#tell('onQueryTerminated', event)
    terminatedChannel.publish(event)
  }

  #tell(method: keyof StreamingQueryListener, event: unknown): void {
    for (const listener of this.#listeners) {
      try {
        ;(listener[method] as ((event: unknown) => void) | undefined)?.call(listener, event)
      } catch (error) {
        this.#logger.warn(`a listener failed in ${method}`, { error: String(error) })
      }
    }
  }
}

const startedChannel = channel('millrace.query.started')
const progressChannel = channel('millrace.query.progress')
const idleChannel = channel('millrace.query.idle')
const terminatedChannel = channel('millrace.query.terminated')
