import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { warnOfIdleOptions } from '../../engine/connect/options.ts'
import { silentLogger } from '../../engine/log.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { KAFKA_SOURCE_OPTIONS, kafkaSourceOptions } from '../../sources/kafka/source-options.ts'

type Options = Readonly<Record<string, string>>

/** Names of the given options that a log is told have no effect. */
function idle(options: Options, use: 'stream' | 'table', definitions = KAFKA_SOURCE_OPTIONS): string[] {
  const names: string[] = []
  const warn = (_message: string, facts?: Readonly<Record<string, unknown>>) => names.push(String(facts!['option']))
  const streaming = use === 'stream'
  warnOfIdleOptions(definitions, options, { streaming, declared: false }, 'source "kafka"', { ...silentLogger, warn })
  return names.sort()
}
const BROKER = { 'kafka.bootstrap.servers': 'localhost:9092' }
const TOPIC = { ...BROKER, subscribe: 't' }

/** Options that must make a difference to how a topic is read: in a stream, or where that has no use for them, in a table. */
const SETTINGS: Readonly<Record<string, { readonly value: string; readonly beside?: Options }>> = {
  startingOffsets: { value: 'earliest' },
  startingTimestamp: { value: '1' },
  startingOffsetsByTimestamp: { value: '{"t":{"0":1}}' },
  startingOffsetsByTimestampStrategy: { value: 'latest', beside: { startingTimestamp: '1' } },
  failOnDataLoss: { value: 'false' },
  maxOffsetsPerTrigger: { value: '1' },
  minOffsetsPerTrigger: { value: '1' },
  maxTriggerDelay: { value: '1s', beside: { minOffsetsPerTrigger: '1' } },
  includeHeaders: { value: 'true' },
  'kafkaConsumer.pollTimeoutMs': { value: '1' },
  'fetchOffset.numRetries': { value: '1' },
  'fetchOffset.retryIntervalMs': { value: '1' },
  commitOffsets: { value: 'true', beside: { 'kafka.group.id': 'g' } },
  'kafka.group.id': { value: 'g', beside: { commitOffsets: 'true', groupIdPrefix: 'p' } },
  groupIdPrefix: { value: 'g', beside: { commitOffsets: 'true' } },
  'kafka.bootstrap.servers': { value: 'other:1' },
  'kafka.client.id': { value: 'me' },
  'kafka.request.timeout.ms': { value: '1' },
  'kafka.default.api.timeout.ms': { value: '1' },
  'kafka.socket.connection.setup.timeout.ms': { value: '1' },
  'kafka.isolation.level': { value: 'read_committed' },
  'kafka.fetch.max.bytes': { value: '1' },
  'kafka.max.partition.fetch.bytes': { value: '1' },
  'kafka.check.crcs': { value: 'false' },
  'kafka.security.protocol': { value: 'SSL' },
}
const USER = { 'kafka.security.protocol': 'SASL_SSL', 'kafka.sasl.username': 'u', 'kafka.sasl.password': 'p' }
const FILE = import.meta.filename
const SECURITY: typeof SETTINGS = {
  'kafka.sasl.mechanism': { value: 'SCRAM-SHA-256', beside: USER },
  'kafka.sasl.username': { value: 'v', beside: USER },
  'kafka.sasl.password': { value: 'q', beside: USER },
  'kafka.sasl.jaas.config': { value: 'X required username="u" password="p";', beside: { 'kafka.security.protocol': 'SASL_SSL' } },
  'kafka.ssl.truststore.location': { value: FILE, beside: USER },
  'kafka.ssl.truststore.certificates': { value: 'pem', beside: USER },
  'kafka.ssl.keystore.location': { value: FILE, beside: USER },
  'kafka.ssl.keystore.certificate.chain': { value: 'pem', beside: USER },
  'kafka.ssl.keystore.key': { value: 'pem', beside: USER },
  'kafka.ssl.key.password': { value: 'p', beside: USER },
  'kafka.ssl.endpoint.identification.algorithm': { value: '', beside: USER },
  'kafka.ssl.server.name': { value: 'n', beside: USER },
}
/** Of tables alone. */
const ENDS: typeof SETTINGS = {
  endingOffsets: { value: '{"t":{"0":1}}' },
  endingTimestamp: { value: '1' },
  endingOffsetsByTimestamp: { value: '{"t":{"0":1}}' },
}
/** Exactly one is always there, or they only take the one value; `format` and its options are tested with the values they decode. */
const OTHERS = new Set(['subscribe', 'subscribePattern', 'assign', 'kafka.ssl.truststore.type', 'kafka.ssl.keystore.type'])

