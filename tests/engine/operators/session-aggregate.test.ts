import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ColumnRef, Expression } from '../../../engine/expr/expression.ts'
import { nextColumnId } from '../../../engine/expr/expression.ts'
import type { Aggregate, LogicalPlan, SessionWindow } from '../../../engine/plan/logical-plan.ts'
import {
  BIGINT,
  CALENDAR_INTERVAL,
  DAY_TIME,
  field,
  INT,
  STRING,
  structType,
  TIMESTAMP,
} from '../../../engine/types/data-type.ts'
import type { CalendarInterval, Row, Value } from '../../../engine/types/value.ts'
import { aggregate, at, call, column, DrivenQuery, scan, watermark, window } from './drive-pipeline.ts'

function sessionWindow(input: LogicalPlan, name: string, gap: Expression): SessionWindow {
  const time = column(input, name)
  const type = structType([field('start', time.type), field('end', time.type)])
  const delay = time.metadata?.watermarkDelayMs
  const session: ColumnRef = {
    kind: 'column',
    id: nextColumnId(),
    name: 'session_window',
    type,
    nullable: false,
    qualifier: [],
    metadata: { timeWindow: 'session_window', ...(delay !== undefined && { watermarkDelayMs: delay }) },
  }
  return { kind: 'session_window', time, gap, window: session, input }
}
const gapOf = (seconds: number): Expression => ({
  kind: 'literal',
  value: BigInt(seconds) * 1_000_000n,
  type: DAY_TIME,
  nullable: false,
})
const one: Expression = { kind: 'literal', value: 1, type: INT, nullable: false }
const stream = (delayMs = 0): LogicalPlan =>
  watermark(scan('s', { at: TIMESTAMP, k: STRING, v: BIGINT, gap: CALENDAR_INTERVAL }), 'at', delayMs)
/** Sessions with a gap of ten seconds by k: session, key, count, sum and list of v. */
function visits(input = stream(), gap = gapOf(10)): Aggregate {
  const session = sessionWindow(input, 'at', gap)
  const v = column(session, 'v')
  return aggregate(session, ['session_window', 'k'], [call('count', [one]), call('sum', [v]), call('collect_list', [v])])
}
const row = (time: string, k: string | null, v: bigint | null = 1n, gap: CalendarInterval | null = null): Row => [
  at(time),
  k,
  v,
  gap as Value,
]
const sorted = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => (String(a) < String(b) ? -1 : 1))

