import { type ColumnRef, call, type Expression } from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import { conjunctsOf } from '../plan/join-bounds.ts'
import type { Join, LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { columnsIn, replaceColumns } from '../plan/references.ts'
import { transformPlanUp } from '../plan/walk.ts'
import { BOOLEAN } from '../types/data-type.ts'
import { allOf } from './push-down-filters.ts'
import { isDeterministic, type OptimizerContext, type OptimizerRule } from './rule.ts'

/**
 * Filters that a join's condition implies for a side whose rows it does not keep: a column that must equal or be compared with another is not NULL, and
 * what is known of one side of an equality holds for the other. Inner and left semi joins filter both sides, outer joins the nullable one.
 *
 * More than speed: such a filter passes a watermark below the join, so that a row with a NULL key does not move it, and is never stored.
 * Source: Spark's InferFiltersFromConstraints.
 */
export const inferJoinFilters: OptimizerRule = {
  name: 'infer-join-filters',
  required: true,
  apply: (plan, context) => transformPlanUp(plan, (node) => (node.kind === 'join' ? withInferred(node, context) : node)),
}

function withInferred(join: Join, context: OptimizerContext): LogicalPlan {
  if (join.lateral || join.condition === undefined || join.type === 'full' || join.type === 'cross') return join
  const intoLeft = join.type === 'inner' || join.type === 'left_semi' || join.type === 'right'
  const intoRight = join.type !== 'right'
  const conjuncts = conjunctsOf(join.condition).filter((c) => isDeterministic(c, context))
  const known = [...conjuncts, ...holdingIn(join.left), ...holdingIn(join.right)].filter((c) => isDeterministic(c, context))
  const implied = [...known, ...known.flatMap((c) => transferred(c, conjuncts))]
  const facts = [...implied, ...implied.flatMap(notNulls)]
  const left = intoLeft ? newFacts(join.left, facts) : []
  const right = intoRight ? newFacts(join.right, facts) : []
  if (left.length === 0 && right.length === 0) return join
  const over = (facts: readonly Expression[], input: LogicalPlan): LogicalPlan =>
    facts.length === 0 ? input : { kind: 'filter', condition: allOf(facts)!, input }
  return { ...join, left: over(left, join.left), right: over(right, join.right) }
}

/** Those that read only the side, at least one of its columns, and are not known to hold there already. */
function newFacts(side: LogicalPlan, facts: readonly Expression[]): Expression[] {
  const own = new Map(outputOf(side).map((c) => [c.id, c]))
  const seen = new Set(holdingIn(side).map(meaningOf))
  const fresh: Expression[] = []
  for (const fact of facts) {
    const columns = [...columnsIn(fact).keys()]
    const meaning = meaningOf(fact)
    if (columns.length === 0 || seen.has(meaning) || !columns.every((id) => own.has(id))) continue
    seen.add(meaning)
    if (isNotNullCall(fact) && fact.args[0]!.kind === 'column' && own.get((fact.args[0] as ColumnRef).id)!.nullable === false)
      continue
    fresh.push(fact)
  }
  return fresh
}

/** What a conjunct about one side says about the other, through the equalities of columns. */
function transferred(conjunct: Expression, conjuncts: readonly Expression[]): Expression[] {
  const found: Expression[] = []
  for (const equality of conjuncts) {
    if (equality.kind !== 'call' || equality.name !== '=' || equality === conjunct) continue
    const [a, b] = equality.args
    if (a?.kind !== 'column' || b?.kind !== 'column') continue
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      if (columnsIn(conjunct).has(from.id)) found.push(replaceColumns(conjunct, (c) => (c.id === from.id ? to : undefined)))
    }
  }
  return found
}

/** Columns that cannot be NULL where the comparison is TRUE. */
function notNulls(conjunct: Expression): Expression[] {
  if (conjunct.kind !== 'call' || !['=', '<', '<=', '>', '>='].includes(conjunct.name)) return []
  return conjunct.args
    .flatMap((side) => strictColumns(side))
    .map((column) => ({ ...call('isnotnull', [column]), type: BOOLEAN, nullable: false }))
}
/** Columns whose NULL makes the whole expression NULL. */
function strictColumns(e: Expression): ColumnRef[] {
  if (e.kind === 'column') return [e]
  if (e.kind === 'cast') return strictColumns(e.child)
  if (e.kind === 'call' && ['+', '-', '*', 'negative'].includes(e.name)) return e.args.flatMap(strictColumns)
  return []
}
function isNotNullCall(e: Expression): e is Expression & { kind: 'call' } {
  return e.kind === 'call' && e.name === 'isnotnull'
}

/** Predicates that hold for every row a plan puts out, as far as filters below say. */
function holdingIn(plan: LogicalPlan): Expression[] {
  switch (plan.kind) {
    case 'filter':
      return [...conjunctsOf(plan.condition), ...holdingIn(plan.input)]
    case 'project': {
      const out = new Set(outputOf(plan).map((c) => c.id))
      const renamed = new Map(
        plan.expressions.flatMap((e) =>
          e.kind === 'alias' && e.child.kind === 'column'
            ? [[e.child.id, outputOf(plan).find((c) => c.id === e.id)!] as const]
            : [],
        ),
      )
      return holdingIn(plan.input)
        .map((c) => replaceColumns(c, (column) => (out.has(column.id) ? undefined : renamed.get(column.id))))
        .filter((c) => [...columnsIn(c).keys()].every((id) => out.has(id)))
    }
    case 'aggregate': {
      const keys = new Set(plan.grouping.flatMap((g) => (g.kind === 'column' ? [g.id] : [])))
      return holdingIn(plan.input).filter((c) => [...columnsIn(c).keys()].every((id) => keys.has(id)))
    }
    case 'watermark':
    case 'alias':
    case 'hint':
    case 'sort':
    case 'repartition':
    case 'deduplicate':
    case 'time_window':
    case 'session_window':
    case 'generate':
      return holdingIn(plan.input)
    case 'join':
      switch (plan.type) {
        case 'inner':
          return [...holdingIn(plan.left), ...holdingIn(plan.right), ...conjunctsOf(plan.condition)]
        case 'left':
        case 'left_semi':
        case 'left_anti':
          return holdingIn(plan.left)
        case 'right':
          return holdingIn(plan.right)
        default:
          return []
      }
    default:
      return []
  }
}
