import { watch } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../../engine/clock.ts'
import type { Batch } from '../../engine/columnar/batch.ts'
import type { Offset } from '../../engine/connect/offset.ts'
import type { ReadLimit, ScanRequest, Source, SourceLog } from '../../engine/connect/source.ts'
import { UsageError } from '../../engine/errors/engine-error.ts'
import type { Logger } from '../../engine/log.ts'
import { makeDirectories } from '../../engine/storage/local-file-system.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import type { StreamLimits } from './file-options.ts'
import { type FindOptions, type FoundFile, findFiles, hasSinkLog, localPath, qualifiedPath } from './find-files.ts'
import { globPattern, hasGlob } from './glob.ts'
import { type FileScan, readFiles } from './read-files.ts'

/** How long an idle query waits at most before it looks again, where the platform does not tell of changes (patterns, network disks). */
const POLL_MS = 1000

/**
 * New files of a directory, each read once, in order of modification time and then of path.
 *
 * offsets  {"logOffset": n}: entry n of the source's own log, which holds the files of each epoch and is written before the epoch is
 *          planned, so that a restart reads exactly those
 * law      a file is known by its path: one rewritten in place or appended to is not read again
 * source   Spark's FileStreamSource
 */
export class FileStreamSource implements Source {
  readonly schema: Schema
  readonly description: string
  readonly #path: string
  readonly #find: FindOptions
  readonly #scan: FileScan
  readonly #limits: StreamLimits
  readonly #log: SourceLog
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #seen: SeenFiles
  /** Files by log entry, from the entry after the last committed one. */
  readonly #entries = new Map<number, readonly FoundFile[]>()
  #latest = -1
  /** Found and not yet taken. */
  #cached: readonly FoundFile[] = []
  #availableNow = false
  #badRecords = 0

  private constructor(path: string, find: FindOptions, scan: FileScan, limits: StreamLimits, environment: FileSourceEnvironment) {
    this.schema = environment.schema
    this.description = `FileStreamSource[${qualifiedPath(path)}]`
    this.#path = path
    this.#find = find
    this.#scan = scan
    this.#limits = limits
    this.#log = environment.log
    this.#clock = environment.clock
    this.#logger = environment.logger
    this.#seen = new SeenFiles(limits)
    if (limits.cleanSource !== 'off' && hasSinkLog(path)) {
      throw new UsageError('INVALID_OPTION', {
        message: 'cleanSource cannot be used on a directory that a file sink writes',
        detail: `"${path}" has a log of its data files, which would name files that are gone.`,
      })
    }
    if (limits.cleanSource === 'archive') checkArchive(path, limits.archiveDirectory!)
  }

  static async open(
    path: string,
    find: FindOptions,
    scan: FileScan,
    limits: StreamLimits,
    environment: FileSourceEnvironment,
  ): Promise<FileStreamSource> {
    const source = new FileStreamSource(path, find, scan, limits, environment)
    for (const { id, value } of await environment.log.read()) {
      const files = (value as { readonly files: readonly FoundFile[] }).files
      source.#entries.set(id, files)
      source.#latest = Math.max(source.#latest, id)
      for (const file of files) source.#seen.add(file)
    }
    source.#seen.purge()
    return source
  }

