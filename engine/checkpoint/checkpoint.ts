import { randomUUID } from 'node:crypto'
import type { OperatorTable } from './durable-table.ts'
import type { CommittedEpoch, PlannedEpoch, QueryDescription } from './records.ts'
import { type LogEntry, TemporarySourceLog } from './source-log.ts'

/** What an earlier run of the query has left. */
export interface RecoveredEpochs {
  readonly last: { readonly planned: PlannedEpoch; readonly committed: CommittedEpoch } | undefined
  /** Planned and not committed: the next epoch to run, exactly as planned. */
  readonly pending: PlannedEpoch | undefined
  /** Settings that the query must go on with. */
  readonly settings: Readonly<Record<string, string>>
}

/**
 * The memory of a query between epochs and between runs. The order of calls is `begin`, then for each epoch `planned` (unless it is the
 * recovered pending one), `committed`, `maintain`; at the end `close`.
 */
export interface Checkpoint {
  /** Identity of the query across runs. */
  readonly queryId: string
  readonly recovered: RecoveredEpochs
  /** Does `begin` fill tables with the state of the last committed epoch? Otherwise state is lost with the operators that hold it. */
  readonly keepsState: boolean
  /** Refuses a query that does not fit, then restores its (empty) tables. */
  begin(query: QueryDescription, tables: readonly OperatorTable[]): Promise<void>
  planned(epoch: PlannedEpoch): Promise<void>
  /** Writes what the epoch changed in the tables, and that it is done. */
  committed(epoch: CommittedEpoch): Promise<void>
  /** The newest epoch whose commit outlives a crash of the machine; -1: none. */
  readonly durableEpoch: number
  /** Between epochs: begins a snapshot when one is due. */
  maintain(): Promise<void>
  /** Things that went wrong beside the epochs, since the last call. */
  takeWarnings(): string[]
  sourceLog(index: number): { read(): Promise<LogEntry[]>; append(id: number, value: unknown): Promise<void> }
  close(): Promise<void>
  /** Ends as the death of the process would: nothing more is written, but the lock is let go. */
  abandon(): Promise<void>
}

/** For queries without a checkpoint directory: epochs are remembered while the object lives, state is not kept. */
export class TemporaryCheckpoint implements Checkpoint {
  readonly queryId = randomUUID()
  readonly keepsState = false
  readonly #sourceLogs = new Map<number, TemporarySourceLog>()
  #tables: readonly OperatorTable[] = []
  #last: RecoveredEpochs['last']
  #pending: PlannedEpoch | undefined

  get recovered(): RecoveredEpochs {
    return { last: this.#last, pending: this.#pending, settings: {} }
  }
  async begin(_query: QueryDescription, tables: readonly OperatorTable[]): Promise<void> {
    this.#tables = tables
  }
  async planned(epoch: PlannedEpoch): Promise<void> {
    this.#pending = epoch
  }
  async committed(epoch: CommittedEpoch): Promise<void> {
    for (const { table } of this.#tables) table.committed()
    this.#last = { planned: this.#pending!, committed: epoch }
    this.#pending = undefined
  }
  get durableEpoch(): number {
    return this.#last?.planned.epoch ?? -1
  }
  async maintain(): Promise<void> {}
  takeWarnings(): string[] {
    return []
  }
  sourceLog(index: number): TemporarySourceLog {
    let log = this.#sourceLogs.get(index)
    if (log === undefined) this.#sourceLogs.set(index, (log = new TemporarySourceLog()))
    return log
  }
  async close(): Promise<void> {}
  async abandon(): Promise<void> {}
}
