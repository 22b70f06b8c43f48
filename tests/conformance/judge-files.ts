import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { judgeBadInput } from './bad-input.ts'
import { judgeLegality } from './legality.ts'
import { judgeParseVerdicts } from './parse-verdicts.ts'
import { ConformanceReport } from './report.ts'
import { judgeStatements } from './statements.ts'

/** Judges every file of cases under the paths. `data`: the folder of the tables that statements read. */
export async function judgeFiles(paths: readonly string[], data: string): Promise<ConformanceReport> {
  const report = new ConformanceReport()
  for (const file of paths.flatMap(caseFiles)) await judge(file, data, report)
  return report
}

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
async function judge(file: string, data: string, report: ConformanceReport): Promise<void> {
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
  if ('kind' in first && 'sql' in first) return judgeStatements(file, lines, data, report)
}
