import { EngineError } from '../../../engine/errors/engine-error.ts'
import { QueryRows } from './query-rows.ts'

/** The condition a statement is refused or fails with; undefined when it answers. */
export function conditionOf(sql: string, session = new QueryRows()): string | undefined {
  try {
    session.run(sql)
    return undefined
  } catch (error) {
    if (error instanceof EngineError) return error.condition
    throw error
  }
}
