/**
 * npm run --silent conformance -- PATH… [--data DIR] [--report json]
 *
 * Judges the JSON-lines cases under the given paths by their kind: statements, parser verdicts, bad input, legality of streams. Standard output holds the
 * report and nothing else. Exit code 0 whatever the score: baselines are held by tests/conformance/baseline.test.ts.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { judgeBadInput } from './bad-input.ts'
import { judgeLegality } from './legality.ts'
import { judgeParseVerdicts } from './parse-verdicts.ts'
import { ConformanceReport, type ScoreName } from './report.ts'
import { judgeStatements } from './statements.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string', default: '../shared/conformance/data' }, report: { type: 'string' } },
})

function caseFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory()
        ? entry.name === 'data'
          ? []
          : caseFiles(join(path, entry.name))
        : entry.name.endsWith('.jsonl')
          ? [join(path, entry.name)]
          : [],
    )
}

/** The kind of a file's cases follows from the fields of its first line. */
async function judge(file: string, report: ConformanceReport): Promise<void> {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  if (lines.length === 0) return
  let first: Record<string, unknown>
  try {
    first = JSON.parse(lines[0]!) as Record<string, unknown>
  } catch {
    return // a file of bad input, not of cases
  }
  if ('accept' in first) return judgeParseVerdicts(file, lines, report)
  if ('setup' in first && 'mode' in first) return judgeLegality(file, lines, report)
  if ('case' in first && 'format' in first) return judgeBadInput(file, lines, report)
  if ('kind' in first && 'sql' in first) return judgeStatements(file, lines, values.data, report)
}

const report = new ConformanceReport()
for (const file of positionals.flatMap(caseFiles)) await judge(file, report)
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
