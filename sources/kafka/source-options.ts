import {
  type OptionDefinition,
  onlyForStreams,
  parseDurationMs,
  readOptions,
  type TypedOptions,
} from '../../engine/connect/options.ts'
import { UsageError } from '../../engine/errors/engine-error.ts'
import { csvFormat } from '../files/csv-format.ts'
import type { FileFormat } from '../files/file-format.ts'
import { jsonFormat } from '../files/json-format.ts'
import { textFormat } from '../files/text-format.ts'
import { AVRO_SOURCE_OPTIONS, type AvroOptions, avroOptions } from './avro-options.ts'
import type { ClientConfig } from './client/kafka-js-transport.ts'
import { bootstrapServers, clientConfig, kafkaKeys } from './connection-options.ts'
import { type MetadataColumn, metadataColumns } from './metadata-columns.ts'
import { PartitionOffsets, type TopicPartition } from './partition-offsets.ts'
import type { FetchSettings } from './range-fetcher.ts'

const oneProcess = () => 'a topic is read in one process, so nothing is split into tasks'
/** What only counts beside another option. */
const without = (other: string) => (options: TypedOptions) => (options.has(other) ? undefined : `there is no ${other} beside it`)
const behind =
  (...others: readonly string[]) =>
  (options: TypedOptions) => {
    const before = others.find((other) => options.has(other))
    return before === undefined ? undefined : `${before} comes before it`
  }
const noGroup = (options: TypedOptions) =>
  options.flag('commitOffsets') || startsFromGroup(options)
    ? undefined
    : "no consumer group is joined or written to; with commitOffsets true the query's offsets are committed to one, with startingOffsets group they are read from one"

