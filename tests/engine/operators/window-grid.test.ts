import { expect, test } from 'vitest'
import { Column } from '../../../engine/columnar/column.ts'
import { literal } from '../../../engine/expr/expression.ts'
import { WindowGrid } from '../../../engine/operators/window-grid.ts'
import { TIMESTAMP } from '../../../engine/types/data-type.ts'

const time = literal(0n, TIMESTAMP)

/** [start, end) of the windows of a time, by the grid. */
function windowsOf(grid: WindowGrid, micros: bigint): [bigint, bigint][] {
  const column = new Column(TIMESTAMP, 1, null, BigInt64Array.of(micros))
  const pane = new Float64Array(1)
  grid.panes(column, 1, pane)
  const found: [bigint, bigint][] = []
  const row = Int32Array.of(0)
  for (let nth = 0; nth < grid.windowsIn(pane[0]!); nth++) {
    const isPart = nth > 0 && nth === grid.perPane - 1 && !grid.oldestIsWhole
    if (isPart && grid.inOldest(column, pane[0]!, row, new Int32Array(1)) === 0) continue
    const window = grid.window(pane[0]!, nth)
    found.push([grid.startMicros(window), grid.endMicros(window)])
  }
  return found
}

let state = 7
const random = (below: number): number => {
  state = (state * 48271) % 2147483647
  return state % below
}
/** Years −1000 to 4000 or so, on and beside the edges of `unit`. */
function someTime(unit: bigint): bigint {
  const micros = BigInt(random(2 ** 31)) * 70_000_000n + BigInt(random(1000)) - 75_000_000_000_000_000n
  return random(2) === 0 ? micros : (micros / unit) * unit + BigInt(random(3) - 1)
}
const floorTo = (value: bigint, unit: bigint): bigint => value - (((value % unit) + unit) % unit)

test('cumulative windows begin at the last multiple of the size and end at each later multiple of the step', () => {
  for (let i = 0; i < 2000; i++) {
    const step = BigInt(1 + random(3_600_000_000))
    const count = 1 + random(12)
    const size = step * BigInt(count)
    const start = BigInt(random(Number(step)))
    const grid = new WindowGrid({ time, sizeMicros: size, slideMicros: step, startMicros: start, cumulative: true })
    const micros = someTime(step)
    const begin = floorTo(micros - start, size) + start
    const expected = Array.from({ length: count }, (_, k) => [begin, begin + step * BigInt(k + 1)]).filter(
      ([, end]) => end! > micros,
    )
    expect(windowsOf(grid, micros)).toEqual(expected)
  }
})

test('sliding windows are those that hold the time, newest first', () => {
  for (let i = 0; i < 2000; i++) {
    const slide = BigInt(1 + random(3_600_000_000))
    const size = slide + BigInt(random(20_000_000)) * BigInt(random(500))
    const start = BigInt(random(Number(slide)))
    const grid = new WindowGrid({ time, sizeMicros: size, slideMicros: slide, startMicros: start })
    const micros = someTime(slide)
    const expected: [bigint, bigint][] = []
    for (let at = floorTo(micros - start, slide) + start; at + size > micros; at -= slide) expected.push([at, at + size])
    if (expected.length > 100) continue
    expect(windowsOf(grid, micros)).toEqual(expected)
  }
})

test('a window is due when the watermark has reached its end: milliseconds rounded up', () => {
  const grid = new WindowGrid({ time, sizeMicros: 1_500n, slideMicros: 1_500n, startMicros: 0n })
  expect([grid.dueMs(0), grid.dueMs(1), grid.dueMs(-1), grid.dueMs(-2)]).toEqual([2, 3, 0, -1])
})
