import { rowsOf } from '../columnar/batch.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import type { Row } from '../types/value.ts'
import type { Session } from './session.ts'

/** Runs a query over tables and holds its rows, with the analysed plan that they are of. */
export async function collectRows(
  session: Session,
  query: LogicalPlan,
): Promise<{ readonly plan: LogicalPlan; readonly rows: readonly Row[] }> {
  const plan = session.analyze(query)
  const rows: Row[] = []
  await session.runBatch(plan, (batch) => {
    rows.push(...rowsOf(batch))
  })
  return { plan, rows }
}
