import { EngineError } from '../../engine/errors/engine-error.ts'
import { Settings } from '../../engine/types/settings.ts'
import { parseExpressionSyntax } from '../../sql/ddl.ts'
import { parseScriptSyntax } from '../../sql/script.ts'
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

/** undefined: accepted; else why not. */
function parseVerdict(text: string, as: 'statement' | 'expression', conf: Readonly<Record<string, string>>): string | undefined {
  const settings = new Settings(Object.entries(conf))
  try {
    if (as === 'expression') parseExpressionSyntax(text, settings)
    else if (parseScriptSyntax(text, settings).length !== 1) return 'not one statement'
    return undefined
  } catch (error) {
    if (!(error instanceof EngineError) || error.condition === 'INTERNAL_ERROR') throw error
    return `${error.condition} ${error.message}`
  }
}
