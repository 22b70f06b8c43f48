import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { EngineError } from '../errors/engine-error.ts'
import { compilePredicate, compileProjection, type Predicate, type Projection, type Selection } from '../evaluate/compile.ts'
import { KernelColumns } from '../evaluate/kernel-columns.ts'
import type { BoundRef, Expression } from '../expr/expression.ts'
import { collect } from '../expr/walk.ts'
import type { IncrementalNode } from '../incremental/incremental-plan.ts'
import type { BuildOptions } from './build-options.ts'

/**
 * Filters and expressions fused: which rows of a batch count, and the values of some expressions for them. Operators that compute
 * anything take the filters below them in, so that a filter costs a selection vector and no copy of its rows.
 */
export class RowPreparation {
  /** What remains below once the filters are taken in. */
  readonly input: IncrementalNode
  /** Positions of the input that are read. */
  readonly reads: ReadonlySet<number>
  /** The fast way, where a call has a column kernel. */
  readonly #kernels: KernelColumns | undefined
  readonly #compilePlain: () => Plain
  #plain: Plain | undefined

  constructor(above: IncrementalNode, expressions: readonly Expression[], options: BuildOptions) {
    const conditions: Expression[] = []
    let node = above
    while (node.kind === 'filter') {
      conditions.unshift(node.condition)
      node = node.input
    }
    this.input = node
    this.reads = new Set(
      [...conditions, ...expressions].flatMap((e) => collect(e, (n): n is BoundRef => n.kind === 'bound').map((n) => n.ordinal)),
    )
    this.#kernels = KernelColumns.of(conditions, expressions, options)
    this.#compilePlain = () => ({
      predicates: conditions.map((condition) => compilePredicate(condition, options)),
      projection: compileProjection(expressions, options),
    })
    if (this.#kernels === undefined) this.#plain = this.#compilePlain()
  }

  /** Null: no row passed. */
  prepare(batch: Batch, arena: Arena): PreparedRows | null {
    if (this.#kernels !== undefined && batch.rowCount > 0) {
      try {
        const prepared = this.#kernels.prepare(batch, arena)
        return prepared && { batch, ...prepared, count: prepared.selection?.count ?? batch.rowCount }
      } catch (error) {
        // Not swallowed: the plain way evaluates again, and lets the error out if it comes from a value that is asked for.
        if (!(error instanceof EngineError)) throw error
      }
    }
    const { predicates, projection } = (this.#plain ??= this.#compilePlain())
    let selection: Selection | null = null
    for (const predicate of predicates) {
      selection = predicate.select(batch, selection, arena)
      if (selection !== null && selection.count === 0) return null
    }
    if (batch.rowCount === 0) return null
    const columns = projection.evaluate(batch, selection, arena)
    return { batch, selection, count: selection === null ? batch.rowCount : selection.count, columns }
  }
}

interface Plain {
  readonly predicates: readonly Predicate[]
  readonly projection: Projection
}

export interface PreparedRows {
  readonly batch: Batch
  readonly selection: Selection | null
  readonly count: number
  /** One an expression, `count` rows each. */
  readonly columns: readonly Column[]
}
