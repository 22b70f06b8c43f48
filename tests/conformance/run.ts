/**
 * npm run --silent conformance -- PATH… [--data DIR] [--report json]
 *
 * Judges the JSON-lines cases under the given paths by their kind: statements, parser verdicts, bad input, legality of streams. Standard output holds the
 * report and nothing else. Exit code 0 whatever the score: baselines are held by tests/conformance/baseline.test.ts.
 */
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { judgeFiles } from './judge-files.ts'
import type { ScoreName } from './report.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string', default: '../shared/conformance/data' }, report: { type: 'string' } },
})

const report = await judgeFiles(positionals, values.data)
if (values.report === 'json') process.stdout.write(`${JSON.stringify(report)}\n`)
else {
  for (const { file, failures } of report.files) {
    if (failures.length > 0) process.stdout.write(`${join(basename(dirname(file)), basename(file))}: ${failures.length}\n`)
  }
  for (const name of ['rows', 'errors', 'schema', 'parse', 'badInput', 'legality'] as ScoreName[]) {
    const { passed, total } = report[name]
    if (total > 0) process.stdout.write(`${name}: ${passed} of ${total} (${((100 * passed) / total).toFixed(1)} %)\n`)
  }
  process.stdout.write(`excluded: ${report.excluded}\n`)
}
