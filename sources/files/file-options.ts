import { type OptionDefinition, onlyForStreams, type TypedOptions } from '../../engine/connect/options.ts'
import { UsageError } from '../../engine/errors/engine-error.ts'

/** Options of every file source, beside those of its format. */
export const FILE_OPTIONS: readonly OptionDefinition[] = [
  { name: 'path', type: 'string', required: true, description: 'A directory, a file, or a pattern of them.' },
  {
    name: 'pathGlobFilter',
    type: 'string',
    description: 'Only files whose names match this pattern are read; partition directories are found all the same.',
  },
  {
    name: 'recursiveFileLookup',
    type: 'boolean',
    default: 'false',
    description: 'Read the files of all directories below the path; key=value directories then mean nothing.',
  },
  {
    name: 'ignoreMissingFiles',
    type: 'boolean',
    default: 'false',
    description: 'Pass over files that are removed between being found and being read.',
  },
  {
    name: 'maxFilesPerTrigger',
    type: 'int',
    description: 'Streaming: how many new files an epoch takes at most.',
    idle: onlyForStreams,
  },
  {
    name: 'maxBytesPerTrigger',
    type: 'long',
    description: 'Streaming: an epoch takes no further file once it has this many bytes; always at least one file.',
    idle: onlyForStreams,
  },
  { name: 'latestFirst', type: 'boolean', default: 'false', description: 'Streaming: newest files first.', idle: onlyForStreams },
  {
    name: 'maxFileAge',
    type: 'duration',
    default: '7d',
    description: 'Streaming: files older than this, against the newest file seen, are passed over after the first epoch.',
    idle: onlyForStreams,
  },
  {
    name: 'fileNameOnly',
    type: 'boolean',
    default: 'false',
    description: 'Streaming: a file is known by its name alone, so that one moved to another directory is not read again.',
    idle: onlyForStreams,
  },
  {
    name: 'maxCachedFiles',
    type: 'int',
    default: '10000',
    description: 'Streaming: how many files found but not yet taken are remembered for the next epochs; 0 lists anew each time.',
    idle: onlyForStreams,
  },
  {
    name: 'discardCachedInputRatio',
    type: 'double',
    default: '0.2',
    description:
      'Streaming: remembered files fewer than this share of maxFilesPerTrigger, or smaller than this share of maxBytesPerTrigger, are forgotten and listed anew.',
    idle: onlyForStreams,
  },
  {
    name: 'cleanSource',
    type: ['off', 'delete', 'archive'],
    default: 'off',
    description: 'Streaming: what becomes of files that have been read; best effort.',
    idle: onlyForStreams,
  },
  {
    name: 'sourceArchiveDir',
    type: 'string',
    description: 'Streaming: where cleanSource=archive moves files, with their whole path below it.',
    idle: (options, use) =>
      onlyForStreams(options, use) ??
      (options.text('cleanSource')?.toLowerCase() === 'archive' ? undefined : 'cleanSource is not archive'),
  },
]

export interface StreamLimits {
  readonly maxFiles: number | undefined
  readonly maxBytes: number | undefined
  readonly latestFirst: boolean
  readonly maxFileAgeMs: number
  readonly fileNameOnly: boolean
  readonly maxCachedFiles: number
  readonly discardCachedInputRatio: number
  readonly cleanSource: 'off' | 'delete' | 'archive'
  readonly archiveDirectory: string | undefined
}

/** @throws UsageError for values that contradict each other or are out of range */
export function streamLimits(options: TypedOptions): StreamLimits {
  const maxFiles = positive(options, 'maxFilesPerTrigger')
  const maxBytes = positive(options, 'maxBytesPerTrigger')
  if (maxFiles !== undefined && maxBytes !== undefined) {
    throw new UsageError('INVALID_OPTION', {
      message: 'options "maxFilesPerTrigger" and "maxBytesPerTrigger" cannot be both set at the same time',
      hint: 'Leave one of them out.',
    })
  }
  const cleanSource = options.requiredText('cleanSource').toLowerCase() as StreamLimits['cleanSource']
  const archiveDirectory = options.text('sourceArchiveDir')
  if (cleanSource === 'archive' && archiveDirectory === undefined) {
    throw new UsageError('MISSING_OPTION', {
      message: 'cleanSource "archive" needs the option "sourceArchiveDir"',
      hint: 'Name a directory outside the source path.',
    })
  }
  const ratio = options.number('discardCachedInputRatio')!
  if (ratio < 0 || ratio > 1) throw outOfRange('discardCachedInputRatio', 'between 0 and 1', String(ratio))
  const maxCachedFiles = options.number('maxCachedFiles')!
  if (maxCachedFiles < 0) throw outOfRange('maxCachedFiles', 'zero or more', String(maxCachedFiles))
  const latestFirst = options.flag('latestFirst')
  return {
    maxFiles,
    maxBytes,
    latestFirst,
    // Old files are what latestFirst with a limit leaves for later: age must not drop them.
    maxFileAgeMs:
      latestFirst && (maxFiles !== undefined || maxBytes !== undefined)
        ? Number.POSITIVE_INFINITY
        : options.durationMs('maxFileAge')!,
    fileNameOnly: options.flag('fileNameOnly'),
    maxCachedFiles,
    discardCachedInputRatio: ratio,
    cleanSource,
    archiveDirectory,
  }
}

function positive(options: TypedOptions, name: string): number | undefined {
  const value = options.number(name)
  if (value !== undefined && value <= 0) throw outOfRange(name, 'a positive integer', String(value))
  return value
}
function outOfRange(name: string, wanted: string, value: string): UsageError {
  return new UsageError('INVALID_OPTION', {
    message: `invalid value "${value}" for option "${name}", must be ${wanted}`,
    parameters: { option: name, value },
  })
}
