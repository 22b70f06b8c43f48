import { collect } from '../expr/walk.ts'
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
}
