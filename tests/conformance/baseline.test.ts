import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { judgeFiles } from './judge-files.ts'
import type { ConformanceReport, ScoreName } from './report.ts'

/**
 * Real Spark's answers lie beside the repository; baseline.json has how many of them we match. Fewer is a regression. More: write the new numbers
 * there, with `npm run --silent conformance -- PATH… --report json` to read them.
 */
const shared = fileURLToPath(new URL('../../../shared/', import.meta.url))
const present = existsSync(`${shared}conformance`)
if (!present) console.warn(`baseline: ${shared}conformance is not there; its cases are skipped`)

interface Baseline {
  readonly passed: Readonly<Record<ScoreName, number>>
  readonly excludedAtMost: number
}
const baseline = JSON.parse(readFileSync(new URL('./baseline.json', import.meta.url), 'utf8')) as Baseline

describe.skipIf(!present)('the answers of real Spark', () => {
  test('as many as before, and no more left out', { timeout: 600_000 }, async () => {
    const paths = [
      'conformance/golden',
      'conformance/sail',
      'conformance/bad-input',
      'conformance/parse.jsonl',
      'stream-tests/legality.jsonl',
    ]
    const report: ConformanceReport = await judgeFiles(
      paths.map((path) => shared + path),
      `${shared}conformance/data`,
    )
    const fewer = Object.entries(baseline.passed).filter(([name, passed]) => report[name as ScoreName].passed < passed)
    expect(fewer.map(([name, passed]) => `${name}: ${report[name as ScoreName].passed}, was ${passed}`)).toEqual([])
    expect(report.excluded).toBeLessThanOrEqual(baseline.excludedAtMost)
  })
})
