import { AnalysisError } from '../errors/engine-error.ts'
import { type ColumnRef, type Expression, nameRef } from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf, childrenOf, transformUp } from '../expr/walk.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn, replaceColumns } from '../plan/references.ts'
import { asCondition } from './coerce-types.ts'
import type { Grouping } from './grouping.ts'
import { generatorOf, type Item, projected, refuseGenerator } from './project.ts'
import { aliasOf } from './relation.ts'
import { findName } from './resolve-columns.ts'
import { resolveExpression } from './resolve-expressions.ts'
import { type Environment, type OpenSelect, type Relation, type Scope, sameName, unresolvedColumn } from './scope.ts'
import { aliasFor, outputItem, type TypedItem } from './select-items.ts'

export interface SelectParts {
  /** Set for GROUP BY and for aggregates without it. */
  readonly grouping: Grouping | undefined
  readonly input: LogicalPlan
  /** Names below the select list. */
  readonly scope: Scope
  readonly items: readonly TypedItem[]
}

/**
 * A resolved select list that the clauses above may still reach through: ORDER BY, HAVING and WHERE of a DataFrame may name
 * columns that it does not show, and aggregates that it does not hold.
 */
export class SelectList implements OpenSelect {
  readonly #environment: Environment
  readonly #parts: SelectParts
  readonly #items: readonly Item[]
  readonly #columns: readonly ColumnRef[]
  readonly #having: Expression[] = []
  /** HAVING used an aggregate that the list does not show: a projection then parts the list from the groups. */
  #partedFromGroups = false

