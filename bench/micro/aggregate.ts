import { Arena } from '../../engine/columnar/arena.ts'
import { Batch } from '../../engine/columnar/batch.ts'
import { Column } from '../../engine/columnar/column.ts'
import { ColumnBuilder } from '../../engine/columnar/column-builder.ts'
import type { Expression } from '../../engine/expr/expression.ts'
import { builtinFunctions } from '../../engine/functions/builtin.ts'
import type { AggregateNode, IncrementalNode, IncrementalPlan, ScanNode } from '../../engine/incremental/incremental-plan.ts'
import { buildPipeline } from '../../engine/operators/build.ts'
import { BIGINT, type DataType, field, type Schema, STRING, structType, TIMESTAMP } from '../../engine/types/data-type.ts'
import { Settings } from '../../engine/types/settings.ts'

// CPU nanoseconds a row that the operators cost, decoding left out: `npx tsx bench/micro/aggregate.ts [part of a name]`. Batches are made beforehand and pushed again and again, their
// times moved on, so that windows open and close as in a stream.

const ROWS = 16384
const BATCHES = 64
const functions = builtinFunctions()
const settings = new Settings()

const input: Schema = [
  field('auction', BIGINT),
  field('price', BIGINT),
  field('at', TIMESTAMP),
  field('event_type', STRING),
  field('ad_id', STRING),
]
const bound = (ordinal: number, type: DataType): Expression => ({ kind: 'bound', ordinal, type, nullable: true })
const scan = (port: number, name: string, schema: Schema, streaming: boolean): ScanNode => ({
  kind: 'scan',
  port,
  relation: { key: name, name, provider: 'memory', options: {}, schema, streaming },
  output: schema,
  columns: schema.map((_, i) => i),
  filters: [],
  first: !streaming,
})
const windowType = structType([field('start', TIMESTAMP), field('end', TIMESTAMP)])

function windowed(
  below: IncrementalNode,
  keys: readonly { readonly name: string; readonly ordinal: number; readonly type: DataType }[],
  call: { readonly name: string; readonly args: readonly Expression[] },
  size: number,
  slide: number,
  time: number,
): AggregateNode {
  const groupingOutput = [field('window', windowType, false), ...keys.map((k) => field(k.name, k.type))]
  const output = [...groupingOutput, field(call.name, BIGINT)]
  return {
    kind: 'aggregate',
    input: below,
    output,
    grouping: [{ kind: 'literal', value: null, type: windowType, nullable: true }, ...keys.map((k) => bound(k.ordinal, k.type))],
    groupingOutput,
    aggregates: [
      {
        name: call.name,
        args: call.args,
        filter: undefined,
        distinct: false,
        ignoreNulls: false,
        withinGroup: [],
        output: field(call.name, BIGINT),
      },
    ],
    results: output.map((f, i) => bound(i, f.type)),
    emission: 'evicted',
    state: { operatorId: 'aggregate-0', inputWatermark: 0 },
    window: {
      ordinal: 0,
      time: bound(time, TIMESTAMP),
      sizeMicros: BigInt(size) * 1_000_000n,
      slideMicros: BigInt(slide) * 1_000_000n,
      startMicros: 0n,
    },
    eventTime: { ordinal: 0, form: 'window' },
  }
}

function bids(from: number, distinct: number): Batch {
  const auction = new BigInt64Array(ROWS)
  const price = new BigInt64Array(ROWS)
  const at = new BigInt64Array(ROWS)
  const eventType = new ColumnBuilder(STRING, ROWS)
  const ad = new ColumnBuilder(STRING, ROWS)
  for (let row = 0; row < ROWS; row++) {
    const n = from + row
    const key = Math.imul(n, 0x9e3779b1) >>> 0
    auction[row] = BigInt(1000 + (key % distinct))
    price[row] = BigInt(key % 100_000)
    // 100,000 rows a second of event time, up to 200 ms out of order.
    at[row] = 1_900_000_000_000_000n + BigInt(n * 10) - BigInt(key % 200_000)
    eventType.append(['view', 'click', 'purchase'][n % 3]!)
    ad.append(`ad-${String(key % 1000).padStart(8, '0')}`)
  }
  const fixed = (type: DataType, values: BigInt64Array): Column => new Column(type, ROWS, null, values)
  return new Batch(input, ROWS, [
    fixed(BIGINT, auction),
    fixed(BIGINT, price),
    fixed(TIMESTAMP, at),
    eventType.finish(),
    ad.finish(),
  ])
}

