/** The report of `npm run conformance` (a contract: docs/conformance.md says what each number counts). */
export interface Score {
  passed: number
  total: number
}
export interface CaseFailure {
  readonly id: string
  readonly expected: string
  readonly actual: string
}
export class ConformanceReport {
  readonly rows: Score = { passed: 0, total: 0 }
  readonly errors: Score = { passed: 0, total: 0 }
  readonly schema: Score = { passed: 0, total: 0 }
  readonly parse: Score = { passed: 0, total: 0 }
  readonly badInput: Score = { passed: 0, total: 0 }
  readonly legality: Score = { passed: 0, total: 0 }
  excluded = 0
  readonly files: { readonly file: string; readonly failures: CaseFailure[] }[] = []

  file(path: string): CaseFailure[] {
    const failures: CaseFailure[] = []
    this.files.push({ file: path, failures })
    return failures
  }
}

export type ScoreName = 'rows' | 'errors' | 'schema' | 'parse' | 'badInput' | 'legality'

/** Counts one case; a failed one is noted under its file. */
export function score(
  report: ConformanceReport,
  name: ScoreName,
  failures: CaseFailure[],
  id: string,
  passed: boolean,
  expected: unknown,
  actual: unknown,
): void {
  const counted = report[name]
  counted.total++
  if (passed) counted.passed++
  else failures.push({ id: `${id} (${name})`, expected: short(expected), actual: short(actual) })
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}
