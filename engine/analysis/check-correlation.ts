import { AnalysisError } from '../errors/engine-error.ts'
import type { Expression } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { collect } from '../expr/walk.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { columnsIn, outerColumns } from '../plan/references.ts'
import { expressionsOf, inputsOf } from '../plan/walk.ts'

/**
 * Where a subquery may read the query around it: in its WHERE, its select list and the conditions of its joins, and not below the side of an
 * outer, semi or anti join whose missing rows would count, nor below what none of these is.
 * Source: Spark's CheckAnalysis.checkCorrelationsInSubquery.
 */
export function checkCorrelation(query: LogicalPlan): void {
  const outer = outerColumns(query)
  if (outer.size > 0) new CorrelationCheck(new Set(outer.keys())).visit(query, true)
}

class CorrelationCheck {
  readonly #outer: ReadonlySet<number>

  constructor(outer: ReadonlySet<number>) {
    this.#outer = outer
  }

  visit(plan: LogicalPlan, allowed: boolean): void {
    const reading = expressionsOf(plan).filter((e) => this.#readsOuter(e))
    for (const e of reading) this.#refuseMixedAggregates(e)
    if (reading.length > 0 && !allowed) throw refused('ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED', reading[0]!, plan)
    switch (plan.kind) {
      case 'join': {
        const full = plan.type === 'full'
        const keepsLeft = plan.type === 'left' || plan.type === 'left_semi' || plan.type === 'left_anti'
        this.visit(plan.left, allowed && !full && plan.type !== 'right')
        this.visit(plan.right, allowed && !full && !keepsLeft)
        return
      }
      case 'aggregate':
      case 'sort':
      case 'limit':
      case 'offset':
      case 'repartition':
      case 'window':
        if (reading.length > 0) throw refused('CORRELATED_REFERENCE', reading[0]!, plan)
        break
      case 'generate':
        if (reading.length > 0 && plan.input.kind !== 'one_row') throw refused('CORRELATED_REFERENCE', reading[0]!, plan)
        break
      case 'expand':
      case 'sample':
      case 'asof_join':
      case 'recursion':
        for (const input of inputsOf(plan)) this.visit(input, false)
        return
      default:
    }
    for (const input of inputsOf(plan)) this.visit(input, allowed)
  }

  #readsOuter(e: Expression): boolean {
    return [...columnsIn(e).keys()].some((id) => this.#outer.has(id))
  }

  /** An aggregate is over the rows of one query. */
  #refuseMixedAggregates(e: Expression): void {
    for (const aggregate of collect(e, (n) => n.kind === 'aggregate')) {
      const read = [...columnsIn(aggregate).keys()]
      if (read.some((id) => this.#outer.has(id)) && read.some((id) => !this.#outer.has(id)))
        throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.AGGREGATE_FUNCTION_MIXED_OUTER_LOCAL_REFERENCES', {
          message: `the aggregate "${printExpression(aggregate)}" mixes columns of the subquery and of the query around it`,
          span: aggregate.span,
          parameters: { function: printExpression(aggregate) },
        })
    }
  }
}

function refused(condition: string, e: Expression, plan: LogicalPlan): AnalysisError {
  const mistake = condition === 'CORRELATED_REFERENCE'
  return new AnalysisError(`UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.${condition}`, {
    message: mistake
      ? `a column of the query around cannot stand in this place: "${printExpression(e)}"`
      : `a subquery cannot reach the query around it from here: "${printExpression(e)}"`,
    hint: mistake ? 'Use it in WHERE, or write a join.' : 'Write it as a join.',
    span: e.span ?? plan.span,
    parameters: mistake ? { sqlExprs: `"${printExpression(e)}"` } : { treeNode: plan.kind },
  })
}
