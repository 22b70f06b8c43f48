import type { ScanRequest, SourceDefinition, TableEnvironment } from '../../engine/connect/source.ts'
import { AnalysisError, UsageError } from '../../engine/errors/engine-error.ts'
import type { Logger } from '../../engine/log.ts'
import { avroColumns, checkAvroColumns } from './avro-table.ts'
import { KafkaClient } from './client/kafka-client.ts'
import { KafkaJsTransport } from './client/kafka-js-transport.ts'
import { KafkaSource } from './kafka-source.ts'
import { metadataNames, tableColumns } from './metadata-columns.ts'
import { PartitionLookup, requireTopics } from './partition-lookup.ts'
import { type OffsetRange, RangeFetcher } from './range-fetcher.ts'
import { readRecords } from './read-records.ts'
import { RECORD_SCHEMA, RECORD_SCHEMA_WITH_HEADERS } from './record-columns.ts'
import { recordSinks } from './record-sink.ts'
import { KAFKA_SOURCE_OPTIONS, type KafkaSourceOptions, kafkaSourceOptions, subscribedTopics } from './source-options.ts'

/** Topics of Kafka as streams and as tables. */
export const kafkaSource: SourceDefinition = {
  name: 'kafka',
  options: KAFKA_SOURCE_OPTIONS,
  description:
    "Records of Kafka topics. Reads partitions directly, without a consumer group: where a query is stands in its checkpoint. Columns are key, value, topic, partition, offset, timestamp, timestampType and (includeHeaders) headers; with `format`, the columns that are given (or, of Avro, that its schema has), decoded from each record's value, and beside them those of `metadataColumns`.",
  schema(given, wanted, _settings, streaming) {
    const options = kafkaSourceOptions(given, streaming)
    const { metadata } = options
    if (options.avro !== undefined) {
      const columns = wanted ?? avroColumns(options.avro, subscribedTopics(options.subscription))
      const isMetadata = metadataNames(metadata)
      if (wanted !== undefined) {
        checkAvroColumns(
          wanted.filter((f) => !isMetadata(f.name)),
          options.avro,
        )
      }
      return tableColumns(columns, metadata, wanted !== undefined)
    }
    if (options.format !== undefined) {
      const schema = wanted ?? options.format.fixedSchema
      if (schema !== undefined) return tableColumns(schema, metadata, wanted !== undefined)
      throw new UsageError('UNABLE_TO_INFER_SCHEMA', {
        message: `format "${options.format.name}" of source "kafka" needs columns`,
        hint: 'Name them with their types: CREATE STREAM name (user STRING, at TIMESTAMP) USING kafka …',
      })
    }
    if (wanted !== undefined) {
      throw new UsageError('USER_SPECIFIED_SCHEMA_NOT_ALLOWED', {
        message: 'source "kafka" has a schema of its own',
        hint: 'Leave the columns out, or say with the option "format" how values are decoded to them.',
      })
    }
    return options.includeHeaders ? RECORD_SCHEMA_WITH_HEADERS : RECORD_SCHEMA
  },
  async openStream(environment) {
    const options = kafkaSourceOptions(environment.options, true)
    return KafkaSource.open(environment, options, clientOf(options, environment.logger))
  },
  readTable,
}

export function clientOf(options: Pick<KafkaSourceOptions, 'client' | 'servers' | 'patienceMs'>, logger: Logger): KafkaClient {
  return new KafkaClient(new KafkaJsTransport(options.client), options.servers, logger, options.patienceMs)
}

async function* readTable(environment: TableEnvironment, scan: ScanRequest) {
  const options = kafkaSourceOptions(environment.options, false)
  const client = clientOf(options, environment.logger)
  try {
    const ranges = await tableRanges(client, options, environment.logger)
    const sinkFor = recordSinks(options, environment.schema, environment.settings.timeZone, environment.logger)
    yield* readRecords(new RangeFetcher(client, options.fetch, environment.logger), ranges, sinkFor(scan))
  } finally {
    await client.close()
  }
}

async function tableRanges(client: KafkaClient, options: KafkaSourceOptions, logger: Logger): Promise<OffsetRange[]> {
  const lookup = new PartitionLookup(client, options, logger)
  const found = await lookup.find()
  requireTopics(found)
  const starts = await lookup.resolve(options.start, found.partitions, 'starting')
  const ends = await lookup.resolve(options.end, found.partitions, 'ending')
  return starts.entries().map(([partition, start]) => {
    const end = ends.get(partition)!
    if (start > end && (options.start.kind === 'offsets' || options.start.kind === 'group')) {
      const { topic, partition: number } = partition
      throw new AnalysisError('UNRESOLVED_START_OFFSET_GREATER_THAN_END_OFFSET', {
        message: `the specified start offset ${start} is greater than the end offset ${end} for topic ${topic} partition ${number}`,
      })
    }
    return { ...partition, start, end }
  })
}