const OFFSETS = 'earliest, latest, or JSON such as {"topic":{"0":23,"1":-2}} (-2 earliest, -1 latest)'
const SOURCE_KEYS: readonly OptionDefinition[] = [
  {
    name: 'isolation.level',
    type: ['read_uncommitted', 'read_committed'],
    default: 'read_uncommitted',
    description: 'Whether records of open and aborted transactions are read too.',
  },
  { name: 'fetch.max.bytes', type: 'int', default: '16777216', description: 'Bytes of one answer.' },
  { name: 'max.partition.fetch.bytes', type: 'int', default: '2097152', description: 'Bytes of one partition in an answer.' },
  { name: 'check.crcs', type: 'boolean', default: 'true', description: 'Whether the checksums of record batches are looked at.' },
]
const BASE_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'subscribe',
    type: 'string',
    description: 'Topics to read, separated by commas. Exactly one of subscribe, subscribePattern and assign is required.',
  },
  {
    name: 'subscribePattern',
    type: 'string',
    description: 'Regular expression of the topics to read; new ones are found while running.',
  },
  { name: 'assign', type: 'string', description: 'Partitions to read, as JSON: {"topic":[0,1]}.' },
  {
    name: 'startingOffsets',
    type: 'string',
    description: `Where to start: ${OFFSETS}, or group: where the consumer group kafka.group.id is; latest for streams and earliest for tables by default. Counts at the very first start only.`,
    idle: behind('startingTimestamp', 'startingOffsetsByTimestamp'),
  },
  {
    name: 'endingOffsets',
    type: 'string',
    description: `Tables: where to end: ${OFFSETS}; latest by default.`,
    idle: behind('endingTimestamp', 'endingOffsetsByTimestamp'),
  },
  {
    name: 'startingTimestamp',
    type: 'string',
    description: 'Start at the first records of this time or later, in milliseconds since 1970.',
  },
  {
    name: 'endingTimestamp',
    type: 'string',
    description: 'Tables: end before the first records of this time or later, in milliseconds since 1970.',
  },
  {
    name: 'startingOffsetsByTimestamp',
    type: 'string',
    description: 'Start by time, for each partition: {"topic":{"0":1700000000000}}.',
    idle: behind('startingTimestamp'),
  },
  {
    name: 'endingOffsetsByTimestamp',
    type: 'string',
    description: 'Tables: end by time, for each partition.',
    idle: behind('endingTimestamp'),
  },
  {
    name: 'startingOffsetsByTimestampStrategy',
    type: ['error', 'latest'],
    default: 'error',
    description: 'What to do where no record is as late as the starting time.',
    idle: (options) =>
      options.has('startingTimestamp') || options.has('startingOffsetsByTimestamp') ? undefined : 'there is no starting time',
  },
  {
    name: 'failOnDataLoss',
    type: 'boolean',
    default: 'true',
    description: 'Fail when records are gone before they were read; false: go on with what is there.',
  },
  {
    name: 'maxOffsetsPerTrigger',
    type: 'long',
    description: 'Streaming: how many offsets an epoch takes at most, shared out over partitions by what is left in them.',
    idle: onlyForStreams,
  },
  {
    name: 'minOffsetsPerTrigger',
    type: 'long',
    description: 'Streaming: an epoch waits until there are that many new offsets, or maxTriggerDelay has passed.',
    idle: onlyForStreams,
  },
  {
    name: 'maxTriggerDelay',
    type: 'duration',
    default: '15m',
    description: 'Streaming: how long minOffsetsPerTrigger may hold an epoch back.',
    idle: (options, use) => onlyForStreams(options, use) ?? without('minOffsetsPerTrigger')(options),
  },
  {
    name: 'minPartitions',
    type: 'int',
    description:
      'For Spark: into how many tasks a read is split. Taken, with a warning that it has no effect: a topic is read in one process.',
    idle: oneProcess,
  },
  { name: 'maxRecordsPerPartition', type: 'long', description: 'For Spark, as minPartitions.', idle: oneProcess },
  {
    name: 'includeHeaders',
    type: 'boolean',
    default: 'false',
    description: 'Add the column `headers`.',
    idle: (options) => (options.has('format') ? 'with format the columns are those of the values' : undefined),
  },
  {
    name: 'kafkaConsumer.pollTimeoutMs',
    type: 'long',
    default: '120000',
    description: 'Milliseconds to wait for records that must be there.',
  },
  {
    name: 'fetchOffset.numRetries',
    type: 'int',
    default: '3',
    description: 'How often offsets are asked for again when a time or partition is not answered.',
  },
  { name: 'fetchOffset.retryIntervalMs', type: 'long', default: '10', description: 'Milliseconds between those tries.' },
  {
    name: 'commitOffsets',
    type: 'boolean',
    default: 'false',
    description:
      'Streaming: commit the offsets of each committed epoch to the consumer group kafka.group.id, or groupIdPrefix-QUERYID, for tools that show its lag. They are never read back.',
    idle: onlyForStreams,
  },
  {
    name: 'kafka.group.id',
    type: 'string',
    description: 'The consumer group of commitOffsets and of startingOffsets group; no group is ever joined.',
    idle: noGroup,
  },
  {
    name: 'groupIdPrefix',
    type: 'string',
    description: "Without kafka.group.id: begins the name of commitOffsets' group, `groupIdPrefix-QUERYID`.",
    idle: (options) => behind('kafka.group.id')(options) ?? noGroup(options),
  },
  {
    name: 'format',
    type: ['json', 'csv', 'avro', 'text'],
    description: "What values are: the stream then has the given columns, decoded from each record's value, instead of Kafka's.",
  },
  {
    name: 'metadataColumns',
    type: 'string',
    description:
      'With format: further columns from other parts of the record, `key, topic, partition, offset, timestamp AS sent_at, timestampType, headers`; one that is declared stays where it is, others come last.',
  },
]

/** Options of file formats that mean something for a record: not those about lines, files and their beginnings. */
const ABOUT_FILES = new Set([
  'linesep',
  'encoding',
  'charset',
  'multiline',
  'header',
  'enforceschema',
  'inferschema',
  'samplingratio',
  'wholetext',
  'preferdate',
  'inferTimestamp'.toLowerCase(),
  'prefersdecimal',
  'primitivesasstring',
  'dropfieldifallnull',
])
/** Formats of files, whose decoders values go through too. */
const FORMATS: Readonly<Record<string, FileFormat>> = { json: jsonFormat, csv: csvFormat, text: textFormat }

function formatOptions(format: FileFormat): OptionDefinition[] {
  return format.options.filter((definition) => !ABOUT_FILES.has(definition.name.toLowerCase()))
}
function withoutRepeats(definitions: readonly OptionDefinition[]): OptionDefinition[] {
  return [...new Map(definitions.map((definition) => [definition.name.toLowerCase(), definition])).values()]
}

const OWN_OPTIONS: readonly OptionDefinition[] = [...BASE_OPTIONS, ...kafkaKeys(SOURCE_KEYS)]
export const KAFKA_SOURCE_OPTIONS: readonly OptionDefinition[] = withoutRepeats([
  ...OWN_OPTIONS,
  ...Object.values(FORMATS).flatMap(formatOptions),
  ...AVRO_SOURCE_OPTIONS,
])

export type Subscription =
  | { readonly kind: 'assign'; readonly partitions: readonly TopicPartition[] }
  | { readonly kind: 'subscribe'; readonly topics: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp; readonly text: string }

