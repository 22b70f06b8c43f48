import type { Batch } from '../columnar/batch.ts'
import { rowsOf } from '../columnar/batch.ts'
import type { MemoryTable } from '../connect/memory-table.ts'
import type { DataFrameContext } from '../dataframe/context.ts'
import type { AnyRow } from '../dataframe/row-type.ts'
import { rowReader } from '../dataframe/row-values.ts'
import type { QueryFact, StreamingQueryHandle } from '../dataframe/streaming-query-handle.ts'
import { UsageError } from '../errors/engine-error.ts'
import type { StreamingQueryProgress, StreamingQueryStatus } from '../observe/progress.ts'
import type { StreamingQuery } from '../run/streaming-query.ts'

/** The runner's query with the rows of its memory sink. */
export class StreamingHandle implements StreamingQueryHandle<AnyRow> {
  readonly #query: StreamingQuery
  readonly #results: MemoryTable | undefined
  readonly #context: DataFrameContext

  constructor(query: StreamingQuery, results: MemoryTable | undefined, context: DataFrameContext) {
    this.#query = query
    this.#results = results
    this.#context = context
  }

  get id(): string {
    return this.#query.id
  }
  get runId(): string {
    return this.#query.runId
  }
  get name(): string | null {
    return this.#query.name
  }
  get isActive(): boolean {
    return this.#query.isActive
  }
  get status(): StreamingQueryStatus {
    return this.#query.status
  }
  get lastProgress(): StreamingQueryProgress | null {
    return this.#query.lastProgress
  }
  get recentProgress(): readonly StreamingQueryProgress[] {
    return this.#query.recentProgress
  }
  get exception(): Error | null {
    return this.#query.exception
  }
  awaitTermination(timeoutMs?: number): Promise<boolean> {
    return this.#query.awaitTermination(timeoutMs)
  }
  processAllAvailable(): Promise<void> {
    return this.#query.processAllAvailable()
  }
  stop(): Promise<void> {
    return this.#query.stop()
  }
  explain(): string {
    return this.#query.explain()
  }
  explainWhy(at?: Date): readonly QueryFact[] {
    return this.#query.explainWhy(at?.getTime())
  }

  async *rows(): AsyncGenerator<AnyRow> {
    const results = this.#memoryResults('rows')
    const read = rowReader(results.schema, this.#context.bigint)
    for await (const batches of this.#epochs(results)) {
      for (const batch of batches) for (const row of rowsOf(batch)) yield read(row)
    }
  }
  async *batches(): AsyncGenerator<unknown> {
    const results = this.#memoryResults('batches')
    for await (const batches of this.#epochs(results)) {
      if (batches.length > 0) yield await this.#context.arrowTable(results.schema, batches)
    }
  }

  #memoryResults(method: string): MemoryTable {
    if (this.#results !== undefined) return this.#results
    throw new UsageError('NOT_A_MEMORY_SINK', {
      message: `${method}() reads the memory sink, and this query writes elsewhere`,
      hint: "Start it with format('memory'), or use foreachBatch.",
    })
  }

  /** What is there already, then the batches of each epoch as it is committed, until the query ends. */
  async *#epochs(results: MemoryTable): AsyncGenerator<readonly Batch[]> {
    const waiting: (readonly Batch[])[] = [results.batches]
    let wake: () => void = () => {}
    let ended = false
    const unsubscribe = results.subscribe((batches) => {
      waiting.push(batches)
      wake()
    })
    const termination = this.#query.awaitTermination().then(
      () => undefined,
      (error: unknown) => error,
    )
    termination.then(() => {
      ended = true
      wake()
    })
    try {
      for (;;) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else if (ended) break
        else await new Promise<void>((resolve) => (wake = resolve))
      }
      const error = await termination
      if (error !== undefined) throw error
    } finally {
      unsubscribe()
    }
  }
}
