import type { DataFrameContext, ExplainMode, QueryRequest } from '../dataframe/context.ts'
import { DataFrame } from '../dataframe/dataframe.ts'
import { localRelation } from '../dataframe/local-relation.ts'
import type { StreamingQueryHandle } from '../dataframe/streaming-query-handle.ts'
import { unreachable } from '../errors/assert.ts'
import { AnalysisError, EngineError, ParseError, UsageError } from '../errors/engine-error.ts'
import type { Literal } from '../expr/expression.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { schemaOf } from '../plan/output.ts'
import type {
  CompoundStatement,
  CreateStreamingTable,
  InsertInto,
  Options,
  OutputMode,
  Statement,
  Trigger,
  VariableStatement,
} from '../plan/statement.ts'
import { isStreaming } from '../plan/walk.ts'
import { field, STRING } from '../types/data-type.ts'
import { parseTimestamp } from '../types/timestamp.ts'
import type { Row } from '../types/value.ts'
import { zoneOf } from '../types/zone.ts'
import { createView, describedPlace, dropEntry, runCatalogStatement } from './catalog-commands.ts'
import { collectRows } from './collect-rows.ts'
import { CompoundRunner, statementsOf } from './compound-runner.ts'
import { withDefaults } from './insert-columns.ts'
import type { Session } from './session.ts'
import { changeSetting } from './session-config.ts'
import { describe, describeColumn, type Shown, show } from './show.ts'
import { createRelation, createTableAs, declareTableAs, insertion, insertRows } from './table-commands.ts'
import {
  assignRow,
  checkVariableStatement,
  immediateStatement,
  missingName,
  refuseTarget,
  runVariableStatement,
} from './variable-commands.ts'

/** How a script is run, over what its text says. */
export interface ScriptOptions {
  /** Replaces the trigger of every query. */
  readonly trigger?: Trigger
  /**
   * The checkpoint of the script's query. With several statements that may start one, each gets a folder of its name below; bare SELECTs
   * are `select_1`, `select_2`, ….
   */
  readonly checkpoint?: string
  /** The dialect its queries are written in: spark (the default), flinksql, postgresql, mysql, trino, snowflake or bigquery. */
  readonly dialect?: string
}

/** Told what happens as a script runs; whoever shows results implements it. */
export interface ScriptObserver {
  /** A bare SELECT over tables, SHOW, DESCRIBE, EXPLAIN: a batch result to show. */
  readonly onResult?: (result: DataFrame) => Promise<void>
  /** A query started. */
  readonly onQuery?: (query: StreamingQueryHandle) => void
  /** Where rows for the console go instead: those of bare SELECTs over streams and of console sinks. Each epoch's come as a batch DataFrame. */
  readonly onConsoleRows?: (rows: DataFrame, epoch: number) => Promise<void>
}

/** A query of a script as it would run. */
interface DescribedQuery {
  /** Of the table it would fill; undefined for a bare SELECT. */
  readonly name: string | undefined
  readonly plan: LogicalPlan
  readonly mode: OutputMode | 'batch'
  readonly warnings: readonly string[]
}

/** Carries out statements against a session, one by one. */
export class ScriptRunner {
  readonly #session: Session
  readonly #context: DataFrameContext

  constructor(session: Session, context: DataFrameContext) {
    this.#session = session
    this.#context = context
  }

