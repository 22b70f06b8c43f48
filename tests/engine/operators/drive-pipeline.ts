import { Arena } from '../../../engine/columnar/arena.ts'
import { batchFromRows, rowsOf } from '../../../engine/columnar/batch.ts'
import type { AggregateCall, ColumnRef, Expression } from '../../../engine/expr/expression.ts'
import { literal, nextColumnId } from '../../../engine/expr/expression.ts'
import { builtinFunctions } from '../../../engine/functions/builtin.ts'
import { planQuery } from '../../../engine/incremental/planner.ts'
import { buildPipeline } from '../../../engine/operators/build.ts'
import type { StatefulReport } from '../../../engine/operators/operator.ts'
import type { Pipeline } from '../../../engine/operators/pipeline.ts'
import type { Aggregate, LogicalPlan, Scan, TimeWindow, Watermark } from '../../../engine/plan/logical-plan.ts'
import { outputOf } from '../../../engine/plan/output.ts'
import type { OutputMode } from '../../../engine/plan/statement.ts'
import { type DataType, field, INT, type Schema, structType, TIMESTAMP } from '../../../engine/types/data-type.ts'
import { Settings } from '../../../engine/types/settings.ts'
import type { Row, Value } from '../../../engine/types/value.ts'

// Drives the operators of an analysed plan as the runner does: epochs in order, the watermark by spark.md 2.5, no-data epochs when asked for.

export const functions = builtinFunctions()
export const settings = new Settings([['spark.sql.session.timeZone', 'UTC']])

export function scan(name: string, columns: Record<string, DataType>, streaming = true): Scan {
  const schema: Schema = Object.entries(columns).map(([column, type]) => field(column, type))
  return {
    kind: 'scan',
    relation: { key: name, name, provider: 'memory', options: {}, schema, streaming },
    output: schema.map((f) => ({
      kind: 'column',
      id: nextColumnId(),
      name: f.name,
      type: f.type,
      nullable: f.nullable,
      qualifier: [name],
    })),
  }
}
export function column(plan: LogicalPlan, name: string): ColumnRef {
  const found = outputOf(plan).find((c) => c.name === name)
  if (found === undefined) throw new Error(`no column ${name}`)
  return found
}
export function watermark(input: LogicalPlan, name: string, delayMs: number): Watermark {
  const output = outputOf(input).map((c) =>
    c.name === name ? { ...c, metadata: { ...c.metadata, watermarkDelayMs: delayMs } } : c,
  )
  const delay: Expression = { kind: 'literal', value: null, type: TIMESTAMP, nullable: true }
  return { kind: 'watermark', eventTime: column(input, name), delay, delayMs, output, input }
}
/** Durations in seconds. */
export function timeWindow(input: LogicalPlan, name: string, size: number, slide = size, start = 0): TimeWindow {
  const time = column(input, name)
  const type = structType([field('start', time.type), field('end', time.type)])
  const delay = time.metadata?.watermarkDelayMs
  const metadata = { timeWindow: 'window' as const, ...(delay !== undefined && { watermarkDelayMs: delay }) }
  const window: ColumnRef = {
    kind: 'column',
    id: nextColumnId(),
    name: 'window',
    type,
    nullable: false,
    qualifier: [],
    metadata,
  }
  const micros = (seconds: number): bigint => BigInt(Math.round(seconds * 1e6))
  return {
    kind: 'time_window',
    time,
    sizeMicros: micros(size),
    slideMicros: micros(slide),
    startMicros: micros(start),
    window,
    input,
  }
}
/** An aggregate call; without arguments as count(*) is written after analysis. */
export function call(name: string, given: readonly Expression[], extra: Partial<AggregateCall> = {}): AggregateCall {
  const args = given.length === 0 ? [literal(1, INT)] : given
  const record = functions.find(name)
  if (record?.kind !== 'aggregate') throw new Error(name)
  const resolution = record.resolve(
    args.map((a) => ({ type: a.type!, nullable: true, constant: undefined, span: undefined, text: '' })),
    { name, text: name, span: undefined, settings },
  )
  return { kind: 'aggregate', name, args, distinct: false, type: resolution.returns, nullable: true, ...extra }
}
export function aggregate(input: LogicalPlan, keys: readonly string[], calls: readonly AggregateCall[]): Aggregate {
  const grouping = keys.map((k) => column(input, k))
  const aliases = calls.map((c) => ({ kind: 'alias' as const, name: c.name, child: c, id: nextColumnId() }))
  return { kind: 'aggregate', grouping, aggregates: [...grouping, ...aliases], input }
}

