import type { Batch } from '../columnar/batch.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type { WatermarkOffset } from '../incremental/incremental-plan.ts'
import type { Settings } from '../types/settings.ts'

/** What operators are built with. `context` is shared by all expressions; the pipeline sets its epoch. */
export interface BuildOptions {
  readonly functions: FunctionRegistry
  readonly context: EvaluationContext
  readonly settings: Settings
  /** Of the operator that is built. Gets the input rows that stateful operators drop as late (LATE DATA TO), and those that a watermark node leaves out, in the schema of the operator's input. */
  readonly lateRows?: ((batch: Batch) => void) | undefined
}

/** What a pipeline is built with. */
export interface PipelineOptions extends Omit<BuildOptions, 'lateRows'> {
  /** Gets every row that an operator leaves out because of its event time; undefined: they are only counted. */
  readonly onLateRows?: ((rows: LateRows) => void) | undefined
}

/** Rows that one operator left out. The batch is valid until the call returns. */
export interface LateRows {
  /** As in the checkpoint ('aggregate-0'); 'watermark' for rows too far ahead of the clock. */
  readonly operatorId: string
  readonly reason: 'late' | 'too far ahead'
  /** The operator's watermark follows from the global one by it: `watermarkAt`. */
  readonly inputWatermark: WatermarkOffset
  /** Keys of the streaming relations below the operator. */
  readonly relations: ReadonlySet<string>
  readonly batch: Batch
}
