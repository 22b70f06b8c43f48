import { AnalysisError } from '../errors/engine-error.ts'
import type { Recursion, RecursiveReference } from '../plan/logical-plan.ts'
import { schemaOf } from '../plan/output.ts'
import type { RecursionNode, ScanNode } from './incremental-plan.ts'
import { Planner } from './planner.ts'

const REFERENCE_PROVIDER = 'recursive reference'

/**
 * The step becomes a plan of its own. What it reads besides the rows of the round before is scanned outside, once, also when that is the
 * reference of a recursion around.
 */
export function planRecursion(planner: Planner, plan: Recursion): RecursionNode {
  if (planner.isIncremental(plan)) {
    throw new AnalysisError('_LEGACY_ERROR_TEMP_3102', {
      message: `the recursive "${plan.name}" reads a stream: its rows are never all there to begin the next round with`,
      hint: 'Recurse over tables, and join the result with the stream.',
      span: plan.span,
    })
  }
  const { settings } = planner.options
  const anchor = planner.plan(plan.anchor).node
  const inside = new Planner({ ...planner.options, mode: 'batch' })
  const root = inside.plan(plan.step).node
  const own = referenceKey(plan.reference)
  const tables: ScanNode[] = []
  const feeds = inside.scans.map((scan) => {
    if (scan.relation.key === own) return 'last' as const
    tables.push(planner.scanOf(scan))
    return tables.length
  })
  return {
    kind: 'recursion',
    name: plan.name,
    output: schemaOf(plan),
    anchor,
    tables,
    step: { mode: 'batch', root, output: schemaOf(plan), scans: inside.scans },
    feeds,
    levelLimit: plan.maxLevel ?? Number(settings.get('spark.sql.cteRecursionLevelLimit')),
    rowLimit: plan.rowLimit === 'all' ? -1 : Number(settings.get('spark.sql.cteRecursionRowLimit')),
    enoughRows: typeof plan.rowLimit === 'number' ? plan.rowLimit : undefined,
  }
}

/** The reference as a scan, which the recursion feeds. */
export function recursiveScan(plan: RecursiveReference): Omit<ScanNode, 'port'> {
  const schema = schemaOf(plan)
  return {
    kind: 'scan',
    output: schema,
    relation: {
      key: referenceKey(plan.reference),
      name: plan.name,
      provider: REFERENCE_PROVIDER,
      options: {},
      schema,
      streaming: false,
    },
    columns: schema.map((_, i) => i),
    filters: [],
    first: true,
  }
}
function referenceKey(reference: number): string {
  return `${REFERENCE_PROVIDER} ${reference}`
}
