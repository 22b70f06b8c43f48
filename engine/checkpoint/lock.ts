import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { CheckpointError } from '../errors/engine-error.ts'
import type { FileSystem } from '../storage/file-system.ts'
import { withPlace } from './failure.ts'
import { decodeJson, encodeJson } from './records.ts'

/**
 * One process uses a checkpoint at a time: it holds a `lock` file that says who it is. A lock whose process is gone never blocks, also when its
 * process id has been given to another process since: the start time of the process is compared where the system tells it (Linux).
 */
export class CheckpointLock {
  readonly #fileSystem: FileSystem
  readonly #file: string
  readonly #token: string

  private constructor(fileSystem: FileSystem, file: string, token: string) {
    this.#fileSystem = fileSystem
    this.#file = file
    this.#token = token
    heldHere.add(token)
  }

  static async acquire(fileSystem: FileSystem, file: string): Promise<CheckpointLock> {
    const token = randomUUID()
    const content = encodeJson({ token, pid: process.pid, host: hostname(), started: startOf(process.pid) } satisfies LockContent)
    while (!(await withPlace('lock', file, () => fileSystem.createExclusive(file, content)))) {
      const holder = await readLock(fileSystem, file)
      if (holder !== undefined && isAlive(holder)) throw lockedError(file, holder)
      await removeStale(fileSystem, file)
    }
    return new CheckpointLock(fileSystem, file, token)
  }

  async release(): Promise<void> {
    if (!heldHere.delete(this.#token)) return
    const holder = await readLock(this.#fileSystem, this.#file)
    if (holder?.token === this.#token) await withPlace('unlock', this.#file, () => this.#fileSystem.remove(this.#file))
  }
}

interface LockContent {
  readonly token: string
  readonly pid: number
  readonly host: string
  /** Start of the process as its system counts it, with the system's boot; null where it does not tell. */
  readonly started: string | null
}

/** Tokens of the locks that this process holds: a lock with our process id and another token was left by a process before us (containers number from 1). */
const heldHere = new Set<string>()

async function readLock(fileSystem: FileSystem, file: string): Promise<LockContent | undefined> {
  try {
    return decodeJson(await fileSystem.read(file)) as LockContent
  } catch {
    // Gone in the meantime, or not a lock that a process of ours has written whole: nobody holds it.
    return undefined
  }
}

/**
 * Removes a lock that nobody holds. Two processes may have seen the same one: they take turns (by a lock of its own), so that the second finds
 * the lock that the first has made since, instead of removing that.
 */
async function removeStale(fileSystem: FileSystem, file: string): Promise<void> {
  const turn = await CheckpointLock.acquire(fileSystem, `${file}.stale`)
  try {
    const holder = await readLock(fileSystem, file)
    if (holder === undefined || !isAlive(holder)) await withPlace('remove the stale lock', file, () => fileSystem.remove(file))
  } finally {
    await turn.release()
  }
}

function isAlive(holder: LockContent): boolean {
  // Another machine's processes cannot be seen from here: believe the lock.
  if (holder.host !== hostname()) return true
  if (holder.pid === process.pid) return heldHere.has(holder.token)
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const started = startOf(holder.pid)
  return started === null || holder.started === null || started === holder.started
}

function startOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the program's name in parentheses, may hold blanks; the start time is field 22.
    const start = fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19]
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${start}`
  } catch {
    return null
  }
}

function lockedError(file: string, holder: LockContent | undefined): CheckpointError {
  const here = holder?.host === hostname()
  return new CheckpointError('CONCURRENT_QUERY', {
    message: `another query is using this checkpoint: "${file}" is held`,
    detail:
      holder === undefined
        ? 'Its holder could not be read.'
        : `It is held by process ${holder.pid}${holder.pid === process.pid && here ? ' (this one)' : ''} on host "${holder.host}".`,
    hint: here
      ? 'Stop that query first, or give this one a checkpoint directory of its own: two queries cannot share one.'
      : 'If that process or its host is gone, remove the lock file and start again.',
    parameters: { path: file },
  })
}
