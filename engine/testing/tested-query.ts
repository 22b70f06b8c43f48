import { forgetLastCommit } from '../checkpoint/forget-commit.ts'
import { type Batch, rowsOf } from '../columnar/batch.ts'
import type { EpochWriter, Sink } from '../connect/sink.ts'
import type { QueryRequest } from '../dataframe/context.ts'
import type { StreamingQueryProgress } from '../observe/progress.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { schemaOf } from '../plan/output.ts'
import { DEFAULT_TRIGGER, type OutputMode, type Trigger } from '../plan/statement.ts'
import type { QueryDefinition } from '../run/query-definition.ts'
import { QueryExecution, type ResumePoint } from '../run/query-execution.ts'
import { QueryLoop } from '../run/query-loop.ts'
import type { Session } from '../session/session.ts'
import { MemoryFileSystem } from '../storage/memory-file-system.ts'
import type { Schema } from '../types/data-type.ts'
import type { ManualClock } from './manual-clock.ts'
import { type Cell, cellsOf } from './row-text.ts'

/** What a query says beside its plan. */
export type WriterClauses = Pick<QueryRequest, 'lateDataTo' | 'emitAfterIdleMs'>

/** What one step of a stream test let a query do. */
export interface StepResult {
  /** Rows that reached the sink: of all epochs, or of the last one in complete mode. */
  readonly rows: readonly Cell[][]
  readonly epochs: number
}

/**
 * A streaming query under test: driven trigger by trigger against a clock that only the test moves, with a checkpoint in memory and a sink that
 * records everything, also an epoch that comes a second time.
 */
export class TestedQuery {
  readonly name: string
  readonly mode: OutputMode
  readonly #session: Session
  readonly #clock: ManualClock
  readonly #fileSystem = new MemoryFileSystem()
  #plan: () => LogicalPlan
  #clauses: WriterClauses
  #schema: Schema = []
  #execution: QueryExecution | undefined
  /** Before the last epoch. */
  #resumePoint: ResumePoint | undefined
  #recorded: { epoch: number; rows: Cell[][] }[] = []
  /** Epochs of the last step, oldest first. */
  stepProgress: StreamingQueryProgress[] = []
  lastProgress: StreamingQueryProgress | undefined
  #watermarkMs = 0

  constructor(
    name: string,
    mode: OutputMode,
    session: Session,
    clock: ManualClock,
    plan: () => LogicalPlan,
    clauses: WriterClauses = {},
  ) {
    this.name = name
    this.mode = mode
    this.#session = session
    this.#clock = clock
    this.#plan = plan
    this.#clauses = clauses
  }

  get schema(): Schema {
    return this.#schema
  }
  /** The global watermark that the next epoch would use. */
  get watermarkMs(): number {
    return this.#watermarkMs
  }

  async start(): Promise<void> {
    this.#execution = await QueryExecution.open(this.#define(DEFAULT_TRIGGER))
  }
  /**
   * Stops and starts again as if nothing had happened, after every epoch of a test in mode `restart`; in mode `crash` the epoch is lost before its commit and
   * runs again: what it then gives takes the place of what it gave before.
   */
  async resume(how: 'stop' | 'crash'): Promise<void> {
    const point = how === 'stop' ? this.#execution?.resumePoint : this.#resumePoint
    await this.stop()
    if (how === 'crash') await forgetLastCommit(this.#fileSystem, CHECKPOINT)
    this.#execution = await QueryExecution.open(this.#define(DEFAULT_TRIGGER), point)
    if (how === 'stop') return
    this.#recorded.pop()
    this.stepProgress.pop()
    await this.#trigger()
  }
  /** Starts again from the checkpoint, with a changed query if one is given. */
  async restart(changed?: { readonly plan: () => LogicalPlan; readonly clauses: WriterClauses }): Promise<void> {
    if (changed !== undefined) {
      this.#plan = changed.plan
      this.#clauses = changed.clauses
    }
    await this.stop()
    await this.start()
  }
  async stop(): Promise<void> {
    await this.#execution?.close()
    this.#execution = undefined
  }
  /** The process dies between the last epoch's write to the sink and its commit; then the query starts again. */
  async crash(): Promise<void> {
    await this.stop()
    await forgetLastCommit(this.#fileSystem, CHECKPOINT)
    await this.start()
  }

  /** One trigger. */
  async runEpoch(): Promise<StepResult> {
    this.#beginStep()
    await this.#trigger()
    return this.#endStep()
  }
  /** Triggers until one finds nothing to do. */
  async runUntilIdle(afterEpoch?: () => Promise<void>): Promise<StepResult> {
    this.#beginStep()
    while (await this.#trigger()) await afterEpoch?.()
    return this.#endStep()
  }
  /** A run of its own with a trigger that ends by itself. */
  async runTrigger(trigger: Trigger): Promise<StepResult> {
    await this.stop()
    this.#beginStep()
    const definition = this.#define(trigger)
    const execution = await QueryExecution.open(definition)
    const loop = new QueryLoop(definition, execution, { id: execution.queryId, runId: 'test', name: this.name })
    loop.start()
    await loop.ended
    if (loop.exception !== undefined) throw loop.exception
    for (const progress of loop.recentProgress) this.#note(progress)
    this.#watermarkMs = execution.watermarkMs
    return this.#endStep()
  }

  async #trigger(): Promise<boolean> {
    if (this.#execution === undefined) await this.start()
    this.#resumePoint = this.#execution!.resumePoint
    const progress = await this.#execution!.runTrigger()
    this.#watermarkMs = this.#execution!.watermarkMs
    if (progress === undefined) return false
    this.#note(progress)
    return true
  }
  #note(progress: StreamingQueryProgress): void {
    this.stepProgress.push(progress)
    this.lastProgress = progress
  }

  #beginStep(): void {
    this.#recorded = []
    this.stepProgress = []
  }
  #endStep(): StepResult {
    const rows = this.mode === 'complete' ? (this.#recorded.at(-1)?.rows ?? []) : this.#recorded.flatMap((r) => r.rows)
    return { rows, epochs: this.#recorded.length }
  }

  #define(trigger: Trigger): QueryDefinition {
    const plan = this.#plan()
    const definition = this.#session.defineQuery({
      plan,
      sink: { kind: 'format', format: 'noop', options: {} },
      name: this.name,
      outputMode: this.mode,
      trigger,
      checkpoint: CHECKPOINT,
      partitionBy: [],
      ...this.#clauses,
    })
    this.#schema = schemaOf(plan)
    return {
      ...definition,
      clock: this.#clock,
      openSink: async () => this.#sink(),
      checkpoint: { temporary: false, directory: CHECKPOINT, fileSystem: this.#fileSystem },
    }
  }

  #sink(): Sink {
    const { settings } = this.#session
    return {
      description: 'RecordingSink',
      begin: async (epoch): Promise<EpochWriter> => {
        const rows: Cell[][] = []
        return {
          append: (batch: Batch) => {
            for (const row of rowsOf(batch)) rows.push(cellsOf(row, this.#schema, settings.timeZone))
          },
          commit: async () => {
            this.#recorded.push({ epoch, rows })
          },
          abort: async () => {},
        }
      },
      close: async () => {},
    }
  }
}

const CHECKPOINT = '/checkpoint'
