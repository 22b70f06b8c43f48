import { randomUUID } from 'node:crypto'
import { CheckpointError } from '../errors/engine-error.ts'
import type { FileSystem } from '../storage/file-system.ts'
import type { Checkpoint, RecoveredEpochs } from './checkpoint.ts'
import { checkCompatible } from './compatibility.ts'
import type { OperatorTable } from './durable-table.ts'
import { damaged, withPlace } from './failure.ts'
import { RECORD_KINDS } from './frame.ts'
import { CheckpointLayout } from './layout.ts'
import { CheckpointLock } from './lock.ts'
import { LogWriter, type SyncPolicy } from './log.ts'
import {
  type CommittedEpoch,
  decodeJson,
  encodeJson,
  type PlannedEpoch,
  type QueryDescription,
  type StateRecord,
  stateHeader,
} from './records.ts'
import { type Replay, replayLog } from './replay.ts'
import {
  listSnapshots,
  readSnapshotTable,
  removeOld,
  type SnapshotManifest,
  type TakenSnapshot,
  takeSnapshot,
  writeSnapshot,
} from './snapshot.ts'
import { DurableSourceLog } from './source-log.ts'

export interface CheckpointOptions {
  readonly sync: SyncPolicy
  /** A snapshot is taken when the log has grown by this, and by as much as the last snapshot was large. */
  readonly snapshotLogBytes: number
}

/**
 * A checkpoint in a directory: an append-only log of epochs and state changes, with a snapshot of the state now and then so that the log stays about
 * as long as the state is large. docs/checkpoint-format.md is the reference of its bytes.
 *
 * law: `planned(N)` has returned before anything of epoch N is seen outside; a restart finds either all of an epoch's changes of state or none.
 */
export class DurableCheckpoint implements Checkpoint {
  readonly queryId: string
  readonly keepsState = true
  readonly #fileSystem: FileSystem
  readonly #layout: CheckpointLayout
  readonly #options: CheckpointOptions
  readonly #lock: CheckpointLock
  readonly #snapshots: readonly SnapshotManifest[]
  /** What the log said when it was opened; its state changes only until `begin` has used them. */
  #replay: Replay
  readonly #sourceLogs = new Map<number, DurableSourceLog>()
  readonly #warnings: string[] = []
  #query: QueryDescription | undefined
  #tables: readonly OperatorTable[] = []
  #headers: readonly Uint8Array[] = []
  #log: LogWriter | undefined
  #pending: PlannedEpoch | undefined
  #last: RecoveredEpochs['last']
  /** Committed epochs whose record is not known to be on the disk: the epoch and where its record ends. */
  #unsynced: { readonly epoch: number; readonly end: number }[] = []
  #durableEpoch: number
  /** Bytes of log behind the last snapshot. */
  #logBytes: number
  /** Of the last snapshot. */
  #snapshotBytes: number
  #snapshotJob: Promise<void> | undefined

  private constructor(
    fileSystem: FileSystem,
    layout: CheckpointLayout,
    options: CheckpointOptions,
    lock: CheckpointLock,
    queryId: string,
    snapshots: readonly SnapshotManifest[],
    replay: Replay,
  ) {
    this.#fileSystem = fileSystem
    this.#layout = layout
    this.#options = options
    this.#lock = lock
    this.queryId = queryId
    this.#snapshots = snapshots
    this.#replay = replay
    this.#last = replay.last
    this.#pending = replay.pending
    this.#durableEpoch = replay.last?.planned.epoch ?? -1
    this.#logBytes = replay.bytes
    this.#snapshotBytes = snapshots[0]?.tables.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
  }

