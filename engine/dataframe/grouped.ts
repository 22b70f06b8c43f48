import { UsageError } from '../errors/engine-error.ts'
import { alias, type Expression } from '../expr/expression.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import type { Column } from './column.ts'
import type { DataFrameContext } from './context.ts'
import { DataFrame } from './dataframe.ts'
import { avg, count, max, min, sum } from './functions.ts'
import type { AnyRow, Flatten, RowOfSelect } from './row-type.ts'

type RowWith<Keys, Added> = AnyRow extends Keys ? AnyRow : AnyRow extends Added ? AnyRow : Flatten<Keys & Added>

/** A DataFrame grouped by keys; an aggregate makes it a DataFrame again, keys first. */
export class GroupedData<Keys extends object> {
  readonly #plan: LogicalPlan
  readonly #context: DataFrameContext
  readonly #keys: readonly Expression[]

  constructor(plan: LogicalPlan, context: DataFrameContext, keys: readonly Expression[]) {
    this.#plan = plan
    this.#context = context
    this.#keys = keys
  }

  agg<const A extends readonly Column[]>(...aggregates: A): DataFrame<RowWith<Keys, RowOfSelect<object, A>>> {
    if (aggregates.length === 0)
      throw new UsageError('INVALID_METHOD_CALL', {
        message: 'agg() needs at least one aggregate',
        hint: "For example agg(count('*').as('n')).",
      })
    return new DataFrame(
      {
        kind: 'aggregate',
        grouping: this.#keys,
        aggregates: [...this.#keys, ...aggregates.map((a) => a.expression)],
        input: this.#plan,
      },
      this.#context,
    )
  }
  /** Rows of each group, as column `count`. */
  count(): DataFrame<RowWith<Keys, { count: bigint }>> {
    return this.#aggregate([alias(count('*').expression, 'count')])
  }
  sum(...columns: readonly string[]): DataFrame {
    return this.#aggregate(columns.map((c) => sum(c).expression))
  }
  avg(...columns: readonly string[]): DataFrame {
    return this.#aggregate(columns.map((c) => avg(c).expression))
  }
  mean(...columns: readonly string[]): DataFrame {
    return this.avg(...columns)
  }
  min(...columns: readonly string[]): DataFrame {
    return this.#aggregate(columns.map((c) => min(c).expression))
  }
  max(...columns: readonly string[]): DataFrame {
    return this.#aggregate(columns.map((c) => max(c).expression))
  }

  #aggregate<R extends object>(aggregates: readonly Expression[]): DataFrame<R> {
    return new DataFrame<R>(
      { kind: 'aggregate', grouping: this.#keys, aggregates: [...this.#keys, ...aggregates], input: this.#plan },
      this.#context,
    )
  }
}
