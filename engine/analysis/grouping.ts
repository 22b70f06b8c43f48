import { AnalysisError } from '../errors/engine-error.ts'
import {
  type AggregateCall,
  type Alias,
  type Call,
  type ColumnRef,
  type Expression,
  literal,
  nextColumnId,
} from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf, collect, mapChildren, transformDown } from '../expr/walk.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn, outerColumns, replaceColumnsInPlan } from '../plan/references.ts'
import { expressionsOf, mapExpressions, transformPlanUp } from '../plan/walk.ts'
import { BIGINT, INT, TINYINT } from '../types/data-type.ts'
import { castTo } from './coerce-types.ts'
import { aliasOf } from './relation.ts'
import { typedCall } from './resolve-functions.ts'
import type { AnalysisContext } from './scope.ts'

interface Key {
  readonly meaning: string
  /** The column by which everything above the aggregate knows the key. */
  readonly column: ColumnRef
}

/**
 * One GROUP BY being built. Expressions over its input are lifted: keys become key columns, aggregate calls become columns that the
 * aggregate puts out. So the Aggregate holds keys and bare aggregate calls only; whatever is computed of them stands in a
 * projection above.
 */
export class Grouping {
  readonly #context: AnalysisContext
  readonly #input: LogicalPlan
  /** Ids of the input's columns. */
  readonly #own: ReadonlySet<number>
  readonly #keys: Key[] = []
  readonly #grouping: Expression[] = []
  readonly #calls = new Map<string, Alias & { readonly id: number }>()
  /** With GROUPING SETS: says which keys are set in a row, a bit for each, the first key highest. */
  readonly #setId: ColumnRef | undefined

  constructor(
    keys: readonly Expression[],
    sets: readonly (readonly number[])[] | undefined,
    input: LogicalPlan,
    context: AnalysisContext,
  ) {
    this.#context = context
    this.#own = new Set(outputOf(input).map((c) => c.id))
    const distinct: { meaning: string; expression: Expression }[] = []
    const positions = keys.map((key) => {
      const meaning = meaningOf(key)
      const known = distinct.findIndex((k) => k.meaning === meaning)
      return known >= 0 ? known : distinct.push({ meaning, expression: key }) - 1
    })
    const named = distinct.map(({ expression }) => {
      const plain = expression.kind === 'alias' ? expression.child : expression
      return plain.kind === 'column'
        ? plain
        : aliasOf(plain, expression.kind === 'alias' ? expression.name : printExpression(plain))
    })
    if (sets === undefined) {
      this.#input = input
      for (const [i, key] of named.entries()) {
        this.#grouping.push(key)
        this.#keys.push({ meaning: distinct[i]!.meaning, column: columnOf(key) })
      }
      return
    }
    const below: LogicalPlan = named.some((key) => key.kind === 'alias')
      ? { kind: 'project', expressions: [...outputOf(input), ...named.filter((key) => key.kind === 'alias')], input }
      : input
    const expanded = expandSets(
      below,
      named.map(columnOf),
      sets.map((set) => [...new Set(set.map((i) => positions[i]!))]),
    )
    this.#input = expanded.plan
    this.#setId = expanded.setId
    for (const [i, column] of expanded.keys.entries()) {
      this.#grouping.push(column)
      this.#keys.push({ meaning: distinct[i]!.meaning, column })
    }
    this.#grouping.push(expanded.setId)
    if (expanded.position) this.#grouping.push(expanded.position)
  }

