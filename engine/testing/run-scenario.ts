import { rowsOf } from '../columnar/batch.ts'
import { MemoryStream } from '../connect/memory-stream.ts'
import type { DataFrame } from '../dataframe/dataframe.ts'
import { localRelation } from '../dataframe/local-relation.ts'
import { durationMs, Trigger } from '../dataframe/trigger.ts'
import { outputModeOf } from '../dataframe/writer.ts'
import { UsageError } from '../errors/engine-error.ts'
import { literal, nameRef } from '../expr/expression.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { schemaOf } from '../plan/output.ts'
import type { Session } from '../session/session.ts'
import { type Schema, STRING, sqlTypeName } from '../types/data-type.ts'
import { formatTimestampNtz } from '../types/timestamp.ts'
import type { Row } from '../types/value.ts'
import { conditionMatches, conditionOf } from './conditions.ts'
import { ManualClock } from './manual-clock.ts'
import { type Cell, cellsOf, parseRow, rowsDiffer, rowsText } from './row-text.ts'
import type { Schedule } from './schedule.ts'
import { type MethodCall, type Scenario, type ScriptRecord, splitFirst, splitMethods } from './script.ts'
import { type StepResult, TestedQuery, type WriterClauses } from './tested-query.ts'

export interface Failure {
  readonly line: number
  readonly scenario: string
  readonly directive: string
  readonly expected: string
  readonly actual: string
  readonly message: string
}
/** What a record gave: `--update` writes `actual` where it differs. */
export interface RecordOutcome {
  readonly record: ScriptRecord
  readonly expected: string
  readonly actual: string
  readonly differs: boolean
}
export interface ScenarioResult {
  readonly failures: readonly Failure[]
  readonly outcomes: readonly RecordOutcome[]
}

/** Runs the records of one scenario in a fresh session. Stops at the first record that cannot be carried out; differences in rows do not stop it. */
export async function runScenario(scenario: Scenario, session: Session, schedule: Schedule): Promise<ScenarioResult> {
  const run = new ScenarioRun(scenario, session, schedule)
  try {
    await run.all()
  } finally {
    await run.close()
  }
  return { failures: run.failures, outcomes: run.outcomes }
}

class ScenarioRun {
  readonly failures: Failure[] = []
  readonly outcomes: RecordOutcome[] = []
  readonly #scenario: Scenario
  readonly #session: Session
  readonly #schedule: Schedule
  readonly #streams = new Map<string, MemoryStream>()
  readonly #clocks = new Map<string, ManualClock>()
  readonly #queries = new Map<string, TestedQuery>()
  /** Queries that could not start where no error was expected: a later `fail` may say that this is right. */
  readonly #failedStarts = new Map<string, unknown>()
  /** Blocks of rows not yet given to their source. */
  #pending: { source: string; rows: Row[] }[] = []
  /** Rows since the start, where only their union is compared. */
  readonly #totals = new Map<string, { expected: Cell[][]; actual: Cell[][]; record: ScriptRecord }>()

  constructor(scenario: Scenario, session: Session, schedule: Schedule) {
    this.#scenario = scenario
    this.#session = session
    this.#schedule = schedule
  }

