import { MemoryStream } from '../../engine/connect/memory-stream.ts'
import { localRelation } from '../../engine/dataframe/local-relation.ts'
import { outputModeOf } from '../../engine/dataframe/writer.ts'
import { literal, nameRef } from '../../engine/expr/expression.ts'
import { conditionMatches, conditionOf } from '../../engine/testing/conditions.ts'
import { ManualClock } from '../../engine/testing/manual-clock.ts'
import { applyMethod } from '../../engine/testing/run-scenario.ts'
import { parseMethod } from '../../engine/testing/script.ts'
import { TestedQuery } from '../../engine/testing/tested-query.ts'
import { STRING } from '../../engine/types/data-type.ts'
import { createSession, type Session } from '../../index.ts'
import { type ConformanceReport, score } from './report.ts'

interface LegalityCase {
  readonly id: string
  readonly setup: readonly string[]
  readonly conf?: Readonly<Record<string, string>>
  readonly views?: Readonly<Record<string, string>> | readonly string[]
  readonly sql: string
  readonly methods?: readonly string[]
  readonly mode: string
  readonly ok: boolean
  readonly errorCondition?: string
}

/** May the query be started, and if not, which condition says so? One epoch without rows runs, since some queries fail only there. */
export async function judgeLegality(file: string, lines: readonly string[], report: ConformanceReport): Promise<void> {
  const failures = report.file(file)
  for (const line of lines) {
    const one = JSON.parse(line) as LegalityCase
    const actual = await verdict(one)
    const expected = one.ok ? 'ok' : one.errorCondition!
    score(
      report,
      'legality',
      failures,
      one.id,
      one.ok ? actual.startsWith('ok') : actual !== 'ok' && conditionMatches(expected, actual.split(' ')[0]!),
      expected,
      actual,
    )
  }
}

async function verdict(one: LegalityCase): Promise<string> {
  let query: TestedQuery | undefined
  try {
    const session = createSession({ 'spark.sql.session.timeZone': 'UTC', ...(one.conf as Record<`${string}.${string}`, string>) })
    const streams = one.setup.flatMap((declaration) => declare(session, declaration))
    const views = Array.isArray(one.views)
      ? one.views.map((view: string) => view.split(/:\s*([\s\S]*)/, 2) as [string, string])
      : Object.entries(one.views ?? {})
    for (const [name, sql] of views) session.createView([name], session.sql(sql).plan, true)
    query = new TestedQuery(
      'q',
      outputModeOf(one.mode),
      session,
      new ManualClock(),
      () => (one.methods ?? []).map(parseMethod).reduce(applyMethod, session.sql(one.sql)).plan,
    )
    await query.start()
    for (const stream of streams) stream.addRows([])
    await query.runEpoch()
    return 'ok'
  } catch (error) {
    return `${conditionOf(error)} ${error instanceof Error ? error.message : String(error)}`
  } finally {
    await query?.stop()
  }
}

/** `s: at TIMESTAMP, k STRING; watermark at 10 seconds; static` */
function declare(session: Session, declaration: string): MemoryStream[] {
  const colon = declaration.indexOf(':')
  const name = declaration.slice(0, colon).trim()
  const [columns, ...marks] = declaration
    .slice(colon + 1)
    .split(';')
    .map((part) => part.trim())
  const schema = session.parts.frontend.parseSchema(columns!)
  if (marks.includes('static')) {
    session.createView([name], localRelation(schema, []), true)
    return []
  }
  const stream = new MemoryStream(name, schema)
  session.memoryStreams.set(name, stream)
  const mark = marks.map((text) => /^watermark\s+(\S+)\s+(.+)$/.exec(text)).find((match) => match !== null)
  const relation = session.relation({ provider: 'memory', options: { stream: name }, schema: undefined, streaming: true }, name)
  session.catalog.set([name], {
    kind: 'relation',
    relation,
    watermark: mark ? { eventTime: nameRef([mark[1]!.replace(/`/g, '')]), delay: literal(mark[2]!, STRING) } : undefined,
  })
  return [stream]
}
