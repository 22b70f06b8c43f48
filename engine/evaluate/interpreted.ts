import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { ColumnBuilder } from '../columnar/column-builder.ts'
import { takeColumn } from '../columnar/take.ts'
import { type Expression, typeOf } from '../expr/expression.ts'
import type { CompileOptions, Predicate, Projection, RowFunction, Selection } from './compile.ts'
import { interpret } from './interpret.ts'
import { ordinalsOf, RowReader } from './row-reader.ts'

/** One expression, row by row, through plain values. */
export class InterpretedColumn {
  readonly #expression: Expression
  readonly #evaluate: RowFunction
  readonly #reader: RowReader

  constructor(expression: Expression, options: CompileOptions) {
    this.#expression = expression
    this.#evaluate = interpret(expression, options.functions, options.context)
    this.#reader = new RowReader(ordinalsOf(expression))
  }

  evaluate(batch: Batch, selection: Selection | null): Column {
    const count = selection === null ? batch.rowCount : selection.count
    const builder = new ColumnBuilder(typeOf(this.#expression), count)
    for (let i = 0; i < count; i++) {
      builder.append(this.#evaluate(this.#reader.read(batch, selection === null ? i : selection.rows[i]!)))
    }
    return builder.finish()
  }
}

/** The position of the input column that an expression is, under any aliases; undefined when it computes something. */
export function plainReference(e: Expression): number | undefined {
  return e.kind === 'bound' ? e.ordinal : e.kind === 'alias' ? plainReference(e.child) : undefined
}

export function referencedColumn(batch: Batch, ordinal: number, selection: Selection | null, arena: Arena): Column {
  const column = batch.columns[ordinal]!
  return selection === null ? column : takeColumn(column, selection.rows, selection.count, arena)
}

export class InterpretedProjection implements Projection {
  readonly #columns: readonly ((batch: Batch, selection: Selection | null, arena: Arena) => Column)[]

  constructor(expressions: readonly Expression[], options: CompileOptions) {
    this.#columns = expressions.map((e) => {
      const ordinal = plainReference(e)
      if (ordinal !== undefined) return (batch, selection, arena) => referencedColumn(batch, ordinal, selection, arena)
      const column = new InterpretedColumn(e, options)
      return (batch, selection) => column.evaluate(batch, selection)
    })
  }

  evaluate(batch: Batch, selection: Selection | null, arena: Arena): Column[] {
    return this.#columns.map((column) => column(batch, selection, arena))
  }
}

export class InterpretedPredicate implements Predicate {
  readonly #evaluate: RowFunction
  readonly #reader: RowReader

  constructor(condition: Expression, options: CompileOptions) {
    this.#evaluate = interpret(condition, options.functions, options.context)
    this.#reader = new RowReader(ordinalsOf(condition))
  }

  select(batch: Batch, selection: Selection | null, arena: Arena): Selection | null {
    const count = selection === null ? batch.rowCount : selection.count
    const rows = arena.int32(count)
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = selection === null ? i : selection.rows[i]!
      if (this.#evaluate(this.#reader.read(batch, row)) === true) rows[kept++] = row
    }
    return kept === count ? selection : { rows, count: kept }
  }
}
