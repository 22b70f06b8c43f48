import type { AppendFile, FileSystem } from '../../engine/storage/file-system.ts'

/** How the process dies at its k-th durable operation: before it, after it, or in the middle of what it writes. */
export type Death = 'before' | 'after' | 'torn'

/**
 * Counts the operations that change something outside and makes the k-th the last one: from then on every operation fails, as for a
 * process that is gone. Sinks take part by calling `operation` themselves.
 */
export class CrashPlan {
  readonly #at: number
  readonly #death: Death
  #count = 0
  /** Names of the operations so far. */
  readonly operations: string[] = []

  constructor(at = Number.POSITIVE_INFINITY, death: Death = 'before') {
    this.#at = at
    this.#death = death
  }

  get crashed(): boolean {
    return this.#count >= this.#at
  }

  async operation<T>(name: string, whole: () => T | Promise<T>, half?: () => unknown): Promise<T> {
    if (!this.#reached(name)) return whole()
    if (this.#death === 'after') await whole()
    if (this.#death === 'torn') await half?.()
    throw new Crash(name)
  }

  operationSync(name: string, whole: () => void, half: () => void): void {
    if (!this.#reached(name)) {
      whole()
      return
    }
    if (this.#death === 'after') whole()
    if (this.#death === 'torn') half()
    throw new Crash(name)
  }

  #reached(name: string): boolean {
    if (this.crashed) throw new Crash(name)
    this.operations.push(name)
    return ++this.#count >= this.#at
  }
}

export class Crash extends Error {
  constructor(operation: string) {
    super(`the process died at ${operation}`)
  }
}

/** A file system for one life of a process that dies as its plan says. What is read is not counted. */
export class CrashFileSystem implements FileSystem {
  readonly #disk: FileSystem
  readonly #plan: CrashPlan

  constructor(disk: FileSystem, plan: CrashPlan) {
    this.#disk = disk
    this.#plan = plan
  }

  list(path: string): Promise<string[]> {
    return this.#disk.list(path)
  }
  exists(path: string): Promise<boolean> {
    return this.#disk.exists(path)
  }
  read(path: string): Promise<Uint8Array> {
    return this.#disk.read(path)
  }
  makeDirectory(path: string): Promise<void> {
    return this.#plan.operation(`make ${path}`, () => this.#disk.makeDirectory(path))
  }
  writeAtomic(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
    return this.#plan.operation(`write ${path}`, () => this.#disk.writeAtomic(path, chunks))
  }
  createExclusive(path: string, content: Uint8Array): Promise<boolean> {
    return this.#plan.operation(`create ${path}`, () => this.#disk.createExclusive(path, content))
  }
  async openAppend(path: string, length: number): Promise<AppendFile> {
    const file = await this.#plan.operation(`open ${path}`, () => this.#disk.openAppend(path, length))
    return new CrashAppendFile(file, path, this.#plan)
  }
  remove(path: string): Promise<void> {
    return this.#plan.operation(`remove ${path}`, () => this.#disk.remove(path))
  }
}

class CrashAppendFile implements AppendFile {
  readonly #file: AppendFile
  readonly #path: string
  readonly #plan: CrashPlan

  constructor(file: AppendFile, path: string, plan: CrashPlan) {
    this.#file = file
    this.#path = path
    this.#plan = plan
  }

  get length(): number {
    return this.#file.length
  }
  append(chunks: readonly Uint8Array[]): void {
    const all = Buffer.concat(chunks)
    this.#plan.operationSync(
      `append to ${this.#path}`,
      () => this.#file.append([all]),
      () => this.#file.append([all.subarray(0, Math.floor(all.length / 2))]),
    )
  }
  sync(): Promise<void> {
    return this.#plan.operation(`sync ${this.#path}`, () => this.#file.sync())
  }
  close(): Promise<void> {
    return this.#file.close()
  }
}
