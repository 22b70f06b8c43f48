import type { Clock } from '../clock.ts'
import { Batch } from '../columnar/batch.ts'
import type { BadRecord, ScanRequest } from '../connect/source.ts'
import { assert } from '../errors/assert.ts'
import { UsageError } from '../errors/engine-error.ts'
import type { Logger } from '../log.ts'
import type { Epoch } from '../operators/operator.ts'
import type { Pipeline, ScanPort } from '../operators/pipeline.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import { field, type Schema } from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import type { BoundRelation } from './query-definition.ts'

/** The rows of one relation in one epoch, and the scans that get them. Read once however many scans there are. */
export interface EpochReader {
  readonly feeds: readonly ScanFeed[]
  /** Rows of one epoch; batches may live in the arena. Undefined: nothing to read (without feeds, always). */
  open(epoch: Epoch): Iterable<Batch> | AsyncIterable<Batch> | undefined
}
export interface ScanFeed {
  readonly scan: ScanPort
  /** Where the scan's columns are in the batches read; null: just so. */
  readonly columns: readonly number[] | null
}

export interface EpochRows {
  /** Rows read by each reader, once for each scan fed. */
  readonly input: readonly number[]
  readonly output: number
}

/** Longer than this between two turns of the event loop, and timers, sockets and other queries suffer. */
const TURN_MS = 20

/**
 * Drives one epoch through the operators: scans that must be whole before the others, then the others, source after source, batch after batch.
 * Output goes to `write`; when that gives a promise, nothing more is read until it is done, and later output of the same step waits its turn.
 *
 * Memory: an arena's regions that were made while a batch was read and processed are released when the batch is done. Output batches that had to wait
 * for an earlier write are valid until then, as operators put output into the arena or into memory that they do not use again in this step.
 */
export async function executeEpoch(
  pipeline: Pipeline,
  epoch: Epoch,
  readers: readonly EpochReader[],
  write: (batch: Batch) => void | Promise<void>,
): Promise<EpochRows> {
  const output = new OutputQueue(write)
  const input = readers.map(() => 0)
  let turnBeganMs = performance.now()
  // A failed epoch may have left regions behind.
  epoch.arena.reset()
  pipeline.begin(epoch, output.emit)
  if (output.waiting) await output.drain()
  const mark = epoch.arena.mark()

  const step = async (): Promise<void> => {
    if (output.waiting) await output.drain()
    epoch.arena.release(mark)
    if (performance.now() - turnBeganMs > TURN_MS) {
      await nextTurn()
      turnBeganMs = performance.now()
    }
  }
  // Whether a step has to be awaited: awaiting each batch would cost more than small batches do.
  const stepNeeded = () => output.waiting || performance.now() - turnBeganMs > TURN_MS

  for (const first of [true, false]) {
    for (const [i, reader] of readers.entries()) {
      if ((reader.feeds[0]?.scan.first ?? false) !== first) continue
      const batches = reader.open(epoch)
      if (batches !== undefined) {
        if (Symbol.asyncIterator in batches) {
          for await (const batch of batches) {
            input[i]! += feed(pipeline, reader, batch)
            await step()
          }
        } else {
          for (const batch of batches) {
            input[i]! += feed(pipeline, reader, batch)
            if (stepNeeded()) await step()
            else epoch.arena.release(mark)
          }
        }
      }
      for (const { scan } of reader.feeds) pipeline.endScan(scan.id)
      if (stepNeeded()) await step()
      else epoch.arena.release(mark)
    }
  }
  epoch.arena.reset()
  return { input, output: output.rows }
}

function feed(pipeline: Pipeline, reader: EpochReader, batch: Batch): number {
  for (const { scan, columns } of reader.feeds) {
    const part =
      columns === null
        ? batch
        : new Batch(
            scan.schema,
            batch.rowCount,
            columns.map((c) => batch.columns[c]!),
            batch.partition,
            batch.weights,
          )
    pipeline.push(scan.id, part)
  }
  return batch.rowCount * reader.feeds.length
}

/** Output of synchronous operators for a sink that may be asynchronous: written in order, one at a time. */
class OutputQueue {
  rows = 0
  readonly emit: (batch: Batch) => void
  readonly #write: (batch: Batch) => void | Promise<void>
  #writing: Promise<void> | undefined
  #queue: Batch[] = []

  constructor(write: (batch: Batch) => void | Promise<void>) {
    this.#write = write
    this.emit = (batch) => {
      if (batch.rowCount === 0) return
      this.rows += batch.rowCount
      if (this.#writing !== undefined) {
        this.#queue.push(batch)
        return
      }
      const writing = this.#write(batch)
      if (writing !== undefined) {
        // Looked at by `drain`; should the operators throw before, its failure is not an unhandled one.
        writing.catch(() => {})
        this.#writing = writing
      }
    }
  }

  get waiting(): boolean {
    return this.#writing !== undefined
  }

  async drain(): Promise<void> {
    const writing = this.#writing
    const queue = this.#queue
    this.#queue = []
    await writing
    for (const batch of queue) await this.#write(batch)
    this.#writing = undefined
  }
}

/** Lets everything else that waits for the event loop run once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** What scans of one relation ask its source for: the columns of all of them; filters only where they all have the same, that is with one scan. */
export function planScan(
  scans: readonly ScanPort[],
): Omit<ScanRequest, 'arena' | 'onBadRecord'> & { readonly feeds: readonly ScanFeed[] } {
  const [only] = scans
  assert(only !== undefined, 'a relation without scans is read')
  if (scans.length === 1) {
    return { columns: only.columns, schema: only.schema, filters: only.filters, feeds: [{ scan: only, columns: null }] }
  }
  const columns = [...new Set(scans.flatMap((scan) => scan.columns))].sort((a, b) => a - b)
  const schema: Schema = columns.map((c) => {
    const { name, type, nullable } = only.relation.schema[c]!
    return field(name, type, nullable)
  })
  const feeds = scans.map((scan) => ({ scan, columns: scan.columns.map((c) => columns.indexOf(c)) }))
  return { columns, schema, filters: [], feeds }
}

/** Reads a table anew in every epoch, for one scan. */
export function tableReader(
  relations: readonly BoundRelation[],
  scan: ScanPort,
  environment: {
    readonly settings: Settings
    readonly clock: Clock
    readonly logger: Logger
    readonly onBadRecord?: ((relation: RelationDefinition, record: BadRecord) => void) | undefined
  },
): EpochReader {
  const { settings, clock, logger, onBadRecord } = environment
  const { relation } = scan
  const bound = relations.find((entry) => entry.relation.key === relation.key)
  assert(bound !== undefined, `relation ${relation.name} is not bound`)
  const { definition } = bound
  if (definition.readTable === undefined) {
    throw new UsageError('UNSUPPORTED_BATCH_SOURCE', {
      message: `source "${definition.name}" cannot be read as a table`,
      hint: `Read "${relation.name}" as a stream.`,
    })
  }
  const request = planScan([scan])
  return {
    feeds: request.feeds,
    open: (epoch) =>
      definition.readTable!(
        { options: relation.options, schema: relation.schema, settings, clock, logger },
        { ...request, arena: epoch.arena, onBadRecord: onBadRecord && ((record) => onBadRecord(relation, record)) },
      ),
  }
}