  async all(): Promise<void> {
    for (const record of this.#scenario.records) {
      if (record.skip !== undefined) continue
      try {
        await this.#carryOut(record)
      } catch (error) {
        this.#fail(
          record,
          record.expected?.join('\n') ?? '',
          conditionOf(error),
          error instanceof Error ? error.message : String(error),
        )
        return
      }
    }
    await this.#finishTotals()
    for (const [name, error] of this.#failedStarts) {
      const record = this.#scenario.records.find((r) => r.directive === 'stream' && splitFirst(r.argument)[0] === name)!
      this.#fail(record, 'a running query', conditionOf(error), error instanceof Error ? error.message : String(error))
    }
  }
  async close(): Promise<void> {
    for (const query of this.#queries.values()) await query.stop()
  }

  async #carryOut(record: ScriptRecord): Promise<void> {
    const expectedError = / error (\S+)$/.exec(` ${record.argument}`)
    const argument = record.argument.replace(/(^| )error \S+$/, '').trim()
    if (expectedError !== null) return this.#expectError(record, argument, expectedError[1]!)
    const [name, rest] = splitFirst(argument)
    switch (record.directive) {
      case 'set':
        return this.#set(name, rest)
      case 'source':
        return this.#source(name, record)
      case 'table':
        return this.#table(name, record)
      case 'view':
        this.#session.createView([name], this.#plan(record), true)
        return
      case 'stream':
        return this.#stream(name, rest, record)
      case 'input':
        return this.#input(name, record)
      case 'emit':
        return this.#emit(name, rest, record)
      case 'epoch':
        return this.#epoch(name, rest, record)
      case 'run':
        return this.#run(name, rest, record)
      case 'fail':
        return this.#expectFailure(name, rest, record)
      case 'stop':
        return this.#query(name).stop()
      case 'restart':
        this.#giveInput()
        return this.#startOrNote(name, () => this.#query(name).restart(this.#changed(record)))
      case 'crash':
        return this.#query(name).crash()
      case 'clock':
        this.#clock(name).move(durationMs(rest))
        return
      case 'watermark':
        return this.#compareText(record, rest, formatTimestampNtz(BigInt(this.#query(name).watermarkMs) * 1000n))
      case 'state':
        return this.#compareText(
          record,
          rest,
          (this.#query(name).lastProgress?.stateOperators ?? []).map((o) => o.numRowsTotal).join(' '),
        )
      case 'late':
        return this.#compareText(
          record,
          rest,
          String(
            this.#query(name)
              .stepProgress.flatMap((p) => p.stateOperators)
              .reduce((sum, o) => sum + o.numRowsDroppedByWatermark, 0),
          ),
        )
      case 'progress':
        return this.#progress(name, rest, record)
      case 'schema':
        return this.#schema(name, record)
      case 'query':
        return this.#batchQuery(name, record)
    }
  }

  async #expectError(record: ScriptRecord, argument: string, condition: string): Promise<void> {
    const [name, rest] = splitFirst(argument)
    try {
      switch (record.directive) {
        case 'set':
          this.#set(name, rest)
          break
        case 'view':
          this.#session.createView([name], this.#plan(record), true)
          break
        case 'stream': {
          const query = this.#newQuery(name, rest, record)
          await query.start()
          break
        }
        case 'restart':
          await this.#query(name).restart(this.#changed(record))
          break
        case 'query':
          await this.#collect(this.#plan(record))
          break
      }
    } catch (error) {
      const actual = conditionOf(error)
      this.#note(record, condition, actual, !conditionMatches(condition, actual), error instanceof Error ? error.message : '')
      return
    }
    this.#note(record, condition, 'no error', true, '')
  }

  #set(key: string, value: string): void {
    this.#session.conf.set(key, value.replace(/^"(.*)"$/, '$1'))
  }

  #source(name: string, record: ScriptRecord): void {
    const watermark = record.body.map((line) => /^\s*watermark\s+(\S+)\s+(.+)$/.exec(line)).find((match) => match !== null)
    const schema = this.#session.parts.frontend.parseSchema(
      record.body.filter((line) => !/^\s*watermark\s/.test(line)).join('\n'),
    )
    const stream = new MemoryStream(name, schema)
    this.#streams.set(name, stream)
    this.#session.memoryStreams.set(name, stream)
    const relation = this.#session.relation(
      { provider: 'memory', options: { stream: name }, schema: undefined, streaming: true },
      name,
    )
    this.#session.catalog.set([name], {
      kind: 'relation',
      relation,
      watermark: watermark
        ? { eventTime: nameRef([watermark[1]!.replace(/`/g, '')]), delay: literal(watermark[2]!, STRING) }
        : undefined,
    })
  }

  #table(name: string, record: ScriptRecord): void {
    const schema = this.#session.parts.frontend.parseSchema(record.body.join('\n'))
    const rows = (record.expected ?? []).map((line) => parseRow(line, schema, this.#session.settings.timeZone))
    this.#session.createView([name], localRelation(schema, rows), true)
  }

  /** The SQL of a record with its method lines applied. */
  #plan(record: ScriptRecord): LogicalPlan {
    const { sql, methods } = splitMethods(record.body)
    return methods.filter(({ name }) => !WRITER_METHODS.has(name)).reduce(applyMethod, this.#session.sql(sql)).plan
  }
  #changed(record: ScriptRecord): { readonly plan: () => LogicalPlan; readonly clauses: WriterClauses } | undefined {
    return record.body.length > 0 ? { plan: () => this.#plan(record), clauses: clausesOf(record) } : undefined
  }

  async #stream(name: string, mode: string, record: ScriptRecord): Promise<void> {
    const query = this.#newQuery(name, mode, record)
    await this.#startOrNote(name, () => query.start())
  }
  /** A query that is to fail may do so earlier than Spark: a `fail` record that follows says what is right. */
  async #startOrNote(name: string, start: () => Promise<void>): Promise<void> {
    try {
      await start()
    } catch (error) {
      this.#failedStarts.set(name, error)
    }
  }
  #newQuery(name: string, mode: string, record: ScriptRecord): TestedQuery {
    const query = new TestedQuery(
      name,
      outputModeOf(mode),
      this.#session,
      this.#clock(name),
      () => this.#plan(record),
      clausesOf(record),
    )
    this.#queries.set(name, query)
    return query
  }
  #clock(name: string): ManualClock {
    let clock = this.#clocks.get(name)
    if (clock === undefined) this.#clocks.set(name, (clock = new ManualClock()))
    return clock
  }
  #query(name: string): TestedQuery {
    const error = this.#failedStarts.get(name)
    if (error !== undefined) {
      this.#failedStarts.delete(name)
      throw error
    }
    const query = this.#queries.get(name)
    if (query === undefined) throw new UsageError('INVALID_STREAM_TEST', { message: `there is no query "${name}"` })
    return query
  }

  #input(name: string, record: ScriptRecord): void {
    const stream = this.#streams.get(name)
    if (stream === undefined) throw new UsageError('INVALID_STREAM_TEST', { message: `there is no source "${name}"` })
    const rows = record.body.map((line) => parseRow(line, stream.schema, this.#session.settings.timeZone))
    this.#pending.push({ source: name, rows })
    if (!this.#schedule.cuts) this.#giveInput()
  }
  #giveInput(): void {
    for (const { source, rows } of this.#pending) this.#streams.get(source)!.addRows(rows)
    this.#pending = []
  }

  async #emit(name: string, options: string, record: ScriptRecord): Promise<void> {
    const query = this.#query(name)
    if (this.#schedule.cuts) {
      if (this.#schedule.holdBack()) return this.#addTotal(record, query, { rows: [], epochs: 0 })
      return this.#addTotal(record, query, await this.#runCut(query))
    }
    this.#compareRows(record, await query.runUntilIdle(this.#schedule.afterEpoch(query)), options === 'ordered')
  }
  async #epoch(name: string, options: string, record: ScriptRecord): Promise<void> {
    const query = this.#query(name)
    if (this.#schedule.cuts) return this.#addTotal(record, query, await this.#runCut(query))
    const result = await query.runEpoch()
    await this.#schedule.afterEpoch(query)?.()
    this.#compareRows(record, result, options === 'ordered')
  }
  async #run(name: string, kind: string, record: ScriptRecord): Promise<void> {
    this.#giveInput()
    const [trigger, ordered] = splitFirst(kind)
    const query = this.#query(name)
    const result = await query.runTrigger(trigger === 'once' ? Trigger.once() : Trigger.availableNow())
    if (this.#schedule.cuts) this.#addTotal(record, query, result)
    else this.#compareRows(record, result, ordered === 'ordered')
  }

  /** Gives the waiting rows in random pieces, an epoch or several for each. */
  async #runCut(query: TestedQuery): Promise<StepResult> {
    const rows: Cell[][] = []
    let last: StepResult | undefined
    const step = async (): Promise<void> => {
      const result = await query.runUntilIdle()
      if (result.epochs > 0) last = result
      rows.push(...result.rows)
    }
    const pending = this.#pending
    this.#pending = []
    for (const { source, rows: block } of pending) {
      if (block.length === 0) this.#streams.get(source)!.addRows([])
      for (const piece of this.#schedule.cut(block)) {
        this.#streams.get(source)!.addRows(piece)
        if (this.#schedule.runNow()) await step()
      }
    }
    await step()
    return { rows: query.mode === 'complete' ? (last?.rows ?? []).slice() : rows, epochs: last?.epochs ?? 0 }
  }

  #addTotal(record: ScriptRecord, query: TestedQuery, result: StepResult): void {
    const expected = (record.expected ?? []).map((line) => JSON.parse(line) as Cell[])
    const total = this.#totals.get(query.name) ?? { expected: [], actual: [], record }
    if (query.mode === 'complete') {
      if (expected.length > 0) total.expected = expected
      if (result.epochs > 0) total.actual = [...result.rows]
    } else {
      total.expected.push(...expected)
      total.actual.push(...result.rows)
    }
    this.#totals.set(query.name, { ...total, record })
  }
  async #finishTotals(): Promise<void> {
    if (!this.#schedule.cuts) return
    for (const [name, total] of this.#totals) {
      const query = this.#queries.get(name)!
      this.#addTotal({ ...total.record, expected: [] }, query, await this.#runCut(query))
    }
    for (const [name, { expected, actual, record }] of this.#totals) {
      // What update mode emits in between depends on where epochs begin.
      if (this.#queries.get(name)!.mode === 'update') continue
      if (rowsDiffer(expected, actual, false))
        this.#fail(record, rowsText(expected), rowsText(actual), 'the rows of all epochs differ')
    }
  }

  async #expectFailure(name: string, condition: string, record: ScriptRecord): Promise<void> {
    let error = this.#failedStarts.get(name)
    this.#failedStarts.delete(name)
    if (error === undefined) {
      this.#giveInput()
      try {
        await this.#query(name).runUntilIdle()
      } catch (thrown) {
        error = thrown
      }
    }
    const actual = error === undefined ? 'no error' : conditionOf(error)
    this.#note(
      record,
      condition,
      actual,
      error === undefined || !conditionMatches(condition, actual),
      error instanceof Error ? error.message : '',
    )
  }

  #progress(name: string, rest: string, record: ScriptRecord): void {
    const [path, value] = splitFirst(rest)
    let found: unknown = this.#query(name).lastProgress
    for (const key of path.split('.'))
      found = found === null || found === undefined ? undefined : (found as Record<string, unknown>)[key]
    const actual = found === undefined || found === null ? '-' : typeof found === 'object' ? JSON.stringify(found) : String(found)
    this.#compareText(record, value, actual, path)
  }

  #schema(name: string, record: ScriptRecord): void {
    const query = this.#queries.get(name)
    const schema: Schema = query !== undefined ? query.schema : schemaOf(this.#session.table(name).plan)
    const actual = schema.map((f) => `${f.name} ${sqlTypeName(f.type)}${f.nullable ? '' : ' NOT NULL'}`).join('\n')
    const expected = (record.expected ?? []).join('\n')
    this.#note(
      record,
      expected,
      actual,
      expected.replace(/\s+/g, ' ').toLowerCase() !== actual.replace(/\s+/g, ' ').toLowerCase(),
      'the columns differ',
    )
  }

  async #batchQuery(options: string, record: ScriptRecord): Promise<void> {
    const rows = await this.#collect(this.#plan(record))
    this.#compareRows(record, { rows, epochs: 1 }, options === 'ordered')
  }
  async #collect(plan: LogicalPlan): Promise<Cell[][]> {
    const schema = schemaOf(plan)
    const rows: Cell[][] = []
    await this.#session.runBatch(plan, (batch) => {
      for (const row of rowsOf(batch)) rows.push(cellsOf(row, schema, this.#session.settings.timeZone))
    })
    return rows
  }

  #compareRows(record: ScriptRecord, result: StepResult, ordered: boolean): void {
    const expected = (record.expected ?? []).map((line) => JSON.parse(line) as Cell[])
    this.#note(record, rowsText(expected), rowsText(result.rows), rowsDiffer(expected, result.rows, ordered), 'the rows differ')
  }
  #compareText(record: ScriptRecord, expected: string, actual: string, what = record.directive): void {
    if (this.#schedule.cuts) return
    this.#note(record, expected, actual, expected.replace(/^"(.*)"$/, '$1') !== actual, `${what} differs`)
  }
  #note(record: ScriptRecord, expected: string, actual: string, differs: boolean, message: string): void {
    this.outcomes.push({ record, expected, actual, differs })
    if (differs) this.#fail(record, expected, actual, message)
  }
  #fail(record: ScriptRecord, expected: string, actual: string, message: string): void {
    this.failures.push({
      line: record.line,
      scenario: this.#scenario.title,
      directive: `${record.directive} ${record.argument}`.trim(),
      expected,
      actual,
      message,
    })
  }
}

const WRITER_METHODS: ReadonlySet<string> = new Set(['lateDataTo', 'emitAfterIdle'])

/** The method lines of a query that belong to its writer. */
function clausesOf(record: ScriptRecord): WriterClauses {
  const { methods } = splitMethods(record.body)
  const given = (name: string): string | undefined => methods.find((method) => method.name === name)?.args[0]
  const idle = given('emitAfterIdle')
  return { lateDataTo: given('lateDataTo'), emitAfterIdleMs: idle === undefined ? undefined : durationMs(idle) }
}

export function applyMethod(df: DataFrame, method: MethodCall): DataFrame {
  const { name, args } = method
  switch (name) {
    case 'withWatermark':
      return df.withWatermark(args[0]!, args[1]!)
    case 'dropDuplicates':
      return df.dropDuplicates(...args)
    case 'dropDuplicatesWithinWatermark':
      return df.dropDuplicatesWithinWatermark(...args)
    default:
      throw new UsageError('INVALID_STREAM_TEST', {
        message: `.${name}() is not a method of stream tests`,
        hint: 'Methods are withWatermark, dropDuplicates, dropDuplicatesWithinWatermark, and of queries lateDataTo and emitAfterIdle.',
      })
  }
}
