import type { Clock } from '../clock.ts'
import type { Sink } from '../connect/sink.ts'
import type { BadRecord, SourceDefinition } from '../connect/source.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { Logger } from '../log.ts'
import type { ListenerBus } from '../observe/listener.ts'
import type { LateRows } from '../operators/build-options.ts'
import type { Pipeline } from '../operators/pipeline.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import type { OutputMode, Trigger } from '../plan/statement.ts'
import type { FileSystem } from '../storage/file-system.ts'
import type { Settings } from '../types/settings.ts'

/** All that one streaming query is, ready to start. The session fills it; the runner opens, runs and closes what it names. */
export interface QueryDefinition {
  readonly name: string | undefined
  readonly mode: OutputMode
  readonly trigger: Trigger
  /** Every relation that the plan scans, streaming and static, once each, in plan order: the n-th streaming one is source n of the checkpoint. */
  readonly relations: readonly BoundRelation[]
  /**
   * Builds the operators, empty. Called once a start and again after a failed epoch that is retried. `settings` are the query's with those
   * that its checkpoint has frozen; `context.epoch` is moved by the runner.
   */
  readonly buildPipeline: (context: EvaluationContext, settings: Settings, onLateRows?: (rows: LateRows) => void) => Pipeline
  /** Any text that differs when the plan does; noted in the checkpoint. */
  readonly planFingerprint: string
  /** The identity that the checkpoint keeps across restarts goes to the sink. Called once; the runner closes the sink. */
  readonly openSink: (queryId: string) => Promise<Sink>
  readonly checkpoint: CheckpointPlace
  /** A snapshot taken at the start: later changes in the session do not reach the query. */
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
  readonly listeners: ListenerBus
  /** The plan as EXPLAIN prints it. */
  readonly explain: (extended: boolean) => string
  /** Takes the rows that are left out (LATE DATA TO, BAD ROWS TO); undefined: they are only counted. */
  readonly leftOut?: LeftOutRows | undefined
  /** EMIT AFTER IDLE: with no rows from any source for so long, all that waits for the watermark is emitted. */
  readonly emitAfterIdleMs?: number | undefined
}

/** Collects what an epoch leaves out, and keeps it once the epoch is committed. */
export interface LeftOutRows {
  /** Are rows dropped for their event time wanted? */
  readonly wantsLate: boolean
  readonly wantsBad: boolean
  /** An epoch begins, perhaps not for the first time: what an earlier try collected is forgotten. Watermarks in milliseconds. */
  begin(epoch: { readonly epoch: number; readonly lateWatermarkMs: number }): void
  late(rows: LateRows): void
  bad(relation: RelationDefinition, record: BadRecord): void
  commit(queryId: string): void
}

export interface BoundRelation {
  readonly relation: RelationDefinition
  readonly definition: SourceDefinition
}

/**
 * Where the query's epochs and state are kept. `temporary`: nowhere; the query cannot be restarted, as sinks that remember nothing
 * (console, memory, noop, foreach) allow.
 */
export type CheckpointPlace =
  | { readonly temporary: true }
  | { readonly temporary: false; readonly directory: string; readonly fileSystem: FileSystem }
