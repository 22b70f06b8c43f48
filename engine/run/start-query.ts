import { utcTime } from '../observe/progress.ts'
import type { QueryDefinition } from './query-definition.ts'
import { QueryExecution } from './query-execution.ts'
import { QueryLoop } from './query-loop.ts'
import { StreamingQuery } from './streaming-query.ts'

/**
 * Starts a query: opens its checkpoint, recovers, opens sources and sink, tells the listeners, and lets the loop run.
 * Rejects, with everything closed again, when one of these cannot be opened or the checkpoint is another query's.
 */
export async function startQuery(definition: QueryDefinition): Promise<StreamingQuery> {
  const execution = await QueryExecution.open(definition)
  const identity = { id: execution.queryId, runId: execution.runId, name: definition.name }
  const loop = new QueryLoop(definition, execution, identity)
  const query = new StreamingQuery(identity, loop, definition.clock, definition.explain)
  definition.listeners.started({
    id: query.id,
    runId: query.runId,
    name: query.name,
    timestamp: utcTime(definition.clock.nowMs()),
  })
  definition.logger.info('query started', { id: query.id, runId: query.runId, name: query.name })
  loop.start()
  return query
}
