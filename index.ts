/**
 * Millrace's public API, and the one place that knows all rooms: it hands the SQL frontend and the built-in connectors to the engine.
 */
import { systemClock } from './engine/clock.ts'
import { useSqlFrontend } from './engine/dataframe/sql-texts.ts'
import { Session } from './engine/session/session.ts'
import type { SessionConfig } from './engine/session/session-config.ts'
import { ForeachBatchSink, ForeachSink } from './sinks/foreach.ts'
import { BUILTIN_SINKS } from './sinks/index.ts'
import { BUILTIN_SOURCES } from './sources/index.ts'
import { sqlFrontend } from './sql/index.ts'

useSqlFrontend(sqlFrontend)

/** A new session; see SessionConfig for its options. */
export function createSession(config: SessionConfig = {}): Session {
  return new Session(config, {
    frontend: sqlFrontend,
    sources: BUILTIN_SOURCES,
    sinks: BUILTIN_SINKS,
    foreachBatchSink: (write) => new ForeachBatchSink(write),
    foreachSink: (writer, toRow) => new ForeachSink(writer, toRow),
    clock: systemClock,
    standardOutput: (text) => process.stdout.write(text),
  })
}

export { Column, SortedColumn } from './engine/dataframe/column.ts'
export { DataFrame, type DataFrameSchema } from './engine/dataframe/dataframe.ts'
export * from './engine/dataframe/functions.ts'
export { GroupedData } from './engine/dataframe/grouped.ts'
export { CalendarInterval, DayTimeInterval, YearMonthInterval } from './engine/dataframe/interval-objects.ts'
export { DataFrameReader } from './engine/dataframe/reader.ts'
export type { AnyRow, ColumnName, RowOfDdl, RowOfSchemaObject } from './engine/dataframe/row-type.ts'
export type {
  QueryFact,
  StreamingQueryHandle as StreamingQuery,
} from './engine/dataframe/streaming-query-handle.ts'
export { Timestamp } from './engine/dataframe/timestamp.ts'
export { Trigger } from './engine/dataframe/trigger.ts'
export { DataFrameWriter, DataStreamWriter, type ForeachWriter } from './engine/dataframe/writer.ts'
export {
  AnalysisError,
  CheckpointError,
  ConnectorError,
  EngineError,
  ExecutionError,
  InternalError,
  ParseError,
  UsageError,
} from './engine/errors/engine-error.ts'
export type { Logger } from './engine/log.ts'
export type { StreamingQueryListener } from './engine/observe/listener.ts'
export type { StreamingQueryProgress, StreamingQueryStatus } from './engine/observe/progress.ts'
export { StreamingQueryException } from './engine/run/streaming-query-exception.ts'
export type { ScriptObserver, ScriptOptions } from './engine/session/script-runner.ts'
export { Session } from './engine/session/session.ts'
export type { SessionConfig } from './engine/session/session-config.ts'
export { formatDiagnostic } from './sql/index.ts'
