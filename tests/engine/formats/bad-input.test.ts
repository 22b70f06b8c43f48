import { expect, test } from 'vitest'
import { difference, readCases, runCase } from './bad-input.ts'

/**
 * Cases of malformed and odd files that are answered as Spark answers them. The collection lies beside the project; without it there is
 * nothing to compare with. A baseline only ever rises.
 */
const BASELINE = { json: 1664, csv: 423, text: 8 }

for (const [format, baseline] of Object.entries(BASELINE)) {
  const cases = readCases(format)
  if (cases === undefined)
    console.warn(`bad-input: SKIPPED ${format}, the collection ../shared/conformance/bad-input is not there`)
  test.skipIf(cases === undefined)(`${format}: at least ${baseline} cases of bad input give Spark's rows or error`, () => {
    const failures = cases!.flatMap((c) => {
      const found = difference(c, runCase(c))
      return found === undefined ? [] : [`${c.file} ${c.case} ${JSON.stringify(c.options)}: ${found}`]
    })
    expect(cases!.length - failures.length, failures.slice(0, 10).join('\n')).toBeGreaterThanOrEqual(baseline)
  })
}
