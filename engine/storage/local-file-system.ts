import fs from 'node:fs'
import path from 'node:path'
import type { AppendFile, FileSystem } from './file-system.ts'

/**
 * The disk of this machine. Synchronous calls where the work is a few microseconds in the page cache (append, open), asynchronous ones
 * where the disk is waited for (sync).
 */
export class LocalFileSystem implements FileSystem {
  async list(directory: string): Promise<string[]> {
    try {
      return fs.readdirSync(directory).sort()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  async exists(file: string): Promise<boolean> {
    try {
      fs.statSync(file)
      return true
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false
      throw error
    }
  }

  async read(file: string): Promise<Uint8Array> {
    return await fs.promises.readFile(file)
  }

  async makeDirectory(directory: string): Promise<void> {
    const made = makeDirectories(directory)
    // Each new directory is an entry of its parent, which has to be synced for the entry to outlive a power failure.
    for (const one of made) await syncDirectory(path.dirname(one))
  }

  async writeAtomic(file: string, chunks: readonly Uint8Array[] | Iterable<Uint8Array>): Promise<void> {
    const temporary = temporaryName(file)
    const fd = fs.openSync(temporary, 'w')
    try {
      try {
        for (const chunk of chunks) await writeWhole(fd, chunk)
        await call((done) => fs.fsync(fd, done))
      } finally {
        fs.closeSync(fd)
      }
      fs.renameSync(temporary, file)
    } catch (error) {
      fs.rmSync(temporary, { force: true })
      throw error
    }
    await syncDirectory(path.dirname(file))
  }

  async createExclusive(file: string, content: Uint8Array): Promise<boolean> {
    // The content must be there the moment the name is: a reader may not see an empty lock. So write beside, then link, which refuses an existing name.
    const temporary = temporaryName(file)
    fs.writeFileSync(temporary, content)
    try {
      fs.linkSync(temporary, file)
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      if (!NO_LINKS.has(codeOf(error) ?? '')) throw error
      return createDirectly(file, content)
    } finally {
      fs.rmSync(temporary, { force: true })
    }
  }

  async openAppend(file: string, length: number): Promise<AppendFile> {
    let made = false
    let fd: number
    try {
      fd = fs.openSync(file, 'r+')
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      fd = fs.openSync(file, 'wx+')
      made = true
    }
    try {
      if (fs.fstatSync(fd).size > length) {
        fs.ftruncateSync(fd, length)
        await call((done) => fs.fsync(fd, done))
      }
      if (made) await syncDirectory(path.dirname(file))
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
    return new LocalAppendFile(fd, length)
  }

  async remove(file: string): Promise<void> {
    await fs.promises.rm(file, { recursive: true, force: true })
  }
}

class LocalAppendFile implements AppendFile {
  readonly #fd: number
  #length: number

  constructor(fd: number, length: number) {
    this.#fd = fd
    this.#length = length
  }

  get length(): number {
    return this.#length
  }

  append(chunks: readonly Uint8Array[]): void {
    let total = 0
    for (const chunk of chunks) total += chunk.byteLength
    const written = chunks.length === 0 ? 0 : fs.writevSync(this.#fd, chunks, this.#length)
    if (written < total) this.#appendRest(chunks, written)
    this.#length += total
  }

  /** The system took only part of a write (disk almost full, more than 2 GiB, a signal): the rest, piece by piece. */
  #appendRest(chunks: readonly Uint8Array[], written: number): void {
    let at = 0
    for (const chunk of chunks) {
      let from = Math.min(chunk.byteLength, Math.max(0, written - at))
      while (from < chunk.byteLength) {
        from += fs.writeSync(this.#fd, chunk, from, chunk.byteLength - from, this.#length + at + from)
      }
      at += chunk.byteLength
    }
  }

  async sync(): Promise<void> {
    await call((done) => fs.fdatasync(this.#fd, done))
  }

  async close(): Promise<void> {
    fs.closeSync(this.#fd)
  }
}

/** What file systems without hard links (FAT, some network shares) say to a link. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'])

function createDirectly(file: string, content: Uint8Array): boolean {
  try {
    fs.writeFileSync(file, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

let temporaryFiles = 0
/** Hidden, beside the file (a rename must not cross file systems), different for each writer. */
function temporaryName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.${++temporaryFiles}.tmp`)
}

async function writeWhole(fd: number, chunk: Uint8Array): Promise<void> {
  let from = 0
  while (from < chunk.byteLength) {
    from += await new Promise<number>((resolve, reject) =>
      fs.write(fd, chunk, from, chunk.byteLength - from, null, (error, written) => (error ? reject(error) : resolve(written))),
    )
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const fd = fs.openSync(directory, 'r')
  try {
    await call((done) => fs.fsync(fd, done))
  } catch (error) {
    // Some file systems cannot sync a directory (network shares, Windows): there the rename is as durable as it gets.
    const code = codeOf(error)
    if (code !== 'EINVAL' && code !== 'EPERM' && code !== 'EISDIR' && code !== 'ENOTSUP') throw error
  } finally {
    fs.closeSync(fd)
  }
}

function call(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())))
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

/**
 * Makes a directory and those above it that are missing; gives what it made, innermost last. Not Node's own recursive form: where nothing can be
 * made (/proc, a read-only disk) that one spins for ever or names the wrong cause.
 */
export function makeDirectories(directory: string): string[] {
  try {
    fs.mkdirSync(directory)
    return [directory]
  } catch (error) {
    const code = codeOf(error)
    if (fs.existsSync(directory) && fs.statSync(directory).isDirectory()) return []
    const parent = path.dirname(directory)
    if (code !== 'ENOENT' || parent === directory || fs.existsSync(parent)) throw error
    const above = makeDirectories(parent)
    fs.mkdirSync(directory)
    return [...above, directory]
  }
}
