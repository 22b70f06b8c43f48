import { describe, expect, test } from 'vitest'
import { joinBounds } from '../../../engine/plan/join-bounds.ts'
import type { Join, LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import { inputsOf } from '../../../engine/plan/walk.ts'
import { Fixture } from '../analysis/fixture.ts'

const fixture = (): Fixture =>
  new Fixture().declare(
    'l: lt TIMESTAMP, lk STRING; watermark lt 10 seconds',
    'r: rt TIMESTAMP, rk STRING; watermark rt 20 seconds',
  )

function boundsOf(condition: string) {
  const find = (plan: LogicalPlan): Join | undefined =>
    plan.kind === 'join'
      ? plan
      : inputsOf(plan)
          .map(find)
          .find((j) => j)
  const { keys, keyWatermark, leftOffsetMicros, rightOffsetMicros } = joinBounds(
    find(fixture().analyze(`SELECT * FROM l JOIN r ON ${condition}`))!,
  )
  return { keys: keys.length, keyWatermark, leftOffsetMicros, rightOffsetMicros }
}
const HOUR = 3_600_000_000

describe('how long the sides of a stream-stream join are kept', () => {
  test('an event time among the keys bounds both sides', () => {
    expect(boundsOf('lk = rk AND lt = rt')).toEqual({
      keys: 2,
      keyWatermark: 1,
      leftOffsetMicros: undefined,
      rightOffsetMicros: undefined,
    })
  })
  test('BETWEEN bounds both sides; an inclusive bound keeps a millisecond longer', () => {
    expect(boundsOf('lk = rk AND rt BETWEEN lt AND lt + INTERVAL 1 HOUR')).toEqual({
      keys: 1,
      keyWatermark: undefined,
      leftOffsetMicros: -HOUR - 1000,
      rightOffsetMicros: -1000,
    })
  })
  test('strict bounds on either side of the comparison', () => {
    expect(boundsOf('lk = rk AND lt > rt - INTERVAL 8 MINUTES AND lt < rt + INTERVAL 1 HOUR')).toEqual({
      keys: 1,
      keyWatermark: undefined,
      leftOffsetMicros: -480_000_000,
      rightOffsetMicros: -HOUR,
    })
  })
  test('months have no fixed length and bound nothing', () => {
    expect(boundsOf('lk = rk AND rt < lt + INTERVAL 1 MONTH')).toMatchObject({ leftOffsetMicros: undefined })
  })
})