  constructor(parts: SelectParts, environment: Environment) {
    this.#environment = environment
    this.#parts = parts
    const { grouping, items } = parts
    if (grouping === undefined) {
      // A column of the query around is a value here, with a name and an id of this list.
      const own = new Set([...outputOf(parts.input).map((c) => c.id), ...items.map((item) => item.id)])
      this.#items = items.map((item) => {
        const { expression } = item
        return expression.kind === 'column' && !own.has(expression.id) ? aliasFor(item) : outputItem(item, expression)
      })
    } else {
      const ids = new Set(items.map((item) => item.id))
      for (const item of items) grouping.checkGroupingCalls(item.expression)
      for (const item of items) {
        if (item.expression.kind === 'aggregate') grouping.name(item.expression, aliasFor(item))
        refuseLateralInAggregate(item.expression, ids)
      }
      this.#items = items.map((item) => {
        const lifted = grouping.lift(item.expression, ids)
        const shown = lifted.kind === 'column' && item.expression.kind === 'aggregate' && lifted.id === item.id
        return shown ? lifted : outputItem(item, lifted)
      })
    }
    this.#columns = this.#shown(this.#items)
  }

  get holdsWindows(): boolean {
    return this.#parts.items.some((item) => anyOf(item.expression, (n) => n.kind === 'over'))
  }

  relation(): Relation {
    const plan = this.#build([])
    return { plan, columns: outputOf(plan), hidden: [], select: this }
  }

  having(condition: Expression): Relation {
    refuseOver(condition, 'HAVING')
    refuseGenerator(condition, 'HAVING', this.#environment.context)
    const { grouping, scope } = this.#parts
    if (grouping === undefined) throw this.#havingWithoutGroups(condition)
    const shown: Scope = { columns: this.#columns, hidden: [], outer: scope.outer }
    // A name means the input's column first; the select list's when the input's is not grouped by.
    const typed = resolveExpression(
      condition,
      { ...scope, next: chain(scope.next, shown), lateral: undefined },
      this.#environment,
    )
    const output = new Set(this.#columns.map((c) => c.id))
    const lifted = grouping.lift(typed, output, (column) => {
      const item = this.#columns.find((c) => sameName(c.name, column.name, this.#environment.context.settings))
      if (item === undefined) throw unresolvedColumn([column.name], shown, column.span)
      return item
    })
    if (this.#holdsUnshownAggregate(typed)) this.#partedFromGroups = true
    const below = replaceColumns(lifted, (column) => {
      const item = this.#items.find((i) => i.kind === 'alias' && i.id === column.id)
      return item?.kind === 'alias' ? item.child : undefined
    })
    this.#having.push(asCondition(below, 'HAVING'))
    return this.relation()
  }

  extend(
    expressions: readonly Expression[],
    clause: 'sort' | 'filter' | 'qualify',
  ): { plan: LogicalPlan; expressions: Expression[] } {
    const { grouping, scope } = this.#parts
    const shown: Scope = {
      columns: this.#columns,
      hidden: [],
      reachesBelow: clause === 'sort',
      next: chain(
        { ...scope, lateral: undefined },
        { columns: clause === 'sort' ? (grouping?.namedKeys ?? []) : [], hidden: [] },
      ),
      outer: scope.outer,
      ...(grouping && {
        insideAggregates: { ...scope, next: chain(scope.next, { columns: this.#columns, hidden: [] }), lateral: undefined },
      }),
    }
    const hidden: Item[] = []
    const keys = clause === 'sort' ? (grouping?.namedKeys ?? []) : []
    const output = new Set(this.#columns.map((c) => c.id))
    const known = new Set([...output, ...keys.map((key) => key.id)])
    const resolvedAll = expressions.map((e) => resolveExpression(e, shown, this.#environment))
    if (clause === 'sort') {
      for (const e of resolvedAll) refuseWindowInSort(e)
      if (grouping !== undefined) this.#refuseAggregatesAbove(resolvedAll, shown)
    }
    const typed = resolvedAll.map((resolved) => {
      if (grouping === undefined && holdsAggregate(resolved)) throw misplacedAggregate(resolved, clause)
      const lifted =
        grouping === undefined
          ? resolved
          : grouping.lift(resolved, known, (column) => {
              // What the groups do not show may be a column of the query around.
              const outer = scope.outer && findName(nameRef([column.name], column.span), scope.outer, this.#environment)
              if (outer !== undefined && 'expression' in outer) return outer.expression
              throw unresolvedColumn([column.name], shown, column.span)
            })
      return this.#reach(lifted, output, hidden)
    })
    return { plan: this.#build(hidden), expressions: typed }
  }

  /**
   * ORDER BY is above the window calls of the list and above what HAVING needed beside the list, and an aggregate in it would have to be
   * computed below them: Spark refuses it. Columns that the groups do not show are refused first.
   */
  #refuseAggregatesAbove(orders: readonly Expression[], shown: Scope): void {
    const { grouping } = this.#parts
    if (!this.holdsWindows && !this.#partedFromGroups) return
    const aggregate = orders.find((e) =>
      this.holdsWindows ? anyOf(e, (n) => n.kind === 'aggregate') : this.#holdsUnshownAggregate(e),
    )
    if (aggregate === undefined) return
    const grouped = new Set([...this.#columns, ...outputOf(grouping!.plan())].map((c) => c.id))
    for (const column of orders.flatMap((e) => [...columnsIn(e).values()]))
      if (!grouped.has(column.id)) throw unresolvedColumn([column.name], shown, column.span)
    throw new AnalysisError('UNSUPPORTED_EXPR_FOR_OPERATOR', {
      message: `ORDER BY cannot hold the aggregate "${printExpression(aggregate)}" here`,
      detail: this.holdsWindows
        ? 'The select list holds window calls, which stand between it and the groups.'
        : 'HAVING holds an aggregate that the select list does not show.',
      hint: 'Give the aggregate a name in the select list, and order by that name.',
      span: aggregate.span,
      parameters: { invalidExprSqls: `"${printExpression(aggregate)}"` },
    })
  }

  /** An aggregate outside what the list shows as an item. */
  #holdsUnshownAggregate(e: Expression): boolean {
    if (!holdsAggregate(e)) return false
    const meaning = meaningOf(e)
    if (this.#parts.items.some((item) => meaningOf(item.expression) === meaning)) return false
    return e.kind === 'aggregate' || childrenOf(e).some((child) => this.#holdsUnshownAggregate(child))
  }

  /** Rewrites an expression over what the extended list will show: missing columns and OVER calls become hidden items. */
  #reach(e: Expression, output: Set<number>, hidden: Item[]): Expression {
    return transformUp(e, (node) => {
      if (node.kind === 'over') {
        const alias = aliasOf(node, printExpression(node))
        hidden.push(alias)
        return columnOf(alias)
      }
      if (node.kind === 'column' && !output.has(node.id)) {
        output.add(node.id)
        hidden.push(node)
      }
      if (node.kind === 'subquery')
        for (const column of columnsIn({ ...node, needles: [] }).values())
          if (!output.has(column.id) && this.#below().has(column.id)) {
            output.add(column.id)
            hidden.push(column)
          }
      return node
    })
  }

  #below(): Set<number> {
    return new Set(outputOf(this.#parts.grouping?.plan() ?? this.#parts.input).map((c) => c.id))
  }

  #shown(items: readonly Item[]): ColumnRef[] {
    const generator = items.some(
      (item) => item.kind === 'alias' && generatorOf(item.child, this.#environment.context) !== undefined,
    )
    return generator ? [...outputOf(this.#build([]))] : items.map(columnOf)
  }

  #built: { readonly hidden: number; readonly having: number; readonly plan: LogicalPlan } | undefined
  #build(hidden: readonly Item[]): LogicalPlan {
    const { grouping, input } = this.#parts
    if (hidden.length === 0 && this.#built?.having === this.#having.length) return this.#built.plan
    let plan = grouping === undefined ? input : grouping.plan()
    for (const condition of this.#having) plan = { kind: 'filter', condition, having: true, input: plan }
    const built = projected([...this.#items, ...hidden], plan, this.#environment.context)
    if (hidden.length === 0) this.#built = { hidden: 0, having: this.#having.length, plan: built }
    return built
  }

  #havingWithoutGroups(condition: Expression): AnalysisError {
    return new AnalysisError('MISSING_GROUP_BY', {
      message: 'HAVING needs GROUP BY or an aggregate',
      hint: 'Use WHERE to filter rows.',
      span: condition.span,
    })
  }
}

function refuseWindowInSort(e: Expression): void {
  if (!anyOf(e, (n) => n.kind === 'over')) return
  throw new AnalysisError('UNSUPPORTED_EXPR_FOR_OPERATOR', {
    message: `ORDER BY cannot hold OVER: "${printExpression(e)}"`,
    hint: 'Give the call a name in the select list, and order by that name.',
    span: e.span,
    parameters: { invalidExprSqls: `"${printExpression(e)}"` },
  })
}

export function chain(scope: Scope | undefined, last: Scope): Scope {
  return scope === undefined ? last : { ...scope, next: chain(scope.next, last) }
}

function refuseLateralInAggregate(e: Expression, ids: ReadonlySet<number>): void {
  if (e.kind === 'aggregate') {
    const named = [...columnsIn(e).values()].find((c) => ids.has(c.id))
    if (named !== undefined)
      throw new AnalysisError('UNSUPPORTED_FEATURE.LATERAL_COLUMN_ALIAS_IN_AGGREGATE_FUNC', {
        message: `an aggregate cannot take "${named.name}", an item of the same select list`,
        hint: 'Compute it in a subquery first.',
        span: e.span,
        parameters: { lca: `\`${named.name}\``, aggFunc: `"${printExpression(e)}"` },
      })
  }
  for (const child of childrenOf(e)) refuseLateralInAggregate(child, ids)
}

export function misplacedAggregate(e: Expression, clause: string): AnalysisError {
  if (clause === 'sort')
    return new AnalysisError('UNSUPPORTED_EXPR_FOR_OPERATOR', {
      message: `ORDER BY holds the aggregate "${printExpression(e)}", and the query has no GROUP BY`,
      span: e.span,
      parameters: { invalidExprSqls: `"${printExpression(e)}"` },
    })
  return new AnalysisError('INVALID_WHERE_CONDITION', {
    message: `WHERE cannot hold an aggregate: "${printExpression(e)}"`,
    hint: 'Use HAVING, or aggregate in a subquery.',
    span: e.span,
    parameters: { condition: `"${printExpression(e)}"`, expressionList: printExpression(e) },
  })
}

/** `e` as written or typed. */
export function refuseOver(e: Expression, clause: string): void {
  if (!anyOf(e, (n) => n.kind === 'over')) return
  throw new AnalysisError('WINDOW_FUNCTION_NOT_ALLOWED_IN_CLAUSE', {
    message: `${clause} cannot hold OVER: "${printExpression(e)}"`,
    hint: 'Use QUALIFY, or compute it in a subquery and filter above.',
    span: e.span,
    parameters: { clauseName: clause },
  })
}

/** Does it hold an aggregate other than one before OVER? */
export function holdsAggregate(e: Expression): boolean {
  if (e.kind === 'aggregate') return true
  if (e.kind === 'over') {
    const args = childrenOf(e.call)
    return [...args, ...e.partitionBy, ...e.orderBy].some(holdsAggregate)
  }
  return childrenOf(e).some(holdsAggregate)
}
