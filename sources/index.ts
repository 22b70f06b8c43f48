import type { SourceDefinition } from '../engine/connect/source.ts'
import { csvFormat } from './files/csv-format.ts'
import { fileSourceDefinition } from './files/file-source-definition.ts'
import { jsonFormat } from './files/json-format.ts'
import { textFormat } from './files/text-format.ts'
import { kafkaSource } from './kafka/kafka-source-definition.ts'
import { rateSource } from './rate.ts'
import { rateMicroBatchSource } from './rate-micro-batch.ts'
import { socketSource } from './socket.ts'

/** The connectors that come with Millrace, one a line. The memory stream is the session's own (engine/connect/memory-stream.ts). */
export const BUILTIN_SOURCES: readonly SourceDefinition[] = [
  fileSourceDefinition(csvFormat),
  fileSourceDefinition(jsonFormat),
  fileSourceDefinition(textFormat),
  kafkaSource,
  rateSource,
  rateMicroBatchSource,
  socketSource,
]
