import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { batchFromRows, rowsOf } from '../../../engine/columnar/batch.ts'
import type { Expression } from '../../../engine/expr/expression.ts'
import type { Join, JoinType, LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import { BOOLEAN, DAY_TIME, INT, STRING, TIMESTAMP } from '../../../engine/types/data-type.ts'
import type { Row } from '../../../engine/types/value.ts'
import { at, column, DrivenQuery, scan, timeWindow, watermark } from './drive-pipeline.ts'

const compare = (name: string, left: Expression, right: Expression): Expression => ({
  kind: 'call',
  name,
  args: [left, right],
  type: BOOLEAN,
  nullable: true,
})
const and = (...conjuncts: readonly Expression[]): Expression => conjuncts.reduce((a, b) => compare('and', a, b))
const later = (time: Expression, seconds: number): Expression => ({
  kind: 'call',
  name: '+',
  args: [time, { kind: 'literal', value: BigInt(seconds) * 1_000_000n, type: DAY_TIME, nullable: false }],
  type: TIMESTAMP,
  nullable: true,
})

const left = (delayMs = 0): LogicalPlan => watermark(scan('l', { k: INT, lt: TIMESTAMP, v: STRING }), 'lt', delayMs)
const right = (delayMs = 0): LogicalPlan => watermark(scan('r', { k: INT, rt: TIMESTAMP, w: STRING }), 'rt', delayMs)
/** Right rows from the time of the left row to ten seconds later. */
function within(type: JoinType, l = left(), r = right(), more: readonly Expression[] = []): Join {
  const [lt, rt] = [column(l, 'lt'), column(r, 'rt')]
  const condition = and(
    compare('=', column(l, 'k'), column(r, 'k')),
    compare('>=', rt, lt),
    compare('<=', rt, later(lt, 10)),
    ...more,
  )
  return { kind: 'join', type, left: l, right: r, condition }
}
const seconds = (n: number): bigint => at('00:00:00') + BigInt(n) * 1_000_000n
const sorted = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => (String(a) < String(b) ? -1 : 1))

const TYPES: readonly JoinType[] = ['inner', 'left', 'right', 'full', 'left_semi']
const rowsOfSide = fc.array(
  fc.tuple(
    fc.option(fc.integer({ min: 0, max: 2 }), { freq: 8 }),
    fc.option(fc.integer({ min: 0, max: 60 }), { freq: 8 }),
    fc.constantFrom('p', 'q'),
  ),
  { maxLength: 12 },
)
const epochs = fc.array(fc.record({ l: rowsOfSide, r: rowsOfSide }), { minLength: 1, maxLength: 4 })
const withTimes = (rows: readonly (readonly [number | null, number | null, string])[]): Row[] =>
  rows.map(([k, t, text]) => [k, t === null ? null : seconds(t), text])

/** The meaning of a join over whole inputs; in a full join NULL keys meet each other. */
function joined(type: JoinType, lefts: readonly Row[], rights: readonly Row[]): Row[] {
  const matches = (l: Row, r: Row): boolean =>
    l[0] === r[0] &&
    (l[0] !== null || type === 'full') &&
    l[1] !== null &&
    r[1] !== null &&
    (r[1] as bigint) >= (l[1] as bigint) &&
    (r[1] as bigint) <= (l[1] as bigint) + 10_000_000n
  if (type === 'left_semi') return lefts.filter((l) => rights.some((r) => matches(l, r)))
  const rows = lefts.flatMap((l) => rights.filter((r) => matches(l, r)).map((r): Row => [...l, ...r]))
  // A row without a time waits for ever.
  if (type === 'left' || type === 'full') {
    rows.push(
      ...lefts.filter((l) => l[1] !== null && !rights.some((r) => matches(l, r))).map((l): Row => [...l, null, null, null]),
    )
  }
  if (type === 'right' || type === 'full') {
    rows.push(
      ...rights.filter((r) => r[1] !== null && !lefts.some((l) => matches(l, r))).map((r): Row => [null, null, null, ...r]),
    )
  }
  return rows
}

