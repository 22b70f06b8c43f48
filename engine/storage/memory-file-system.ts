import type { AppendFile, FileSystem } from './file-system.ts'

/**
 * Files that live as long as this object: checkpoints of tests and of stream-test scripts, which are restarted and crashed inside one process.
 * Keeps what was synced apart from what was not, so that `losePower` can show what a disk would have kept.
 */
export class MemoryFileSystem implements FileSystem {
  readonly #files = new Map<string, MemoryFile>()
  readonly #directories = new Set<string>()

  async list(path: string): Promise<string[]> {
    const prefix = path.endsWith('/') ? path : path + '/'
    const names = new Set<string>()
    for (const name of [...this.#files.keys(), ...this.#directories]) {
      if (name.startsWith(prefix)) names.add(name.slice(prefix.length).split('/')[0]!)
    }
    return [...names].sort()
  }

  async exists(path: string): Promise<boolean> {
    return this.#files.has(path) || this.#directories.has(path)
  }

  async read(path: string): Promise<Uint8Array> {
    const file = this.#files.get(path)
    if (file === undefined) throw platformError('ENOENT', `no such file: ${path}`)
    return file.bytes.slice(0, file.length)
  }

  async makeDirectory(path: string): Promise<void> {
    this.#directories.add(path)
  }

  async writeAtomic(path: string, chunks: readonly Uint8Array[] | Iterable<Uint8Array>): Promise<void> {
    const file = new MemoryFile()
    for (const chunk of chunks) file.append([chunk])
    file.synced = file.length
    this.#files.set(path, file)
  }

  async createExclusive(path: string, content: Uint8Array): Promise<boolean> {
    if (this.#files.has(path)) return false
    await this.writeAtomic(path, [content])
    return true
  }

  async openAppend(path: string, length: number): Promise<AppendFile> {
    let file = this.#files.get(path)
    if (file === undefined) this.#files.set(path, (file = new MemoryFile()))
    file.length = Math.min(file.length, length)
    file.synced = Math.min(file.synced, length)
    return file
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path)
    this.#directories.delete(path)
    for (const name of [...this.#files.keys()]) if (name.startsWith(path + '/')) this.#files.delete(name)
    for (const name of [...this.#directories]) if (name.startsWith(path + '/')) this.#directories.delete(name)
  }

  /** Forgets every byte that was appended and not synced. */
  losePower(): void {
    for (const file of this.#files.values()) file.length = file.synced
  }
}

class MemoryFile implements AppendFile {
  bytes = new Uint8Array(256)
  length = 0
  synced = 0

  append(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      if (this.length + chunk.byteLength > this.bytes.length) {
        const grown = new Uint8Array(Math.max(this.length + chunk.byteLength, 2 * this.bytes.length))
        grown.set(this.bytes.subarray(0, this.length))
        this.bytes = grown
      }
      this.bytes.set(chunk, this.length)
      this.length += chunk.byteLength
    }
  }

  async sync(): Promise<void> {
    this.synced = this.length
  }

  async close(): Promise<void> {}
}

function platformError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}
