import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ParseError } from '../../engine/errors/engine-error.ts'
import { Settings, TIME_ZONE } from '../../engine/types/settings.ts'
import { parseExpressionSyntax } from '../../sql/ddl.ts'
import { formatExpression } from '../../sql/format/format-expression.ts'
import { formatStatement } from '../../sql/format/format-statement.ts'
import { parseScriptSyntax } from '../../sql/script.ts'
import { withoutPlaces } from './without-places.ts'

/** What Spark 4.3's own parser says of a text. The file lies beside the project, not in it. */
interface Verdict {
  readonly id: string
  readonly as: 'statement' | 'expression'
  readonly text: string
  readonly accept: boolean
  readonly error?: string
  readonly conf?: Readonly<Record<string, string>>
}
const FILE = new URL('../../../shared/conformance/parse.jsonl', import.meta.url)
/** Committed marks: never lower them. */
const VERDICTS_PERCENT = 99.95
const CONDITIONS_PERCENT = 95

const found = existsSync(FILE)
if (!found) console.warn('SKIPPED: parser verdicts, for want of ../shared/conformance/parse.jsonl beside the project')

describe.skipIf(!found)('parser verdicts of Spark 4.3', () => {
  const verdicts = found
    ? (readFileSync(FILE, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)) as Verdict[])
    : []
  const settingsOf = (verdict: Verdict) =>
    new Settings([[TIME_ZONE, 'America/Los_Angeles'], ...Object.entries(verdict.conf ?? {})])
  const read = (verdict: Verdict, text = verdict.text) =>
    verdict.as === 'statement' ? parseScriptSyntax(text, settingsOf(verdict)) : parseExpressionSyntax(text, settingsOf(verdict))
  const errorOf = (verdict: Verdict): ParseError | undefined => {
    try {
      read(verdict)
      return undefined
    } catch (error) {
      if (error instanceof ParseError) return error
      throw error
    }
  }

  test(`at least ${VERDICTS_PERCENT} % are the same`, () => {
    const wrong = verdicts.filter((verdict) => (errorOf(verdict) === undefined) !== verdict.accept)
    const percent = (100 * (verdicts.length - wrong.length)) / verdicts.length
    console.info(`parser verdicts: ${verdicts.length - wrong.length} of ${verdicts.length}, ${percent.toFixed(2)} %`)
    expect(percent, wrong.map(({ id }) => id).join(' ')).toBeGreaterThanOrEqual(VERDICTS_PERCENT)
  })

  test(`at least ${CONDITIONS_PERCENT} % of the refusals have Spark's condition, and each has its place`, () => {
    const refused = verdicts.filter(({ accept }) => !accept).map((verdict) => ({ verdict, error: errorOf(verdict) }))
    const errors = refused.flatMap(({ error }) => error ?? [])
    expect(errors.filter(({ span }) => span === undefined)).toEqual([])
    const right = refused.filter(({ verdict, error }) => error?.condition === verdict.error)
    expect((100 * right.length) / refused.length).toBeGreaterThanOrEqual(CONDITIONS_PERCENT)
  })

  test('formatting what was read and reading it again gives the same syntax', () => {
    const changed = verdicts.filter((verdict) => {
      if (errorOf(verdict) !== undefined) return false
      const syntax = read(verdict)
      if (Array.isArray(syntax)) {
        // A part that is read only to be refused is not kept, so such statements do not come back.
        if (syntax.some(({ refusals }) => refusals.length > 0)) return false
        const text = syntax.map((statement) => formatStatement(statement.syntax)).join(';\n')
        return withoutPlaces(read(verdict, text)) !== withoutPlaces(syntax)
      }
      return withoutPlaces(read(verdict, formatExpression(syntax))) !== withoutPlaces(syntax)
    })
    expect(changed.map(({ id }) => id)).toEqual([])
  })
})
