import type { Batch } from '../columnar/batch.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type { Settings } from '../types/settings.ts'

/** What operators are built with. `context` is shared by all expressions; the pipeline sets its epoch. */
export interface BuildOptions {
  readonly functions: FunctionRegistry
  readonly context: EvaluationContext
  readonly settings: Settings
  /** Gets the input rows that stateful operators drop as late (LATE DATA TO), in the schema of the operator's input. */
  readonly lateRows?: ((batch: Batch) => void) | undefined
}
