import { expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { type Batch, batchFromRows, rowsOf } from '../../../engine/columnar/batch.ts'
import type { SourceDefinition } from '../../../engine/connect/source.ts'
import type { EvaluationContext } from '../../../engine/functions/function.ts'
import { silentLogger } from '../../../engine/log.ts'
import type { Emit, Epoch } from '../../../engine/operators/operator.ts'
import type { Pipeline, ScanPort } from '../../../engine/operators/pipeline.ts'
import type { RelationDefinition } from '../../../engine/plan/logical-plan.ts'
import { type EpochReader, executeEpoch, planScan } from '../../../engine/run/execute-plan.ts'
import { runBatch } from '../../../engine/run/run-batch.ts'
import { ManualClock } from '../../../engine/testing/manual-clock.ts'
import { field, INT, type Schema, STRING } from '../../../engine/types/data-type.ts'
import { Settings } from '../../../engine/types/settings.ts'
import type { Row } from '../../../engine/types/value.ts'

const SCHEMA: Schema = [field('n', INT), field('text', STRING)]
const RELATION: RelationDefinition = { key: 'r', name: 'r', provider: 'p', options: {}, schema: SCHEMA, streaming: true }
const scan = (id: number, columns: number[], first = false): ScanPort => ({
  id,
  relation: RELATION,
  columns,
  schema: columns.map((c) => SCHEMA[c]!),
  filters: [],
  first,
})

/** Writes down what it is told, and lets every batch through `copies` times. */
class TracingPipeline implements Pipeline {
  readonly output = SCHEMA
  readonly stateful = []
  readonly hasWatermark = false
  readonly trace: string[] = []
  readonly scans: readonly ScanPort[]
  readonly context: EvaluationContext
  readonly #copies: number
  #emit: Emit = () => {}

  constructor(scans: readonly ScanPort[], copies = 1) {
    this.scans = scans
    this.#copies = copies
    this.context = { timeZone: 'UTC', settings: new Settings(), epoch: { timestampMs: 0, epochId: 0 } }
  }
  begin(_epoch: Epoch, emit: Emit): void {
    this.trace.push('begin')
    this.#emit = emit
  }
  push(id: number, batch: Batch): void {
    this.trace.push(`${id}: ${JSON.stringify(rowsOf(batch))}`)
    for (let i = 0; i < this.#copies; i++) this.#emit(batch)
  }
  endScan(id: number): void {
    this.trace.push(`end ${id}`)
  }
  readonly watermarkPlaces = []
  heldBack() {
    return []
  }
  closingWatermark() {
    return undefined
  }
  tables() {
    return []
  }
  reports() {
    return []
  }
  eventTimes() {
    return []
  }
  wantsEpochAt(): boolean {
    return false
  }
}
const epoch = (): Epoch => ({ id: 0, timestampMs: 0, watermarkMs: 0, lateWatermarkMs: 0, arena: new Arena() })
const reader = (scans: ScanPort[], ...batches: Row[][]): EpochReader => {
  const { feeds, schema } = planScan(scans)
  return { feeds, open: () => batches.map((rows) => batchFromRows(schema, rows)) }
}

test('scans that must be whole come first; the others follow in order, each ended before the next begins', async () => {
  const [a, b, c] = [scan(0, [0]), scan(1, [0], true), scan(2, [0])]
  const pipeline = new TracingPipeline([a, b, c])
  const rows = await executeEpoch(pipeline, epoch(), [reader([a], [[1]], [[2]]), reader([b], [[3]]), reader([c])], () => {})
  expect(pipeline.trace).toEqual(['begin', '1: [[3]]', 'end 1', '0: [[1]]', '0: [[2]]', 'end 0', 'end 2'])
  expect(rows).toEqual({ input: [2, 1, 0], output: 3 })
})

test('scans of one relation share one read of the columns that any of them wants, each getting its own', async () => {
  const [a, b] = [scan(0, [1]), scan(1, [1, 0])]
  expect(planScan([a, b])).toMatchObject({ columns: [0, 1], schema: SCHEMA })
  const pipeline = new TracingPipeline([a, b])
  const rows = await executeEpoch(pipeline, epoch(), [reader([a, b], [[1, 'x']])], () => {})
  expect(pipeline.trace).toEqual(['begin', '0: [["x"]]', '1: [["x",1]]', 'end 0', 'end 1'])
  expect(rows.input).toEqual([2])
})

test('a sink that takes its time gets one batch after the other, and nothing is read meanwhile', async () => {
  const only = scan(0, [0])
  const pipeline = new TracingPipeline([only], 2)
  const arena = new Arena()
  async function* batches() {
    for (let n = 1; n <= 3; n++) {
      pipeline.trace.push(`read ${n}`)
      const values = arena.int32(1)
      values[0] = n
      const batch = batchFromRows(planScan([only]).schema, [[n]])
      ;(batch.columns[0] as { values: unknown }).values = values
      yield batch
    }
  }
  const write = async (batch: Batch) => {
    await new Promise((resolve) => setImmediate(resolve))
    pipeline.trace.push(`written ${JSON.stringify(rowsOf(batch))}`)
  }
  await executeEpoch(pipeline, { ...epoch(), arena }, [{ feeds: planScan([only]).feeds, open: batches }], write)
  expect(pipeline.trace).toEqual([
    'begin',
    ...[1, 2, 3].flatMap((n) => [`read ${n}`, `0: [[${n}]]`, `written [[${n}]]`, `written [[${n}]]`]),
    'end 0',
  ])
  // Every batch had the memory of the one before.
  expect(arena.reservedBytes).toBe(1 << 20)
})

test('the failure of a slow sink is the failure of the epoch', async () => {
  const only = scan(0, [0])
  const write = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    throw new Error('full')
  }
  await expect(executeEpoch(new TracingPipeline([only]), epoch(), [reader([only], [[1]])], write)).rejects.toThrow('full')
})

test('an epoch of many batches lets the event loop turn', async () => {
  const only = scan(0, [0])
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  function* batches() {
    const end = performance.now() + 120
    while (performance.now() < end) yield batchFromRows([SCHEMA[0]!], [[1]])
  }
  await executeEpoch(new TracingPipeline([only]), epoch(), [{ feeds: planScan([only]).feeds, open: batches }], () => {})
  clearInterval(timer)
  expect(turns).toBeGreaterThan(0)
})

test('a batch query reads its tables once, whole, and gives the rows in order', async () => {
  const relation = { ...RELATION, streaming: false, options: { from: '5' } }
  const definition: SourceDefinition = {
    name: 'p',
    options: [],
    description: '',
    schema: () => SCHEMA,
    readTable: ({ options }, { columns, schema }) =>
      [0, 1].map((i) =>
        batchFromRows(
          schema,
          [[Number(options['from']) + i, `t${i}`]].map((row) => columns.map((c) => row[c]!)),
        ),
      ),
  }
  const rows: Row[] = []
  const schema = await runBatch(
    {
      relations: [{ relation, definition }],
      buildPipeline: () => new TracingPipeline([{ ...scan(0, [0, 1]), relation }]),
      settings: new Settings(),
      clock: new ManualClock(),
      logger: silentLogger,
    },
    (batch) => {
      rows.push(...rowsOf(batch))
    },
  )
  expect([schema, rows]).toEqual([
    SCHEMA,
    [
      [5, 't0'],
      [6, 't1'],
    ],
  ])
})
