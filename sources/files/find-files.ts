import { type Dirent, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSinkLogFiles, SINK_LOG_DIRECTORY } from '../../engine/connect/file-sink-log.ts'
import { AnalysisError, ConnectorError } from '../../engine/errors/engine-error.ts'
import { globPattern, hasGlob } from './glob.ts'

export interface FoundFile {
  /** Absolute local path. */
  readonly path: string
  /** Milliseconds since 1970. */
  readonly modifiedMs: number
  readonly size: number
  /** Values of key=value directories above it, outermost first, as written (unescaped). */
  readonly partition: readonly PartitionValue[]
}
export interface PartitionValue {
  readonly name: string
  /** undefined: NULL (`__HIVE_DEFAULT_PARTITION__`). */
  readonly value: string | undefined
}
export interface FindOptions {
  readonly recursive: boolean
  /** Files must match by name. */
  readonly nameGlob: string | undefined
}

const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__'

/** An absolute local path of what the user wrote: a path, or a file: URI. */
export function localPath(path: string): string {
  if (/^file:\/\//.test(path)) return fileURLToPath(path)
  return resolve(path.replace(/^file:/, ''))
}

/** `file:/a/b`, as Spark names paths in descriptions. */
export function qualifiedPath(path: string): string {
  return `file:${localPath(path)}`
}

/**
 * Checks that a path without wildcards exists.
 * @throws AnalysisError PATH_NOT_FOUND
 */
export function requirePath(path: string): void {
  if (hasGlob(path)) return
  if (statOf(localPath(path)) === undefined) throw pathNotFound(path)
}

export function pathNotFound(path: string): AnalysisError {
  return new AnalysisError('PATH_NOT_FOUND', {
    message: `path "${path}" does not exist`,
    hint: 'Check the spelling; a relative path is taken from the working directory of the process.',
    parameters: { path: qualifiedPath(path) },
  })
}

/**
 * The data files below a path, by path. Names that begin with `_` or `.` are invisible. A directory that a file sink wrote shows the files
 * its log lists and no others. Without `recursive` only key=value directories are entered.
 */
export function findFiles(path: string, options: FindOptions): FoundFile[] {
  const files: FoundFile[] = []
  const wanted = options.nameGlob === undefined ? undefined : globPattern(options.nameGlob)
  const add = (file: string, partition: readonly PartitionValue[]): void => {
    if (wanted !== undefined && !wanted.test(basename(file))) return
    const stat = statOf(file)
    // It may have been moved away since it was listed.
    if (stat !== undefined) files.push({ path: file, modifiedMs: Math.floor(stat.mtimeMs), size: stat.size, partition })
  }
  const walk = (directory: string, partition: readonly PartitionValue[]): void => {
    const logged = readSinkLogFiles(directory)
    if (logged !== undefined) {
      for (const file of logged) {
        if (wanted === undefined || wanted.test(basename(file.path))) {
          files.push({ ...file, partition: [...partition, ...partitionOf(directory, file.path)] })
        }
      }
      return
    }
    for (const entry of entriesOf(directory)) {
      if (isHidden(entry.name)) continue
      const child = join(directory, entry.name)
      const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && (statOf(child)?.isDirectory() ?? false))
      if (!isDirectory) add(child, partition)
      else if (options.recursive) walk(child, partition)
      else {
        const value = partitionValue(entry.name)
        if (value !== undefined) walk(child, [...partition, value])
      }
    }
  }
  for (const root of expandGlob(localPath(path))) {
    const stat = statOf(root)
    if (stat === undefined) continue
    if (stat.isDirectory()) walk(root, [])
    else add(root, [])
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** True where a file sink keeps a log: what it does not list does not exist. */
export function hasSinkLog(path: string): boolean {
  return !hasGlob(path) && statOf(join(localPath(path), SINK_LOG_DIRECTORY)) !== undefined
}

/** Paths that a pattern names: itself when it has no wildcards. */
function expandGlob(path: string): string[] {
  if (!hasGlob(path)) return [path]
  let found: string[] = [sep]
  for (const part of path.split(sep).filter((p) => p !== '')) {
    if (!hasGlob(part)) {
      found = found.map((p) => join(p, part)).filter((p) => statOf(p) !== undefined)
      continue
    }
    const pattern = globPattern(part)
    found = found.flatMap((p) =>
      entriesOf(p)
        .filter((entry) => pattern.test(entry.name) && !isHidden(entry.name))
        .map((entry) => join(p, entry.name)),
    )
  }
  return found
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new ConnectorError('CANNOT_READ_FILE', {
      message: `cannot list directory "${directory}"`,
      detail: `The system says: ${(cause as Error).message}.`,
      cause,
    })
  }
}

function statOf(path: string) {
  return statSync(path, { throwIfNoEntry: false })
}

/** As Spark's HadoopFSUtils.shouldFilterOutPathName: a key that begins with an underscore is a partition all the same. */
export function isHidden(name: string): boolean {
  return (name.startsWith('_') && !name.includes('=')) || name.startsWith('.') || name.endsWith('._COPYING_')
}

function partitionValue(name: string): PartitionValue | undefined {
  const at = name.indexOf('=')
  if (at <= 0) return undefined
  const value = unescapePathName(name.slice(at + 1))
  return { name: unescapePathName(name.slice(0, at)), value: value === HIVE_NULL ? undefined : value }
}

function partitionOf(root: string, file: string): PartitionValue[] {
  const below = dirname(file).slice(root.length)
  return below
    .split(sep)
    .map(partitionValue)
    .filter((value) => value !== undefined)
}

function unescapePathName(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
