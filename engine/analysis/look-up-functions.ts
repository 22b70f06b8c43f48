import { AnalysisError } from '../errors/engine-error.ts'
import type { WindowCall } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf, collect } from '../expr/walk.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { subqueriesOf } from '../plan/named-relations.ts'
import { expressionsOf, inputsOf } from '../plan/walk.ts'
import { findFunction } from './resolve-functions.ts'
import type { AnalysisContext } from './scope.ts'

/**
 * Every function that a query as written calls must exist: said before anything else that is wrong with the query, as Spark's LookupFunctions
 * does. `known`: parts that are analysed already. Queries of views were looked through when they were made.
 */
export function lookUpFunctions(plan: LogicalPlan, context: AnalysisContext, known: (plan: LogicalPlan) => boolean): void {
  if (known(plan)) return
  if (plan.kind === 'with') for (const { query } of plan.definitions) lookUpFunctions(query, context, known)
  for (const input of inputsOf(plan)) lookUpFunctions(input, context, known)
  for (const e of expressionsOf(plan))
    for (const call of collect(e, (n) => n.kind === 'call'))
      if (call.type === undefined) findFunction(call.name, call.span, context)
  for (const query of subqueriesOf(plan)) lookUpFunctions(query, context, known)
  // HAVING refuses OVER before the names in it are looked at.
  const early = (over: WindowCall): boolean =>
    !(plan.kind === 'filter' && plan.having) || !anyOf(over.call, (n) => n.kind === 'name')
  for (const e of expressionsOf(plan))
    for (const over of collect(e, (n) => n.kind === 'over')) if (early(over)) requireOrder(over, context)
}

/** Ranking functions and those of a distance need an order, whatever else is wrong with the query. */
export function requireOrder({ call, orderBy, span }: WindowCall, context: AnalysisContext): void {
  const record = call.kind === 'call' ? context.functions.find(call.name) : undefined
  if (record?.kind !== 'planner' || record.family !== 'window' || orderBy.length > 0) return
  throw new AnalysisError('WINDOW_FUNCTION_FRAME_NOT_ORDERED', {
    message: `"${record.name}" needs ORDER BY in its window`,
    span,
    parameters: { wf: record.name, query: printExpression(call) },
  })
}
