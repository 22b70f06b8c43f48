import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { type Offset, sameOffset } from '../connect/offset.ts'
import type { Source } from '../connect/source.ts'
import { assert } from '../errors/assert.ts'
import { UsageError } from '../errors/engine-error.ts'
import type { Pipeline } from '../operators/pipeline.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import type { Settings } from '../types/settings.ts'
import { type EpochReader, planScan, tableReader } from './execute-plan.ts'
import type { QueryDefinition } from './query-definition.ts'

/** A streaming source of a running query, with the range that the epoch reads. */
export class OpenSource {
  readonly relation: RelationDefinition
  readonly source: Source
  /** Rows up to here have been read by committed epochs. */
  after: Offset | null = null
  /** The running epoch reads to here. */
  through: Offset | null = null

  constructor(relation: RelationDefinition, source: Source) {
    this.relation = relation
    this.source = source
  }

  get hasRange(): boolean {
    return this.through !== null && !sameOffset(this.after, this.through)
  }
}

/** Opens the streaming relations, source n of the checkpoint being the n-th of them. When one cannot be opened, those before it are closed. */
export async function openSources(
  definition: QueryDefinition,
  settings: Settings,
  checkpoint: Checkpoint,
): Promise<OpenSource[]> {
  const opened: OpenSource[] = []
  try {
    for (const { relation, definition: connector } of definition.relations) {
      if (!relation.streaming) continue
      if (connector.openStream === undefined) {
        throw new UsageError('UNSUPPORTED_STREAMING_SOURCE', {
          message: `source "${connector.name}" cannot be read as a stream`,
          hint: `Read "${relation.name}" as a table.`,
        })
      }
      const source = await connector.openStream({
        options: relation.options,
        schema: relation.schema,
        settings,
        clock: definition.clock,
        logger: definition.logger,
        queryId: checkpoint.queryId,
        log: checkpoint.sourceLog(opened.length),
      })
      opened.push(new OpenSource(relation, source))
    }
    return opened
  } catch (error) {
    await closeSources(opened, definition)
    throw error
  }
}

/** Closes all of them; one that cannot be closed is logged and does not keep the others open. */
export async function closeSources(sources: readonly OpenSource[], definition: QueryDefinition): Promise<void> {
  for (const { source } of sources) {
    try {
      await source.close()
    } catch (error) {
      definition.logger.warn('a source could not be closed', { source: source.description, error: String(error) })
    }
  }
}

/** Readers for all scans of a pipeline: one for each streaming source, in the order of `sources`, then one for each scan of a table. */
export function epochReaders(
  pipeline: Pipeline,
  sources: readonly OpenSource[],
  definition: QueryDefinition,
  settings: Settings,
): EpochReader[] {
  const { leftOut } = definition
  const onBadRecord = leftOut?.wantsBad ? leftOut.bad.bind(leftOut) : undefined
  const streaming = sources.map((open): EpochReader => {
    const scans = pipeline.scans.filter((scan) => scan.relation.streaming && scan.relation.key === open.relation.key)
    // Optimised away (WHERE false): its offsets go on, its rows are not read.
    if (scans.length === 0) return { feeds: [], open: () => undefined }
    const request = planScan(scans)
    return {
      feeds: request.feeds,
      open: (epoch) =>
        open.hasRange
          ? open.source.read(open.after, open.through!, {
              ...request,
              arena: epoch.arena,
              onBadRecord: onBadRecord && ((record) => onBadRecord(open.relation, record)),
            })
          : undefined,
    }
  })
  const tables = pipeline.scans
    .filter((scan) => !scan.relation.streaming)
    .map((scan) => tableReader(definition.relations, scan, { ...definition, settings, onBadRecord }))
  const fed = streaming.reduce((sum, reader) => sum + reader.feeds.length, tables.length)
  assert(fed === pipeline.scans.length, 'every scan of the plan has a bound relation')
  return [...streaming, ...tables]
}
