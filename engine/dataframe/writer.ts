import type { Batch } from '../columnar/batch.ts'
import { UsageError } from '../errors/engine-error.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import type { OutputMode, Trigger } from '../plan/statement.ts'
import type { Schema } from '../types/data-type.ts'
import type { DataFrameContext, SaveMode, SinkRequest } from './context.ts'
import { DataFrame } from './dataframe.ts'
import { type OptionValue, optionText } from './options-text.ts'
import type { AnyRow } from './row-type.ts'
import { rowReader } from './row-values.ts'
import type { StreamingQueryHandle } from './streaming-query-handle.ts'
import { durationMs } from './trigger.ts'

/** Rows one by one: `open` may refuse a partition; `close` is called whenever `open` returned. */
export interface ForeachWriter<Row> {
  open?(partitionId: number, epochId: number): boolean | Promise<boolean>
  process(row: Row): void | Promise<void>
  close?(error: unknown): void | Promise<void>
}

/** Describes where a stream's rows go and starts the query. */
export class DataStreamWriter<Row extends object = AnyRow> {
  readonly #plan: LogicalPlan
  readonly #context: DataFrameContext
  #mode: OutputMode | undefined
  #format: string | undefined
  #sink: SinkRequest | undefined
  #name: string | undefined
  #trigger: Trigger | undefined
  #partitionBy: readonly string[] = []
  #lateDataTo: string | undefined
  #badRowsTo: string | undefined
  #emitAfterIdleMs: number | undefined
  readonly #options: Record<string, string> = {}

  constructor(plan: LogicalPlan, context: DataFrameContext) {
    this.#plan = plan
    this.#context = context
  }

  /** append (default), update or complete: what of the result each epoch writes. */
  outputMode(mode: OutputMode | Capitalize<OutputMode>): this {
    this.#mode = outputModeOf(mode)
    return this
  }
  format(name: string): this {
    this.#format = name
    return this
  }
  option(key: string, value: OptionValue): this {
    this.#options[key] = optionText(key, value)
    return this
  }
  options(options: Readonly<Record<string, OptionValue>>): this {
    for (const [key, value] of Object.entries(options)) this.option(key, value)
    return this
  }
  queryName(name: string): this {
    this.#name = name
    return this
  }
  /** Trigger.processingTime('10 seconds'), Trigger.once(), Trigger.availableNow(); default: as fast as possible. */
  trigger(trigger: Trigger): this {
    this.#trigger = trigger
    return this
  }
  partitionBy(...columns: readonly string[]): this {
    this.#partitionBy = columns
    return this
  }
  /** Keeps every row that is dropped as late in the session's table of this name: operator, watermark, epoch, row (JSON), reason. */
  lateDataTo(table: string): this {
    this.#lateDataTo = table
    return this
  }
  /** Keeps every record that a source could not decode in the session's table of this name: source, origin, reason, bytes. */
  badRowsTo(table: string): this {
    this.#badRowsTo = table
    return this
  }
  /** Emits all that waits for the watermark once no source has had rows for so long. Rows that then come for it are late. */
  emitAfterIdle(duration: string): this {
    this.#emitAfterIdleMs = durationMs(duration)
    return this
  }
  /**
   * Calls back with each epoch's rows as a batch DataFrame. The same epoch may come again after a failure, with the same rows:
   * exactly once if what you do is idempotent by `epochId`.
   */
  foreachBatch(call: (batch: DataFrame<Row>, epochId: number) => void | Promise<void>): this {
    this.#sink = {
      kind: 'foreach_batch',
      call: async (schema: Schema, batches: readonly Batch[], epoch: number) => {
        const held = this.#context.hold(schema, batches)
        try {
          await call(new DataFrame<Row>(held.plan, this.#context), epoch)
        } finally {
          held.release()
        }
      },
    }
    return this
  }
  /** Calls back with each row, at least once. */
  foreach(writer: ForeachWriter<Row> | ((row: Row) => void | Promise<void>)): this {
    const target: ForeachWriter<Row> = typeof writer === 'function' ? { process: writer } : writer
    this.#sink = {
      kind: 'foreach',
      writer: (schema) => {
        const read = rowReader(schema, this.#context.bigint)
        return {
          open: (partition, epoch) => target.open?.(partition, epoch) ?? true,
          process: (row) => target.process(read(row) as Row),
          close: (error) => target.close?.(error),
        }
      },
    }
    return this
  }
  /** Starts the query; the promise is settled once its sources and checkpoint are open and its plan is legal. */
  async start(path?: string): Promise<StreamingQueryHandle<Row>> {
    if (path !== undefined) this.option('path', path)
    const { checkpointLocation, ...options } = takeCheckpoint(this.#options)
    if (this.#sink === undefined && this.#format === undefined) {
      throw new UsageError('MISSING_FORMAT', {
        message: 'the writer has no format',
        hint: "Say which with format('console'), or use foreachBatch.",
      })
    }
    if (this.#sink !== undefined && this.#format !== undefined) {
      throw new UsageError('CONFLICTING_SINKS', {
        message: `the writer has both format('${this.#format}') and a callback`,
        hint: 'Keep one of them.',
      })
    }
    const handle = await this.#context.startQuery({
      plan: this.#plan,
      sink: this.#sink ?? { kind: 'format', format: this.#format!, options },
      name: this.#name,
      outputMode: this.#mode,
      trigger: this.#trigger,
      checkpoint: checkpointLocation,
      partitionBy: this.#partitionBy,
      lateDataTo: this.#lateDataTo,
      badRowsTo: this.#badRowsTo,
      emitAfterIdleMs: this.#emitAfterIdleMs,
    })
    return handle as StreamingQueryHandle<Row>
  }
  /** Starts the query into a sink table that SQL declared. */
  toTable(name: string): Promise<StreamingQueryHandle<Row>> {
    this.#format = 'table'
    return this.option('table', name).start()
  }
}