  /** Locks the directory (made when missing) and reads its epochs; state is read by `begin`. */
  static async open(fileSystem: FileSystem, directory: string, options: CheckpointOptions): Promise<DurableCheckpoint> {
    const layout = new CheckpointLayout(directory)
    await withPlace('make', layout.logs, () => fileSystem.makeDirectory(layout.logs))
    await refuseForeign(fileSystem, layout)
    const lock = await CheckpointLock.acquire(fileSystem, layout.lock)
    try {
      const { snapshots, problems } = await listSnapshots(fileSystem, layout)
      const replay = await replayLog(fileSystem, layout, baseOf(snapshots[0]))
      const queryId = await readOrMakeId(fileSystem, layout, replay.query !== undefined)
      const checkpoint = new DurableCheckpoint(fileSystem, layout, options, lock, queryId, snapshots, replay)
      checkpoint.#warnings.push(...problems)
      return checkpoint
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  get recovered(): RecoveredEpochs {
    return { last: this.#last, pending: this.#pending, settings: this.#replay.query?.settings ?? {} }
  }

  async begin(query: QueryDescription, tables: readonly OperatorTable[]): Promise<void> {
    const before = this.#replay.query
    if (before !== undefined) checkCompatible(this.#layout.directory, before, query)
    this.#query = query
    this.#tables = tables
    this.#headers = tables.map(({ operatorId, table }) => stateHeader(operatorId, table.name))
    if (tables.length > 0) await this.#restore()
    this.#replay = { ...this.#replay, changes: [] }
    const open = this.#replay.open
    this.#log = await LogWriter.open(
      this.#fileSystem,
      this.#layout.log(open?.firstEpoch ?? this.#nextEpoch),
      open?.end ?? 0,
      this.#options.sync,
    )
    const unchanged = before !== undefined && JSON.stringify(before) === JSON.stringify(query)
    if (!unchanged) this.#log.append(RECORD_KINDS.query, this.#nextEpoch, [encodeJson(query)])
  }

  async planned(epoch: PlannedEpoch): Promise<void> {
    this.#log!.append(RECORD_KINDS.planned, epoch.epoch, [encodeJson(epoch)])
    await this.#log!.settle()
    this.#pending = epoch
  }

  async committed(epoch: CommittedEpoch): Promise<void> {
    const log = this.#log!
    const before = log.length
    for (let i = 0; i < this.#tables.length; i++) {
      const changes = this.#tables[i]!.table.delta()
      if (changes.length > 0) log.append(RECORD_KINDS.state, epoch.epoch, [this.#headers[i]!, ...changes])
    }
    log.append(RECORD_KINDS.committed, epoch.epoch, [encodeJson(epoch)])
    await log.settle()
    for (const { table } of this.#tables) table.committed()
    this.#last = { planned: this.#pending!, committed: epoch }
    this.#pending = undefined
    this.#unsynced.push({ epoch: epoch.epoch, end: log.length })
    this.#logBytes += log.length - before
  }

  get durableEpoch(): number {
    const waits = this.#options.sync !== 'off'
    while (this.#unsynced.length > 0 && (!waits || this.#unsynced[0]!.end <= this.#log!.durable)) {
      this.#durableEpoch = this.#unsynced.shift()!.epoch
    }
    return this.#durableEpoch
  }

  /**
   * Begins a snapshot when the log has outgrown the last one. What the next holds was in the last one or in the log since, so that it is at most twice the
   * log: snapshots never cost more than a constant times what the epochs have changed. The tables are copied now (memory speed; no epoch runs meanwhile), the files are
   * written while epochs go on in a new segment.
   */
  async maintain(): Promise<void> {
    if (this.#snapshotJob !== undefined || this.#logBytes < Math.max(this.#options.snapshotLogBytes, this.#snapshotBytes)) return
    await this.#log!.close()
    this.#durableEpoch = this.#last!.planned.epoch
    this.#unsynced = []
    this.#log = await LogWriter.open(this.#fileSystem, this.#layout.log(this.#nextEpoch), 0, this.#options.sync)
    this.#log.append(RECORD_KINDS.query, this.#nextEpoch, [encodeJson(this.#query)])
    this.#logBytes = 0
    const snapshot = await takeSnapshot(this.#query!, this.#last!.planned, this.#last!.committed, this.#tables)
    this.#snapshotBytes = bytesOf(snapshot)
    this.#snapshotJob = writeSnapshot(this.#fileSystem, this.#layout, snapshot)
      .then(() => removeOld(this.#fileSystem, this.#layout))
      .catch((error: unknown) => {
        // The log still has everything: the query goes on, and tries again once the log has grown as much again.
        this.#warnings.push(`the snapshot of epoch ${snapshot.planned.epoch} could not be written: ${String(error)}`)
      })
      .finally(() => {
        this.#snapshotJob = undefined
      })
  }

  takeWarnings(): string[] {
    return this.#warnings.splice(0)
  }

  sourceLog(index: number): DurableSourceLog {
    let log = this.#sourceLogs.get(index)
    if (log === undefined) {
      log = new DurableSourceLog(this.#fileSystem, this.#layout, index, this.#options.sync)
      this.#sourceLogs.set(index, log)
    }
    return log
  }

  async close(): Promise<void> {
    try {
      await this.#snapshotJob
      for (const log of this.#sourceLogs.values()) await log.close()
      await this.#log?.close()
    } finally {
      this.#log = undefined
      await this.#lock.release()
    }
  }

  async abandon(): Promise<void> {
    await this.#snapshotJob
    for (const log of this.#sourceLogs.values()) await log.abandon()
    await this.#log?.abandon()
    this.#log = undefined
    await this.#lock.release()
  }

  get #nextEpoch(): number {
    return (this.#last?.planned.epoch ?? -1) + 1
  }

  /** The newest snapshot whose files are whole, then the changes since. The one before it is kept for the case that a file of the newest has gone bad. */
  async #restore(): Promise<void> {
    const [newest, older] = this.#snapshots
    let blocks: StateRecord[] = []
    let changes = this.#replay.changes
    if (newest !== undefined) {
      try {
        blocks = await this.#readSnapshot(newest)
      } catch (error) {
        if (older === undefined) throw error
        this.#warnings.push(
          `the snapshot of epoch ${newest.planned.epoch} cannot be used, going back to ${older.planned.epoch}: ${String(error)}`,
        )
        blocks = await this.#readSnapshot(older)
        changes = (await replayLog(this.#fileSystem, this.#layout, baseOf(older))).changes
      }
    }
    const tables = new Map(this.#tables.map((entry) => [`${entry.operatorId}/${entry.table.name}`, entry.table]))
    for (const { operatorId, table, block } of [...blocks, ...changes]) {
      const target = tables.get(`${operatorId}/${table}`)
      if (target === undefined)
        throw damaged(this.#layout.logs, 0, `there is state of the unknown table "${table}" of operator ${operatorId}`)
      // A copy of its own: tables may look at it as wider numbers, which needs it aligned.
      target.restore(block.byteOffset % 8 === 0 ? block : block.slice())
    }
    for (const { table } of this.#tables) table.committed()
  }

  async #readSnapshot(manifest: SnapshotManifest): Promise<StateRecord[]> {
    const blocks: StateRecord[] = []
    for (const entry of manifest.tables) {
      const block = await readSnapshotTable(this.#fileSystem, this.#layout, manifest, entry)
      if (block.byteLength > 0) blocks.push({ operatorId: entry.operatorId, table: entry.table, block })
    }
    return blocks
  }
}

function bytesOf(snapshot: TakenSnapshot): number {
  let bytes = 0
  for (const { chunks } of snapshot.tables) for (const chunk of chunks) bytes += chunk.byteLength
  return bytes
}

function baseOf(snapshot: SnapshotManifest | undefined) {
  if (snapshot === undefined) return { epoch: -1, last: undefined, query: undefined }
  const { planned, committed, query } = snapshot
  return { epoch: planned.epoch, last: { planned, committed }, query }
}

async function readOrMakeId(fileSystem: FileSystem, layout: CheckpointLayout, used: boolean): Promise<string> {
  const file = layout.metadata
  if (await withPlace('look for', file, () => fileSystem.exists(file))) {
    const bytes = await withPlace('read', file, () => fileSystem.read(file))
    try {
      const id = (decodeJson(bytes) as { id?: unknown }).id
      if (typeof id === 'string') return id
    } catch (error) {
      throw new CheckpointError('CHECKPOINT_DAMAGED', {
        message: `checkpoint file "${file}" is not JSON`,
        detail: 'It holds the identity of the query, as {"id": "…"}.',
        cause: error,
      })
    }
    throw damaged(file, 0, 'there is no "id"')
  }
  if (used) throw damaged(file, 0, 'the file is missing although epochs have been logged')
  const id = randomUUID()
  await withPlace('write', file, () => fileSystem.writeAtomic(file, [encodeJson({ id })]))
  return id
}

async function refuseForeign(fileSystem: FileSystem, layout: CheckpointLayout): Promise<void> {
  const names = await withPlace('list', layout.directory, () => fileSystem.list(layout.directory))
  if (names.includes('offsets') || names.includes('commits')) {
    throw new CheckpointError('CHECKPOINT_OF_ANOTHER_ENGINE', {
      message: `"${layout.directory}" is a checkpoint of Apache Spark`,
      detail: 'It holds "offsets" and "commits", which Millrace neither reads nor changes.',
      hint: 'Name another checkpoint directory.',
    })
  }
}
