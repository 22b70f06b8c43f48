import { CheckpointError } from '../errors/engine-error.ts'
import type { AppendFile, FileSystem } from '../storage/file-system.ts'
import { checkpointFailure, damaged, withPlace } from './failure.ts'
import {
  FILE_HEADER_BYTES,
  FORMAT_VERSION,
  type Frame,
  fileHeader,
  fileVersion,
  frameHeader,
  type RecordKind,
  scanFrames,
} from './frame.ts'

/** When what was appended must be on the disk: before going on, soon, or whenever the system likes. */
export type SyncPolicy = 'epoch' | 'group' | 'off'

/** One log file, written at its end. Frames are in the file when `append` returns and on the disk as the policy says. */
export class LogWriter {
  readonly path: string
  readonly #file: AppendFile
  readonly #policy: SyncPolicy
  #durable: number
  #syncing: Promise<void> | undefined
  #syncFailure: unknown

  private constructor(path: string, file: AppendFile, policy: SyncPolicy) {
    this.path = path
    this.#file = file
    this.#policy = policy
    this.#durable = file.length
  }

  /** Opens at `length`, where the last record that counts ends; 0: begins a new file. */
  static async open(fileSystem: FileSystem, path: string, length: number, policy: SyncPolicy): Promise<LogWriter> {
    const file = await withPlace('open', path, () => fileSystem.openAppend(path, length))
    const writer = new LogWriter(path, file, policy)
    if (length === 0) writer.#write([fileHeader()])
    return writer
  }

  get length(): number {
    return this.#file.length
  }
  /** Bytes known to be on the disk. */
  get durable(): number {
    return this.#durable
  }

  append(kind: RecordKind, epoch: number, chunks: readonly Uint8Array[]): void {
    if (this.#syncFailure !== undefined) throw checkpointFailure('sync', this.path, this.#syncFailure)
    this.#write([frameHeader(kind, epoch, this.#durable, chunks), ...chunks])
  }

  /** A place that must be durable before what follows: waits for the disk (`epoch`), lets it come on the side (`group`), or does nothing (`off`). */
  async settle(): Promise<void> {
    if (this.#policy === 'epoch') await this.sync()
    else if (this.#policy === 'group' && this.#syncing === undefined) {
      this.#syncing = this.sync()
        .catch((error: unknown) => {
          this.#syncFailure = error
        })
        .finally(() => {
          this.#syncing = undefined
        })
    }
  }

  async sync(): Promise<void> {
    const length = this.#file.length
    if (length === this.#durable) return
    await withPlace('sync', this.path, () => this.#file.sync())
    this.#durable = Math.max(this.#durable, length)
  }

  /** Syncs whatever the policy and closes. */
  async close(): Promise<void> {
    await this.#syncing
    try {
      await this.sync()
    } finally {
      await this.#file.close()
    }
  }

  /** Closes as a process that dies would: nothing more is written. */
  async abandon(): Promise<void> {
    await this.#syncing
    await this.#file.close()
  }

  #write(chunks: readonly Uint8Array[]): void {
    try {
      this.#file.append(chunks)
    } catch (error) {
      throw checkpointFailure('write to', this.path, error)
    }
  }
}

export interface LogContent {
  readonly path: string
  readonly frames: readonly Frame[]
  /** Where the last whole record ends; 0 when the file has to be begun anew. */
  readonly end: number
  readonly torn: boolean
}

/** Reads a log file whole. A tail that a crash has torn is left out; damage is an error. */
export async function readLog(fileSystem: FileSystem, path: string): Promise<LogContent> {
  if (!(await withPlace('look for', path, () => fileSystem.exists(path)))) return { path, frames: [], end: 0, torn: false }
  const bytes = await withPlace('read', path, () => fileSystem.read(path))
  const version = fileVersion(bytes)
  if (version === 0) {
    // Header and first record are written before anything is synced: a file without a whole header was torn at its birth, unless there is more behind it.
    const scan = scanFrames(bytes)
    if (scan.damage !== undefined || scan.frames.length > 0) throw damaged(path, 0, 'the file header is broken')
    return { path, frames: [], end: 0, torn: bytes.length > 0 }
  }
  if (version !== FORMAT_VERSION) throw unsupportedVersion(path, version)
  const scan = scanFrames(bytes)
  if (scan.damage !== undefined) throw damaged(path, scan.damage.at, scan.damage.reason)
  return { path, frames: scan.frames, end: Math.max(scan.end, FILE_HEADER_BYTES), torn: scan.end < bytes.length }
}

function unsupportedVersion(path: string, version: number): CheckpointError {
  return new CheckpointError('CHECKPOINT_VERSION_NOT_SUPPORTED', {
    message: `checkpoint file "${path}" has format version ${version}`,
    detail: `This release reads version ${FORMAT_VERSION}.`,
    hint:
      version > FORMAT_VERSION
        ? 'It was written by a newer release: run the query with that release or a later one.'
        : 'Run the query with the release that wrote it.',
    parameters: { path, version: String(version) },
  })
}
