import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { TemporaryCheckpoint } from '../checkpoint/checkpoint.ts'
import { DurableCheckpoint } from '../checkpoint/durable-checkpoint.ts'
import { describeOperators } from '../checkpoint/durable-table.ts'
import type { SyncPolicy } from '../checkpoint/log.ts'
import type { QueryDescription } from '../checkpoint/records.ts'
import type { Offset } from '../connect/offset.ts'
import { UsageError } from '../errors/engine-error.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { Pipeline } from '../operators/pipeline.ts'
import { type Settings, WATERMARK_POLICY } from '../types/settings.ts'
import type { EpochReader } from './execute-plan.ts'
import { closeSources, epochReaders, type OpenSource, openSources } from './open-sources.ts'
import type { QueryDefinition } from './query-definition.ts'

/** Settings that decide what the state and the watermark mean: the first run's hold for all later ones. */
const FROZEN_SETTINGS = [WATERMARK_POLICY, 'spark.sql.shuffle.partitions']
const SYNC = 'millrace.checkpoint.sync'
const SNAPSHOT_LOG_BYTES = 'millrace.checkpoint.snapshotLogBytes'

/** The parts of a query that stand and fall together: a failed epoch leaves its operators half way, so that all are made anew. */
export interface QueryParts {
  readonly checkpoint: Checkpoint
  readonly settings: Settings
  readonly context: EvaluationContext
  readonly pipeline: Pipeline
  readonly sources: readonly OpenSource[]
  /** The first ones are those of `sources`, in their order. */
  readonly readers: readonly EpochReader[]
}

export async function openCheckpoint(definition: QueryDefinition): Promise<Checkpoint> {
  const { checkpoint: place, settings } = definition
  if (place.temporary) return new TemporaryCheckpoint()
  return DurableCheckpoint.open(place.fileSystem, place.directory, {
    sync: syncPolicy(settings.get(SYNC) ?? 'epoch'),
    snapshotLogBytes: byteCount(settings.get(SNAPSHOT_LOG_BYTES) ?? String(1 << 20)),
  })
}

/**
 * Builds the operators, compares them with the checkpoint, fills their tables and opens the sources where the last committed epoch ended.
 * The checkpoint stays open when this fails: the caller closes it.
 */
export async function openParts(definition: QueryDefinition, checkpoint: Checkpoint): Promise<QueryParts> {
  const settings = withFrozen(definition, checkpoint.recovered.settings)
  const context: EvaluationContext = {
    timeZone: settings.timeZone,
    settings,
    epoch: { timestampMs: definition.clock.nowMs(), epochId: 0 },
  }
  const { leftOut } = definition
  const pipeline = definition.buildPipeline(context, settings, leftOut?.wantsLate ? leftOut.late.bind(leftOut) : undefined)
  await checkpoint.begin(describe(definition, settings, pipeline), pipeline.tables())
  const sources = await openSources(definition, settings, checkpoint)
  try {
    const { last } = checkpoint.recovered
    sources.forEach((open, i) => {
      open.after = (last?.planned.offsets[i]?.end ?? null) as Offset | null
    })
    return { checkpoint, settings, context, pipeline, sources, readers: epochReaders(pipeline, sources, definition, settings) }
  } catch (error) {
    await closeSources(sources, definition)
    throw error
  }
}

function describe(definition: QueryDefinition, settings: Settings, pipeline: Pipeline): QueryDescription {
  const frozen = FROZEN_SETTINGS.flatMap((key) => {
    const value = settings.get(key)
    return value === undefined ? [] : [[key, value] as const]
  })
  return {
    outputMode: definition.mode,
    sources: definition.relations
      .filter(({ relation }) => relation.streaming)
      .map(({ relation }) => ({ provider: relation.provider, name: relation.name })),
    operators: describeOperators(
      pipeline.stateful.map(({ id, operator }) => ({ id, name: operator.report?.operatorName ?? operator.name })),
      pipeline.tables(),
    ),
    settings: Object.fromEntries(frozen),
    planFingerprint: definition.planFingerprint,
  }
}

function withFrozen(definition: QueryDefinition, frozen: Readonly<Record<string, string>>): Settings {
  const settings = definition.settings.copy()
  for (const [key, value] of Object.entries(frozen)) {
    if (settings.isSet(key) && settings.get(key) !== value) {
      definition.logger.warn('a setting keeps the value it had when the checkpoint was made', {
        key,
        asked: settings.get(key),
        kept: value,
      })
    }
    settings.set(key, value)
  }
  return settings
}

function syncPolicy(text: string): SyncPolicy {
  if (text === 'epoch' || text === 'group' || text === 'off') return text
  throw badSetting(SYNC, text, 'It is one of epoch, group and off.')
}
function byteCount(text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw badSetting(SNAPSHOT_LOG_BYTES, text, 'It is a whole number of bytes.')
}
function badSetting(key: string, value: string, hint: string): UsageError {
  return new UsageError('INVALID_CONF_VALUE.REQUIREMENT', {
    message: `the value '${value}' in the config "${key}" is invalid`,
    hint,
    parameters: { confName: key, confValue: value },
  })
}
