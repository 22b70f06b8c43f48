import { MemoryStream } from '../../engine/connect/memory-stream.ts'
import { localRelation } from '../../engine/dataframe/local-relation.ts'
import { outputModeOf } from '../../engine/dataframe/writer.ts'
import { literal, nameRef } from '../../engine/expr/expression.ts'
import { conditionMatches, conditionOf } from '../../engine/testing/conditions.ts'
import { ManualClock } from '../../engine/testing/manual-clock.ts'
import { applyMethod } from '../../engine/testing/run-scenario.ts'
import { parseMethod } from '../../engine/testing/script.ts'
import { TestedQuery } from '../../engine/testing/tested-query.ts'
import { type DataType, STRING } from '../../engine/types/data-type.ts'
import type { Value } from '../../engine/types/value.ts'
import { createSession, type Session } from '../../index.ts'
import { type ConformanceReport, score } from './report.ts'

interface LegalityCase {
  readonly id: string
  readonly setup: readonly string[]
  readonly conf?: Readonly<Record<string, string>>
  readonly views?: readonly { readonly name: string; readonly sql: string; readonly methods?: readonly string[] }[]
  readonly sql: string
  readonly methods?: readonly string[]
  readonly mode: string
  readonly ok: boolean
  readonly errorCondition?: string
}

/** Not counted: differences that docs/differences.md names. */
const DIFFERENCES: readonly RegExp[] = [
  /^\s*SELECT\s+TRANSFORM\b/i, // runs programs outside the process
  /^\s*INSERT\b/i, // starts a query instead of writing rows
]

/** May the query be started, and if not, which condition says so? One epoch of one row runs, since some queries fail only there. */
export async function judgeLegality(file: string, lines: readonly string[], report: ConformanceReport): Promise<void> {
  const failures = report.file(file)
  for (const line of lines) {
    const one = JSON.parse(line) as LegalityCase
    if (DIFFERENCES.some((difference) => difference.test(one.sql))) {
      report.excluded++
      continue
    }
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
    const planOf = (sql: string, methods: readonly string[] = []) =>
      methods.map(parseMethod).reduce(applyMethod, session.sql(sql)).plan
    for (const view of one.views ?? []) session.createView([view.name], planOf(view.sql, view.methods), true)
    query = new TestedQuery('q', outputModeOf(one.mode), session, new ManualClock(), () => planOf(one.sql, one.methods))
    await query.start()
    for (const stream of streams) stream.addRows([stream.schema.map(({ type }) => sampleOf(type))])
    await query.runEpoch()
    return 'ok'
  } catch (error) {
    return `${conditionOf(error)} ${error instanceof Error ? error.message : String(error)}`
  } finally {
    await query?.stop()
  }
}

/** A value of the types that the cases declare. */
function sampleOf(type: DataType): Value {
  switch (type.kind) {
    case 'string':
      return 'a'
    case 'timestamp':
    case 'timestamp_ntz':
    case 'bigint':
    case 'decimal':
      return 1n
    case 'int':
    case 'date':
    case 'double':
      return 1
    default:
      return null
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
