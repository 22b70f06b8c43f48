import { describe, expect, test } from 'vitest'
import { type Expression, literal, nextColumnId } from '../../../engine/expr/expression.ts'
import { explainIncremental } from '../../../engine/incremental/explain.ts'
import { type IncrementalPlan, watermarkAt } from '../../../engine/incremental/incremental-plan.ts'
import { planQuery } from '../../../engine/incremental/planner.ts'
import type { Join, LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import type { OutputMode } from '../../../engine/plan/statement.ts'
import { BOOLEAN, DAY_TIME, INT, STRING, TIMESTAMP } from '../../../engine/types/data-type.ts'
import { aggregate, call, column, functions, scan, settings, timeWindow, watermark } from '../operators/drive-pipeline.ts'

const evaluation = { timeZone: 'UTC', settings, epoch: { timestampMs: 0, epochId: 0 } }
const planned = (plan: LogicalPlan, mode: OutputMode | 'batch'): IncrementalPlan =>
  planQuery(plan, { mode, settings, evaluation, functions })
const shown = (plan: LogicalPlan, mode: OutputMode | 'batch'): string => explainIncremental(planned(plan, mode))
const operation = (name: string, ...args: Expression[]): Expression => ({
  kind: 'call',
  name,
  args,
  type: name === '+' ? TIMESTAMP : BOOLEAN,
  nullable: true,
})
const marked = (name: string, delayMs: number) => watermark(scan(name, { at: TIMESTAMP, k: STRING }), 'at', delayMs)

describe('an aggregate over a window', () => {
  test('takes the window in, through projections that only pass it on', () => {
    const windowed = timeWindow(marked('s', 5000), 'at', 60)
    const project: LogicalPlan = {
      kind: 'project',
      expressions: [column(windowed, 'window'), column(windowed, 'k')],
      input: windowed,
    }
    expect(shown(aggregate(project, ['window', 'k'], [call('count', [])]), 'append')).toBe(
      [
        'aggregate [aggregate-0] by window, k, window size 60000000 us, slide 60000000 us: count(1) -> emits groups when the watermark has passed them',
        '  watermark at, 5000 ms',
        '    scan s (memory, streaming): at, k',
      ].join('\n'),
    )
  })

  test('leaves the window to an operator of its own when something else reads it too', () => {
    const windowed = timeWindow(marked('s', 0), 'at', 60)
    const plan = aggregate(windowed, ['window'], [call('max', [column(windowed, 'window')])])
    expect(
      shown(plan, 'update')
        .split('\n')
        .map((line) => line.trim().split(/[ :]/)[0]),
    ).toEqual(['aggregate', 'time_window', 'watermark', 'scan'])
  })
})

test('an append aggregate without event time is refused, an update one keeps its groups', () => {
  const plan = aggregate(scan('s', { k: STRING }), ['k'], [call('count', [])])
  expect(() => planned(plan, 'append')).toThrowError(
    expect.objectContaining({ condition: 'UNSUPPORTED_STREAMING_OPERATOR_WITHOUT_WATERMARK' }),
  )
  expect(shown(plan, 'update')).toContain('[aggregate-0]')
  // Over tables there is no state.
  expect(shown(aggregate(scan('t', { k: STRING }, false), ['k'], [call('count', [])]), 'append')).toMatch(
    /^aggregate by k: count\(1\) -> emits all groups/,
  )
})

test('two event times in one stateful input are refused', () => {
  const windowed = timeWindow(marked('s', 0), 'at', 60)
  expect(() => planned(aggregate(windowed, ['window', 'at'], [call('count', [])]), 'update')).toThrowError(
    expect.objectContaining({ condition: 'MULTIPLE_EVENT_TIME_COLUMNS' }),
  )
})

test('operators are numbered from the sources to the sink', () => {
  const counted = aggregate(timeWindow(marked('s', 0), 'at', 60), ['window'], [call('count', [])])
  const plan: LogicalPlan = { kind: 'deduplicate', keys: [column(counted, 'window')], withinWatermark: false, input: counted }
  expect(shown(plan, 'append')).toContain('deduplicate [deduplicate-1] by window (by_event_time)')
})

describe('joins', () => {
  const hour = literal(3_600_000_000n, DAY_TIME)
  const join = (
    type: Join['type'],
    on: (l: LogicalPlan, r: LogicalPlan) => Expression,
    left = marked('l', 0),
    right = marked('r', 0),
  ): Join => ({
    kind: 'join',
    type,
    left,
    right,
    condition: on(left, right),
  })
  const streamJoin = (plan: Join) => {
    const { root } = planned(plan, 'append')
    if (root.kind !== 'stream_join') throw new Error(root.kind)
    return root
  }

  test('a time range says how long each side is kept (spark.md 3.4)', () => {
    const inclusive = streamJoin(
      join('left', (l, r) =>
        operation(
          'and',
          operation('=', column(l, 'k'), column(r, 'k')),
          operation(
            'and',
            operation('>=', column(r, 'at'), column(l, 'at')),
            operation('<=', column(r, 'at'), operation('+', column(l, 'at'), hour)),
          ),
        ),
      ),
    )
    expect(inclusive.keys).toHaveLength(1)
    expect(inclusive.leftSide.evictOffsetMs).toBe(-3_600_001)
    expect(inclusive.rightSide.evictOffsetMs).toBe(-1)
    const strict = streamJoin(
      join('inner', (l, r) =>
        operation(
          'and',
          operation('=', column(l, 'k'), column(r, 'k')),
          operation('<', column(l, 'at'), operation('+', column(r, 'at'), hour)),
        ),
      ),
    )
    expect(strict.leftSide.evictOffsetMs).toBeUndefined()
    expect(strict.rightSide.evictOffsetMs).toBe(-3_600_000)
  })

  test('an event time among the keys evicts both sides by it', () => {
    const root = streamJoin(join('left', (l, r) => operation('=', column(l, 'at'), column(r, 'at'))))
    expect(root.keyEventTime).toEqual({ ordinal: 0, form: 'time' })
    expect([root.leftSide.evictOffsetMs, root.rightSide.evictOffsetMs]).toEqual([0, 0])
  })

  test('two streams without an equality are refused', () => {
    expect(() =>
      planned(
        join('inner', (l, r) => operation('<', column(l, 'at'), column(r, 'at'))),
        'append',
      ),
    ).toThrowError(/equality/)
  })

  test('the static side is read first, on whichever side it stands', () => {
    const stream = scan('s', { k: INT })
    const table = scan('t', { k: INT }, false)
    const on = (l: LogicalPlan, r: LogicalPlan): Expression => operation('=', column(l, 'k'), column(r, 'k'))
    for (const [left, right] of [
      [stream, table],
      [table, stream],
    ] as const) {
      const plan = planned({ kind: 'join', type: 'inner', left, right, condition: on(left, right) }, 'append')
      expect(plan.scans.map((s) => [s.relation.name, s.first])).toEqual([
        ['t', true],
        ['s', false],
      ])
    }
  })

  test('the watermark above a join is behind by what the join may hold back', () => {
    const joined = join('inner', (l, r) =>
      operation(
        'and',
        operation('=', column(l, 'k'), column(r, 'k')),
        operation('<=', column(r, 'at'), operation('+', column(l, 'at'), hour)),
      ),
    )
    const at = column(joined, 'at')
    const project: LogicalPlan = {
      kind: 'project',
      expressions: [{ kind: 'alias', name: 'at', child: at, id: nextColumnId(), metadata: at.metadata }],
      input: joined,
    }
    const { root } = planned(aggregate(project, ['at'], [call('count', [])]), 'append')
    if (root.kind !== 'aggregate') throw new Error(root.kind)
    expect(root.state?.inputWatermark).toBe(-3_600_001)
    expect(watermarkAt(root.state?.inputWatermark, 0)).toBe(0)
    expect(watermarkAt(root.state?.inputWatermark, 4_000_000)).toBe(399_999)
  })
})
