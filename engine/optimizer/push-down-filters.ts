import { call, type Expression } from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import { conjunctsOf } from '../plan/join-bounds.ts'
import type { Filter, Join, LogicalPlan } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn, replaceColumns } from '../plan/references.ts'
import { isStreaming, transformPlanUp } from '../plan/walk.ts'
import { BOOLEAN } from '../types/data-type.ts'
import { definitionsOf } from './merge-projections.ts'
import { isDeterministic, type OptimizerContext, type OptimizerRule } from './rule.ts'

/**
 * Filters move towards the sources, so that less is carried, as far as Spark moves them and no farther: what a filter above a watermark or a stateful
 * node keeps from it decides watermarks, state and late rows, so this is meaning and not only speed. They pass a watermark where they
 * do not read its event time, an aggregate on its keys, and no deduplication of a stream. On a scan they become hints; the filter stays.
 */
export const pushDownFilters: OptimizerRule = {
  name: 'push-down-filters',
  required: true,
  apply: (plan, context) =>
    transformPlanUp(plan, (node): LogicalPlan => {
      if (node.kind === 'filter') return pushed(node, context)
      if (node.kind === 'join') return pushedCondition(node, context)
      return node
    }),
}

export function allOf(conjuncts: readonly Expression[]): Expression | undefined {
  return conjuncts.length === 0
    ? undefined
    : conjuncts.reduce((a, b) => ({
        ...call('and', [a, b]),
        type: BOOLEAN,
        nullable: (a.nullable ?? true) || (b.nullable ?? true),
      }))
}

/** Each condition once. */
function distinct(conjuncts: readonly Expression[]): Expression[] {
  return [...new Map(conjuncts.map((c) => [meaningOf(c), c])).values()]
}

function filtered(conjuncts: readonly Expression[], input: LogicalPlan): LogicalPlan {
  const condition = allOf(conjuncts)
  return condition === undefined ? input : { kind: 'filter', condition, input }
}

function pushed(filter: Filter, context: OptimizerContext): LogicalPlan {
  const { input } = filter
  const conjuncts = conjunctsOf(filter.condition)
  const movable = conjuncts.filter((c) => isDeterministic(c, context))
  if (movable.length === 0) return filter
  /** Splits by a test; gives the node over the filtered input, under what could not move. */
  const split = (test: (c: Expression) => boolean, rebuild: (moved: readonly Expression[]) => LogicalPlan): LogicalPlan => {
    const moved = movable.filter(test)
    if (moved.length === 0) return filter
    return filtered(
      conjuncts.filter((c) => !moved.includes(c)),
      rebuild(moved),
    )
  }
  const below = (plan: LogicalPlan, moved: readonly Expression[]): LogicalPlan => again(filtered(moved, plan), context)
  switch (input.kind) {
    case 'filter':
      return isDeterministic(input.condition, context)
        ? again(filtered(distinct([...conjunctsOf(input.condition), ...conjuncts]), input.input), context)
        : filter
    case 'project': {
      if (!input.expressions.every((e) => isDeterministic(e, context))) return filter
      const definitions = definitionsOf(input)
      return split(
        () => true,
        (moved) => ({
          ...input,
          input: below(
            input.input,
            moved.map((c) => replaceColumns(c, (column) => definitions.get(column.id))),
          ),
        }),
      )
    }
    case 'sort':
    case 'repartition':
    case 'alias':
    case 'hint':
      return split(
        () => true,
        (moved) => ({ ...input, input: below(input.input, moved) }),
      )
    case 'time_window':
    case 'session_window':
    case 'generate': {
      const own = new Set(outputOf(input.input).map((c) => c.id))
      return split(
        (c) => readsOnly(c, own),
        (moved) => ({ ...input, input: below(input.input, moved) }),
      )
    }
    case 'watermark': {
      const { eventTime } = input
      return split(
        (c) => eventTime.kind === 'column' && !columnsIn(c).has(eventTime.id),
        (moved) => ({ ...input, input: below(input.input, moved) }),
      )
    }
    case 'window':
    case 'deduplicate':
    case 'aggregate': {
      if (input.kind === 'deduplicate' && isStreaming(input)) return filter
      const keys = keyIds(input)
      if (input.kind === 'aggregate' && input.grouping.length === 0) return filter
      // A condition on a window stays above its aggregate, where it is tested once a group.
      const onKeys = (c: Expression): boolean =>
        readsOnly(c, keys) &&
        columnsIn(c).size > 0 &&
        ![...columnsIn(c).values()].some((k) => k.metadata?.timeWindow !== undefined)
      const definitions = new Map(
        input.kind === 'aggregate' ? input.grouping.map((g) => [columnOf(g).id, g.kind === 'alias' ? g.child : g]) : [],
      )
      return split(onKeys, (moved) => ({
        ...input,
        input: below(
          input.input,
          moved.map((c) => replaceColumns(c, (column) => definitions.get(column.id))),
        ),
      }))
    }
    case 'union': {
      const output = outputOf(input)
      return split(
        () => true,
        (moved) => ({
          ...input,
          inputs: input.inputs.map((branch) => {
            const columns = outputOf(branch)
            const place = new Map(output.map((c, i) => [c.id, columns[i]!]))
            return below(
              branch,
              moved.map((c) => replaceColumns(c, (column) => place.get(column.id))),
            )
          }),
        }),
      )
    }
    case 'join':
      return pushedIntoJoin(input, split, below)
    case 'scan': {
      if (input.filters !== undefined && input.filters.length === movable.length) return filter
      return { ...filter, input: { ...input, filters: movable } }
    }
    default:
      return filter
  }
}

