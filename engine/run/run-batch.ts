import type { Clock } from '../clock.ts'
import { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { BadRecord } from '../connect/source.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { Logger } from '../log.ts'
import type { Pipeline } from '../operators/pipeline.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import { executeEpoch, tableReader } from './execute-plan.ts'
import type { BoundRelation } from './query-definition.ts'

/** A query over tables only. */
export interface BatchDefinition {
  readonly relations: readonly BoundRelation[]
  readonly buildPipeline: (context: EvaluationContext, settings: Settings) => Pipeline
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
  /** Takes records that could not be decoded (BAD ROWS TO). */
  readonly onBadRecord?: (relation: RelationDefinition, record: BadRecord) => void
}

/**
 * Runs a query over tables: one epoch that reads everything and emits everything.
 * `onBatch` gets the result in order; a batch is valid until the call, or the promise it gives, is done. Gives the schema of the result.
 */
export async function runBatch(definition: BatchDefinition, onBatch: (batch: Batch) => void | Promise<void>): Promise<Schema> {
  const { settings, clock } = definition
  const timestampMs = clock.nowMs()
  const context: EvaluationContext = { timeZone: settings.timeZone, settings, epoch: { timestampMs, epochId: 0 } }
  const pipeline = definition.buildPipeline(context, settings)
  const arena = new Arena()
  const epoch = { id: 0, timestampMs, watermarkMs: 0, lateWatermarkMs: 0, arena }
  const readers = pipeline.scans.map((scan) => tableReader(definition.relations, scan, definition))
  await executeEpoch(pipeline, epoch, readers, onBatch)
  return pipeline.output
}
