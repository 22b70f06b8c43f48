import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { schemaOf } from '../../engine/plan/output.ts'
import { conditionMatches, conditionOf } from '../../engine/testing/conditions.ts'
import { simpleString, structType } from '../../engine/types/data-type.ts'
import { createSession, type Session } from '../../index.ts'
import { type ExpectedRows, hiveRows, sameRows } from './cells.ts'
import { leftOut } from './left-out.ts'
import { type ConformanceReport, score } from './report.ts'

export interface StatementCase extends ExpectedRows {
  readonly id: string
  readonly kind: 'query' | 'setup' | 'error'
  readonly sql: string
  readonly schema?: string
  readonly error?: string
  readonly session?: string | number
  readonly ops?: readonly string[]
  readonly goldenDiffers?: boolean
}

/** Statements in order, in one session a file (a fresh one where `session` changes). A set-up that fails counts every later statement of its session as failed. */
export async function judgeStatements(
  file: string,
  lines: readonly string[],
  data: string,
  report: ConformanceReport,
): Promise<void> {
  const failures = report.file(file)
  let session: Session | undefined
  let sessionName: unknown = Symbol('none')
  let broken: string | undefined
  for (const line of lines) {
    const one = JSON.parse(line) as StatementCase
    if (session === undefined || (one.session ?? null) !== sessionName) {
      session = newSession(data)
      sessionName = one.session ?? null
      broken = undefined
    }
    if (one.kind !== 'setup' && leftOut(one.sql, one.ops ?? [])) {
      report.excluded++
      continue
    }
    let outcome: Outcome =
      broken === undefined ? await run(session, one.sql) : { kind: 'error', condition: `set-up failed: ${broken}`, message: '' }
    if (one.kind === 'setup') {
      if (outcome.kind === 'error' && broken === undefined) {
        broken = `${one.id}: ${outcome.condition} ${outcome.message}`
        failures.push({ id: `${one.id} (setup)`, expected: 'ok', actual: `${outcome.condition} ${outcome.message}` })
      }
    } else if (one.kind === 'query') {
      if (outcome.kind === 'rows' && outcome.schema === undefined)
        outcome = { kind: 'error', condition: 'no result', message: '' }
      const rows = outcome.kind === 'rows' ? outcome.rows : undefined
      const failure = outcome.kind === 'error' ? `${outcome.condition} ${outcome.message}` : undefined
      score(
        report,
        'rows',
        failures,
        one.id,
        rows !== undefined && sameRows(one, rows),
        one.rows ?? one.rowsSha256,
        failure ?? rows,
      )
      score(
        report,
        'schema',
        failures,
        one.id,
        outcome.kind === 'rows' && outcome.schema === one.schema,
        one.schema,
        failure ?? (outcome.kind === 'rows' ? outcome.schema : ''),
      )
    } else {
      const actual = outcome.kind === 'error' ? outcome.condition : 'no error'
      score(
        report,
        'errors',
        failures,
        one.id,
        outcome.kind === 'error' && broken === undefined && conditionMatches(one.error!, actual),
        `${one.error}: ${one.sql}`,
        outcome.kind === 'error' ? `${actual} ${outcome.message}` : actual,
      )
    }
  }
}

/** Spark's HiveResult prints what DESCRIBE of a table gives as a table. */
const DESCRIPTION = 'struct<col_name:string,data_type:string,comment:string>'

type Outcome =
  | { readonly kind: 'rows'; readonly schema: string | undefined; readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly kind: 'error'; readonly condition: string; readonly message: string }

async function run(session: Session, sql: string): Promise<Outcome> {
  try {
    let schema: string | undefined
    let rows: readonly (readonly (string | null)[])[] = []
    await session.run(
      sql,
      {},
      {
        onResult: async (result) => {
          schema = simpleString(structType(schemaOf(result.plan)))
          const cells = await hiveRows(session, result.plan)
          rows = schema === DESCRIPTION ? cells.map((row) => row.map((cell) => (cell ?? '').padEnd(20))) : cells
        },
      },
    )
    return { kind: 'rows', schema, rows }
  } catch (error) {
    return { kind: 'error', condition: conditionOf(error), message: error instanceof Error ? error.message : String(error) }
  }
}

export function newSession(data: string): Session {
  const session = createSession({ 'spark.sql.session.timeZone': 'America/Los_Angeles' })
  const tables = JSON.parse(readFileSync(join(data, 'tables.json'), 'utf8')) as {
    name: string
    file: string
    format: string
    options: Record<string, string>
    schema: string
  }[]
  for (const table of tables) {
    const frame = session.read.format(table.format).options(table.options).schema(table.schema).load(join(data, table.file))
    session.catalog.set([table.name], { kind: 'view', plan: frame.plan })
  }
  return session
}
