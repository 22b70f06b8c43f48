import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../engine/clock.ts'
import { latestSinkEpoch, writeSinkLog } from '../../engine/connect/file-sink-log.ts'
import { type OptionDefinition, readOptions, type TypedOptions } from '../../engine/connect/options.ts'
import type { EpochWriter, SaveMode, Sink, SinkDefinition, SinkEnvironment } from '../../engine/connect/sink.ts'
import { AnalysisError, ConnectorError } from '../../engine/errors/engine-error.ts'
import type { Encoder } from '../../engine/formats/encoder.ts'
import { LocalFileSystem, makeDirectories } from '../../engine/storage/local-file-system.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import { PartitionedWriter } from './partitioned-writer.ts'

export type Options = Readonly<Record<string, string>>

/** A format as the file sink needs it. */
export interface FileEncoding {
  readonly name: string
  readonly options: readonly OptionDefinition[]
  readonly description: string
  openEncoder(schema: Schema, options: Options, environment: SinkEnvironment): Encoder
}

const FILE_OPTIONS: readonly OptionDefinition[] = [
  { name: 'path', type: 'string', required: true, description: 'Directory that the files are written to.' },
  {
    name: 'retention',
    type: 'duration',
    description: 'Streaming: files older than this leave the log when it is compacted, and readers no longer see them.',
  },
  { name: 'compression', type: ['none', 'uncompressed', 'gzip'], default: 'none', description: 'Whether files are packed.' },
]

/** The connector of a format: files in a directory, exactly once. */
export function fileSinkDefinition(format: FileEncoding): SinkDefinition {
  const definitions = [...FILE_OPTIONS, ...format.options]
  const open = (
    environment: SinkEnvironment,
  ): { options: TypedOptions; directory: string; newWriter: (fileName: string, replaces: boolean) => PartitionedWriter } => {
    const options = readOptions(definitions, environment.options, `sink "${format.name}"`)
    const path = options.requiredText('path')
    const directory = /^file:\/\//.test(path) ? fileURLToPath(path) : resolve(path.replace(/^file:/, ''))
    const gzip = options.requiredText('compression').toLowerCase() === 'gzip'
    const newWriter = (fileName: string, replaces: boolean): PartitionedWriter =>
      new PartitionedWriter({
        fileName,
        replaces,
        directory,
        extension: `${format.name === 'text' ? 'txt' : format.name}${gzip ? '.gz' : ''}`,
        gzip,
        schema: environment.schema,
        partitionBy: environment.partitionBy,
        timeZone: environment.settings.timeZone,
        openEncoder: (schema) => format.openEncoder(schema, environment.options, environment),
      })
    // What cannot be written is refused before the first row: columns that are not there, types the format does not have.
    newWriter('check', false)
    return { options, directory, newWriter }
  }
  return {
    name: format.name,
    options: definitions,
    description: format.description,
    guarantee: 'exactly-once',
    modes: ['append'],
    temporaryCheckpoint: false,
    async openStream(environment) {
      const { options, directory, newWriter } = open(environment)
      makeOutputDirectory(directory)
      const retentionMs = options.durationMs('retention') ?? Number.POSITIVE_INFINITY
      return new FileStreamSink(
        directory,
        (epoch) => newWriter(`${environment.queryId}-${epoch}`, true),
        retentionMs,
        environment.clock,
      )
    },
    async writeTable(environment, saveMode) {
      const { directory, newWriter } = open(environment)
      return writeDirectory(directory, () => newWriter(randomUUID(), false), saveMode)
    },
  }
}

/**
 * Files of a directory with a log of those that count: what an epoch wrote becomes visible, all at once, when its log entry is written.
 *
 * law      an epoch that is in the log is skipped, so writing it again changes nothing; files of an attempt that failed are not in the log
 *          and do not exist for readers. Names hold the query and the epoch, so that a second attempt writes over what a killed one left:
 *          also who reads the files without the log sees each row once.
 * source   Spark's FileStreamSink, ManifestFileCommitProtocol
 */
class FileStreamSink implements Sink {
  readonly description: string
  readonly #directory: string
  readonly #newWriter: (epoch: number) => PartitionedWriter
  readonly #retentionMs: number
  readonly #clock: Clock
  readonly #fileSystem = new LocalFileSystem()

  constructor(directory: string, newWriter: (epoch: number) => PartitionedWriter, retentionMs: number, clock: Clock) {
    this.description = `FileSink[file:${directory}]`
    this.#directory = directory
    this.#newWriter = newWriter
    this.#retentionMs = retentionMs
    this.#clock = clock
  }

  async begin(epoch: number): Promise<EpochWriter | 'skip'> {
    if (epoch <= latestSinkEpoch(this.#directory)) return 'skip'
    const writer = this.#newWriter(epoch)
    return {
      append: (batch) => writer.append(batch),
      commit: async () => {
        const files = writer.finish()
        await writeSinkLog(this.#fileSystem, this.#directory, epoch, files, {
          retentionMs: this.#retentionMs,
          nowMs: this.#clock.nowMs(),
        })
      },
      abort: async () => writer.discard(),
    }
  }
  async close(): Promise<void> {}
}

/** A batch write. What `overwrite` replaces goes when all new files are written; `_SUCCESS` comes last. */
function writeDirectory(directory: string, newWriter: () => PartitionedWriter, saveMode: SaveMode): EpochWriter {
  const occupied = existsSync(directory)
  if (occupied && saveMode === 'errorifexists') {
    throw new AnalysisError('PATH_ALREADY_EXISTS', {
      message: `path "${directory}" already exists`,
      hint: 'Set mode as "overwrite" to replace what is there, or "append" to add to it.',
      parameters: { outputPath: directory },
    })
  }
  if (occupied && saveMode === 'ignore') return { append() {}, async commit() {}, async abort() {} }
  makeOutputDirectory(directory)
  const old = saveMode === 'overwrite' ? readdirSync(directory) : []
  const writer = newWriter()
  return {
    append: (batch) => writer.append(batch),
    async commit() {
      writer.finish()
      for (const name of old) removeOld(join(directory, name), writer.paths)
      writeFileSync(join(directory, '_SUCCESS'), '')
    },
    async abort() {
      writer.discard()
    },
  }
}

function makeOutputDirectory(directory: string): void {
  try {
    makeDirectories(directory)
  } catch (cause) {
    throw new ConnectorError('CANNOT_WRITE_FILE', {
      message: `cannot make directory "${directory}"`,
      detail: `The system says: ${(cause as Error).message}.`,
      hint: 'Give a path that this process may write to.',
      cause,
    })
  }
}

function removeOld(path: string, kept: ReadonlySet<string>): void {
  if (kept.has(path)) return
  if (![...kept].some((file) => file.startsWith(`${path}/`))) {
    rmSync(path, { recursive: true, force: true })
    return
  }
  for (const name of readdirSync(path)) removeOld(join(path, name), kept)
}
