import { describe, expect, test } from 'vitest'
import type { Deduplicate, LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import { INT, STRING, TIMESTAMP } from '../../../engine/types/data-type.ts'
import { aggregate, at, call, column, DrivenQuery, scan, timeWindow, watermark, window } from './drive-pipeline.ts'

const unique = (input: LogicalPlan, keys: readonly string[], withinWatermark = false): Deduplicate => ({
  kind: 'deduplicate',
  keys: keys.map((k) => column(input, k)),
  withinWatermark,
  input,
})
const stream = () => scan('s', { at: TIMESTAMP, k: STRING })
const marked = (delayMs: number) => watermark(stream(), 'at', delayMs)

describe('dropDuplicates', () => {
  test('passes the first row of each key, for ever when no event time is there', () => {
    const query = new DrivenQuery(unique(stream(), ['k']), 'append')
    expect(
      query.run({
        s: [
          [1n, 'a'],
          [2n, 'a'],
          [3n, 'b'],
          [4n, 'a'],
          [5n, null],
          [6n, null],
        ],
      }),
    ).toEqual([
      [1n, 'a'],
      [3n, 'b'],
      [5n, null],
    ])
    expect(query.reports[0]).toMatchObject({
      operatorName: 'dedupe',
      numRowsUpdated: 3,
      customMetrics: { numDroppedDuplicateRows: 3 },
    })
    expect(
      query.run({
        s: [
          [7n, 'b'],
          [8n, 'c'],
        ],
      }),
    ).toEqual([[8n, 'c']])
    expect(query.reports[0]!.numRowsTotal).toBe(4)
  })

  // The numbers of these three are those of Spark 4.3.0 for the same epochs.
  const first = [
    [at('00:10:00'), 'a'],
    [at('00:10:00'), 'a'],
    [null, 'n'],
    [null, 'n'],
  ]
  const second = [
    [at('00:00:00'), 'b'],
    [at('00:20:00'), 'a'],
    [at('00:20:01'), 'c'],
  ]

  test('drops late rows even when the event time is no key, and keeps its keys', () => {
    const query = new DrivenQuery(unique(marked(0), ['k']), 'append')
    query.epoch({ s: first })
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 2, numRowsUpdated: 2, numRowsRemoved: 0 })
    expect(query.wantsEpoch).toBe(true)
    query.epoch()
    expect(query.epoch({ s: second })).toEqual([[at('00:20:01'), 'c']])
    expect(query.reports[0]).toMatchObject({
      numRowsTotal: 3,
      numRowsUpdated: 1,
      numRowsDroppedByWatermark: 1,
      customMetrics: { numDroppedDuplicateRows: 1 },
    })
    expect(query.late).toEqual([[at('00:00:00'), 'b']])
  })

  test('forgets keys that the watermark has reached when the event time is one of them', () => {
    const query = new DrivenQuery(unique(marked(0), ['k', 'at']), 'append')
    query.epoch({ s: first })
    query.epoch()
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 1, numRowsRemoved: 1 })
    expect(query.epoch({ s: second })).toEqual([
      [at('00:20:00'), 'a'],
      [at('00:20:01'), 'c'],
    ])
    query.epoch()
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 1, numRowsRemoved: 2 })
  })

  test('within the watermark forgets a key at its first time plus the delay; a NULL time counts as 1970', () => {
    const query = new DrivenQuery(unique(marked(0), ['k'], true), 'append')
    query.epoch({ s: first })
    expect(query.reports[0]).toMatchObject({
      operatorName: 'dedupeWithinWatermark',
      numRowsTotal: 1,
      numRowsUpdated: 2,
      numRowsRemoved: 1,
    })
    query.epoch()
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 0, numRowsRemoved: 1 })
  })

  test('within the watermark a later row does not put the end off (T10)', () => {
    const query = new DrivenQuery(unique(marked(10_000), ['k'], true), 'append')
    expect(query.run({ s: [[at('00:00:10'), 'a']] })).toHaveLength(1)
    expect(
      query.run({
        s: [
          [at('00:00:15'), 'a'],
          [at('00:00:25'), 'b'],
        ],
      }),
    ).toEqual([[at('00:00:25'), 'b']])
    expect(query.reports[0]!.numRowsTotal).toBe(2)
    query.run({ s: [[at('00:00:30'), 'c']] })
    expect(query.run({ s: [[at('00:00:31'), 'a']] })).toEqual([[at('00:00:31'), 'a']])
  })
})

test('each event counts once when duplicates are dropped below a windowed count', () => {
  const distinct = unique(watermark(scan('s', { id: INT, at: TIMESTAMP }), 'at', 10_000), ['id', 'at'])
  const query = new DrivenQuery(aggregate(timeWindow(distinct, 'at', 60), ['window'], [call('count', [])]), 'append')
  expect(
    query.run({
      s: [
        [1, at('00:00:00')],
        [1, at('00:00:00')],
        [2, at('00:00:59')],
      ],
    }),
  ).toEqual([])
  expect(
    query.run({
      s: [
        [1, at('00:00:00')],
        [3, at('00:01:10')],
      ],
    }),
  ).toEqual([[window('00:00:00', '00:01:00'), 2n]])
  expect(query.reports.map((r) => [r.operatorName, r.numRowsTotal])).toEqual([
    ['stateStoreSave', 1],
    ['dedupe', 1],
  ])
})

test('a window of an aggregate can be a key above it; its end counts', () => {
  const counted = aggregate(
    timeWindow(watermark(scan('s', { at: TIMESTAMP }), 'at', 0), 'at', 60),
    ['window'],
    [call('count', [])],
  )
  const query = new DrivenQuery(unique(counted, ['count', 'window']), 'append')
  expect(query.run({ s: [[at('00:00:30')], [at('00:01:30')], [at('00:02:30')]] })).toEqual([
    [window('00:00:00', '00:01:00'), 1n],
    [window('00:01:00', '00:02:00'), 1n],
  ])
  expect(query.reports.map((r) => r.numRowsTotal)).toEqual([0, 1])
})