/** Where to start or end. */
export type Bound =
  | { readonly kind: 'earliest' | 'latest' }
  /** Where a consumer group is. */
  | { readonly kind: 'group'; readonly group: string }
  /** −1 latest, −2 earliest. */
  | { readonly kind: 'offsets'; readonly offsets: PartitionOffsets }
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'times'; readonly timestampsMs: PartitionOffsets }

export interface KafkaSourceOptions {
  readonly client: ClientConfig
  /** As given, for messages. */
  readonly servers: string
  /** How long a request that has failed is tried again. */
  readonly patienceMs: number
  readonly subscription: Subscription
  readonly start: Bound
  readonly end: Bound
  /** Where no record is as late as the starting time. */
  readonly startAtLatest: boolean
  readonly fetch: FetchSettings
  readonly maxOffsets: number | undefined
  readonly minOffsets: number | undefined
  readonly maxDelayMs: number
  readonly includeHeaders: boolean
  /** The consumer group that the offsets of a query are committed to. */
  readonly commitGroup: ((queryId: string) => string) | undefined
  readonly offsetTries: { readonly count: number; readonly pauseMs: number }
  readonly format: FileFormat | undefined
  readonly formatOptions: Readonly<Record<string, string>>
  /** Values are Avro; `format` is undefined then. */
  readonly avro: AvroOptions | undefined
  readonly metadata: readonly MetadataColumn[]
}

/** @throws UsageError for what Spark refuses too, in its words */
export function kafkaSourceOptions(given: Readonly<Record<string, string>>, streaming: boolean): KafkaSourceOptions {
  refuseForbidden(given)
  const options = checkedOptions(given)
  const kafka = (name: string) => options.text(`kafka.${name}`)
  if (bootstrapServers(kafka).length === 0) {
    throw invalid("option 'kafka.bootstrap.servers' must be specified for configuring Kafka consumer", 'kafka.bootstrap.servers')
  }
  const subscription = subscriptionOf(options)
  const start = boundOf(options, 'starting', streaming ? 'latest' : 'earliest')
  if (streaming && ['endingOffsets', 'endingTimestamp', 'endingOffsetsByTimestamp'].some((name) => options.has(name))) {
    throw invalid('ending offset not valid in streaming queries', 'endingOffsets')
  }
  const end = boundOf(options, 'ending', 'latest')
  if (!streaming) checkTableBounds(start, end)
  const minOffsets = options.number('minOffsetsPerTrigger')
  const maxOffsets = options.number('maxOffsetsPerTrigger')
  if (minOffsets !== undefined && maxOffsets !== undefined && minOffsets > maxOffsets) {
    throw invalid(
      `the value of minOffsetPerTrigger(${minOffsets}) is higher than the maxOffsetsPerTrigger(${maxOffsets})`,
      'minOffsetsPerTrigger',
    )
  }
  for (const name of ['minPartitions', 'maxRecordsPerPartition']) {
    if (options.has(name) && options.number(name)! <= 0) throw invalid(`${name} must be positive`, name)
  }
  const formatName = options.text('format')?.toLowerCase()
  const format = FORMATS[formatName ?? '']
  return {
    client: clientConfig(kafka),
    servers: bootstrapServers(kafka).join(','),
    patienceMs: options.number('kafka.default.api.timeout.ms')!,
    subscription,
    start,
    end,
    startAtLatest: options.text('startingOffsetsByTimestampStrategy')?.toLowerCase() === 'latest',
    fetch: {
      isolation: options.text('kafka.isolation.level')?.toLowerCase() === 'read_committed' ? 1 : 0,
      checkCrcs: options.flag('kafka.check.crcs'),
      maxBytes: options.number('kafka.fetch.max.bytes')!,
      maxPartitionBytes: options.number('kafka.max.partition.fetch.bytes')!,
      failOnDataLoss: options.flag('failOnDataLoss'),
      pollTimeoutMs: options.number('kafkaConsumer.pollTimeoutMs')!,
    },
    maxOffsets,
    minOffsets,
    maxDelayMs: options.durationMs('maxTriggerDelay') ?? parseDurationMs('15m')!,
    includeHeaders: options.flag('includeHeaders'),
    commitGroup: commitGroupOf(options),
    offsetTries: { count: options.number('fetchOffset.numRetries')!, pauseMs: options.number('fetchOffset.retryIntervalMs')! },
    format,
    formatOptions: format === undefined ? {} : optionsOf(format, given),
    avro: formatName === 'avro' ? avroOptions(options, 'source "kafka"') : undefined,
    metadata: metadataOf(options),
  }
}