/** Rows of an epoch that come in several batches. */
export class Batches {
  readonly list: readonly (readonly Row[])[]
  constructor(...list: readonly (readonly Row[])[]) {
    this.list = list
  }
}
type Input = Readonly<Record<string, readonly Row[] | Batches>>

/** One query over its pipeline. Rows go to relations by name. */
export class DrivenQuery {
  readonly pipeline: Pipeline
  readonly late: Row[] = []
  watermarkMs = 0
  /** Of the epoch before. */
  #lateWatermarkMs = 0
  #epoch = 0
  readonly #operatorWatermarks: number[] = []

  constructor(plan: LogicalPlan, mode: OutputMode | 'batch') {
    const evaluation = { timeZone: 'UTC', settings, epoch: { timestampMs: 0, epochId: 0 } }
    const incremental = planQuery(plan, { mode, settings, evaluation, functions })
    this.pipeline = buildPipeline(incremental, {
      functions,
      context: evaluation,
      settings,
      onLateRows: ({ batch }) => this.late.push(...rowsOf(batch)),
    })
  }

  /** Exactly one epoch. */
  epoch(input: Input = {}): Row[] {
    const output: Row[] = []
    const arena = new Arena()
    const { pipeline } = this
    const emit = (batch: Parameters<Pipeline['push']>[1]): void => void output.push(...rowsOf(batch))
    const epoch = {
      id: this.#epoch++,
      timestampMs: 0,
      watermarkMs: this.watermarkMs,
      lateWatermarkMs: this.#lateWatermarkMs,
      arena,
    }
    pipeline.begin(epoch, emit)
    for (const first of [true, false]) {
      for (const port of pipeline.scans.filter((s) => s.first === first)) {
        const rows = input[port.relation.name] ?? []
        for (const batch of rows instanceof Batches ? rows.list : [rows]) {
          const wanted = batch.map((row) => port.columns.map((c) => row[c]!))
          pipeline.push(port.id, batchFromRows(port.schema, wanted))
        }
        pipeline.endScan(port.id)
      }
    }
    this.#lateWatermarkMs = this.watermarkMs
    const seen = pipeline.eventTimes().map((t, i) => {
      const before = this.#operatorWatermarks[i] ?? 0
      this.#operatorWatermarks[i] = t.count > 0 ? Math.max(before, t.maxMs - t.delayMs) : before
      return this.#operatorWatermarks[i]!
    })
    if (seen.length > 0) this.watermarkMs = Math.max(this.watermarkMs, Math.min(...seen))
    return output
  }

  /** Would an epoch without data do something? */
  get wantsEpoch(): boolean {
    return this.pipeline.wantsEpochAt(this.watermarkMs, this.#lateWatermarkMs)
  }
  /** A data epoch and the epochs without data that follow it. */
  run(input: Input): Row[] {
    const output = this.epoch(input)
    while (this.wantsEpoch) output.push(...this.epoch())
    return output
  }
  /** As after a restart: epoch numbers and watermarks go on, operators are new. */
  continueFrom(before: DrivenQuery): void {
    this.#epoch = before.#epoch
    this.watermarkMs = before.watermarkMs
    this.#lateWatermarkMs = before.#lateWatermarkMs
    this.#operatorWatermarks.push(...before.#operatorWatermarks)
  }
  get reports(): StatefulReport[] {
    return this.pipeline.reports()
  }
}

/** Microseconds of a UTC time of 2030-01-01, as 'hh:mm:ss[.fraction]', or of a whole timestamp. */
export function at(text: string): bigint {
  const full = text.includes('-') ? text : `2030-01-01 ${text}`
  const [whole, fraction = ''] = full.split('.')
  return BigInt(Date.parse(`${whole!.replace(' ', 'T')}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6) || '0')
}
export function window(start: string, end: string): Value {
  return [at(start), at(end)]
}
