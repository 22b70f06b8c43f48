import { describe, expect, test } from 'vitest'
import { INT, STRING, TIMESTAMP } from '../../../engine/types/data-type.ts'
import { aggregate, at, Batches, call, column, DrivenQuery, scan, timeWindow, watermark, window } from './drive-pipeline.ts'

describe('a windowed count in append mode', () => {
  const counted = (delayMs: number, size: number, slide = size) => {
    const marked = watermark(scan('s', { at: TIMESTAMP }), 'at', delayMs)
    return aggregate(timeWindow(marked, 'at', size, slide), ['window'], [call('count', [])])
  }

  test('emits a window once, when the watermark has reached its end (spark.md 2.10)', () => {
    const query = new DrivenQuery(counted(600_000, 300), 'append')
    expect(query.epoch({ s: [[at('12:00:00')], [at('12:14:00')]] })).toEqual([])
    expect(query.watermarkMs).toBe(Number(at('12:04:00') / 1000n))
    expect(query.wantsEpoch).toBe(true)
    expect(query.epoch()).toEqual([])
    expect(query.epoch({ s: [[at('12:03:30')], [at('12:16:00')]] })).toEqual([])
    expect(query.watermarkMs).toBe(Number(at('12:06:00') / 1000n))
    expect(query.epoch()).toEqual([[window('12:00:00', '12:05:00'), 2n]])
    expect(query.epoch({ s: [[at('12:04:59')]] })).toEqual([])
    expect(query.reports[0]).toMatchObject({
      operatorName: 'stateStoreSave',
      numRowsTotal: 2,
      numRowsUpdated: 0,
      numRowsRemoved: 0,
      numRowsDroppedByWatermark: 1,
    })
    expect(query.late).toEqual([[at('12:04:59')]])
  })

  test('a row lies in every window that covers it; of those only the closed ones are lost', () => {
    const query = new DrivenQuery(counted(0, 600, 300), 'append')
    expect(query.run({ s: [[at('00:12:00')]] })).toEqual([])
    expect(query.run({ s: [[at('00:09:00')]] })).toEqual([])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 2, numRowsDroppedByWatermark: 1 })
    expect(query.late).toEqual([])
    expect(query.run({ s: [[at('01:00:00')]] })).toEqual([
      [window('00:05:00', '00:15:00'), 2n],
      [window('00:10:00', '00:20:00'), 1n],
    ])
  })

  test('windows whose size is no multiple of the slide take a row only if they still cover it (T1)', () => {
    const query = new DrivenQuery(counted(0, 720, 300), 'complete')
    expect(query.run({ s: [[at('12:05:00')]] })).toEqual([
      [window('11:55:00', '12:07:00'), 1n],
      [window('12:00:00', '12:12:00'), 1n],
      [window('12:05:00', '12:17:00'), 1n],
    ])
    const shifted = watermark(scan('s', { at: TIMESTAMP }), 'at', 0)
    const plan = aggregate(timeWindow(shifted, 'at', 720, 300, 120), ['window'], [call('count', [])])
    expect(new DrivenQuery(plan, 'complete').run({ s: [[at('12:05:00')]] })).toEqual([
      [window('11:57:00', '12:09:00'), 1n],
      [window('12:02:00', '12:14:00'), 1n],
    ])
  })

  test('times before 1970 and beyond the year 2255 fall into their windows; NULL into none (T2, T3)', () => {
    const query = new DrivenQuery(counted(0, 10), 'complete')
    const far = at('9999-01-01 00:00:05')
    expect(query.run({ s: [[-1n], [null], [far], [0n]] })).toEqual([
      [[-10_000_000n, 0n], 1n],
      [[0n, 10_000_000n], 1n],
      [[at('9999-01-01 00:00:00'), at('9999-01-01 00:00:10')], 1n],
    ])
  })

  test('late groups are counted once an epoch, whatever partition or batch their rows came in', () => {
    const marked = watermark(scan('s', { at: TIMESTAMP, k: STRING }), 'at', 10_000)
    const query = new DrivenQuery(aggregate(timeWindow(marked, 'at', 20), ['window', 'k'], [call('count', [])]), 'update')
    expect(query.run({ s: [[at('00:10:00'), 'a']] })).toEqual([[window('00:10:00', '00:10:20'), 'a', 1n]])
    const late = new Batches(
      [
        [at('00:07:01'), 'a'],
        [at('00:07:02'), 'a'],
      ],
      [
        [at('00:07:03'), 'a'],
        [at('00:07:03'), 'b'],
        [at('00:07:41'), 'a'],
      ],
    )
    expect(query.epoch({ s: late })).toEqual([])
    expect(query.reports[0]!.numRowsDroppedByWatermark).toBe(3)
  })
})