function again(plan: LogicalPlan, context: OptimizerContext): LogicalPlan {
  return plan.kind === 'filter' ? pushed(plan, context) : plan
}

function readsOnly(e: Expression, ids: ReadonlySet<number>): boolean {
  return [...columnsIn(e).keys()].every((id) => ids.has(id))
}

function keyIds(node: Extract<LogicalPlan, { kind: 'window' | 'deduplicate' | 'aggregate' }>): Set<number> {
  switch (node.kind) {
    case 'aggregate':
      return new Set(node.grouping.map((g) => columnOf(g).id))
    case 'deduplicate':
      return new Set((node.keys ?? outputOf(node.input)).map((c) => c.id))
    case 'window':
      return new Set(node.partitionBy.flatMap((e) => (e.kind === 'column' ? [e.id] : [])))
  }
}

type Split = (test: (c: Expression) => boolean, rebuild: (moved: readonly Expression[]) => LogicalPlan) => LogicalPlan

/** A filter above a join goes to the side that it reads, where that side's rows are not made NULL by the join. */
function pushedIntoJoin(
  join: Join,
  split: Split,
  below: (plan: LogicalPlan, moved: readonly Expression[]) => LogicalPlan,
): LogicalPlan {
  if (join.lateral)
    return split(
      () => false,
      () => join,
    )
  const { type } = join
  const leftIds = new Set(outputOf(join.left).map((c) => c.id))
  const rightIds = new Set(outputOf(join.right).map((c) => c.id))
  const intoLeft = type !== 'right' && type !== 'full'
  const intoRight = type === 'inner' || type === 'cross' || type === 'right'
  const toLeft = (c: Expression): boolean => intoLeft && readsOnly(c, leftIds)
  const toRight = (c: Expression): boolean => intoRight && readsOnly(c, rightIds)
  const merges = type === 'inner' || type === 'cross'
  return split(
    (c) => merges || toLeft(c) || toRight(c),
    (moved) => {
      const left = moved.filter((c) => toLeft(c))
      const right = moved.filter((c) => !toLeft(c) && toRight(c))
      const both = moved.filter((c) => !toLeft(c) && !toRight(c))
      const condition = allOf([...conjunctsOf(join.condition), ...both])
      return {
        ...join,
        ...(condition && { condition, type: type === 'cross' ? 'inner' : type }),
        left: left.length > 0 ? below(join.left, left) : join.left,
        right: right.length > 0 ? below(join.right, right) : join.right,
      }
    },
  )
}

/** Conjuncts of a join's own condition that read one side: below it, on sides whose rows the join does not keep. */
function pushedCondition(join: Join, context: OptimizerContext): LogicalPlan {
  if (join.lateral || join.condition === undefined || join.type === 'full') return join
  const { type } = join
  const conjuncts = conjunctsOf(join.condition)
  const leftIds = new Set(outputOf(join.left).map((c) => c.id))
  const rightIds = new Set(outputOf(join.right).map((c) => c.id))
  const intoLeft = type === 'inner' || type === 'cross' || type === 'right' || type === 'left_semi'
  const intoRight = type !== 'right'
  const left: Expression[] = []
  const right: Expression[] = []
  const rest: Expression[] = []
  for (const c of conjuncts) {
    const moves = isDeterministic(c, context) && columnsIn(c).size > 0
    if (moves && intoLeft && readsOnly(c, leftIds)) left.push(c)
    else if (moves && intoRight && readsOnly(c, rightIds)) right.push(c)
    else rest.push(c)
  }
  if (left.length === 0 && right.length === 0) return join
  const { condition: _condition, ...others } = join
  const condition = allOf(rest)
  return {
    ...others,
    ...(condition && { condition }),
    left: left.length > 0 ? again(filtered(left, join.left), context) : join.left,
    right: right.length > 0 ? again(filtered(right, join.right), context) : join.right,
  }
}
