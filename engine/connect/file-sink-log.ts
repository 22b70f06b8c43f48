import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConnectorError } from '../errors/engine-error.ts'
import type { FileSystem } from '../storage/file-system.ts'

/**
 * The log of a file sink, `DIR/_spark_metadata/`: which data files of the directory count. Spark's layout, so that either engine reads what
 * the other wrote: one file an epoch, named after it; every tenth is `<epoch>.compact` and repeats all entries so far.
 *
 * Content: a line `v1`, then one JSON object a file. Source: Spark's FileStreamSinkLog, CompactibleFileStreamLog.
 */
export const SINK_LOG_DIRECTORY = '_spark_metadata'
const COMPACT_INTERVAL = 10
const VERSION = 'v1'

export interface SinkLogEntry {
  /** URI of the data file. */
  readonly path: string
  readonly size: number
  readonly isDir: boolean
  /** Milliseconds since 1970. */
  readonly modificationTime: number
  readonly blockReplication: number
  readonly blockSize: number
  readonly action: 'add'
}

export function sinkLogEntry(path: string, size: number, modificationTime: number): SinkLogEntry {
  return {
    path: pathToFileURL(path).href,
    size,
    isDir: false,
    modificationTime,
    blockReplication: 1,
    blockSize: 33554432,
    action: 'add',
  }
}

/** The latest epoch in the log of `directory`; −1 when it has none. */
export function latestSinkEpoch(directory: string): number {
  return logFiles(join(directory, SINK_LOG_DIRECTORY)).reduce((latest, file) => Math.max(latest, file.epoch), -1)
}

/** Local paths that the log of `directory` lists, in the order they were added; undefined when it has no log. */
export function readSinkLogFiles(
  directory: string,
): { readonly path: string; readonly size: number; readonly modifiedMs: number }[] | undefined {
  if (!existsSync(join(directory, SINK_LOG_DIRECTORY))) return undefined
  return readSinkLog(directory).map((entry) => ({
    path: fileURLToPath(entry.path),
    size: entry.size,
    modifiedMs: entry.modificationTime,
  }))
}

export function readSinkLog(directory: string): SinkLogEntry[] {
  const log = join(directory, SINK_LOG_DIRECTORY)
  const files = logFiles(log)
  const compact = files.filter((file) => file.compact).at(-1)
  const plain = files.filter((file) => !file.compact && file.epoch > (compact?.epoch ?? -1))
  return [...(compact === undefined ? [] : [compact]), ...plain].flatMap((file) => parseLogFile(join(log, file.name)))
}

/**
 * Adds the files of an epoch; every tenth entry repeats all that still count. `retentionMs`: at compaction, entries of files older than that
 * are forgotten. Entries superseded by a compact one are removed once the next compact one is written.
 */
export async function writeSinkLog(
  fileSystem: FileSystem,
  directory: string,
  epoch: number,
  entries: readonly SinkLogEntry[],
  retention: { readonly retentionMs: number; readonly nowMs: number },
): Promise<void> {
  const log = join(directory, SINK_LOG_DIRECTORY)
  await fileSystem.makeDirectory(log)
  const compact = (epoch + 1) % COMPACT_INTERVAL === 0
  const kept = compact
    ? [...readSinkLog(directory), ...entries].filter((e) => retention.nowMs - e.modificationTime <= retention.retentionMs)
    : entries
  const text = [VERSION, ...kept.map((entry) => JSON.stringify(entry))].join('\n')
  await fileSystem.writeAtomic(join(log, compact ? `${epoch}.compact` : String(epoch)), [new TextEncoder().encode(text)])
  if (!compact) return
  // A reader may still hold the listing that named them: only what an earlier compact entry already replaced goes.
  const previous = epoch - COMPACT_INTERVAL
  for (const file of logFiles(log)) {
    if (file.epoch < previous || (file.epoch === previous && !file.compact)) await fileSystem.remove(join(log, file.name))
  }
}

interface LogFile {
  readonly name: string
  readonly epoch: number
  readonly compact: boolean
}

function logFiles(log: string): LogFile[] {
  if (!existsSync(log)) return []
  return readdirSync(log)
    .map((name) => {
      const match = /^(\d+)(\.compact)?$/.exec(name)
      return match === null ? undefined : { name, epoch: Number(match[1]), compact: match[2] !== undefined }
    })
    .filter((file) => file !== undefined)
    .sort((a, b) => a.epoch - b.epoch)
}

function parseLogFile(path: string): SinkLogEntry[] {
  const [version, ...lines] = readFileSync(path, 'utf8').split('\n')
  if (version !== VERSION) {
    throw new ConnectorError('MALFORMED_LOG_FILE', {
      message: `the file sink's log "${path}" is of version "${version}", not ${VERSION}`,
      hint: 'It was written by another engine or is damaged; data files can still be read one by one by their paths.',
    })
  }
  return lines
    .filter((line) => line !== '')
    .map((line, i) => {
      try {
        return JSON.parse(line) as SinkLogEntry
      } catch (cause) {
        throw new ConnectorError('MALFORMED_LOG_FILE', {
          message: `line ${i + 2} of the file sink's log "${path}" is not JSON`,
          cause,
        })
      }
    })
}