function metadataOf(options: TypedOptions): readonly MetadataColumn[] {
  const text = options.text('metadataColumns')
  if (text === undefined) return []
  if (options.has('format')) return metadataColumns(text)
  throw new UsageError('INVALID_OPTION', {
    message:
      'metadata columns stand beside decoded values: without the option "format" source "kafka" has all parts of a record as columns',
    hint: 'Say with "format" what values are, or leave the metadata columns out.',
    parameters: { option: 'metadataColumns' },
  })
}

/** Topics by their names; none where a pattern finds them. */
export function subscribedTopics(subscription: Subscription): readonly string[] {
  switch (subscription.kind) {
    case 'assign':
      return [...new Set(subscription.partitions.map(({ topic }) => topic))]
    case 'subscribe':
      return subscription.topics
    case 'pattern':
      return []
  }
}

/** As Spark prints it in progress reports: `Subscribe[a, b]`. */
export function describeSubscription(subscription: Subscription): string {
  switch (subscription.kind) {
    case 'assign':
      return `Assign[${subscription.partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(', ')}]`
    case 'subscribe':
      return `Subscribe[${subscription.topics.join(', ')}]`
    case 'pattern':
      return `SubscribePattern[${subscription.text}]`
  }
}

function checkedOptions(given: Readonly<Record<string, string>>): TypedOptions {
  const format = Object.entries(given)
    .find(([key]) => key.toLowerCase() === 'format')?.[1]
    .toLowerCase()
  const definitions =
    format === undefined ? [] : format === 'avro' ? AVRO_SOURCE_OPTIONS : formatOptions(FORMATS[format] ?? textFormat)
  return readOptions(withoutRepeats([...OWN_OPTIONS, ...definitions]), given, 'source "kafka"')
}

function optionsOf(format: FileFormat, given: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Set(formatOptions(format).map((definition) => definition.name.toLowerCase()))
  const own = Object.entries(given).filter(([key]) => names.has(key.toLowerCase()))
  // A record is one text, whatever characters are in it.
  return { ...Object.fromEntries(own), ...(format === textFormat ? { wholetext: 'true' } : {}) }
}

const FORBIDDEN: readonly (readonly [string, string])[] = [
  [
    'auto.offset.reset',
    "is not supported; instead set the source option 'startingoffsets' to 'earliest' or 'latest' to specify where to start, as which offsets are consumed is managed internally",
  ],
  [
    'key.deserializer',
    'is not supported as keys are deserialized as byte arrays; use DataFrame operations to explicitly deserialize the keys',
  ],
  [
    'value.deserializer',
    'is not supported as values are deserialized as byte arrays; use DataFrame operations to explicitly deserialize the values',
  ],
  ['enable.auto.commit', 'is not supported'],
  ['interceptor.classes', 'is not supported'],
]

function refuseForbidden(given: Readonly<Record<string, string>>): void {
  for (const [key, why] of FORBIDDEN) {
    if (Object.keys(given).some((name) => name.toLowerCase() === `kafka.${key}`))
      throw invalid(`Kafka option '${key}' ${why}`, `kafka.${key}`)
  }
}

function subscriptionOf(options: TypedOptions): Subscription {
  const given = ['subscribe', 'subscribePattern', 'assign'].filter((name) => options.has(name))
  const names = 'subscribe, subscribepattern, assign'
  if (given.length === 0) throw invalid(`one of the following options must be specified for Kafka source: ${names}`, 'subscribe')
  if (given.length > 1) throw invalid(`only one of the following options can be specified for Kafka source: ${names}`, given[1]!)
  const name = given[0]!
  const text = options.requiredText(name)
  switch (name) {
    case 'subscribe': {
      const topics = [
        ...new Set(
          text
            .split(',')
            .map((topic) => topic.trim())
            .filter((topic) => topic !== ''),
        ),
      ]
      if (topics.length === 0)
        throw invalid(`no topics to subscribe to as specified value for option 'subscribe' is '${text}'`, name)
      return { kind: 'subscribe', topics }
    }
    case 'subscribePattern':
      if (text.trim() === '')
        throw invalid(`pattern to subscribe is empty as specified value for option 'subscribePattern' is '${text}'`, name)
      try {
        return { kind: 'pattern', pattern: new RegExp(`^(?:${text.trim()})$`), text: text.trim() }
      } catch (cause) {
        throw invalid(`option 'subscribePattern' is no regular expression: ${(cause as Error).message}`, name)
      }
    default: {
      const partitions = assignedPartitions(text)
      if (partitions.length === 0)
        throw invalid(`no topicpartitions to assign as specified value for option 'assign' is '${text}'`, name)
      return { kind: 'assign', partitions }
    }
  }
}

