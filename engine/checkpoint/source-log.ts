import type { FileSystem } from '../storage/file-system.ts'
import { withPlace } from './failure.ts'
import { RECORD_KINDS } from './frame.ts'
import type { CheckpointLayout } from './layout.ts'
import { LogWriter, readLog, type SyncPolicy } from './log.ts'
import { decodeJson, encodeJson } from './records.ts'

export interface LogEntry {
  readonly id: number
  readonly value: unknown
}

/**
 * The log that a source keeps in the checkpoint (engine/connect/source.ts SourceLog). A later entry with an id that is there already
 * replaces it and all behind it: an epoch that was planned anew after a crash.
 */
export class DurableSourceLog {
  readonly #fileSystem: FileSystem
  readonly #layout: CheckpointLayout
  readonly #index: number
  readonly #policy: SyncPolicy
  #writer: LogWriter | undefined

  constructor(fileSystem: FileSystem, layout: CheckpointLayout, index: number, policy: SyncPolicy) {
    this.#fileSystem = fileSystem
    this.#layout = layout
    this.#index = index
    this.#policy = policy
  }

  async read(): Promise<LogEntry[]> {
    const { frames } = await readLog(this.#fileSystem, this.#layout.sourceLog(this.#index))
    const entries: LogEntry[] = []
    for (const frame of frames) {
      while (entries.length > 0 && entries.at(-1)!.id >= frame.epoch) entries.pop()
      entries.push({ id: frame.epoch, value: decodeJson(frame.payload) })
    }
    return entries
  }

  async append(id: number, value: unknown): Promise<void> {
    this.#writer ??= await this.#open()
    this.#writer.append(RECORD_KINDS.entry, id, [encodeJson(value)])
    await this.#writer.settle()
  }

  async close(): Promise<void> {
    await this.#writer?.close()
    this.#writer = undefined
  }

  async abandon(): Promise<void> {
    await this.#writer?.abandon()
    this.#writer = undefined
  }

  async #open(): Promise<LogWriter> {
    const directory = this.#layout.source(this.#index)
    await withPlace('make', directory, () => this.#fileSystem.makeDirectory(directory))
    const { path, end } = await readLog(this.#fileSystem, this.#layout.sourceLog(this.#index))
    return LogWriter.open(this.#fileSystem, path, end, this.#policy)
  }
}

/** The same for a query without a checkpoint: forgotten with it. */
export class TemporarySourceLog {
  readonly #entries: LogEntry[] = []

  async read(): Promise<LogEntry[]> {
    return [...this.#entries]
  }
  async append(id: number, value: unknown): Promise<void> {
    while (this.#entries.length > 0 && this.#entries.at(-1)!.id >= id) this.#entries.pop()
    this.#entries.push({ id, value })
  }
}
