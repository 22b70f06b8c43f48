import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import type { Expression } from '../expr/expression.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type { Row, Value } from '../types/value.ts'
import { generatePredicate } from './generated-predicate.ts'
import { generateProjection } from './generated-projection.ts'
import { InterpretedPredicate, InterpretedProjection } from './interpreted.ts'

/** Row numbers that passed a filter, ascending, in `rows[0 … count)`. Valid until the arena is released. */
export interface Selection {
  readonly rows: Int32Array
  readonly count: number
}

/**
 * Compiled expressions over one input schema. Expressions hold `bound` references only.
 * `evaluate` computes every expression for the rows of the batch (of the selection when there is one: output row i is input row selection.rows[i]).
 * Plain references without a selection give the input column itself, without a copy. Memory comes from the arena.
 */
export interface Projection {
  evaluate(batch: Batch, selection: Selection | null, arena: Arena): Column[]
}
/** Rows for which the predicate is TRUE; null when all of them are (of the batch; all of a selection gives that selection back). */
export interface Predicate {
  select(batch: Batch, selection: Selection | null, arena: Arena): Selection | null
}
/** The interpreter's form of an expression: one row of plain values. */
export type RowFunction = (row: Row) => Value

export interface CompileOptions {
  readonly functions: FunctionRegistry
  readonly context: EvaluationContext
  /** false: the interpreter alone. Default: the setting `millrace.codegen.enabled`. */
  readonly codegen?: boolean | undefined
}

/** Expressions are evaluated one after the other, each for all rows, so the first error is the first expression's first. */
export function compileProjection(expressions: readonly Expression[], options: CompileOptions): Projection {
  return generates(options) ? generateProjection(expressions, options) : new InterpretedProjection(expressions, options)
}

export function compilePredicate(condition: Expression, options: CompileOptions): Predicate {
  return generates(options) ? generatePredicate(condition, options) : new InterpretedPredicate(condition, options)
}

/** Generated code knows the rules of ANSI mode only. */
function generates(options: CompileOptions): boolean {
  if (!options.context.settings.ansi) return false
  return options.codegen ?? options.context.settings.flag('millrace.codegen.enabled')
}
