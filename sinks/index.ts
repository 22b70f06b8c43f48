import type { SinkDefinition } from '../engine/connect/sink.ts'
import { consoleSink } from './console.ts'
import { memorySink } from './memory.ts'
import { noopSink } from './noop.ts'

export const BUILTIN_SINKS: readonly SinkDefinition[] = [consoleSink, memorySink, noopSink]
