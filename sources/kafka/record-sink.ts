import type { ScanRequest } from '../../engine/connect/source.ts'
import type { Logger } from '../../engine/log.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import { textFormat } from '../files/text-format.ts'
import { AvroReaders } from './avro-readers.ts'
import { AvroRecords } from './avro-records.ts'
import { columnLayout, metadataNames } from './metadata-columns.ts'
import { RecordColumns, type RecordSink } from './record-columns.ts'
import { type KafkaSourceOptions, subscribedTopics } from './source-options.ts'
import { TextRecords } from './text-records.ts'
import { ValueRecords } from './value-records.ts'

/**
 * How the records of a source become batches, for one scan after the other.
 *
 * @param table  all columns of the relation
 */
export function recordSinks(
  options: KafkaSourceOptions,
  table: Schema,
  timeZone: string,
  logger: Logger,
): (scan: ScanRequest) => RecordSink {
  const { format, avro, metadata } = options
  if (avro !== undefined) {
    const isMetadata = metadataNames(metadata)
    const decoded = table.filter((f) => !isMetadata(f.name))
    const readers = new AvroReaders(avro, decoded, subscribedTopics(options.subscription), logger)
    return (scan) => new AvroRecords(columnLayout(table, metadata, scan), avro, readers, scan)
  }
  if (format === undefined) return (scan) => new RecordColumns(scan.schema, scan.arena)
  if (format === textFormat && metadata.length === 0 && Object.keys(options.formatOptions).length === 1)
    return (scan) => new TextRecords(scan.schema, scan.arena)
  return (scan) => new ValueRecords(columnLayout(table, metadata, scan), options, scan, timeZone)
}
