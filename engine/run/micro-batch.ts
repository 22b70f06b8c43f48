import type { PlannedEpoch } from '../checkpoint/records.ts'
import { systemClock } from '../clock.ts'
import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Offset } from '../connect/offset.ts'
import type { EpochWriter, Sink } from '../connect/sink.ts'
import type { Logger } from '../log.ts'
import type { EventTimeStatistics } from '../operators/pipeline.ts'
import { type EpochRows, executeEpoch } from './execute-plan.ts'
import type { QueryParts } from './recovery.ts'
import type { WatermarkTracker } from './watermark-tracker.ts'

/** What an epoch did, for the progress report. Times in milliseconds. */
export interface EpochResult {
  readonly rows: EpochRows
  readonly eventTimes: readonly EventTimeStatistics[]
  /** Making the plan durable; undefined when it was already. */
  readonly planMs: number | undefined
  readonly runMs: number
  readonly commitMs: number
}

/**
 * Runs one planned epoch, steps 2 to 8 of its life (step 1, what to read, is QueryExecution's):
 * 2 the plan is durable; 3, 4, 5 sources through the operators to the end of input; 6 the sink has the epoch; 7 state and commit are durable;
 * 8 the watermark advances and sources may forget.
 *
 * `planned`: the epoch is in the log already, from a run that did not commit it. Throws whatever a step throws; the operators are then half way and
 * must be made anew before the epoch is tried again.
 */
export async function runEpoch(
  parts: QueryParts,
  epoch: PlannedEpoch,
  alreadyPlanned: boolean,
  sink: Sink,
  watermark: WatermarkTracker,
  arena: Arena,
  logger: Logger,
): Promise<EpochResult> {
  const { checkpoint, pipeline, sources, context } = parts
  const started = performance.now()
  if (!alreadyPlanned) await checkpoint.planned(epoch)
  const planned = performance.now()

  epoch.offsets.forEach(({ start, end }, i) => {
    sources[i]!.after = start as Offset | null
    sources[i]!.through = end as Offset | null
  })
  context.epoch.timestampMs = epoch.timestampMs
  context.epoch.wallMs = systemClock.nowMs()
  context.epoch.epochId = epoch.epoch
  const { timestampMs, watermarkMs, lateWatermarkMs } = epoch
  const rows = await writeEpoch(sink, epoch.epoch, logger, (write) =>
    executeEpoch(pipeline, { id: epoch.epoch, timestampMs, watermarkMs, lateWatermarkMs, arena }, parts.readers, write),
  )
  const ran = performance.now()

  const eventTimes = pipeline.eventTimes()
  watermark.advance(eventTimes)
  await checkpoint.committed({ epoch: epoch.epoch, nextWatermarkMs: watermark.globalMs })
  for (const open of sources) open.after = open.through
  const committed = performance.now()
  return {
    rows,
    eventTimes,
    planMs: alreadyPlanned ? undefined : planned - started,
    runMs: ran - planned,
    commitMs: committed - ran,
  }
}

/** Puts an epoch's output into the sink. A sink that has the epoch already gets nothing: it only runs for the state's sake. */
async function writeEpoch(
  sink: Sink,
  epoch: number,
  logger: Logger,
  run: (write: (batch: Batch) => void | Promise<void>) => Promise<EpochRows>,
): Promise<EpochRows> {
  const writer = await sink.begin(epoch)
  if (writer === 'skip') return run(() => {})
  try {
    const rows = await run((batch) => writer.append(batch))
    await writer.commit()
    return rows
  } catch (error) {
    await abort(writer, sink, epoch, logger)
    throw error
  }
}

async function abort(writer: EpochWriter, sink: Sink, epoch: number, logger: Logger): Promise<void> {
  try {
    await writer.abort()
  } catch (error) {
    // The failure of the epoch is the one to be told; this one only means that the sink may hold what the next try writes again.
    logger.warn('a failed epoch could not be taken back from the sink', { sink: sink.description, epoch, error: String(error) })
  }
}
