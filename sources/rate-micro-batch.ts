import type { Batch } from '../engine/columnar/batch.ts'
import type { Offset } from '../engine/connect/offset.ts'
import { type OptionDefinition, readOptions } from '../engine/connect/options.ts'
import type { ScanRequest, Source, SourceDefinition } from '../engine/connect/source.ts'
import { positiveOption, RATE_SCHEMA, refuseSchema, valueBatches } from './rate.ts'

const NAME = 'rate-micro-batch'
const OPTIONS: readonly OptionDefinition[] = [
  { name: 'rowsPerBatch', type: 'long', required: true, description: 'Rows of each epoch.' },
  { name: 'numPartitions', type: 'int', default: '1', description: 'Partitions that the rows are dealt to.' },
  {
    name: 'startTimestamp',
    type: 'long',
    default: '0',
    description: 'Timestamp of the first epoch, in milliseconds since 1970.',
  },
  {
    name: 'advanceMillisPerBatch',
    type: 'long',
    default: '1000',
    description: 'How far the timestamp moves with each epoch, in milliseconds.',
  },
]

/** The same number of rows in every epoch, whatever the time: for tests that must come out the same. */
export const rateMicroBatchSource: SourceDefinition = {
  name: NAME,
  options: OPTIONS,
  description: 'Makes the same number of rows in every epoch, all with one timestamp that advances by epoch. Always has more.',
  schema(options, given) {
    refuseSchema(NAME, given)
    microBatchOptions(options)
    return RATE_SCHEMA
  },
  async openStream(environment) {
    return new RateMicroBatchSource(microBatchOptions(environment.options))
  },
}

interface MicroBatchRate {
  readonly rowsPerBatch: number
  readonly partitions: number
  readonly startMs: number
  readonly advanceMs: number
}

function microBatchOptions(given: Readonly<Record<string, string>>): MicroBatchRate {
  const options = readOptions(OPTIONS, given, `source "${NAME}"`)
  return {
    rowsPerBatch: positiveOption(NAME, 'rowsPerBatch', options.number('rowsPerBatch')!),
    partitions: positiveOption(NAME, 'numPartitions', options.number('numPartitions')!),
    startMs: options.number('startTimestamp')!,
    advanceMs: options.number('advanceMillisPerBatch')!,
  }
}

/**
 * offsets  {"offset": values so far, "timestamp": the next epoch's}
 * source   Spark's RatePerMicroBatchStream
 */
class RateMicroBatchSource implements Source {
  readonly schema = RATE_SCHEMA
  readonly description: string
  readonly #rate: MicroBatchRate

  constructor(rate: MicroBatchRate) {
    this.#rate = rate
    this.description = `RatePerMicroBatchStream[rowsPerBatch=${rate.rowsPerBatch}, numPartitions=${rate.partitions}, startTimestamp=${rate.startMs}, advanceMillisPerBatch=${rate.advanceMs}]`
  }

  async latestOffset(after: Offset | null): Promise<Offset | null> {
    const { offset, timestamp } = this.#positionOf(after)
    return { offset: offset + this.#rate.rowsPerBatch, timestamp: timestamp + this.#rate.advanceMs }
  }
  *read(after: Offset | null, through: Offset, scan: ScanRequest): Iterable<Batch> {
    const start = this.#positionOf(after)
    const count = this.#positionOf(through).offset - start.offset
    yield* valueBatches(scan, start.offset, count, this.#rate.partitions, () => start.timestamp)
  }
  async commit(): Promise<void> {}
  async close(): Promise<void> {}

  #positionOf(offset: Offset | null): { readonly offset: number; readonly timestamp: number } {
    if (offset === null) return { offset: 0, timestamp: this.#rate.startMs }
    return offset as { readonly offset: number; readonly timestamp: number }
  }
}
