import fc from 'fast-check'
import { expect, test } from 'vitest'
import { INT, STRING, TIMESTAMP } from '../../../engine/types/data-type.ts'
import type { Row } from '../../../engine/types/value.ts'
import { aggregate, at, Batches, call, column, DrivenQuery, scan, timeWindow, watermark } from './drive-pipeline.ts'

const key = fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 6 })
const rows = (most: number) =>
  fc.array(
    fc.tuple(
      fc.option(fc.integer({ min: 0, max: 40_000 }), { freq: 12 }),
      key,
      fc.option(fc.integer({ min: -9, max: 9 }), { freq: 5 }),
    ),
    { minLength: 1, maxLength: most },
  )
const asRows = (list: readonly (readonly [number | null, string | null, number | null])[]): Row[] =>
  list.map(([ms, k, v]) => [ms === null ? null : at('00:00:00') + BigInt(ms) * 1000n, k, v])

function plan(size: number, slide: number, delayMs: number) {
  const s = watermark(scan('s', { at: TIMESTAMP, k: STRING, v: INT }), 'at', delayMs)
  const v = column(s, 'v')
  const calls = [call('count', []), ...['sum', 'avg', 'min', 'max'].map((name) => call(name, [v])), call('max', [column(s, 'k')])]
  return aggregate(timeWindow(s, 'at', size, slide), ['window', 'k'], calls)
}
const sorted = (list: readonly Row[]): string[] => list.map((row) => String(row)).sort()

test('append: the union of outputs does not depend on how the input is cut into epochs, if nothing comes late', () => {
  fc.assert(
    fc.property(
      rows(120),
      fc.constantFrom([10, 10], [10, 2], [7, 3]),
      fc.integer({ min: 1, max: 30 }),
      (list, [size, slide], cut) => {
        const input = asRows(list)
        const end: Row[] = [[at('01:00:00'), 'end', 0]]
        const whole = new DrivenQuery(plan(size!, slide!, 60_000), 'append')
        const once = [...whole.run({ s: input }), ...whole.run({ s: end })]
        const pieces = new DrivenQuery(plan(size!, slide!, 60_000), 'append')
        const output: Row[] = []
        for (let from = 0; from < input.length; from += cut) output.push(...pieces.run({ s: input.slice(from, from + cut) }))
        output.push(...pieces.run({ s: end }))
        expect(sorted(output)).toEqual(sorted(once))
      },
    ),
    { numRuns: 40 },
  )
})

test('grouping a pane first gives what grouping each window alone gives', () => {
  fc.assert(
    fc.property(rows(60), fc.constantFrom([10, 2], [7, 3], [20, 10]), (list, [size, slide]) => {
      // Enough rows a pane in one batch to be grouped first; one row a batch never is.
      const input = Array.from({ length: 60 }, () => asRows(list)).flat()
      const first = new DrivenQuery(plan(size!, slide!, 0), 'update')
      const alone = new DrivenQuery(plan(size!, slide!, 0), 'update')
      expect(sorted(first.epoch({ s: input }))).toEqual(sorted(alone.epoch({ s: new Batches(...input.map((row) => [row])) })))
      expect(first.reports).toMatchObject([{ numRowsTotal: alone.reports[0]!.numRowsTotal }])
      expect(sorted(first.epoch({ s: input }))).toEqual(sorted(alone.epoch({ s: new Batches(...input.map((row) => [row])) })))
    }),
    { numRuns: 8 },
  )
})
