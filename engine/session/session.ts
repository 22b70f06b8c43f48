import { extname, join } from 'node:path'
import { checkBatch, checkStreaming, refuseStreamingSubqueries } from '../analysis/check-streaming.ts'
import { Catalog } from '../catalog/catalog.ts'
import { type Batch, rowOf } from '../columnar/batch.ts'
import { type MemoryStream, memorySourceDefinition } from '../connect/memory-stream.ts'
import { MemoryTables, memoryTableDefinition } from '../connect/memory-table.ts'
import { readOptions, warnOfIdleOptions } from '../connect/options.ts'
import { ConnectorRegistry } from '../connect/registry.ts'
import type { Sink, SinkDefinition, SinkEnvironment } from '../connect/sink.ts'
import type { BatchWriteRequest, DataFrameContext, ExplainMode, QueryRequest, RelationRequest } from '../dataframe/context.ts'
import { DataFrame } from '../dataframe/dataframe.ts'
import { literalOf } from '../dataframe/literal-values.ts'
import { localRelation } from '../dataframe/local-relation.ts'
import { DataFrameReader, schemaOfText } from '../dataframe/reader.ts'
import type { AnyRow, RowOfDdl, RowOfSchemaObject, SchemaObject } from '../dataframe/row-type.ts'
import { type BigIntRepresentation, rowWriter } from '../dataframe/row-values.ts'
import { scanOf } from '../dataframe/scan.ts'
import type { StreamingQueryHandle } from '../dataframe/streaming-query-handle.ts'
import { AnalysisError, EngineError, UsageError } from '../errors/engine-error.ts'
import { type Literal, nextColumnId } from '../expr/expression.ts'
import { builtinFunctions } from '../functions/builtin.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import { type Logger, silentLogger } from '../log.ts'
import type { LogicalPlan, RelationDefinition } from '../plan/logical-plan.ts'
import { schemaOf } from '../plan/output.ts'
import { DEFAULT_TRIGGER, type OutputMode } from '../plan/statement.ts'
import { isStreaming } from '../plan/walk.ts'
import type { BoundRelation, CheckpointPlace, QueryDefinition } from '../run/query-definition.ts'
import { runBatch } from '../run/run-batch.ts'
import { startQuery } from '../run/start-query.ts'
import { LocalFileSystem } from '../storage/local-file-system.ts'
import { BIGINT, type Schema } from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import { analyzePlan, type CompiledQuery, type CompilerContext, compileQuery } from './compile-query.ts'
import { HeldTables } from './held-tables.ts'
import { LeftOutTables } from './left-out-tables.ts'
import { QueryManager } from './query-manager.ts'
import { type ScriptObserver, type ScriptOptions, ScriptRunner } from './script-runner.ts'
import { changeSetting, type SessionConfig, type SessionParts, settingsOf } from './session-config.ts'
import { SessionTables } from './session-tables.ts'
import { SessionVariables } from './session-variables.ts'
import { StreamingHandle } from './streaming-handle.ts'

/**
 * Where queries are made and run: names, settings, connectors, running queries. `createSession()` of the package makes one.
 * A session has no global state; several live side by side.
 */