describe('a join of two streams', () => {
  test.each(TYPES)('%s: gives what the join of the whole inputs gives, however they are cut into epochs', (type) => {
    fc.assert(
      fc.property(epochs, (list) => {
        // Nothing is late: the watermark stays behind until a last row of each side pushes it past everything.
        const query = new DrivenQuery(within(type, left(100_000), right(100_000)), 'append')
        const output = list.flatMap(({ l, r }) => query.run({ l: withTimes(l), r: withTimes(r) }))
        const end: Row = [9, seconds(1000), 'end']
        output.push(...query.run({ l: [end], r: [[8, seconds(1000), 'end']] }))
        const lefts = list.flatMap(({ l }) => withTimes(l))
        const rights = list.flatMap(({ r }) => withTimes(r))
        expect(sorted(output)).toEqual(sorted(joined(type, lefts, rights)))
      }),
      { numRuns: 40 },
    )
  })

  test('gives the same rows after a restart', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), epochs, fc.boolean(), (type, list, bySnapshot) => {
        const plan = within(type)
        const whole = new DrivenQuery(plan, 'append')
        let restarted = new DrivenQuery(plan, 'append')
        const blocks = new Map<string, Uint8Array[]>()
        const commit = (query: DrivenQuery): void => {
          for (const { table } of query.pipeline.tables()) {
            const chunks = [...(bySnapshot ? table.snapshot() : table.delta())]
            const block = new Uint8Array(Buffer.concat(chunks))
            blocks.set(table.name, bySnapshot ? [block] : [...(blocks.get(table.name) ?? []), block])
            table.committed()
          }
        }
        for (const { l, r } of list) {
          const input = { l: withTimes(l), r: withTimes(r) }
          expect(restarted.epoch(input)).toEqual(whole.epoch(input))
          expect(restarted.reports).toMatchObject(
            whole.reports.map(({ numRowsTotal, numRowsDroppedByWatermark }) => ({ numRowsTotal, numRowsDroppedByWatermark })),
          )
          commit(restarted)
          const next = new DrivenQuery(plan, 'append')
          next.continueFrom(restarted)
          for (const { table } of next.pipeline.tables()) for (const block of blocks.get(table.name) ?? []) table.restore(block)
          restarted = next
        }
      }),
      { numRuns: 60 },
    )
  })

  test('takes the left rows of an epoch first, whichever comes first', () => {
    const run = (order: readonly ('l' | 'r')[]): Row[] => {
      const { pipeline } = new DrivenQuery(within('inner'), 'append')
      const output: Row[] = []
      const epoch = { id: 0, timestampMs: 0, watermarkMs: 0, lateWatermarkMs: 0, arena: new Arena() }
      pipeline.begin(epoch, (batch) => void output.push(...rowsOf(batch)))
      const rows = {
        l: [
          [1, seconds(0), 'a'],
          [1, seconds(5), 'b'],
        ],
        r: [
          [1, seconds(5), 'x'],
          [1, seconds(7), 'y'],
        ],
      } as const
      for (const name of order) {
        const port = pipeline.scans.find((s) => s.relation.name === name)!
        for (const row of rows[name]) pipeline.push(port.id, batchFromRows(port.schema, [row]))
      }
      for (const name of order) pipeline.endScan(pipeline.scans.find((s) => s.relation.name === name)!.id)
      return output
    }
    const expected = [
      ['a', 'x'],
      ['b', 'x'],
      ['a', 'y'],
      ['b', 'y'],
    ]
    expect(run(['l', 'r']).map((row) => [row[2], row[5]])).toEqual(expected)
    expect(run(['r', 'l'])).toEqual(run(['l', 'r']))
  })

  test('gives unmatched rows of the preserved side their NULLs when the watermark has passed them', () => {
    const query = new DrivenQuery(within('left'), 'append')
    expect(
      query.run({
        l: [
          [1, seconds(0), 'a'],
          [2, seconds(0), 'b'],
        ],
        r: [[1, seconds(3), 'x']],
      }),
    ).toEqual([[1, seconds(0), 'a', 1, seconds(3), 'x']])
    expect(query.run({ l: [[3, seconds(10), 'c']], r: [[4, seconds(10), 'y']] })).toEqual([])
    // Left rows live until the watermark is ten seconds and a millisecond past them.
    expect(query.reports[0]).toMatchObject({ operatorName: 'symmetricHashJoin', numRowsTotal: 4, numRowsRemoved: 1 })
    expect(query.run({ l: [[3, seconds(11), 'd']], r: [[4, seconds(11), 'z']] })).toEqual([
      [2, seconds(0), 'b', null, null, null],
    ])
    // y and the left rows of second zero are gone.
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 3, numRowsRemoved: 3 })
  })

  test('drops late rows of each side by its own time, and does not store right rows that can match no more', () => {
    const query = new DrivenQuery(within('inner'), 'append')
    query.run({ l: [[1, seconds(100), 'a']], r: [[1, seconds(100), 'x']] })
    query.run({
      l: [
        [1, seconds(100), 'late'],
        [1, seconds(95), 'late'],
      ],
      r: [[2, null, 'no time']],
    })
    expect(query.reports[0]).toMatchObject({ numRowsDroppedByWatermark: 2 })
    expect(query.late.map((row) => row[2])).toEqual(['late', 'late'])
    // The right side, whose NULL time the condition rejects, never took that row in.
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 2, numRowsUpdated: 0 })
  })

  test('does not store a right row that the watermark has passed, though it is not late; it joins all the same', () => {
    const query = new DrivenQuery(within('inner'), 'append')
    query.epoch({
      l: [
        [1, seconds(95), 'a'],
        [1, seconds(120), 'b'],
      ],
      r: [[2, seconds(120), 'x']],
    })
    const rows = query.epoch({ r: [[1, seconds(100), 'y']] })
    expect(rows).toEqual([[1, seconds(95), 'a', 1, seconds(100), 'y']])
    expect(query.reports[0]).toMatchObject({
      numRowsTotal: 2,
      numRowsUpdated: 0,
      numRowsRemoved: 1,
      numRowsDroppedByWatermark: 0,
    })
  })

  test('forgets a left row of a semi join at its first match', () => {
    const query = new DrivenQuery(within('left_semi'), 'append')
    expect(
      query.epoch({
        l: [
          [1, seconds(0), 'a'],
          [1, seconds(1), 'b'],
        ],
      }),
    ).toEqual([])
    expect(
      query.epoch({
        r: [
          [1, seconds(0), 'x'],
          [1, seconds(0), 'y'],
        ],
      }),
    ).toEqual([[1, seconds(0), 'a']])
    expect(query.reports[0]!.numRowsTotal).toBe(3)
    expect(query.epoch({ l: [[1, seconds(0), 'c']], r: [[1, seconds(2), 'z']] })).toEqual([
      [1, seconds(1), 'b'],
      [1, seconds(0), 'c'],
    ])
    expect(query.reports[0]!.numRowsTotal).toBe(3)
  })

  test('keeps a key whose last row leaves while another row of it arrives', () => {
    const query = new DrivenQuery(within('left_semi', left(60_000), right(60_000)), 'append')
    expect(query.epoch({ l: [[1, seconds(0), 'a']] })).toEqual([])
    // The right row takes the only left row out of the state, and is then the only one of its key itself.
    expect(query.epoch({ r: [[1, seconds(0), 'x']] })).toEqual([[1, seconds(0), 'a']])
    expect(query.epoch({ l: [[0, seconds(0), 'b']] })).toEqual([])
    expect(query.epoch({ l: [[1, seconds(0), 'c']] })).toEqual([[1, seconds(0), 'c']])
  })

  test('puts rows of the preserved side that fail its own condition out at once and does not store them', () => {
    const l = left()
    const own = compare('=', column(l, 'v'), { kind: 'literal', value: 'p', type: STRING, nullable: false })
    const query = new DrivenQuery(within('left', l, right(), [own]), 'append')
    expect(
      query.epoch({
        l: [
          [1, seconds(0), 'p'],
          [1, seconds(0), 'q'],
        ],
      }),
    ).toEqual([[1, seconds(0), 'q', null, null, null]])
    expect(query.reports[0]!.numRowsTotal).toBe(1)
  })

  test('forgets both sides by a window among the keys, whatever windows end', () => {
    const windowed = (input: LogicalPlan, time: string, text: string): LogicalPlan => {
      const window = timeWindow(input, time, 10)
      return { kind: 'project', expressions: ['k', 'window', text].map((name) => column(window, name)), input: window }
    }
    const l = windowed(left(), 'lt', 'v')
    const r = windowed(right(), 'rt', 'w')
    const condition = and(compare('=', column(l, 'k'), column(r, 'k')), compare('=', column(l, 'window'), column(r, 'window')))
    const query = new DrivenQuery({ kind: 'join', type: 'full', left: l, right: r, condition }, 'append')
    const texts = (rows: readonly Row[]): Row[] => rows.map((row) => [row[2]!, row[5]!])
    expect(
      texts(
        query.run({
          l: [
            [1, seconds(1), 'a'],
            [2, seconds(2), 'b'],
          ],
          r: [[1, seconds(9), 'x']],
        }),
      ),
    ).toEqual([['a', 'x']])
    expect(texts(query.run({ l: [[1, seconds(10), 'c']], r: [[1, seconds(12), 'y']] }))).toEqual([
      ['c', 'y'],
      ['b', null],
    ])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 2, numRowsRemoved: 3 })
  })
})
