import type { SinkDefinition } from '../engine/connect/sink.ts'
import { consoleSink } from './console.ts'
import { csvEncoding, jsonEncoding, textEncoding } from './files/encodings.ts'
import { fileSinkDefinition } from './files/file-sink.ts'
import { kafkaSink } from './kafka/kafka-sink.ts'
import { memorySink } from './memory.ts'
import { noopSink } from './noop.ts'

/** The sinks that come with Millrace, one a line. `foreach` and `foreachBatch` are made by the session from the user's code (foreach.ts). */
export const BUILTIN_SINKS: readonly SinkDefinition[] = [
  consoleSink,
  fileSinkDefinition(csvEncoding),
  fileSinkDefinition(jsonEncoding),
  fileSinkDefinition(textEncoding),
  kafkaSink,
  memorySink,
  noopSink,
]
