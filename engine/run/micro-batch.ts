import type { PlannedEpoch } from '../checkpoint/records.ts'
import { systemClock } from '../clock.ts'
import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Offset } from '../connect/offset.ts'
import type { EpochWriter, Sink } from '../connect/sink.ts'
import type { Logger } from '../log.ts'
import type { StatefulReport } from '../operators/operator.ts'
import type { EventTimeStatistics } from '../operators/pipeline.ts'
import { type EpochReader, type EpochRows, executeEpoch } from './execute-plan.ts'
import type { QueryDefinition } from './query-definition.ts'
import type { QueryParts } from './recovery.ts'
import type { WatermarkTracker } from './watermark-tracker.ts'

/** What an epoch did, for the progress report. Times in milliseconds. */
export interface EpochResult {
  readonly rows: EpochRows
  readonly eventTimes: readonly EventTimeStatistics[]
  readonly reports: readonly StatefulReport[]
  /** The watermark that state was evicted by in the end: the planned one, or the epoch's own. */
  readonly evictedMs: number
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
  { logger, leftOut }: Pick<QueryDefinition, 'logger' | 'leftOut'>,
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
  leftOut?.begin(epoch)
  // Above what the nodes say when sources were idle and everything was to be closed.
  watermark.raise(watermarkMs)
  let eventTimes: readonly EventTimeStatistics[] = []
  let reports: readonly StatefulReport[] = []
  let evictedMs = watermarkMs
  const rows = await writeEpoch(sink, epoch.epoch, logger, async (write) => {
    const first = { id: epoch.epoch, timestampMs, watermarkMs, lateWatermarkMs, arena }
    const done = await executeEpoch(pipeline, first, parts.readers, write)
    eventTimes = pipeline.eventTimes()
    reports = pipeline.reports()
    watermark.advance(eventTimes, timestampMs)
    if (epoch.emitsAtOnce === undefined || !pipeline.wantsEpochAt(watermark.globalMs, watermarkMs)) return done
    // As an epoch without data would, which Spark runs next: the tables are read again, the streams are not.
    evictedMs = watermark.globalMs
    const second = { ...first, watermarkMs: evictedMs, lateWatermarkMs: watermarkMs }
    const more = await executeEpoch(pipeline, second, parts.readers.map(withoutStreams), write)
    reports = addReports(reports, pipeline.reports())
    return { input: done.input, output: done.output + more.output }
  })
  const ran = performance.now()

  await checkpoint.committed({
    epoch: epoch.epoch,
    nextWatermarkMs: watermark.globalMs,
    ...(watermark.nodesMs.length > 0 && { nodeWatermarksMs: [...watermark.nodesMs] }),
    ...(evictedMs !== watermarkMs && { evictedMs }),
  })
  leftOut?.commit(checkpoint.queryId)
  for (const open of sources) open.after = open.through
  const committed = performance.now()
  return {
    rows,
    eventTimes,
    reports,
    evictedMs,
    planMs: alreadyPlanned ? undefined : planned - started,
    runMs: ran - planned,
    commitMs: committed - ran,
  }
}

function withoutStreams(reader: EpochReader): EpochReader {
  const isStream = reader.feeds[0]?.scan.relation.streaming ?? true
  return isStream ? { feeds: reader.feeds, open: () => undefined } : reader
}
/** Numbers of two passes of one epoch: what is there at the end, what changed in both. */
function addReports(first: readonly StatefulReport[], second: readonly StatefulReport[]): StatefulReport[] {
  return second.map((report, i) => ({
    ...report,
    numRowsUpdated: report.numRowsUpdated + first[i]!.numRowsUpdated,
    numRowsRemoved: report.numRowsRemoved + first[i]!.numRowsRemoved,
    numRowsDroppedByWatermark: report.numRowsDroppedByWatermark + first[i]!.numRowsDroppedByWatermark,
  }))
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