export class Session {
  readonly catalog = new Catalog()
  readonly streams: QueryManager
  readonly settings: Settings
  readonly parts: SessionParts
  readonly functions: FunctionRegistry
  readonly connectors: ConnectorRegistry
  readonly #logger: Logger
  readonly #held = new HeldTables()
  /** What CREATE TABLE declares without a path. */
  readonly tables = new SessionTables(this.#held)
  readonly variables = new SessionVariables()
  /** What LATE DATA TO and BAD ROWS TO name. */
  readonly leftOut = new LeftOutTables(this.catalog, this.#held)
  readonly #memoryTables = new MemoryTables()
  /** Streams that the program feeds itself, by name: source 'memory' reads them. */
  readonly memoryStreams = new Map<string, MemoryStream>()
  readonly #context: DataFrameContext
  #relations = 0

  constructor(config: SessionConfig, parts: SessionParts) {
    this.settings = settingsOf(config)
    this.parts = parts
    this.functions = builtinFunctions()
    this.connectors = new ConnectorRegistry(
      [
        ...parts.sources,
        this.#held.definition,
        memoryTableDefinition(this.#memoryTables),
        memorySourceDefinition(this.memoryStreams),
      ],
      parts.sinks,
    )
    this.#logger = config.logger ?? silentLogger
    this.streams = new QueryManager(this.#logger)
    this.#context = this.#dataFrameContext(config.bigint ?? 'bigint')
  }

  // ---- reading

  get read(): DataFrameReader {
    return new DataFrameReader(this.#context, false)
  }
  get readStream(): DataFrameReader {
    return new DataFrameReader(this.#context, true)
  }
  /** A table, view or declared stream. */
  table(name: string): DataFrame {
    return this.read.table(name)
  }
  /**
   * The DataFrame of one SQL query. DDL that starts nothing (CREATE STREAM, TABLE, TEMP VIEW, SET, DROP) is carried out and gives an empty DataFrame;
   * statements that start queries are for `run`.
   */
  sql<Row extends object = AnyRow>(text: string, options: SqlOptions = {}): DataFrame<Row> {
    return new ScriptRunner(this, this.#context).single(
      text,
      parameterValues(options.args),
      options.dialect,
    ) as unknown as DataFrame<Row>
  }
  /** Runs a script: statements separated by `;`, in order. Gives the queries it started, running. */
  run(text: string, options: ScriptOptions = {}, observer: ScriptObserver = {}): Promise<readonly StreamingQueryHandle[]> {
    return new ScriptRunner(this, this.#context).run(text, options, observer)
  }
  /** Parses, resolves and checks a script without running anything; throws its first error. Gives warnings. */
  check(text: string, options: ScriptOptions = {}): readonly string[] {
    return new ScriptRunner(this, this.#context).check(text, options)
  }
  /** The plans of each query of a script, as text. */
  explain(text: string, options: ScriptOptions = {}, mode: ExplainMode = 'extended'): string {
    return new ScriptRunner(this, this.#context).explain(text, options, mode)
  }
  /** Rows as a DataFrame. With a schema (DDL text or object) values are checked against it. */
  createDataFrame<const T extends string>(rows: readonly object[], schema: T): DataFrame<RowOfDdl<T>>
  createDataFrame<const S extends SchemaObject>(rows: readonly object[], schema: S): DataFrame<RowOfSchemaObject<S>>
  createDataFrame(rows: readonly object[], schema: string | SchemaObject): DataFrame<never> {
    const fields = schemaOfText(schema)
    return new DataFrame(
      localRelation(fields, rows.map(rowWriter(fields, this.settings.timeZone))),
      this.#context,
    ) as unknown as DataFrame<never>
  }
  /** Numbers from `start` up to before `end`, as column `id`. */
  range(start: number | bigint, end?: number | bigint, step: number | bigint = 1): DataFrame<{ id: bigint }> {
    const [from, to] = end === undefined ? [0n, BigInt(start)] : [BigInt(start), BigInt(end)]
    const output = [{ kind: 'column' as const, id: nextColumnId(), name: 'id', type: BIGINT, nullable: false, qualifier: [] }]
    return new DataFrame({ kind: 'range', start: from, end: to, step: BigInt(step), output }, this.#context)
  }

  // ---- settings and end

  /** Spark's `spark.conf`. */
  get conf(): {
    get(key: string): string | undefined
    set(key: string, value: string | number | boolean): void
    unset(key: string): void
  } {
    return {
      get: (key) => this.settings.get(key),
      set: (key, value) => changeSetting(this.settings, key, String(value)),
      unset: (key) => this.settings.unset(key),
    }
  }
  /** Stops every query, each after its epoch. */
  async stop(): Promise<void> {
    await this.streams.stopAll()
  }

  // ---- what the script runner and DataFrames use

  compilerContext(): CompilerContext {
    return {
      catalog: this.catalog,
      functions: this.functions,
      settings: this.settings,
      variables: (name) => this.variables.find(name),
      nowMs: this.parts.clock.nowMs(),
      ddl: { parse: (text) => this.parts.frontend.parseTypeOrColumns(text, this.settings) },
      readPath: (format, path) => {
        const provider = format === '' ? formatOfPath(path) : format
        if (format !== '' && this.connectors.findSource(format) === undefined) return undefined
        return this.relation({ provider, options: pathOptions(format, path), schema: undefined, streaming: false })
      },
    }
  }
  analyze(plan: LogicalPlan): LogicalPlan {
    return analyzePlan(plan, this.compilerContext())
  }
  compile(plan: LogicalPlan, mode: OutputMode | 'batch'): CompiledQuery {
    return compileQuery(plan, mode, this.compilerContext())
  }

  relation(request: RelationRequest, name = request.provider): RelationDefinition {
    const definition = this.connectors.source(request.provider)
    if (request.streaming && definition.openStream === undefined) {
      throw new UsageError('UNSUPPORTED_STREAMING_SOURCE', {
        message: `data source "${definition.name}" does not support streamed reading`,
        hint: 'Read it with session.read, or CREATE TABLE, as a static table.',
      })
    }
    if (!request.streaming && definition.readTable === undefined) {
      throw new UsageError('UNSUPPORTED_BATCH_SOURCE', {
        message: `data source "${definition.name}" does not support batch reading`,
        hint: 'Read it with session.readStream, or CREATE STREAM.',
      })
    }
    const schema = definition.schema(request.options, request.schema, this.settings, request.streaming)
    const use = { streaming: request.streaming, declared: request.schema !== undefined }
    warnOfIdleOptions(definition.options, request.options, use, `source "${definition.name}"`, this.#logger)
    return {
      key: `${definition.name}#${++this.#relations}`,
      name,
      provider: definition.name,
      options: request.options,
      schema,
      streaming: request.streaming,
    }
  }

  /**
   * The table of a CREATE TABLE. One with columns may be there only to be written to: its folder may not exist yet, its options may be the sink's,
   * its connector may have no source at all. Reading it then says what is missing.
   */
  declaredTable(request: RelationRequest, name: string): RelationDefinition {
    try {
      return this.relation(request, name)
    } catch (refusal) {
      const sink = this.connectors.findSink(request.provider)
      if (!(refusal instanceof EngineError) || !WRITABLE_STILL.has(refusal.condition) || sink === undefined) throw refusal
      if (request.schema === undefined && sink.name !== 'console' && sink.name !== 'noop') throw refusal
      readOptions(sink.options, request.options, `sink "${sink.name}"`)
      return {
        key: `${sink.name}#${++this.#relations}`,
        name,
        provider: sink.name,
        options: request.options,
        schema: request.schema ?? [],
        streaming: false,
      }
    }
  }

  /** Warnings of a legal query; throws for an illegal one. */
  checkQuery(plan: LogicalPlan, mode: OutputMode): readonly string[] {
    refuseStreamingSubqueries(plan)
    if (!isStreaming(plan)) {
      throw new AnalysisError('NOT_A_STREAM', {
        message: 'the query reads no stream',
        hint: 'Declare what it reads with CREATE STREAM, or read the table with STREAM name.',
      })
    }
    return checkStreaming(plan, mode, this.settings)
  }

  /** What a bare SELECT over a stream runs in: append where that is legal, else complete; throws append's refusal when neither is. */
  defaultMode(plan: LogicalPlan): OutputMode {
    try {
      checkStreaming(plan, 'append', this.settings)
      return 'append'
    } catch (refusal) {
      if (!(refusal instanceof AnalysisError)) throw refusal
      try {
        checkStreaming(plan, 'complete', this.settings)
        return 'complete'
      } catch {
        throw refusal
      }
    }
  }

  async startQuery(request: QueryRequest): Promise<StreamingQueryHandle> {
    this.streams.checkName(request.name)
    const query = await startQuery(this.defineQuery(request))
    const inMemory = request.sink.kind === 'format' && this.connectors.findSink(request.sink.format)?.name === 'memory'
    const table = inMemory && request.name !== undefined ? this.#memoryTables.find(request.name) : undefined
    if (table !== undefined) this.#nameMemoryTable(table.name)
    const handle = new StreamingHandle(query, table, this.#context)
    this.streams.register(handle)
    return handle
  }

  /** Checks and compiles a query, down to what the runner needs to run it. Opens nothing. */
  defineQuery(request: QueryRequest): QueryDefinition {
    const mode = request.outputMode ?? 'append'
    for (const warning of this.checkQuery(request.plan, mode)) this.#logger.warn(warning)
    const settings = this.settings.copy()
    const compiled = this.compile(request.plan, mode)
    const sink = this.#sinkOpener(request, schemaOf(compiled.analyzed), mode, settings)
    return {
      name: request.name,
      mode,
      trigger: request.trigger ?? DEFAULT_TRIGGER,
      relations: compiled.relations.map((relation) => this.#bound(relation)),
      buildPipeline: (context, frozen, onLateRows) => compiled.buildPipeline(context, frozen, onLateRows),
      leftOut: this.leftOut.collector(
        compiled.relations,
        { lateDataTo: request.lateDataTo, badRowsTo: request.badRowsTo },
        settings.timeZone,
      ),
      emitAfterIdleMs: request.emitAfterIdleMs,
      planFingerprint: compiled.explain(false),
      openSink: sink.open,
      checkpoint: this.#checkpoint(request, sink.temporary),
      settings,
      clock: this.parts.clock,
      logger: this.#logger,
      listeners: this.streams.listeners,
      explain: (extended) => compiled.explain(extended),
    }
  }

  #bound(relation: RelationDefinition): BoundRelation {
    return { relation, definition: this.connectors.source(relation.provider) }
  }

  #checkpoint(request: QueryRequest, temporaryAllowed: boolean): CheckpointPlace {
    const base = this.settings.get('spark.sql.streaming.checkpointLocation')
    const directory =
      request.checkpoint ?? (base !== undefined && request.name !== undefined ? join(base, request.name) : undefined)
    if (directory !== undefined) return { temporary: false, directory, fileSystem: new LocalFileSystem() }
    if (temporaryAllowed) return { temporary: true }
    throw new AnalysisError('CHECKPOINT_LOCATION_MISSING', {
      message: 'the query has no checkpoint: its sink needs one to keep its promise over a restart',
      hint: "Give one with option('checkpointLocation', dir), CHECKPOINT 'dir' in SQL, or the setting spark.sql.streaming.checkpointLocation.",
    })
  }

  #sinkOpener(request: QueryRequest, schema: Schema, mode: OutputMode, settings: Settings): SinkOpening {
    const sink = request.sink
    switch (sink.kind) {
      case 'foreach_batch':
        return {
          temporary: true,
          open: async () => this.parts.foreachBatchSink((batches, epoch) => sink.call(schema, batches, epoch)),
        }
      case 'foreach':
        return { temporary: true, open: async () => this.parts.foreachSink(sink.writer(schema), rowOf) }
      case 'format': {
        const { definition, options } = this.#sinkOf(sink.format, sink.options)
        if (!definition.modes.includes(mode)) {
          throw new AnalysisError('STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE', {
            message: `invalid streaming output mode: ${mode}; it is not supported by data source "${definition.name}"`,
            hint: `It takes ${definition.modes.join(', ')}.`,
            parameters: { outputMode: mode, className: definition.name },
          })
        }
        return {
          temporary: definition.temporaryCheckpoint,
          open: (queryId) => {
            warnOfIdleOptions(
              definition.options,
              options,
              { streaming: true, declared: true },
              `sink "${definition.name}"`,
              this.#logger,
            )
            return definition.openStream({
              ...this.#sinkEnvironment(options, schema, mode, request.partitionBy, settings),
              queryName: request.name,
              queryId,
            })
          },
        }
      }
    }
  }

  /** `format('table')` is a sink table of the catalog. */
  #sinkOf(
    format: string,
    options: Readonly<Record<string, string>>,
  ): { definition: SinkDefinition; options: Readonly<Record<string, string>> } {
    if (format !== 'table') return { definition: this.connectors.sink(format), options }
    const name = (options['table'] ?? '').split('.')
    const entry = this.catalog.lookup(name)
    if (entry?.kind !== 'relation') {
      throw new AnalysisError('TABLE_OR_VIEW_NOT_FOUND', {
        message: `table "${name.join('.')}" is not declared`,
        hint: 'Declare it with CREATE TABLE name (…) USING format OPTIONS (…).',
      })
    }
    if (this.tables.has(entry.relation)) {
      throw new UsageError('UNSUPPORTED_STREAMING_SINK', {
        message: `table "${name.join('.')}" is kept by the session and takes rows of a batch only`,
        hint: `Declare it with a path (USING json OPTIONS (path '…')), or write CREATE STREAMING TABLE ${name.join('.')} USING memory AS ….`,
      })
    }
    return { definition: this.connectors.sink(entry.relation.provider), options: entry.relation.options }
  }

  /** The table of a memory sink can be read under its query's name. */
  #nameMemoryTable(name: string): void {
    this.catalog.set([name], {
      kind: 'view',
      plan: scanOf(
        this.relation({ provider: 'memory_table', options: { table: name }, schema: undefined, streaming: false }, name),
      ),
    })
  }

  #sinkEnvironment(
    options: Readonly<Record<string, string>>,
    schema: Schema,
    mode: OutputMode,
    partitionBy: readonly string[],
    settings: Settings,
  ): Omit<SinkEnvironment, 'queryName' | 'queryId'> {
    return {
      options,
      schema,
      mode,
      partitionBy,
      settings,
      clock: this.parts.clock,
      logger: this.#logger,
      memoryTables: this.#memoryTables,
      stdout: this.parts.standardOutput,
    }
  }

  async runBatch(plan: LogicalPlan, onBatch: (batch: Batch) => void | Promise<void>): Promise<void> {
    checkBatch(plan)
    const compiled = this.compile(plan, 'batch')
    const none = { lateDataTo: undefined, badRowsTo: undefined }
    const leftOut = this.leftOut.collector(compiled.relations, none, this.settings.timeZone)
    await runBatch(
      {
        relations: compiled.relations.map((relation) => this.#bound(relation)),
        buildPipeline: (context, frozen) => compiled.buildPipeline(context, frozen),
        settings: this.settings.copy(),
        clock: this.parts.clock,
        logger: this.#logger,
        ...(leftOut?.wantsBad && { onBadRecord: leftOut.bad.bind(leftOut) }),
      },
      onBatch,
    )
    leftOut?.commit('batch')
  }

  async writeBatch(request: BatchWriteRequest): Promise<void> {
    checkBatch(request.plan)
    const { definition, options } = this.#sinkOf(request.format, request.options)
    if (definition.writeTable === undefined) {
      throw new UsageError('UNSUPPORTED_BATCH_SINK', {
        message: `data source "${definition.name}" does not support batch writing`,
        hint: 'Write it as a stream.',
      })
    }
    const schema = schemaOf(request.plan)
    const environment = {
      ...this.#sinkEnvironment(options, schema, 'append', request.partitionBy, this.settings),
      queryName: undefined,
      queryId: 'batch',
    }
    warnOfIdleOptions(
      definition.options,
      options,
      { streaming: false, declared: true },
      `sink "${definition.name}"`,
      this.#logger,
    )
    const writer = await definition.writeTable(environment, request.mode)
    try {
      await this.runBatch(request.plan, (batch) => writer.append(batch))
    } catch (error) {
      await writer.abort()
      throw error
    }
    await writer.commit()
  }

  #dataFrameContext(bigint: BigIntRepresentation): DataFrameContext {
    const session = this
    return {
      bigint,
      get timeZone() {
        return session.settings.timeZone
      },
      clock: this.parts.clock,
      analyze: (plan) => this.analyze(plan),
      explain: (plan, mode) =>
        this.compile(plan, isStreaming(plan) ? this.defaultMode(plan) : 'batch').explain(mode === 'extended'),
      relation: (request) => this.relation(request),
      lookupTable: (name, streamed) => ({ kind: 'unresolved_relation', name, streamed, options: {} }),
      createView: (name, plan, replace) => this.createView([name], plan, replace),
      runBatch: (plan, onBatch) => this.runBatch(plan, onBatch),
      writeBatch: (request) => this.writeBatch(request),
      startQuery: (request) => this.startQuery(request),
      arrowTable: async (schema, batches) => {
        // Loaded by the first who asks: apache-arrow takes as long to load as the rest of a small query takes to run.
        const { toArrowTable } = await import('../columnar/arrow.ts')
        return toArrowTable(schema, batches, this.settings.timeZone)
      },
      hold: (schema, batches) => {
        const relation = this.#held.hold('batch', schema, () => batches)
        return { plan: scanOf(relation), release: () => this.#held.release(relation) }
      },
      standardOutput: (text) => this.parts.standardOutput(text),
    }
  }

  /** A temporary view of a DataFrame. */
  createView(name: readonly string[], plan: LogicalPlan, replace: boolean): void {
    if (!replace && this.catalog.lookup(name, 'temporary') !== undefined) {
      throw new AnalysisError('TEMP_TABLE_OR_VIEW_ALREADY_EXISTS', {
        message: `a table or view "${name.join('.')}" exists already`,
        hint: 'Use CREATE OR REPLACE, or another name.',
        parameters: { relationName: name.join('.') },
      })
    }
    this.catalog.set(name, { kind: 'view', plan: this.analyze(plan), temporary: true })
  }
}

/** How one statement is read. */
export interface SqlOptions {
  /** Values of the markers: `:name` by name, `?` by position. A value is a literal: text in it is never read as SQL. */
  readonly args?: Readonly<Record<string, unknown>> | readonly unknown[]
  /** The dialect the text is written in, see ScriptOptions. Its queries take no markers. */
  readonly dialect?: string
}
function parameterValues(args: SqlOptions['args']): ReadonlyMap<string, Literal> | undefined {
  return args && new Map(Object.entries(args).map(([name, value]) => [name, literalOf(value)]))
}

/** What a source refuses of a table that its sink may still take. */
const WRITABLE_STILL = new Set(['PATH_NOT_FOUND', 'DATA_SOURCE_NOT_FOUND', 'UNSUPPORTED_BATCH_SOURCE', 'UNKNOWN_OPTION'])

interface SinkOpening {
  readonly temporary: boolean
  readonly open: (queryId: string) => Promise<Sink>
}

function formatOfPath(path: string): string {
  const extension = extname(path.replace(/\.gz$/, '')).slice(1).toLowerCase()
  const formats: Readonly<Record<string, string>> = {
    json: 'json',
    ndjson: 'json',
    jsonl: 'json',
    csv: 'csv',
    tsv: 'csv',
    txt: 'text',
    text: 'text',
    log: 'text',
  }
  const format = formats[extension]
  if (format !== undefined) return format
  throw new AnalysisError('UNKNOWN_FILE_FORMAT', {
    message: `the format of '${path}' does not follow from its name`,
    hint: 'Write it as json.`path`, csv.`path` or text.`path`.',
  })
}
/** A file named in a query by its path alone: csv has a header and types, as a reader would guess; as csv.`path` it is Spark's bare csv. */
function pathOptions(format: string, path: string): Readonly<Record<string, string>> {
  if (format !== '') return { path }
  const inferred = formatOfPath(path)
  return inferred === 'csv'
    ? { path, header: 'true', inferSchema: 'true', ...(/\.tsv(\.gz)?$/.test(path) && { sep: '\t' }) }
    : { path }
}