  async latestOffset(after: Offset | null, limit: ReadLimit): Promise<Offset | null> {
    const done = entryOf(after)
    // An entry that was logged but never planned, before a restart: it is the next epoch.
    if (this.#latest > done) return { logOffset: this.#latest }
    const files = this.#takeNew(limit)
    if (files.length === 0) return after
    const id = this.#latest + 1
    await this.#log.append(id, { files })
    this.#latest = id
    this.#entries.set(id, files)
    for (const file of files) this.#seen.add(file)
    this.#seen.purge()
    return { logOffset: id }
  }

  async prepareAvailableNow(): Promise<void> {
    this.#cached = this.#findNew()
    this.#availableNow = true
  }

  read(after: Offset | null, through: Offset, scan: ScanRequest): Iterable<Batch> {
    const files: FoundFile[] = []
    for (let id = entryOf(after) + 1; id <= entryOf(through); id++) files.push(...(this.#entries.get(id) ?? []))
    this.#badRecords = 0
    return readFiles(files, this.#scan, scan, (badRecords) => {
      this.#badRecords = badRecords
    })
  }

  /** `badRecords`: how many records of the last epoch were malformed, of those that its query had to decode. */
  metrics(): Readonly<Record<string, string>> {
    return { badRecords: String(this.#badRecords) }
  }

  reportLatest(): Offset | null {
    return this.#latest < 0 ? null : { logOffset: this.#latest }
  }

  async commit(through: Offset): Promise<void> {
    for (const [id, files] of [...this.#entries]) {
      if (id > entryOf(through)) continue
      this.#entries.delete(id)
      for (const file of files) await this.#clean(file)
    }
  }

  async waitForData(after: Offset | null, signal: AbortSignal): Promise<void> {
    const settled = new AbortController()
    const stop = AbortSignal.any([signal, settled.signal])
    const changed = new Promise<void>((resolve) => {
      if (hasGlob(this.#path)) return
      try {
        // Directories below are told of too where the platform can; the poll finds the rest.
        const watcher = watch(localPath(this.#path), { signal: stop, persistent: false }, () => resolve())
        watcher.on('error', () => {})
      } catch (error) {
        this.#logger.debug('cannot watch the source directory, polling it', { path: this.#path, error })
      }
    })
    // A file may have come between the last look and the watch.
    if (this.#latest > entryOf(after) || this.#findNew().length > 0) settled.abort()
    else await Promise.race([changed, this.#clock.sleep(POLL_MS, stop)])
    settled.abort()
  }

  async close(): Promise<void> {}

  /** The files of the next epoch, under its limits. */
  #takeNew(limit: ReadLimit): FoundFile[] {
    const { maxFiles, maxBytes, latestFirst, maxCachedFiles, discardCachedInputRatio } = this.#limits
    let found = this.#cached
    this.#cached = []
    if (!this.#availableNow && found.length === 0) found = this.#findNew()
    let count = found.length
    if (limit !== 'all') {
      if (maxFiles !== undefined) count = Math.min(count, maxFiles)
      if (maxBytes !== undefined) {
        let bytes = 0
        count = 0
        while (count < found.length && (count === 0 || bytes + found[count]!.size <= maxBytes)) bytes += found[count++]!.size
      }
    }
    const left = found.slice(count)
    if (this.#availableNow) this.#cached = left
    else if (!latestFirst) {
      const leftBytes = left.reduce((sum, file) => sum + file.size, 0)
      const worthKeeping =
        (maxFiles === undefined || left.length >= maxFiles * discardCachedInputRatio) &&
        (maxBytes === undefined || leftBytes >= maxBytes * discardCachedInputRatio)
      if (worthKeeping) this.#cached = left.slice(0, maxCachedFiles)
    }
    return found.slice(0, count)
  }

  #findNew(): FoundFile[] {
    const direction = this.#limits.latestFirst ? -1 : 1
    return findFiles(this.#path, this.#find)
      .filter((file) => this.#seen.isNew(file))
      .sort((a, b) => direction * (a.modifiedMs - b.modifiedMs))
  }

  /** Best effort, as in Spark: a file that cannot be moved is left where it is. */
  async #clean(file: FoundFile): Promise<void> {
    const { cleanSource, archiveDirectory } = this.#limits
    try {
      if (cleanSource === 'delete') await rm(file.path, { force: true })
      else if (cleanSource === 'archive') {
        const target = join(localPath(archiveDirectory!), file.path)
        makeDirectories(dirname(target))
        await rename(file.path, target)
      }
    } catch (error) {
      this.#logger.warn('cannot clean a source file that has been read', { path: file.path, cleanSource, error })
    }
  }
}

export interface FileSourceEnvironment {
  readonly schema: Schema
  readonly log: SourceLog
  readonly clock: Clock
  readonly logger: Logger
}

function entryOf(offset: Offset | null): number {
  return offset === null ? -1 : (offset as { readonly logOffset: number }).logOffset
}

/** Archived files must not be found again. */
function checkArchive(path: string, archive: string): void {
  const target = localPath(archive)
  const source = localPath(path)
  const inside = hasGlob(source)
    ? globPattern(source).test(target) || globPattern(source).test(join(target, dirname(source)))
    : target === source || target.startsWith(`${source}/`)
  if (!inside) return
  throw new UsageError('INVALID_OPTION', {
    message: `sourceArchiveDir "${archive}" lies within the source path "${path}"`,
    hint: 'Archive to a directory outside of what the source reads.',
  })
}

/**
 * Files taken so far, forgotten when older than `maxFileAgeMs` against the newest one; what is older than the last thing forgotten is
 * taken for seen.
 */
class SeenFiles {
  readonly #modifiedMs = new Map<string, number>()
  readonly #nameOnly: boolean
  readonly #maxAgeMs: number
  #newestMs = 0
  #forgottenBeforeMs = 0

  constructor(limits: StreamLimits) {
    this.#nameOnly = limits.fileNameOnly
    this.#maxAgeMs = limits.maxFileAgeMs
  }

  isNew(file: FoundFile): boolean {
    return file.modifiedMs >= this.#forgottenBeforeMs && !this.#modifiedMs.has(this.#key(file))
  }
  add(file: FoundFile): void {
    this.#modifiedMs.set(this.#key(file), file.modifiedMs)
    this.#newestMs = Math.max(this.#newestMs, file.modifiedMs)
  }
  purge(): void {
    this.#forgottenBeforeMs = Math.max(this.#forgottenBeforeMs, this.#newestMs - this.#maxAgeMs)
    for (const [key, modifiedMs] of this.#modifiedMs) {
      if (modifiedMs < this.#forgottenBeforeMs) this.#modifiedMs.delete(key)
    }
  }
  #key(file: FoundFile): string {
    return this.#nameOnly ? basename(file.path) : file.path
  }
}