function assignedPartitions(text: string): TopicPartition[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return []
  }
  if (typeof json !== 'object' || json === null) return []
  const partitions = Object.entries(json).flatMap(([topic, numbers]) =>
    Array.isArray(numbers) ? numbers.map((partition: unknown) => ({ topic, partition })) : [{ topic, partition: undefined }],
  )
  if (partitions.some(({ partition }) => !Number.isInteger(partition))) {
    throw invalid(`expected e.g. {"topicA":[0,1],"topicB":[0,1]}, got ${text}`, 'assign')
  }
  return partitions as TopicPartition[]
}

/** startingTimestamp beats startingOffsetsByTimestamp beats startingOffsets, as in Spark. */
function boundOf(options: TypedOptions, which: 'starting' | 'ending', byDefault: 'earliest' | 'latest'): Bound {
  const timestamp = options.text(`${which}Timestamp`)
  if (timestamp !== undefined) {
    if (!/^-?\d+$/.test(timestamp.trim())) throw invalid(`expected a single long value, got ${timestamp}`, `${which}Timestamp`)
    return { kind: 'time', timestampMs: Number(timestamp) }
  }
  const times = options.text(`${which}OffsetsByTimestamp`)
  if (times !== undefined) {
    const example = '{"topicA": {"0": 123456789, "1": 123456789}, "topicB": {"0": 123456789, "1": 123456789}}'
    return { kind: 'times', timestampsMs: offsetsOf(times, example, `${which}OffsetsByTimestamp`) }
  }
  const text = options.text(`${which}Offsets`)?.trim() ?? byDefault
  const word = text.toLowerCase()
  if (word === 'earliest' || word === 'latest') return { kind: word }
  if (word === 'group' && which === 'starting') {
    const group = options.text('kafka.group.id')
    if (group === undefined || group === '') throw missingGroup('startingOffsets "group" needs the option "kafka.group.id"')
    return { kind: 'group', group }
  }
  const offsets = offsetsOf(text, '{"topicA":{"0":23,"1":-1},"topicB":{"0":-2}}', `${which}Offsets`)
  for (const [{ topic, partition }, offset] of offsets.entries()) {
    if (offset < -2)
      throw invalid(`offset ${offset} for ${topic}-${partition} is none; use -1 for latest, -2 for earliest`, `${which}Offsets`)
  }
  return { kind: 'offsets', offsets }
}

function offsetsOf(text: string, example: string, option: string): PartitionOffsets {
  try {
    return PartitionOffsets.fromJson(JSON.parse(text))
  } catch {
    throw invalid(`expected e.g. ${example}, got ${text}`, option)
  }
}

function checkTableBounds(start: Bound, end: Bound): void {
  if (start.kind === 'latest') throw invalid("starting offset can't be latest for batch queries on Kafka", 'startingOffsets')
  if (end.kind === 'earliest') throw invalid("ending offset can't be earliest for batch queries on Kafka", 'endingOffsets')
  if (start.kind === 'offsets') {
    for (const [{ topic, partition }, offset] of start.offsets.entries()) {
      if (offset === -1)
        throw invalid(`startingOffsets for ${topic}-${partition} can't be latest for batch queries on Kafka`, 'startingOffsets')
    }
  }
  if (end.kind === 'offsets') {
    for (const [{ topic, partition }, offset] of end.offsets.entries()) {
      if (offset === -2)
        throw invalid(`ending offset for ${topic}-${partition} can't be earliest for batch queries on Kafka`, 'endingOffsets')
    }
  }
}

function startsFromGroup(options: TypedOptions): boolean {
  return options.text('startingOffsets')?.trim().toLowerCase() === 'group'
}

function commitGroupOf(options: TypedOptions): ((queryId: string) => string) | undefined {
  if (!options.flag('commitOffsets')) return undefined
  const group = options.text('kafka.group.id')
  const prefix = options.text('groupIdPrefix')
  if (group !== undefined && group !== '') return () => group
  if (prefix !== undefined && prefix !== '') return (queryId) => `${prefix}-${queryId}`
  throw missingGroup('commitOffsets needs the option "kafka.group.id", or "groupIdPrefix"')
}

function missingGroup(message: string): UsageError {
  return new UsageError('MISSING_OPTION', {
    message,
    hint: 'Name the consumer group; nobody has to be a member of it.',
    parameters: { option: 'kafka.group.id' },
  })
}

function invalid(message: string, option: string): UsageError {
  return new UsageError('INVALID_OPTION', { message, parameters: { option } })
}