function measure(
  name: string,
  root: IncrementalNode,
  scans: readonly ScanNode[],
  batches: readonly Batch[],
  table?: Batch,
): void {
  if (!name.includes(process.argv[2] ?? '')) return
  const plan: IncrementalPlan = { mode: 'append', root, output: root.output, scans }
  const context = { timeZone: 'UTC', settings, epoch: { timestampMs: 0, epochId: 0 } }
  const pipeline = buildPipeline(plan, { functions, context, settings })
  const stream = scans.find((s) => !s.first)!.port
  const arena = new Arena()
  let rowsOut = 0
  let watermarkMs = 0
  let best = Number.POSITIVE_INFINITY
  const shift = BigInt(BATCHES * ROWS * 10)
  for (let round = 0; round < 6; round++) {
    const began = process.cpuUsage()
    for (let b = 0; b < batches.length; b += 8) {
      const lateWatermarkMs = watermarkMs
      watermarkMs = Number((batches[b]!.columns[2]!.values as BigInt64Array)[0]! / 1000n) - 2000
      pipeline.begin({ id: 0, timestampMs: 0, watermarkMs, lateWatermarkMs, arena }, (batch) => {
        rowsOut += batch.rowCount
      })
      if (table !== undefined) {
        pipeline.push(scans.find((s) => s.first)!.port, table)
        pipeline.endScan(scans.find((s) => s.first)!.port)
      }
      const mark = arena.mark()
      for (const batch of batches.slice(b, b + 8)) {
        pipeline.push(stream, batch)
        arena.release(mark)
      }
      pipeline.endScan(stream)
      for (const { table: state } of pipeline.tables()) state.committed()
      arena.reset()
    }
    const { user, system } = process.cpuUsage(began)
    best = Math.min(best, user + system)
    for (const batch of batches) {
      const at = batch.columns[2]!.values as BigInt64Array
      for (let row = 0; row < ROWS; row++) at[row]! += shift
    }
  }
  const nanoseconds = (best * 1e3) / (BATCHES * ROWS)
  console.log(`${name.padEnd(44)} ${nanoseconds.toFixed(1).padStart(6)} ns/row  (${rowsOut} rows out)`)
}

const stream = scan(0, 'bids', input, true)
const few = Array.from({ length: BATCHES }, (_, b) => bids(b * ROWS, 1000))
const many = Array.from({ length: BATCHES }, (_, b) => bids(b * ROWS, 100_000))
const auction = { name: 'auction', ordinal: 0, type: BIGINT }
const count = { name: 'count', args: [] }
measure('q12: count by bigint, 10 s, 1k keys', windowed(stream, [auction], count, 10, 10, 2), [stream], few)
measure('q12: count by bigint, 10 s, 100k keys', windowed(stream, [auction], count, 10, 10, 2), [stream], many)
measure('q5: count by bigint, 10 s every 2 s, 1k keys', windowed(stream, [auction], count, 10, 2, 2), [stream], few)
measure('q5: count by bigint, 10 s every 2 s, 100k keys', windowed(stream, [auction], count, 10, 2, 2), [stream], many)
measure('q7: max per 10 s', windowed(stream, [], { name: 'max', args: [bound(1, BIGINT)] }, 10, 10, 2), [stream], few)

const campaigns: Schema = [field('ad', STRING), field('campaign', STRING)]
const table = scan(0, 'campaigns', campaigns, false)
const views = scan(1, 'bids', input, true)
const isView: Expression = {
  kind: 'call',
  name: '=',
  args: [bound(3, STRING), { kind: 'literal', value: 'view', type: STRING, nullable: false }],
  type: { ...BIGINT, kind: 'boolean' } as DataType,
  nullable: true,
}
const filtered: IncrementalNode = { kind: 'filter', output: input, input: views, condition: isView }
const pruned: IncrementalNode = {
  kind: 'project',
  output: [input[4]!, input[2]!],
  input: filtered,
  expressions: [bound(4, STRING), bound(2, TIMESTAMP)],
}
const joined: IncrementalNode = {
  kind: 'static_join',
  type: 'inner',
  output: [...pruned.output, ...campaigns],
  left: pruned,
  right: table,
  build: 'right',
  keys: [{ left: bound(0, STRING), right: bound(0, STRING), nullSafe: false }],
  condition: undefined,
}
const ad = new ColumnBuilder(STRING)
const campaign = new ColumnBuilder(STRING)
for (let i = 0; i < 1000; i++) {
  ad.append(`ad-${String(i).padStart(8, '0')}`)
  campaign.append(`campaign-${i % 100}`)
}
const tableRows = new Batch(campaigns, 1000, [ad.finish(), campaign.finish()])
const ysb = windowed(joined, [{ name: 'campaign', ordinal: 3, type: STRING }], count, 10, 10, 1)
measure('YSB: filter, table join, count by text, 10 s', ysb, [table, views], few, tableRows)
const byText = windowed(stream, [{ name: 'ad_id', ordinal: 4, type: STRING }], count, 10, 10, 2)
measure('count by text, 10 s, 1k keys', byText, [stream], few)
