import type { Batch } from '../engine/columnar/batch.ts'
import { ownedBatch } from '../engine/columnar/concat.ts'
import type { EpochWriter, Sink } from '../engine/connect/sink.ts'

/**
 * Hands each epoch's rows to a callback, at least once: the same epoch comes again after a failure.
 * The batches are owned and may be kept. The epoch is done when the callback's promise is; what it throws fails the epoch.
 */
export class ForeachBatchSink implements Sink {
  readonly description = 'ForeachBatchSink'
  readonly #write: (batches: readonly Batch[], epoch: number) => void | Promise<void>

  constructor(write: (batches: readonly Batch[], epoch: number) => void | Promise<void>) {
    this.#write = write
  }

  async begin(epoch: number): Promise<EpochWriter> {
    const batches: Batch[] = []
    return {
      append: (batch) => {
        if (batch.rowCount > 0) batches.push(ownedBatch(batch))
      },
      commit: async () => {
        await this.#write(batches, epoch)
      },
      abort: async () => {},
    }
  }
  async close(): Promise<void> {}
}

/** The user's side of `foreach`, over rows of whatever kind `toRow` makes. */
export interface RowWriter<R> {
  /** False: the rows of this partition and epoch are not wanted. */
  open?(partition: number, epoch: number): boolean | undefined | Promise<boolean | undefined>
  process(row: R): void | Promise<void>
  /** Called whenever `open` returned, with the error that ended the partition, if one did. */
  close?(error: unknown): void | Promise<void>
}

/**
 * Calls a writer for each row, at least once. An epoch is one partition, number 0: the engine hands rows to a sink from one thread.
 * Rows are processed in order, one at a time.
 */
export class ForeachSink<R> implements Sink {
  readonly description = 'ForeachSink'
  readonly #writer: RowWriter<R>
  readonly #toRow: (batch: Batch, row: number) => R

  constructor(writer: RowWriter<R>, toRow: (batch: Batch, row: number) => R) {
    this.#writer = writer
    this.#toRow = toRow
  }

  async begin(epoch: number): Promise<EpochWriter> {
    const writer = this.#writer
    const wanted = (await writer.open?.(0, epoch)) !== false
    let open = true
    const close = async (error: unknown): Promise<void> => {
      if (!open) return
      open = false
      await writer.close?.(error)
    }
    return {
      append: async (batch) => {
        if (!wanted) return
        try {
          for (let row = 0; row < batch.rowCount; row++) {
            const processing = writer.process(this.#toRow(batch, row))
            if (processing instanceof Promise) await processing
          }
        } catch (error) {
          await close(error)
          throw error
        }
      },
      commit: () => close(null),
      // The error that ended the epoch elsewhere is not the writer's; it is told that its rows did not count.
      abort: () => close(new Error('the epoch was abandoned')),
    }
  }
  async close(): Promise<void> {}
}
