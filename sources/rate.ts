import type { Clock } from '../engine/clock.ts'
import { BATCH_ROWS_MAX, Batch } from '../engine/columnar/batch.ts'
import { Column } from '../engine/columnar/column.ts'
import type { Offset } from '../engine/connect/offset.ts'
import { type OptionDefinition, readOptions } from '../engine/connect/options.ts'
import type { ScanRequest, Source, SourceDefinition } from '../engine/connect/source.ts'
import { UsageError } from '../engine/errors/engine-error.ts'
import { BIGINT, field, type Schema, TIMESTAMP } from '../engine/types/data-type.ts'

export const RATE_SCHEMA: Schema = [field('timestamp', TIMESTAMP), field('value', BIGINT)]

const OPTIONS: readonly OptionDefinition[] = [
  { name: 'rowsPerSecond', type: 'long', default: '1', description: 'Rows made each second.' },
  {
    name: 'rampUpTime',
    type: 'duration',
    default: '0s',
    description: 'How long it takes to come up to rowsPerSecond; whole seconds.',
  },
  { name: 'numPartitions', type: 'int', default: '1', description: 'Partitions that the rows are dealt to.' },
]

/** Values 0, 1, 2, … at a steady rate: for trying things out. */
export const rateSource: SourceDefinition = {
  name: 'rate',
  options: OPTIONS,
  description:
    'Makes rows at a steady rate, each with a counter and the time it stands for. Rows appear at whole seconds; after a pause the next epoch has all that were due.',
  schema(options, given) {
    refuseSchema('rate', given)
    rateOptions(options)
    return RATE_SCHEMA
  },
  async openStream(environment) {
    const rate = rateOptions(environment.options)
    const logged = await environment.log.read()
    let createdMs = (logged[0]?.value as { readonly createdMs: number } | undefined)?.createdMs
    if (createdMs === undefined) {
      createdMs = environment.clock.nowMs()
      await environment.log.append(0, { createdMs })
    }
    return new RateSource(rate, createdMs, environment.clock)
  },
}

interface Rate {
  readonly rowsPerSecond: number
  readonly rampUpSeconds: number
  readonly partitions: number
}

function rateOptions(given: Readonly<Record<string, string>>): Rate {
  const options = readOptions(OPTIONS, given, 'source "rate"')
  return {
    rowsPerSecond: positiveOption('rate', 'rowsPerSecond', options.number('rowsPerSecond')!),
    rampUpSeconds: Math.floor(options.durationMs('rampUpTime')! / 1000),
    partitions: positiveOption('rate', 'numPartitions', options.number('numPartitions')!),
  }
}

export function positiveOption(source: string, name: string, value: number): number {
  if (value > 0) return value
  throw new UsageError('INVALID_OPTION', {
    message: `option "${name}" of source "${source}" must be positive, not ${value}`,
    parameters: { option: name, value: String(value) },
  })
}
export function refuseSchema(source: string, given: Schema | undefined): void {
  if (given === undefined) return
  throw new UsageError('USER_SPECIFIED_SCHEMA_NOT_ALLOWED', {
    message: `source "${source}" has a schema of its own`,
    hint: 'Leave the columns out.',
  })
}

/** How many values there are after `seconds`: a linear ramp first, then rowsPerSecond each. */
export function valueAtSecond(seconds: number, rate: Pick<Rate, 'rowsPerSecond' | 'rampUpSeconds'>): number {
  const { rowsPerSecond, rampUpSeconds } = rate
  const step = Math.floor(rowsPerSecond / (rampUpSeconds + 1))
  const ramp = Math.min(seconds, rampUpSeconds)
  const ramped = Math.floor((ramp * (ramp + 1)) / 2) * step
  return ramped + Math.max(0, seconds - rampUpSeconds) * rowsPerSecond
}

/**
 * offsets  whole seconds since the source was first started, which its log remembers
 * law      values and their times follow from the range of seconds alone
 * source   Spark's RateStreamMicroBatchStream
 */
class RateSource implements Source {
  readonly schema = RATE_SCHEMA
  readonly description: string
  readonly #rate: Rate
  readonly #createdMs: number
  readonly #clock: Clock
  #latest = 0

  constructor(rate: Rate, createdMs: number, clock: Clock) {
    this.#rate = rate
    this.#createdMs = createdMs
    this.#clock = clock
    this.description = `RateStreamV2[rowsPerSecond=${rate.rowsPerSecond}, rampUpTimeSeconds=${rate.rampUpSeconds}, numPartitions=${rate.partitions}]`
  }

  async latestOffset(after: Offset | null): Promise<Offset | null> {
    // A clock that is set back must not take seconds back.
    const seconds = Math.floor((this.#clock.nowMs() - this.#createdMs) / 1000)
    this.#latest = Math.max(this.#latest, secondsOf(after), seconds)
    return this.#latest
  }

  *read(after: Offset | null, through: Offset, scan: ScanRequest): Iterable<Batch> {
    const start = secondsOf(after)
    const end = secondsOf(through)
    const first = valueAtSecond(start, this.#rate)
    const count = valueAtSecond(end, this.#rate) - first
    const startMs = this.#createdMs + start * 1000
    const msPerValue = ((end - start) * 1000) / count
    yield* valueBatches(scan, first, count, this.#rate.partitions, (i) => startMs + Math.round(i * msPerValue))
  }

  async waitForData(after: Offset | null, signal: AbortSignal): Promise<void> {
    const dueMs = this.#createdMs + (secondsOf(after) + 1) * 1000
    await this.#clock.sleep(Math.max(0, dueMs - this.#clock.nowMs()), signal)
  }
  reportLatest(): Offset | null {
    return this.#latest
  }
  async commit(): Promise<void> {}
  async close(): Promise<void> {}
}

function secondsOf(offset: Offset | null): number {
  return offset === null ? 0 : (offset as number)
}

/** Rows (timestamp, value) for values first, first + 1, …: value first + i is in partition i mod `partitions`. `timeMs` is given i. */
export function* valueBatches(
  scan: ScanRequest,
  first: number,
  count: number,
  partitions: number,
  timeMs: (i: number) => number,
): Iterable<Batch> {
  for (let partition = 0; partition < partitions; partition++) {
    for (let at = partition; at < count; at += BATCH_ROWS_MAX * partitions) {
      const rows = Math.min(BATCH_ROWS_MAX, Math.ceil((count - at) / partitions))
      const columns = scan.columns.map((c) => {
        const values = scan.arena.int64(rows)
        for (let row = 0; row < rows; row++) {
          const i = at + row * partitions
          values[row] = c === 0 ? BigInt(timeMs(i)) * 1000n : BigInt(first + i)
        }
        return new Column(RATE_SCHEMA[c]!.type, rows, null, values)
      })
      yield new Batch(scan.schema, rows, columns, partition)
    }
  }
}
