import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkStreaming } from '../../../engine/analysis/check-streaming.ts'
import { literal, nameRef } from '../../../engine/expr/expression.ts'
import { planQuery } from '../../../engine/incremental/planner.ts'
import { optimize } from '../../../engine/optimizer/optimizer.ts'
import type { LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import type { OutputMode } from '../../../engine/plan/statement.ts'
import { STRING } from '../../../engine/types/data-type.ts'
import { Fixture } from './fixture.ts'

/** May a query be started? Spark's answers, one a line; "phase run" are those that Spark gives only in the first epoch. */
interface Case {
  readonly id: string
  readonly setup: readonly string[]
  readonly conf?: Readonly<Record<string, string>>
  readonly views?: readonly { readonly name: string; readonly sql: string; readonly methods?: readonly string[] }[]
  readonly sql: string
  readonly methods?: readonly string[]
  readonly mode: OutputMode
  readonly ok: boolean
  readonly errorCondition?: string
}

/** Not settled by analysis, with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'stateless/window-of-string/append': 'a row fails, not the query',
  'stateless/transform-script/update': 'TRANSFORM is not part of the dialect',
  'stateless/transform-script/complete': 'TRANSFORM is not part of the dialect',
  'aggregate/by-session-only-watermarked/append': 'refused by the operator, as Spark does when the first epoch runs',
  'aggregate/by-session-only-watermarked/complete': 'refused by the operator, as Spark does when the first epoch runs',
  'command/insert/append': 'a statement, not a query',
  'command/show-tables/append': 'a statement, not a query',
  'command/cache/append': 'a statement, not a query',
}

const file = new URL('../../../../shared/stream-tests/legality.jsonl', import.meta.url)
const present = existsSync(file)
if (!present) console.warn(`legality: ${file.pathname} is not there; its cases are skipped`)

describe.skipIf(!present)('what a stream and an output mode allow', () => {
  const cases = present
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Case)
    : []
  test.each(cases.filter((c) => ELSEWHERE[c.id] === undefined))('$id', (one) => {
    const expected = one.ok ? 'ok' : one.errorCondition!
    const actual = verdict(one)
    // Spark's conditions without a name stand for any refusal.
    if (/^(_LEGACY_ERROR_TEMP_|JAVA:)/.test(expected)) expect(actual).not.toBe('ok')
    else expect(actual).toBe(expected)
  })
})

function verdict(one: Case): string {
  const fixture = new Fixture(one.conf).declare(...one.setup)
  try {
    for (const view of one.views ?? []) fixture.view(view.name, withMethods(fixture, fixture.parse(view.sql), view.methods))
    const plan = withMethods(fixture, fixture.parse(one.sql), one.methods)
    checkStreaming(plan, one.mode, fixture.settings)
    const { functions, settings, evaluation } = fixture.context
    planQuery(optimize(plan, fixture.context), { mode: one.mode, functions, settings, evaluation })
    return 'ok'
  } catch (error) {
    const condition = (error as { condition?: string }).condition
    if (condition === undefined || condition === 'INTERNAL_ERROR') throw error
    return condition
  }
}

function withMethods(fixture: Fixture, query: LogicalPlan, methods: readonly string[] = []): LogicalPlan {
  let plan = fixture.analyze(query)
  for (const method of methods) {
    const [, name, written] = /^\.(\w+)\((.*)\)$/.exec(method) as unknown as [string, string, string]
    const args = JSON.parse(`[${written}]`) as string[]
    plan = fixture.analyze(
      name === 'withWatermark'
        ? { kind: 'watermark', eventTime: nameRef([args[0]!]), delay: literal(args[1]!, STRING), input: plan }
        : {
            kind: 'deduplicate',
            ...(args.length > 0 && { columns: args }),
            withinWatermark: name === 'dropDuplicatesWithinWatermark',
            input: plan,
          },
    )
  }
  return plan
}
