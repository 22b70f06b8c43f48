import type { Batch } from '../engine/columnar/batch.ts'
import { ownedBatch } from '../engine/columnar/concat.ts'
import { MemoryTable } from '../engine/connect/memory-table.ts'
import { readOptions } from '../engine/connect/options.ts'
import type { EpochWriter, Sink, SinkDefinition, SinkEnvironment } from '../engine/connect/sink.ts'
import { UsageError } from '../engine/errors/engine-error.ts'

/**
 * Keeps the rows in the session as a table named after the query. In complete mode each epoch replaces the table, in the other modes
 * rows are added. An epoch that the table already has is skipped.
 */
export const memorySink: SinkDefinition = {
  name: 'memory',
  options: [],
  description:
    'Collects the rows in the session as a table named after the query; for tests and small results. Needs a query name.',
  guarantee: 'none',
  modes: ['append', 'update', 'complete'],
  temporaryCheckpoint: true,
  async openStream(environment) {
    readOptions([], environment.options, 'sink "memory"')
    return new MemorySink(environment)
  },
}

class MemorySink implements Sink {
  readonly description = 'MemorySink'
  readonly #table: MemoryTable
  readonly #complete: boolean

  constructor(environment: SinkEnvironment) {
    const name = environment.queryName
    if (name === undefined) {
      throw new UsageError('MISSING_QUERY_NAME', {
        message: 'the memory sink needs a query name',
        hint: 'Name the query with queryName("…"): the rows can then be read as a table of that name.',
      })
    }
    this.#complete = environment.mode === 'complete'
    this.#table = new MemoryTable(name, environment.schema)
    environment.memoryTables?.set(this.#table)
  }

  async begin(epoch: number): Promise<EpochWriter | 'skip'> {
    if (epoch <= this.#table.lastEpoch) return 'skip'
    const batches: Batch[] = []
    return {
      append: (batch) => {
        if (batch.rowCount > 0) batches.push(ownedBatch(batch))
      },
      commit: async () => {
        if (this.#complete) this.#table.replace(batches)
        else this.#table.append(batches)
        this.#table.lastEpoch = epoch
      },
      abort: async () => {},
    }
  }
  async close(): Promise<void> {}
}