describe('aggregation by sessions', () => {
  test('puts a session out when the watermark has reached its end', () => {
    const query = new DrivenQuery(visits(), 'append')
    expect(query.epoch({ s: [row('00:00:00', 'a', 1n), row('00:00:05', 'a', 2n), row('00:00:10', 'b', 4n)] })).toEqual([])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 2, numRowsUpdated: 2 })
    expect(query.run({ s: [row('00:00:15', 'c')] })).toEqual([[window('00:00:00', '00:00:15'), 'a', 2n, 3n, [1n, 2n]]])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 2, numRowsRemoved: 1 })
  })

  test('merges sessions over epochs when a row comes to lie between them, the earlier rows first', () => {
    const query = new DrivenQuery(visits(), 'append')
    query.epoch({ s: [row('00:00:18', 'a', 3n), row('00:00:00', 'a', 1n)] })
    expect(query.reports[0]!.numRowsTotal).toBe(2)
    query.epoch({ s: [row('00:00:09', 'a', 2n)] })
    expect(query.reports[0]!.numRowsTotal).toBe(1)
    query.epoch({ s: [row('00:01:00', 'b')] })
    expect(query.run({})).toEqual([[window('00:00:00', '00:00:28'), 'a', 3n, 6n, [1n, 2n, 3n]]])
  })

  test('judges a row late by its own session, and counts equal late rows once', () => {
    const query = new DrivenQuery(visits(), 'append')
    query.run({ s: [row('00:01:00', 'a')] })
    query.epoch({ s: [row('00:00:50', 'a'), row('00:00:50', 'a', 2n), row('00:00:50', 'b'), row('00:00:50.000001', 'c')] })
    expect(query.reports[0]).toMatchObject({ numRowsDroppedByWatermark: 2, numRowsTotal: 2 })
    expect(query.late).toHaveLength(3)
  })

  test('takes the gap from each row; a row without a time or with an empty session belongs nowhere', () => {
    const input = stream()
    const query = new DrivenQuery(visits(input, column(input, 'gap')), 'complete')
    const seconds = (n: number): CalendarInterval => ({ months: 0, days: 0, microseconds: BigInt(n) * 1_000_000n })
    const rows = query.epoch({
      s: [
        row('2030-01-31 00:00:00', 'a', 1n, { months: 1, days: 0, microseconds: 0n }),
        row('2030-02-02 00:00:00', 'a', 2n, seconds(1)),
        row('00:00:00', 'b', 1n, seconds(0)),
        row('00:00:00', 'b', 1n, seconds(-5)),
        row('00:00:00', 'b', 1n, null),
        [null, 'b', 1n, seconds(5) as unknown as Value],
      ],
    })
    expect(rows).toEqual([[window('2030-01-31 00:00:00', '2030-02-28 00:00:00'), 'a', 2n, 3n, [1n, 2n]]])
  })

  const inputRow = fc.tuple(
    fc.option(fc.integer({ min: 0, max: 120 }), { freq: 10 }),
    fc.constantFrom('a', 'b', null),
    fc.option(fc.bigInt({ min: 0n, max: 9n }), { freq: 8 }),
  )
  const epochs = fc.array(fc.array(inputRow, { maxLength: 15 }), { minLength: 1, maxLength: 5 })
  const toRows = (list: readonly (readonly [number | null, string | null, bigint | null])[]): Row[] =>
    list.map(([t, k, v]) => [t === null ? null : at('00:00:00') + BigInt(t) * 1_000_000n, k, v, null])

  /** The meaning over all rows: session, key, count, sum. */
  function sessions(rows: readonly Row[]): Row[] {
    const out: [start: bigint, end: bigint, key: Value, values: Value[]][] = []
    for (const key of ['a', 'b', null]) {
      const own = rows.filter((r) => r[1] === key && r[0] !== null).sort((a, b) => Number((a[0] as bigint) - (b[0] as bigint)))
      let open: (typeof out)[number] | undefined
      for (const [time, , v] of own as [bigint, Value, Value][]) {
        if (open === undefined || time > open[1]) {
          open = [time, time, key, []]
          out.push(open)
        }
        open[1] = time + 10_000_000n
        open[3].push(v)
      }
    }
    return out.map(([start, end, key, values]) => {
      const known = values.filter((v) => v !== null) as bigint[]
      return [[start, end], key, BigInt(values.length), known.length === 0 ? null : known.reduce((a, b) => a + b, 0n)]
    })
  }
  const withoutList = (rows: readonly Row[]): Row[] => rows.map((r) => r.slice(0, 4))

  test('gives the sessions of the whole input, however it is cut into epochs; batch gives the same', () => {
    fc.assert(
      fc.property(epochs, (list) => {
        const rows = list.flatMap(toRows)
        const query = new DrivenQuery(visits(stream(1_000_000)), 'append')
        const output = list.flatMap((some) => query.run({ s: toRows(some) }))
        output.push(...query.run({ s: [row('01:00:00', 'end')] }))
        expect(sorted(withoutList(output))).toEqual(sorted(sessions(rows)))
        const batch = new DrivenQuery(visits(scan('s', { at: TIMESTAMP, k: STRING, v: BIGINT }, false)), 'batch')
        expect(sorted(withoutList(batch.epoch({ s: rows })))).toEqual(sorted(sessions(rows)))
      }),
      { numRuns: 60 },
    )
  })

  test('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(epochs, fc.boolean(), (list, bySnapshot) => {
        const plan = visits(stream(20_000))
        const whole = new DrivenQuery(plan, 'append')
        let restarted = new DrivenQuery(plan, 'append')
        let blocks: Uint8Array[] = []
        for (const some of list) {
          const input = { s: toRows(some) }
          expect(sorted(restarted.epoch(input))).toEqual(sorted(whole.epoch(input)))
          const { table } = restarted.pipeline.tables()[0]!
          const block = new Uint8Array(Buffer.concat([...(bySnapshot ? table.snapshot() : table.delta())]))
          blocks = bySnapshot ? [block] : [...blocks, block]
          table.committed()
          const next = new DrivenQuery(plan, 'append')
          next.continueFrom(restarted)
          for (const b of blocks) next.pipeline.tables()[0]!.table.restore(b)
          restarted = next
        }
      }),
      { numRuns: 60 },
    )
  })

  test('counts each distinct value of a session once in a batch, also when sessions grow together', () => {
    const input = scan('s', { at: TIMESTAMP, k: STRING, v: BIGINT }, false)
    const session = sessionWindow(input, 'at', gapOf(10))
    const distinct = call('count', [column(session, 'v')], { distinct: true })
    const query = new DrivenQuery(aggregate(session, ['session_window', 'k'], [distinct]), 'batch')
    const values = (list: readonly [string, bigint][]): Row[] => list.map(([time, v]) => [at(time), 'a', v])
    expect(
      query.epoch({
        s: values([
          ['00:00:00', 1n],
          ['00:00:18', 1n],
          ['00:00:09', 2n],
          ['00:01:00', 1n],
        ]),
      }),
    ).toEqual([
      [window('00:00:00', '00:00:28'), 'a', 2n],
      [window('00:01:00', '00:01:10'), 'a', 1n],
    ])
  })

  test('without another key a stream of sessions fails in its first epoch', () => {
    const session = sessionWindow(stream(), 'at', gapOf(10))
    const query = new DrivenQuery(aggregate(session, ['session_window'], [call('count', [one])]), 'append')
    expect(() => query.epoch({})).toThrow(expect.objectContaining({ condition: '_LEGACY_ERROR_TEMP_3068' }))
  })
})