function takeCheckpoint(options: Readonly<Record<string, string>>): Record<string, string> & { checkpointLocation?: string } {
  const rest: Record<string, string> & { checkpointLocation?: string } = {}
  for (const [key, value] of Object.entries(options))
    rest[key.toLowerCase() === 'checkpointlocation' ? 'checkpointLocation' : key] = value
  return rest
}

export function outputModeOf(text: string): OutputMode {
  const mode = text.toLowerCase()
  if (mode === 'append' || mode === 'update' || mode === 'complete') return mode
  throw new UsageError('STREAMING_OUTPUT_MODE.INVALID', {
    message: `invalid streaming output mode: ${text}`,
    hint: "Accepted output modes are 'Append', 'Complete', 'Update'.",
    parameters: { outputMode: text },
  })
}

/** Writes a batch. */
export class DataFrameWriter {
  readonly #plan: LogicalPlan
  readonly #context: DataFrameContext
  #format: string | undefined
  #mode: SaveMode = 'errorifexists'
  #partitionBy: readonly string[] = []
  readonly #options: Record<string, string> = {}

  constructor(plan: LogicalPlan, context: DataFrameContext) {
    this.#plan = plan
    this.#context = context
  }

  format(name: string): this {
    this.#format = name
    return this
  }
  /** append, overwrite, errorifexists (default) or ignore: what to do when there is data already. */
  mode(mode: SaveMode | 'error' | 'default'): this {
    this.#mode = mode === 'error' || mode === 'default' ? 'errorifexists' : mode
    return this
  }
  option(key: string, value: OptionValue): this {
    this.#options[key] = optionText(key, value)
    return this
  }
  options(options: Readonly<Record<string, OptionValue>>): this {
    for (const [key, value] of Object.entries(options)) this.option(key, value)
    return this
  }
  partitionBy(...columns: readonly string[]): this {
    this.#partitionBy = columns
    return this
  }
  async save(path?: string): Promise<void> {
    if (path !== undefined) this.option('path', path)
    if (this.#format === undefined)
      throw new UsageError('MISSING_FORMAT', {
        message: 'the writer has no format',
        hint: "Say which with format('json'), or use json(path), csv(path), text(path).",
      })
    await this.#context.writeBatch({
      plan: this.#plan,
      format: this.#format,
      options: { ...this.#options },
      partitionBy: this.#partitionBy,
      mode: this.#mode,
    })
  }
  json(path: string): Promise<void> {
    return this.format('json').save(path)
  }
  csv(path: string): Promise<void> {
    return this.format('csv').save(path)
  }
  text(path: string): Promise<void> {
    return this.format('text').save(path)
  }
}
