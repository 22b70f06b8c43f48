import type { ColumnRef, Expression } from '../expr/expression.ts'
import { conjunctsOf } from '../plan/join-bounds.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn, outerColumns } from '../plan/references.ts'
import { expressionsOf, inputsOf } from '../plan/walk.ts'
import { type Correlated, overDomain } from './correlation-domain.ts'
import { allOf } from './push-down-filters.ts'
import type { OptimizerContext } from './rule.ts'

/**
 * Two ways. Correlated conditions of filters are pulled up into the join where nothing stands in between that would count rows.
 * Otherwise the distinct values of the outer columns are joined in at the bottom (a domain) and carried through as further keys;
 * that reads the outer side twice, which a stream cannot.
 * Source: the pull-up of Spark's PullupCorrelatedPredicates, the domain of Neumann and Kemper, "Unnesting Arbitrary Queries" (2015).
 * `everyRow`: a global aggregate inside must give its row also where nothing matches (LATERAL).
 */
export function correlatedRows(query: LogicalPlan, around: LogicalPlan, context: OptimizerContext, everyRow = false): Correlated {
  const columns = outputOf(query)
  if (outerColumns(query).size === 0) return { plan: query, conditions: [], columns }
  const pulled = everyRow && hasGlobalAggregate(query) ? undefined : pullUp(query)
  if (pulled !== undefined) return { ...pulled, columns }
  return overDomain(query, around, context)
}

function hasGlobalAggregate(plan: LogicalPlan): boolean {
  if (plan.kind === 'aggregate') return plan.grouping.length === 0
  return inputsOf(plan).some(hasGlobalAggregate)
}

// ---- pulling conditions up

export function pullUp(plan: LogicalPlan): { plan: LogicalPlan; conditions: Expression[] } | undefined {
  const outer = outerColumns(plan)
  if (outer.size === 0) return { plan, conditions: [] }
  const readsOuter = (e: Expression): boolean => [...columnsIn(e).keys()].some((id) => outer.has(id))
  switch (plan.kind) {
    case 'filter': {
      const below = pullUp(plan.input)
      if (below === undefined) return undefined
      const conjuncts = conjunctsOf(plan.condition)
      const condition = allOf(conjuncts.filter((c) => !readsOuter(c)))
      return {
        plan: condition === undefined ? below.plan : { ...plan, condition, input: below.plan },
        conditions: [...below.conditions, ...conjuncts.filter(readsOuter)],
      }
    }
    case 'project': {
      const below = pullUp(plan.input)
      if (below === undefined || plan.expressions.some(readsOuter)) return undefined
      return {
        plan: { ...plan, expressions: withColumns(plan.expressions, below), input: below.plan },
        conditions: below.conditions,
      }
    }
    case 'aggregate': {
      const below = pullUp(plan.input)
      if (below === undefined || plan.grouping.length === 0 || expressionsOf(plan).some(readsOuter)) return undefined
      const keys = equalityKeys(below.conditions, outer)
      if (keys === undefined) return undefined
      return {
        plan: {
          ...plan,
          grouping: withColumns(plan.grouping, below),
          aggregates: withColumns(plan.aggregates, below),
          input: below.plan,
        },
        conditions: below.conditions,
      }
    }
    case 'join': {
      if (plan.lateral || plan.type === 'full') return undefined
      const left = pullUp(plan.left)
      const right = pullUp(plan.right)
      const inner = plan.type === 'inner' || plan.type === 'cross'
      if (left === undefined || right === undefined) return undefined
      if (left.conditions.length > 0 && !inner && plan.type === 'right') return undefined
      if (right.conditions.length > 0 && !inner && plan.type !== 'right') return undefined
      const conjuncts = conjunctsOf(plan.condition)
      const moved = conjuncts.filter(readsOuter)
      if (moved.length > 0 && !inner) return undefined
      const { condition: _condition, ...rest } = plan
      const condition = allOf(conjuncts.filter((c) => !readsOuter(c)))
      return {
        plan: { ...rest, left: left.plan, right: right.plan, ...(condition && { condition }) },
        conditions: [...left.conditions, ...right.conditions, ...moved],
      }
    }
    case 'alias':
    case 'sort':
    case 'repartition':
    case 'hint': {
      const below = pullUp(plan.input)
      if (below === undefined || expressionsOf(plan).some(readsOuter)) return undefined
      return plan.kind === 'alias' ? below : { plan: { ...plan, input: below.plan }, conditions: below.conditions }
    }
    default:
      return undefined
  }
}

/** A list with the columns that the pulled conditions read of the input below. */
function withColumns(
  list: readonly Expression[],
  below: { readonly plan: LogicalPlan; readonly conditions: readonly Expression[] },
): Expression[] {
  const shown = new Set(list.map((e) => columnOf(e).id))
  const needed = new Set(below.conditions.flatMap((c) => [...columnsIn(c).keys()]))
  return [...list, ...outputOf(below.plan).filter((c) => needed.has(c.id) && !shown.has(c.id))]
}

/** The inner sides when every condition is an equality with the outside: grouping by them then counts the same rows. */
export function equalityKeys(conditions: readonly Expression[], outer: ReadonlyMap<number, ColumnRef>): Expression[] | undefined {
  const keys: Expression[] = []
  for (const condition of conditions) {
    if (condition.kind !== 'call' || (condition.name !== '=' && condition.name !== '<=>')) return undefined
    const side = condition.args.find((arg) => arg.kind === 'column' && !outer.has(arg.id))
    const other = condition.args.find((arg) => arg !== side)
    if (side === undefined || other === undefined || [...columnsIn(other).keys()].some((id) => !outer.has(id))) return undefined
    keys.push(side)
  }
  return keys
}
