import { collect } from '../expr/walk.ts'
import type { LogicalPlan, UnresolvedRelation } from './logical-plan.ts'
import { expressionsOf, inputsOf } from './walk.ts'

/** Tables, streams and views that an unresolved plan names, in subqueries too. Names that a WITH inside defines are not among them. */
export function namedRelations(plan: LogicalPlan): UnresolvedRelation[] {
  const found: UnresolvedRelation[] = []
  gather(plan, new Set(), found)
  return found
}

function gather(plan: LogicalPlan, defined: ReadonlySet<string>, into: UnresolvedRelation[]): void {
  if (plan.kind === 'unresolved_relation' && plan.arguments === undefined) {
    const own = plan.name.length === 1 && !plan.streamed && defined.has(plan.name[0]!.toLowerCase())
    if (!own) into.push(plan)
    return
  }
  let visible = defined
  if (plan.kind === 'with') {
    for (const { name, query } of plan.definitions) {
      const withOwn = new Set(visible).add(name.toLowerCase())
      gather(query, plan.recursive ? withOwn : visible, into)
      visible = withOwn
    }
  }
  for (const input of inputsOf(plan)) gather(input, visible, into)
  for (const query of subqueriesOf(plan)) gather(query, visible, into)
}

/** The queries inside the expressions of a node. */
export function subqueriesOf(plan: LogicalPlan): LogicalPlan[] {
  return expressionsOf(plan)
    .flatMap((e) => collect(e, (n) => n.kind === 'subquery'))
    .map((subquery) => subquery.query as LogicalPlan)
}
