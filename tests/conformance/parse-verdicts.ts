import { parseVerdict } from '../../sql/index.ts'
import { type ConformanceReport, score } from './report.ts'

interface ParseCase {
  readonly id: string
  readonly as: 'statement' | 'expression'
  readonly text: string
  readonly accept: boolean
  readonly error?: string
  readonly conf?: Readonly<Record<string, string>>
}

/** Does the parser take the text, and refuse what Spark's refuses? */
export function judgeParseVerdicts(file: string, lines: readonly string[], report: ConformanceReport): void {
  const failures = report.file(file)
  for (const line of lines) {
    const one = JSON.parse(line) as ParseCase
    const actual = parseVerdict(one.text, one.as, one.conf ?? {})
    score(
      report,
      'parse',
      failures,
      one.id,
      (actual === undefined) === one.accept,
      `${one.accept ? 'accept' : one.error}: ${one.text}`,
      actual ?? 'accepted',
    )
  }
}