  /** The Aggregate node, with the calls lifted so far. Key columns are put out in front. */
  plan(): LogicalPlan {
    return {
      kind: 'aggregate',
      grouping: this.#grouping,
      aggregates: [...this.#keys.map((key) => key.column), ...(this.#setId ? [this.#setId] : []), ...this.#calls.values()],
      input: this.#input,
    }
  }

  /** grouping() and grouping_id() are looked at before the columns beside them. */
  checkGroupingCalls(e: Expression): void {
    for (const call of collect(e, (n): n is Call => n.kind === 'call' && GROUPING_CALLS.has(n.name))) this.#groupingCall(call)
  }

  /** The keys as columns that ORDER BY may name where GROUPING SETS have made columns of them, and the number of the set. */
  get namedKeys(): readonly ColumnRef[] {
    return this.#setId === undefined ? [] : [...this.#keys.map((key) => key.column), this.#setId]
  }

  /** An expression over the input as one over the aggregate's output. `known`: column ids that may stay (of the select list itself). */
  lift(e: Expression, known: ReadonlySet<number>, unknown?: (column: ColumnRef) => Expression | undefined): Expression {
    const key = this.#keys.find((k) => k.meaning === meaningOf(e))
    if (key !== undefined) return key.column
    switch (e.kind) {
      case 'aggregate':
        return this.#callColumn(e)
      case 'over': {
        const lift = (child: Expression): Expression => this.lift(child, known, unknown)
        const inner = mapChildren(e.call, lift)
        return mapChildren(e, (child) => (child === e.call ? inner : lift(child)))
      }
      case 'call':
        if (GROUPING_CALLS.has(e.name)) return this.#groupingCall(e)
        break
      case 'column': {
        if (known.has(e.id)) return e
        // A column of the query around is the same for all rows of a group.
        if (!this.#own.has(e.id)) return e
        const other = unknown?.(e)
        if (other !== undefined) return other
        throw this.#notGrouped(e)
      }
      case 'subquery': {
        if (unknown === undefined && e.form === 'scalar' && (e.outer ?? []).length > 0) throw notAmongKeys(e)
        const query = this.#liftInto(e.query as LogicalPlan)
        const missing = [...outerColumns(query).values()].find((c) => this.#own.has(c.id) && !known.has(c.id))
        if (missing !== undefined) throw unknown === undefined ? this.#notGrouped(missing) : missingBelow(missing, query)
        return mapChildren({ ...e, query }, (child) => this.lift(child, known, unknown))
      }
      default:
    }
    return mapChildren(e, (child) => this.lift(child, known, unknown))
  }

  /** Names the column of an aggregate call as the select list does, when it is shown as it is. */
  name(call: AggregateCall, alias: Alias & { readonly id: number }): void {
    const meaning = meaningOf(call)
    if (!this.#calls.has(meaning)) this.#calls.set(meaning, { ...alias, child: call })
  }

  /** A query inside an expression of the list: it may read keys, and hold aggregates of this query in its conditions. */
  #liftInto(query: LogicalPlan): LogicalPlan {
    const ofThis = (e: Expression): boolean => {
      const read = [...columnsIn(e).keys()]
      return e.kind === 'aggregate' && read.length > 0 && read.every((id) => this.#own.has(id))
    }
    // Aggregates are over the rows as they were, also where GROUPING SETS make other columns of the keys.
    const lifted = transformPlanUp(query, (node) =>
      node.kind === 'filter'
        ? mapExpressions(node, (e) => transformDown(e, (n) => (ofThis(n) ? this.#callColumn(n as AggregateCall) : undefined)))
        : node,
    )
    return replaceColumnsInPlan(lifted, (column) => this.#keys.find((k) => k.meaning === `#${column.id}`)?.column)
  }

  #callColumn(call: AggregateCall): ColumnRef {
    const meaning = meaningOf(call)
    let alias = this.#calls.get(meaning)
    if (alias === undefined) this.#calls.set(meaning, (alias = aliasOf(call, printExpression(call))))
    return columnOf(alias)
  }

  /** A key as written over the input, or as the list already shows it. */
  #keyOf(e: Expression): number {
    const meaning = meaningOf(e)
    return this.#keys.findIndex((key) => key.meaning === meaning || meaning === `#${key.column.id}`)
  }

  #groupingCall(e: Call): Expression {
    const setId = this.#setId
    if (setId === undefined)
      throw new AnalysisError('UNSUPPORTED_GROUPING_EXPRESSION', {
        message: `${e.name}() needs GROUPING SETS, CUBE or ROLLUP`,
        span: e.span,
      })
    const bits = this.#keys.length
    if (e.name !== 'grouping') {
      const matches = e.args.length === 0 || (e.args.length === bits && e.args.every((arg, i) => this.#keyOf(arg) === i))
      if (matches) return setId
      throw new AnalysisError('GROUPING_ID_COLUMN_MISMATCH', {
        message: 'the columns of grouping_id must be those of GROUP BY, in their order',
        span: e.span,
        parameters: {
          groupingIdColumn: e.args.map(printExpression).join(','),
          groupByColumns: this.#keys.map((k) => k.column.name).join(','),
        },
      })
    }
    const index = e.args.length === 1 ? this.#keyOf(e.args[0]!) : -1
    if (index < 0)
      throw new AnalysisError('GROUPING_COLUMN_MISMATCH', {
        message: `grouping() takes a column of GROUP BY; "${e.args.map(printExpression).join(', ')}" is none`,
        span: e.span,
        parameters: {
          grouping: e.args.map(printExpression).join(','),
          groupingColumns: this.#keys.map((k) => k.column.name).join(','),
        },
      })
    const typed = (name: string, left: Expression, right: Expression): Expression =>
      typedCall({ kind: 'call', name, args: [] }, [left, right], this.#context)
    const shifted = typed('>>', setId, literal(bits - 1 - index, INT))
    return castTo(typed('&', shifted, literal(1n, BIGINT)), TINYINT)
  }

  #notGrouped(column: ColumnRef): AnalysisError {
    if (this.#keys.length === 0)
      return new AnalysisError('MISSING_GROUP_BY', {
        message: `column "${column.name}" stands beside an aggregate without GROUP BY`,
        hint: `Group by "${column.name}", or take one of its values with first(${column.name}).`,
        span: column.span,
      })
    return new AnalysisError('MISSING_AGGREGATION', {
      message: `column "${column.name}" is neither in GROUP BY nor inside an aggregate`,
      hint: `Add it to GROUP BY, or take one of its values with any_value(${column.name}).`,
      span: column.span,
      parameters: { expression: `"${column.name}"`, expressionAnyValue: `"any_value(${column.name})"` },
    })
  }
}

const GROUPING_CALLS: ReadonlySet<string> = new Set(['grouping', 'grouping_id', 'grouping__id'])

/** A correlated value in the list of a GROUP BY must itself be a key. Source: Spark's CheckAnalysis. */
function notAmongKeys(subquery: Expression): AnalysisError {
  return new AnalysisError('SCALAR_SUBQUERY_IS_IN_GROUP_BY_OR_AGGREGATE_FUNCTION', {
    message: 'a correlated subquery beside GROUP BY must be one of the keys, or stand inside an aggregate',
    hint: 'Compute it in a subquery in FROM first, or take one of its values with any_value(…).',
    span: subquery.span,
    parameters: { sqlExpr: `"${printExpression(subquery)}"` },
  })
}

/** A query in HAVING or ORDER BY reads a column that the groups do not have. */
function missingBelow(column: ColumnRef, query: LogicalPlan): AnalysisError {
  const atTop = expressionsOf(query).some((e) => columnsIn(e).has(column.id))
  return new AnalysisError(
    atTop
      ? 'UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_COLUMN_NOT_FOUND'
      : 'MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT',
    {
      message: `column "${column.name}" is not in GROUP BY, so a subquery above the groups cannot read it`,
      span: column.span ?? query.span,
      parameters: atTop ? { value: column.name } : { missingAttributes: `"${column.name}"`, input: '', operator: '' },
    },
  )
}

/** Refuses what cannot be grouped by. */
export function checkGroupingKeys(keys: readonly Expression[], items: readonly Expression[]): void {
  for (const key of keys) {
    for (const subquery of collect(key, (n) => n.kind === 'subquery')) {
      if (subquery.form !== 'scalar' || (subquery.outer ?? []).length === 0) continue
      const meaning = meaningOf(subquery)
      if (items.some((item) => anyOf(item, (n) => n.kind === 'subquery' && meaningOf(n) === meaning))) continue
      throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.MUST_AGGREGATE_CORRELATED_SCALAR_SUBQUERY', {
        message: 'a correlated subquery in GROUP BY must stand in the select list too',
        span: subquery.span ?? key.span,
      })
    }
    if (anyOf(key, (n) => n.kind === 'aggregate'))
      throw new AnalysisError('GROUP_BY_AGGREGATE', {
        message: `an aggregate cannot stand in GROUP BY: "${printExpression(key)}"`,
        hint: 'Aggregate in a subquery first.',
        span: key.span,
        parameters: { sqlExpr: printExpression(key) },
      })
  }
}

/** GROUPING SETS as an Expand: each row once a set, with the keys outside the set NULL. */
function expandSets(
  input: LogicalPlan,
  keys: readonly ColumnRef[],
  sets: readonly (readonly number[])[],
): { plan: LogicalPlan; keys: ColumnRef[]; setId: ColumnRef; position: ColumnRef | undefined } {
  const passed = outputOf(input)
  const fresh = (name: string, type: ColumnRef['type'], nullable: boolean, like?: ColumnRef): ColumnRef => ({
    kind: 'column',
    id: nextColumnId(),
    name,
    type,
    nullable,
    qualifier: like?.qualifier ?? [],
    ...(like?.metadata && { metadata: like.metadata }),
  })
  const keyColumns = keys.map((key, i) => fresh(key.name, key.type, key.nullable || sets.some((set) => !set.includes(i)), key))
  const setId = fresh('spark_grouping_id', BIGINT, false)
  const ids = sets.map((set) =>
    keys.reduce((id, _key, i) => (set.includes(i) ? id : id | (1n << BigInt(keys.length - 1 - i))), 0n),
  )
  // The same set twice gives its groups twice.
  const repeated = new Set(ids).size < ids.length
  const position = repeated ? fresh('_gen_grouping_pos', INT, false) : undefined
  const plan: LogicalPlan = {
    kind: 'expand',
    projections: sets.map((set, at) => [
      ...passed,
      ...keys.map((key, i) => (set.includes(i) ? key : literal(null, key.type))),
      literal(ids[at]!, BIGINT),
      ...(position ? [literal(at, INT)] : []),
    ]),
    output: [...passed, ...keyColumns, setId, ...(position ? [position] : [])],
    input,
  }
  return { plan, keys: keyColumns, setId, position }
}