describe('output modes', () => {
  const perKey = () => {
    const s = scan('s', { k: STRING, v: INT })
    return aggregate(s, ['k'], [call('count', []), call('sum', [column(s, 'v')])])
  }
  const first = [
    ['a', 1],
    ['b', null],
    ['a', 2],
    [null, 5],
  ]
  const second = [
    ['b', 7],
    ['c', 1],
    [null, 1],
  ]

  test('update gives the groups that the epoch touched, in order of first touch', () => {
    const query = new DrivenQuery(perKey(), 'update')
    expect(query.run({ s: first })).toEqual([
      ['a', 2n, 3n],
      ['b', 1n, null],
      [null, 1n, 5n],
    ])
    expect(query.run({ s: second })).toEqual([
      ['b', 2n, 7n],
      ['c', 1n, 1n],
      [null, 2n, 6n],
    ])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 4, numRowsUpdated: 3 })
  })

  test('complete gives every group in every epoch', () => {
    const query = new DrivenQuery(perKey(), 'complete')
    query.run({ s: first })
    expect(query.run({ s: second })).toEqual([
      ['a', 2n, 3n],
      ['b', 2n, 7n],
      [null, 2n, 6n],
      ['c', 1n, 1n],
    ])
  })

  test('a global aggregate gives its row in each epoch, even over no rows (spark.md 1.9)', () => {
    const s = scan('s', { v: INT })
    const query = new DrivenQuery(aggregate(s, [], [call('count', []), call('sum', [column(s, 'v')])]), 'update')
    expect(query.run({ s: [] })).toEqual([[0n, null]])
    expect(query.run({ s: [[5]] })).toEqual([[1n, 5n]])
    expect(query.run({ s: [] })).toEqual([[1n, 5n]])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 1, numRowsUpdated: 1 })
  })

  test('update forgets groups behind the watermark without a word', () => {
    const marked = watermark(scan('s', { at: TIMESTAMP, k: STRING }), 'at', 0)
    const query = new DrivenQuery(aggregate(timeWindow(marked, 'at', 60), ['window', 'k'], [call('count', [])]), 'update')
    query.run({ s: [[at('00:00:10'), 'a']] })
    expect(query.run({ s: [[at('00:02:00'), 'b']] })).toEqual([[window('00:02:00', '00:03:00'), 'b', 1n]])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 1, numRowsRemoved: 1 })
  })

  test('complete drops nothing as late and asks for no further epoch', () => {
    const marked = watermark(scan('s', { at: TIMESTAMP }), 'at', 0)
    const query = new DrivenQuery(aggregate(timeWindow(marked, 'at', 60), ['window'], [call('count', [])]), 'complete')
    query.run({ s: [[at('01:00:00')]] })
    expect(query.wantsEpoch).toBe(false)
    expect(query.run({ s: [[at('00:00:00')]] })).toHaveLength(2)
  })
})

describe('grouping by the event time itself', () => {
  test('groups leave one by one as the watermark reaches them; NULL never does', () => {
    const marked = watermark(scan('s', { at: TIMESTAMP, k: STRING }), 'at', 0)
    const query = new DrivenQuery(aggregate(marked, ['at'], [call('count', [])]), 'append')
    expect(
      query.run({
        s: [
          [at('00:10:00'), 'a'],
          [at('00:10:00'), 'a'],
          [null, 'n'],
          [null, 'n'],
        ],
      }),
    ).toEqual([[at('00:10:00'), 2n]])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 1, numRowsRemoved: 1 })
    const next = [
      [at('00:00:00'), 'b'],
      [at('00:20:00'), 'a'],
      [at('00:20:00.4'), 'c'],
      [at('00:20:00.401'), 'c'],
    ]
    expect(query.epoch({ s: next })).toEqual([])
    expect(query.reports[0]).toMatchObject({ numRowsTotal: 4, numRowsUpdated: 3, numRowsDroppedByWatermark: 1 })
    expect(query.epoch()).toEqual([
      [at('00:20:00'), 1n],
      [at('00:20:00.4'), 1n],
      [at('00:20:00.401'), 1n],
    ])
    expect(
      query.run({
        s: [
          [at('00:20:00.9'), 'd'],
          [at('00:20:00.900001'), 'd'],
        ],
      }),
    ).toEqual([[at('00:20:00.9'), 1n]])
    expect(query.run({ s: [[at('00:20:05'), 'd']] })).toEqual([
      [at('00:20:00.900001'), 1n],
      [at('00:20:05'), 1n],
    ])
  })
})