function settingsOf(options: Options, use: 'stream' | 'table'): string {
  try {
    const { commitGroup, ...settings } = kafkaSourceOptions(options, use === 'stream')
    return inspect([settings, commitGroup?.('query')], { depth: 10 })
  } catch (error) {
    return (error as Error).message
  }
}

test('every option of source kafka changes how a topic is read, or a warning says that it does not', () => {
  const formats = KAFKA_SOURCE_OPTIONS.findIndex(({ name }) => name === 'format')
  const own = KAFKA_SOURCE_OPTIONS.filter(({ name }, i) => i < formats || name.startsWith('kafka.')).map(({ name }) => name)
  const unknown: string[] = []
  for (const name of own) {
    if (OTHERS.has(name)) continue
    const use = name in ENDS ? 'table' : 'stream'
    const { value, beside } = SETTINGS[name] ?? SECURITY[name] ?? ENDS[name] ?? { value: '1', beside: {} }
    const without = { ...TOPIC, ...beside }
    const given = { ...without, [name]: value }
    const differs = settingsOf(without, use) !== settingsOf(given, use)
    const warned = idle(given, use).includes(name)
    if (differs === warned) unknown.push(`${name} ${differs ? 'has an effect and is warned of' : 'has none in silence'}`)
  }
  expect(unknown).toEqual([])
})

test('options without effect are named once, with the reason', () => {
  expect(idle({ ...TOPIC, minPartitions: '7', maxRecordsPerPartition: '2' }, 'stream')).toEqual([
    'maxRecordsPerPartition',
    'minPartitions',
  ])
  expect(idle({ ...TOPIC, 'kafka.group.id': 'g', groupIdPrefix: 'p' }, 'stream')).toEqual(['groupIdPrefix', 'kafka.group.id'])
  expect(idle({ ...TOPIC, 'kafka.group.id': 'g', startingOffsets: 'group' }, 'stream')).toEqual([])
  expect(idle({ ...TOPIC, 'kafka.group.id': 'g', groupIdPrefix: 'p', commitOffsets: 'true' }, 'stream')).toEqual([
    'groupIdPrefix',
  ])
  expect(idle({ ...TOPIC, maxTriggerDelay: '1s' }, 'stream')).toEqual(['maxTriggerDelay'])
  expect(idle({ ...TOPIC, startingOffsets: 'earliest', startingTimestamp: '1' }, 'stream')).toEqual(['startingOffsets'])
  expect(idle({ ...TOPIC, maxOffsetsPerTrigger: '1', minOffsetsPerTrigger: '1', commitOffsets: 'true' }, 'table')).toEqual([
    'commitOffsets',
    'maxOffsetsPerTrigger',
    'minOffsetsPerTrigger',
  ])
  expect(idle({ ...TOPIC, format: 'json', includeHeaders: 'true' }, 'stream')).toEqual(['includeHeaders'])
  // Whoever gives a password wants it to be used.
  expect(idle({ ...TOPIC, 'kafka.sasl.password': 'p', 'kafka.ssl.truststore.location': FILE }, 'stream')).toEqual([
    'kafka.sasl.password',
    'kafka.ssl.truststore.location',
  ])
  expect(idle({ ...TOPIC, ...USER, 'kafka.ssl.truststore.location': FILE }, 'stream')).toEqual([])
  const texts = { 'kafka.ssl.truststore.certificates': 'pem', 'kafka.sasl.jaas.config': 'X' }
  expect(idle({ ...TOPIC, ...USER, ...texts, 'kafka.ssl.truststore.location': FILE }, 'stream')).toEqual([
    'kafka.sasl.jaas.config',
    'kafka.ssl.truststore.location',
  ])
  const transactions = { ...BROKER, topic: 't', transactionalIdPrefix: 'p', 'kafka.transaction.timeout.ms': '1000' }
  expect(idle(transactions, 'stream', kafkaSink.options)).toEqual(['kafka.transaction.timeout.ms', 'transactionalIdPrefix'])
  expect(idle({ ...transactions, transactional: 'true' }, 'stream', kafkaSink.options)).toEqual([])
})

test('secrets are marked, and nothing else that could be one is not', () => {
  for (const options of [KAFKA_SOURCE_OPTIONS, kafkaSink.options]) {
    const secret = options.filter((option) => option.secret === true).map(({ name }) => name)
    expect(secret.filter((name) => name.startsWith('kafka.')).sort()).toEqual([
      'kafka.sasl.jaas.config',
      'kafka.sasl.password',
      'kafka.ssl.key.password',
      'kafka.ssl.keystore.key',
    ])
    const suspicious = options.filter(({ name }) => /password|secret|jaas|(?<!prefix)\.key$/i.test(name)).map(({ name }) => name)
    expect(suspicious.filter((name) => !secret.includes(name))).toEqual([])
  }
})