  #parse(text: string, dialect: string | undefined, parameters?: ReadonlyMap<string, Literal>): Statement[] {
    const { frontend } = this.#session.parts
    const { settings } = this.#session
    return dialect === undefined
      ? frontend.parseScript(text, settings, parameters)
      : frontend.parseDialectScript(text, dialect, settings, parameters)
  }

  /** `session.sql`: exactly one statement, which starts nothing. */
  single(text: string, parameters?: ReadonlyMap<string, Literal>, dialect?: string): DataFrame {
    const statements = this.#parse(text, dialect, parameters)
    if (statements.length !== 1) {
      throw new ParseError(statements.length === 0 ? 'PARSE_EMPTY_STATEMENT' : 'PARSE_SYNTAX_ERROR', {
        message:
          statements.length === 0
            ? 'the text holds no statement'
            : `sql() takes one statement, and the text holds ${statements.length}`,
        hint: 'Use session.run(text) for a script of several statements.',
        span: statements[1]?.span,
      })
    }
    const statement = statements[0]!
    if (RUNNING_STATEMENTS.has(statement.kind)) {
      throw new UsageError('STATEMENT_STARTS_A_QUERY', {
        message: 'the statement runs a query, and sql() only describes one',
        hint: 'Use await session.run(text), or sql() of the SELECT and writeStream.',
        span: statement.span,
      })
    }
    return located(statement, () => this.#result(statement as DescribingStatement)) ?? this.#empty()
  }

  async run(text: string, options: ScriptOptions, observer: ScriptObserver): Promise<readonly StreamingQueryHandle[]> {
    const statements = this.#parse(text, options.dialect)
    const queries: StreamingQueryHandle[] = []
    const several = statements.flatMap(eachStatement).filter(mayStartQuery).length > 1
    let bareSelects = 0
    /** Queries that end by themselves, so far: a batch statement after them sees their whole result. */
    const bounded: StreamingQueryHandle[] = []
    const boundedEnded = async (): Promise<void> => {
      for (let query = bounded.shift(); query !== undefined; query = bounded.shift()) await query.awaitTermination()
    }
    const start = async (request: QueryRequest): Promise<void> => {
      const query = await this.#start(request, observer)
      queries.push(query)
      if (request.trigger !== undefined && request.trigger.kind !== 'processing_time') bounded.push(query)
    }
    /** What takes results: inside BEGIN … END only the last one is shown, as in Spark. */
    let show = async (result: DataFrame): Promise<void> => observer.onResult?.(result)
    const runOne = async (statement: Statement): Promise<void> => {
      switch (statement.kind) {
        case 'compound': {
          const outer = show
          let last: DataFrame | undefined
          show = async (result) => {
            last = await this.#collected(result)
          }
          try {
            await new CompoundRunner(this.#session, runInside).run(statement)
          } finally {
            show = outer
          }
          if (last !== undefined) await show(last)
          return
        }
        case 'insert_into':
          if (isStreaming(this.#session.analyze(withDefaults(statement.query))))
            return start(this.#queryRequest(statement, options, several))
          await boundedEnded()
          return insertRows(this.#session, statement)
        case 'insert_many':
          for (const insert of statement.inserts) await runOne(insert)
          return
        case 'create_streaming_table':
          return start(this.#queryRequest(statement, options, several))
        case 'stop':
          return this.#stop(statement.name)
        case 'declare_variables':
        case 'set_variables':
        case 'set_variables_to_row':
        case 'drop_variable':
          return runVariableStatement(this.#session, statement)
        case 'execute_immediate': {
          try {
            for (const name of statement.into) this.#session.variables.find(name) ?? refuseTarget(name, statement.span)
            const inner = await immediateStatement(this.#session, statement)
            if (inner.kind !== 'query' || statement.into.length === 0) return await runOne(inner)
            return await assignRow(this.#session, statement.into, inner.query)
          } catch (error) {
            throw missingName(error, statement)
          }
        }
        case 'create_relation':
          if (statement.query !== undefined) {
            await boundedEnded()
            return createTableAs(this.#session, statement, statement.query)
          }
      }
      const result = this.#result(statement)
      if (result === undefined) return
      if (result.isStreaming) return start(this.#bareSelect(result, options, several ? ++bareSelects : undefined))
      await boundedEnded()
      await show(result)
    }
    const runInside = async (statement: Statement): Promise<void> => {
      try {
        await runOne(statement)
      } catch (error) {
        throw withSpan(error, statement)
      }
    }
    for (const statement of statements) await runInside(statement)
    return queries
  }

  /** Every statement resolved and checked, DDL carried out; nothing is started or read. Gives warnings. */
  check(text: string, options: ScriptOptions): readonly string[] {
    return this.#described(text, options, ({ plan, mode, warnings }) => {
      this.#session.compile(plan, mode)
      return warnings
    })
  }

  explain(text: string, options: ScriptOptions, explainMode: ExplainMode): string {
    return this.#described(text, options, ({ name, plan, mode }) => {
      const explained = this.#session.compile(plan, mode).explain(explainMode === 'extended')
      return [name === undefined ? explained : `-- ${name}, ${mode}\n${explained}`]
    }).join('\n')
  }

  /** What `tell` says of each query of a script, in order. DDL is carried out, since later statements stand on it. */
  #described(text: string, options: ScriptOptions, tell: (query: DescribedQuery) => readonly string[]): string[] {
    return this.#parse(text, options.dialect).flatMap((statement) =>
      located(statement, () => {
        const query = this.#describedQuery(statement, options)
        return query === undefined ? [] : tell(query)
      }),
    )
  }
  #describedQuery(statement: Statement, options: ScriptOptions): DescribedQuery | undefined {
    const session = this.#session
    switch (statement.kind) {
      case 'query': {
        const plan = session.analyze(statement.query)
        const mode = isStreaming(plan) ? session.defaultMode(plan) : 'batch'
        return { name: undefined, plan, mode, warnings: mode === 'batch' ? [] : session.checkQuery(plan, mode) }
      }
      case 'create_streaming_table':
      case 'insert_into': {
        const name = statement.name.join('.')
        if (statement.kind === 'insert_into' && !isStreaming(session.analyze(withDefaults(statement.query))))
          return { name, plan: insertion(this.#session, statement).plan, mode: 'batch', warnings: [] }
        const { plan, outputMode = 'append' } = this.#queryRequest(statement, options, false)
        const warnings = session.checkQuery(plan, outputMode)
        // Later statements may read what the query would collect: here it has collected nothing.
        if (statement.kind === 'create_streaming_table' && statement.provider.toLowerCase() === 'memory') {
          session.createView([name], localRelation(schemaOf(plan), []), true)
        }
        return { name, plan, mode: outputMode, warnings }
      }
      case 'create_relation': {
        if (statement.query === undefined) break
        if (!declareTableAs(this.#session, statement, statement.query)) return undefined
        return { name: statement.name.join('.'), plan: session.analyze(statement.query), mode: 'batch', warnings: [] }
      }
      case 'explain':
        return this.#describedQuery(statement.statement, options)
      case 'insert_many':
        for (const insert of statement.inserts) this.#describedQuery(insert, options)
        return undefined
      case 'declare_variables':
      case 'set_variables':
      case 'set_variables_to_row':
      case 'drop_variable':
        checkVariableStatement(session, statement)
        return undefined
      case 'compound':
        new CompoundRunner(session, async () => {}).check(statement, (inner) => {
          located(inner, () => this.#describedQuery(inner, options))
        })
        return undefined
      // Its text is known once the script runs.
      case 'execute_immediate':
      case 'explain_why':
      case 'stop':
        return undefined
    }
    this.#result(statement)
    return undefined
  }

  /** Carries out a statement that starts nothing; the DataFrame of its result, where it has one. */
  #result(statement: DescribingStatement): DataFrame | undefined {
    const session = this.#session
    switch (statement.kind) {
      case 'query':
        return new DataFrame(statement.query, this.#context)
      case 'create_relation':
        createRelation(this.#session, statement)
        return undefined
      case 'create_view':
        createView(session, statement)
        return undefined
      case 'create_schema':
      case 'drop_schema':
      case 'use_schema':
      case 'truncate':
      case 'rename':
      case 'add_columns':
      case 'alter_view':
      case 'maintain':
        runCatalogStatement(session, statement)
        return undefined
      case 'explain':
        return this.#texts('plan', [this.#explainText(statement.statement, statement.mode === 'simple' ? 'simple' : 'extended')])
      case 'explain_why':
        return this.#why(statement.name, statement.at)
      case 'set':
        if (statement.key === undefined) return this.#pairs(session.settings.entries())
        if (statement.value === undefined)
          return this.#pairs([[statement.key, session.settings.get(statement.key) ?? '<undefined>']])
        changeSetting(session.settings, statement.key, statement.value)
        return undefined
      case 'set_time_zone':
        changeSetting(session.settings, 'spark.sql.session.timeZone', statement.zone)
        return undefined
      case 'reset':
        if (statement.key === undefined) for (const [key] of session.settings.entries()) session.settings.unset(key)
        else session.settings.unset(statement.key)
        return undefined
      case 'drop':
        dropEntry(session, statement.what, statement.name, statement.ifExists)
        return undefined
      case 'show':
        return this.#shown(show(session, statement))
      case 'describe': {
        const { name, extended, column, span } = statement
        const plan = session.analyze({ kind: 'unresolved_relation', name, streamed: false, options: {}, span })
        if (column !== undefined) return this.#shown(describeColumn(plan, column, extended, session.settings.caseSensitive))
        return this.#shown(describe(plan, extended ? describedPlace(session.catalog, name) : []))
      }
      case 'describe_query':
        return this.#shown(describe(session.analyze(statement.query)))
      case 'stop':
        throw new UsageError('STATEMENT_STARTS_A_QUERY', {
          message: 'STOP acts on running queries',
          hint: 'Use await session.run(text).',
          span: statement.span,
        })
      default:
        return unreachable(statement)
    }
  }

  #queryRequest(statement: CreateStreamingTable | InsertInto, options: ScriptOptions, several: boolean): QueryRequest {
    const name = statement.name.join('.')
    const { lateDataTo, badRowsTo, emitAfterIdleMs } = statement
    this.#session.leftOut.declare({ lateDataTo, badRowsTo })
    const given = options.checkpoint === undefined ? undefined : several ? `${options.checkpoint}/${name}` : options.checkpoint
    const { checkpointLocation, ...rest } = withoutCheckpoint(statement.kind === 'insert_into' ? {} : statement.options)
    const sink =
      statement.kind === 'insert_into'
        ? { kind: 'format' as const, format: 'table', options: { table: name } }
        : { kind: 'format' as const, format: statement.provider, options: rest }
    return {
      plan: statement.kind === 'insert_into' ? this.#streamed(statement) : this.#session.analyze(statement.query),
      sink,
      name,
      outputMode: statement.outputMode,
      trigger: options.trigger ?? statement.trigger,
      checkpoint: given ?? statement.checkpoint ?? checkpointLocation,
      partitionBy: statement.partitionBy,
      lateDataTo,
      badRowsTo,
      emitAfterIdleMs,
    }
  }

  /** The query of an INSERT that takes the rows of a stream. */
  #streamed(statement: InsertInto): LogicalPlan {
    if (statement.overwrite) {
      throw new AnalysisError('UNSUPPORTED_FEATURE.OVERWRITE_BY_STREAM', {
        message: 'INSERT OVERWRITE takes rows that are there, and the query reads a stream',
        hint: 'Write INSERT INTO, or CREATE STREAMING TABLE with OUTPUT MODE complete.',
        span: statement.span,
      })
    }
    if (statement.columns === undefined && !statement.byName) return this.#session.analyze(statement.query)
    return insertion(this.#session, statement).plan
  }

  /** `ordinal`: which of the script's bare SELECTs, where each needs a checkpoint folder of its own. */
  #bareSelect(result: DataFrame, options: ScriptOptions, ordinal: number | undefined): QueryRequest {
    return {
      plan: result.plan,
      sink: { kind: 'format', format: 'console', options: {} },
      name: undefined,
      outputMode: this.#session.defaultMode(result.plan),
      trigger: options.trigger,
      checkpoint:
        options.checkpoint === undefined || ordinal === undefined
          ? options.checkpoint
          : `${options.checkpoint}/select_${ordinal}`,
      partitionBy: [],
    }
  }

  async #start(request: QueryRequest, observer: ScriptObserver): Promise<StreamingQueryHandle> {
    const query = await this.#session.startQuery({ ...request, sink: this.#consoleSink(request.sink, observer) })
    observer.onQuery?.(query)
    return query
  }

  #consoleSink(sink: QueryRequest['sink'], observer: ScriptObserver): QueryRequest['sink'] {
    const { onConsoleRows } = observer
    if (onConsoleRows === undefined || sink.kind !== 'format' || sink.format.toLowerCase() !== 'console') return sink
    return {
      kind: 'foreach_batch',
      call: async (schema, batches, epoch) => {
        const held = this.#context.hold(schema, batches)
        try {
          await onConsoleRows(new DataFrame(held.plan, this.#context), epoch)
        } finally {
          held.release()
        }
      },
    }
  }

  async #stop(name: string): Promise<void> {
    const query = this.#session.streams.get(name)
    if (query === undefined)
      throw new UsageError('QUERY_NOT_FOUND', { message: `no query "${name}" is running`, hint: 'SHOW STREAMS lists what runs.' })
    await query.stop()
  }

  #explainText(statement: Statement, explainMode: ExplainMode): string {
    const { kind } = statement
    const query =
      kind === 'query' || kind === 'create_streaming_table' || kind === 'insert_into'
        ? this.#describedQuery(statement, {})
        : undefined
    if (query === undefined)
      throw new AnalysisError('UNSUPPORTED_FEATURE.EXPLAIN', { message: 'EXPLAIN takes a query', span: statement.span })
    return this.#session.compile(query.plan, query.mode).explain(explainMode === 'extended')
  }

  #why(name: string, at: string | undefined): DataFrame {
    const query = this.#session.streams.get(name)
    if (query === undefined)
      throw new UsageError('QUERY_NOT_FOUND', { message: `no query "${name}" is running`, hint: 'SHOW STREAMS lists what runs.' })
    const micros = at === undefined ? undefined : parseTimestamp(at, zoneOf(this.#session.settings.timeZone))
    if (at !== undefined && micros === undefined)
      throw new UsageError('CAST_INVALID_INPUT', {
        message: `'${at}' is not a time`,
        hint: "Write for example EXPLAIN WHY name AT '2031-03-04 12:00:00'.",
      })
    const facts = query.explainWhy(micros === undefined ? undefined : new Date(Number(micros / 1000n)))
    return this.#rows(
      ['about', 'name', 'fact', 'value'].map((column) => field(column, STRING, false)),
      facts.map(({ about, name, fact, value }) => [about, name, fact, value]),
    )
  }

  /** The rows of a result as they are now: what a script does after it, or has done to its variables, changes nothing. */
  async #collected(result: DataFrame): Promise<DataFrame> {
    const { plan, rows } = await collectRows(this.#session, result.plan)
    return this.#rows(schemaOf(plan), rows)
  }

  #shown({ schema, rows }: Shown): DataFrame {
    return this.#rows(schema, rows)
  }

  #texts(column: string, texts: readonly string[]): DataFrame {
    return this.#rows(
      [field(column, STRING, false)],
      texts.map((text) => [text]),
    )
  }
  #pairs(entries: readonly (readonly [string, string])[]): DataFrame {
    return this.#rows([field('key', STRING), field('value', STRING)], entries)
  }
  #rows(schema: readonly ReturnType<typeof field>[], rows: readonly Row[]): DataFrame {
    return new DataFrame(localRelation(schema, rows), this.#context)
  }
  #empty(): DataFrame {
    return this.#rows([], [])
  }
}

/** Statements that cannot be told what they give without running them. */
type RunningStatement =
  | CreateStreamingTable
  | InsertInto
  | VariableStatement
  | CompoundStatement
  | Extract<Statement, { readonly kind: 'insert_many' }>
type DescribingStatement = Exclude<Statement, RunningStatement>
const RUNNING_STATEMENTS: ReadonlySet<Statement['kind']> = new Set<RunningStatement['kind']>([
  'create_streaming_table',
  'insert_into',
  'insert_many',
  'declare_variables',
  'set_variables',
  'set_variables_to_row',
  'drop_variable',
  'execute_immediate',
  'compound',
])

function eachStatement(statement: Statement): Statement[] {
  return statement.kind === 'compound' ? statementsOf(statement.block).flatMap(eachStatement) : [statement]
}

/** By its form alone: whether a bare SELECT reads a stream is known only after the statements before it. */
function mayStartQuery(statement: Statement): boolean {
  return statement.kind === 'create_streaming_table' || statement.kind === 'insert_into' || statement.kind === 'query'
}

function withoutCheckpoint(options: Options): Record<string, string> & { checkpointLocation?: string } {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.toLowerCase() === 'checkpointlocation' ? 'checkpointLocation' : key,
      value,
    ]),
  )
}

/** An error without a place gets the statement's. */
function withSpan(error: unknown, statement: Statement): unknown {
  if (error instanceof EngineError && error.span === undefined && error.domain === 'user') error.span = statement.span
  return error
}
function located<T>(statement: Statement, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw withSpan(error, statement)
  }
}
