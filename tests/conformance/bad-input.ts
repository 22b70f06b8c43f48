import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { schemaOf } from '../../engine/plan/output.ts'
import { conditionOf } from '../../engine/testing/conditions.ts'
import { simpleString, structType } from '../../engine/types/data-type.ts'
import { createSession } from '../../index.ts'
import { type ExpectedRows, hiveRows, sameRows } from './cells.ts'
import { type ConformanceReport, score } from './report.ts'

interface BadInputCase extends ExpectedRows {
  readonly file: string
  readonly case: string
  readonly format: string
  readonly options: Readonly<Record<string, string>>
  readonly readSchema?: string
  readonly schema?: string
  readonly error?: string
  readonly cause?: string
}

/** Files as they lie in the tree; `line` cases put the file's bytes as the middle line of three. */
export async function judgeBadInput(file: string, lines: readonly string[], report: ConformanceReport): Promise<void> {
  const failures = report.file(file)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bad-input-'))
  try {
    for (const line of lines) {
      const one = JSON.parse(line) as BadInputCase
      const outcome = await read(one, dirname(file), folder)
      const id = `${one.file} ${one.case} ${JSON.stringify(one.options)} ${one.readSchema ?? ''}`
      if (one.error !== undefined) {
        const passed =
          outcome.kind === 'error' &&
          [one.error, one.cause].some((c) => c === outcome.condition || c?.startsWith('_LEGACY_ERROR_') === true)
        score(report, 'badInput', failures, id, passed, `${one.error} ${one.cause ?? ''}`, outcome)
      } else {
        const passed =
          outcome.kind === 'rows' && outcome.schema === one.schema && sameRows({ ...one, ordered: true }, outcome.rows)
        score(report, 'badInput', failures, id, passed, { schema: one.schema, rows: one.rows }, outcome)
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Outcome =
  | { readonly kind: 'rows'; readonly schema: string; readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly kind: 'error'; readonly condition: string; readonly message: string }

async function read(one: BadInputCase, base: string, folder: string): Promise<Outcome> {
  try {
    let path = join(base, one.file)
    if (one.case === 'line') {
      const bytes = readFileSync(path).map((byte) => (byte === 10 || byte === 13 ? 32 : byte))
      path = join(folder, 'lines.json')
      writeFileSync(path, Buffer.concat([Buffer.from('{"a":"first"}\n'), bytes, Buffer.from('\n{"a":"last"}\n')]))
    }
    const session = createSession({ 'spark.sql.session.timeZone': 'America/Los_Angeles' })
    const reader = session.read.format(one.format).options(one.options)
    const df = (one.readSchema === undefined ? reader : reader.schema(one.readSchema.replace(/^struct<(.*)>$/s, '$1'))).load(path)
    const plan = df.plan
    return { kind: 'rows', schema: simpleString(structType(schemaOf(plan))), rows: await hiveRows(session, plan) }
  } catch (error) {
    return { kind: 'error', condition: conditionOf(error), message: error instanceof Error ? error.message : String(error) }
  }
}
