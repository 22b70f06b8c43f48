import { type OptionDefinition, readOptions, type TypedOptions } from '../../engine/connect/options.ts'
import type { SourceDefinition } from '../../engine/connect/source.ts'
import { AnalysisError, UsageError } from '../../engine/errors/engine-error.ts'
import { field, type Schema } from '../../engine/types/data-type.ts'
import type { Settings } from '../../engine/types/settings.ts'
import type { FileFormat, Options } from './file-format.ts'
import { FILE_OPTIONS, streamLimits } from './file-options.ts'
import { FileStreamSource } from './file-source.ts'
import { type FindOptions, type FoundFile, findFiles, requirePath } from './find-files.ts'
import { partitionSchemaOf, partitionValueReader } from './partition-columns.ts'
import { type FileScan, readFiles, readWholeFile } from './read-files.ts'

const FORBIDDEN_IN_STREAMS = ['modifiedBefore', 'modifiedAfter']

/** The connector of a format: a directory read as a table, or its new files as a stream. */
export function fileSourceDefinition(format: FileFormat): SourceDefinition {
  const definitions: readonly OptionDefinition[] = [...FILE_OPTIONS, ...format.options]
  const check = (options: Options, streaming: boolean): TypedOptions => {
    const forbidden = Object.keys(options).find((key) =>
      FORBIDDEN_IN_STREAMS.some((name) => name.toLowerCase() === key.toLowerCase()),
    )
    if (streaming && forbidden !== undefined) {
      throw new UsageError('INVALID_OPTION', { message: `option "${forbidden}" is not allowed in file stream sources` })
    }
    return readOptions(definitions, options, `source "${format.name}"`)
  }
  const timeZoneOf = (options: TypedOptions, settings: Settings): string => options.text('timeZone') ?? settings.timeZone

  return {
    name: format.name,
    options: definitions,
    description: format.description,

    schema(given, wanted, settings, streaming): Schema {
      const options = check(given, streaming)
      const path = options.requiredText('path')
      requirePath(path)
      const timeZone = timeZoneOf(options, settings)
      const files = findFiles(path, findOptions(options))
      const partitions = partitionsOf(files, wanted, options, timeZone)
      const isPartition = (name: string): boolean => partitions.some((p) => p.name.toLowerCase() === name.toLowerCase())
      let data = wanted ?? format.fixedSchema
      if (data === undefined) {
        if (streaming && !settings.flag('spark.sql.streaming.schemaInference')) throw schemaRequired(format.name)
        if (files.length === 0) throw unableToInfer(format.name)
        data = format.inferSchema(contentsOf(files), given, timeZone)
      }
      return [...data.filter((f) => !isPartition(f.name)).map((f) => field(f.name, f.type, true)), ...partitions]
    },

    async openStream(environment) {
      const options = check(environment.options, true)
      const path = options.requiredText('path')
      const timeZone = timeZoneOf(options, environment.settings)
      const find = findOptions(options)
      const scan = fileScan(format, environment.options, options, environment.schema, findFiles(path, find), timeZone)
      return FileStreamSource.open(path, find, scan, streamLimits(options), environment)
    },

    readTable(environment, request) {
      const options = check(environment.options, false)
      const path = options.requiredText('path')
      requirePath(path)
      const timeZone = timeZoneOf(options, environment.settings)
      const files = findFiles(path, findOptions(options))
      return readFiles(files, fileScan(format, environment.options, options, environment.schema, files, timeZone), request)
    },
  }
}

function findOptions(options: TypedOptions): FindOptions {
  return { recursive: options.flag('recursiveFileLookup'), nameGlob: options.text('pathGlobFilter') }
}

function partitionsOf(files: readonly FoundFile[], wanted: Schema | undefined, options: TypedOptions, timeZone: string): Schema {
  return options.flag('recursiveFileLookup') ? [] : partitionSchemaOf(files, wanted, timeZone)
}

function fileScan(
  format: FileFormat,
  given: Options,
  options: TypedOptions,
  schema: Schema,
  files: readonly FoundFile[],
  timeZone: string,
): FileScan {
  // Partition columns are the last ones of the schema that `schema()` made.
  const names = new Set(partitionsOf(files, schema, options, timeZone).map((f) => f.name.toLowerCase()))
  const partitionSchema = schema.filter((f) => names.has(f.name.toLowerCase()))
  return {
    format,
    options: given,
    timeZone,
    dataSchema: schema.slice(0, schema.length - partitionSchema.length),
    partitionSchema,
    partitionValue: partitionValueReader(partitionSchema, timeZone),
    ignoreMissing: options.flag('ignoreMissingFiles'),
  }
}

/** The largest first, as Spark's tasks have them: the first record, which may name the columns, and a sample are then the same. */
function* contentsOf(files: readonly FoundFile[]): Iterable<Uint8Array> {
  for (const file of files.toSorted((a, b) => b.size - a.size)) yield readWholeFile(file.path)
}

function schemaRequired(name: string): UsageError {
  return new UsageError('SCHEMA_REQUIRED', {
    message: `a schema must be given to stream from "${name}" files`,
    hint: 'Declare the columns, or set spark.sql.streaming.schemaInference to true to take them from the files there are.',
  })
}
function unableToInfer(name: string): AnalysisError {
  return new AnalysisError('UNABLE_TO_INFER_SCHEMA', {
    message: `unable to infer schema for ${name.toUpperCase()}`,
    hint: 'There are no files: declare the columns.',
    parameters: { format: name.toUpperCase() },
  })
}
