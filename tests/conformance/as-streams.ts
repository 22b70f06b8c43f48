/**
 * npx tsx tests/conformance/as-streams.ts PATH… [--data DIR] [--seed N] [--cuts N] [--report json]
 *
 * Runs the cases marked `stream` as streams: the rows of the relations they name come through memory streams in random order and cuts, in the
 * output mode of the case. The final table (complete), or all batches together (append), must be the case's rows.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rowsOf } from '../../engine/columnar/batch.ts'
import { MemoryStream } from '../../engine/connect/memory-stream.ts'
import { scanOf } from '../../engine/dataframe/scan.ts'
import { schemaOf } from '../../engine/plan/output.ts'
import { conditionOf } from '../../engine/testing/conditions.ts'
import { hiveText } from '../../engine/types/text.ts'
import type { Row } from '../../engine/types/value.ts'
import type { Session } from '../../index.ts'
import { type CellRow, sameRows } from './cells.ts'
import { leftOut } from './left-out.ts'
import { newSession, type StatementCase } from './statements.ts'

interface StreamCase extends StatementCase {
  readonly stream?: 'complete' | 'append'
  readonly streamSources?: readonly string[]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: '../shared/conformance/data' },
    seed: { type: 'string', default: '1' },
    cuts: { type: 'string', default: '3' },
    report: { type: 'string' },
  },
})

let state = Number(values.seed)
/** A whole number below the limit; the same run for the same seed. */
function random(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}
function shuffled<T>(list: readonly T[]): T[] {
  const left = [...list]
  const out: T[] = []
  while (left.length > 0) out.push(left.splice(random(left.length), 1)[0]!)
  return out
}
/** The list in so many pieces, some of them empty. */
function cut<T>(list: readonly T[], pieces: number): T[][] {
  const ends = Array.from({ length: pieces - 1 }, () => random(list.length + 1)).sort((a, b) => a - b)
  return [...ends, list.length].map((end, i) => list.slice(ends[i - 1] ?? 0, end))
}

function caseFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => caseFiles(join(path, name)))
    .filter((file) => file.endsWith('.jsonl'))
}

let total = 0
const failures: { readonly id: string; readonly sql: string; readonly expected: unknown; readonly actual: unknown }[] = []

async function judge(file: string): Promise<void> {
  const cases = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StreamCase)
  if (!cases.some((one) => one.stream !== undefined)) return
  let session = newSession(values.data)
  let sessionName: unknown = cases[0]!.session
  const views: View[] = []
  for (const one of cases) {
    if (one.session !== sessionName) {
      session = newSession(values.data)
      sessionName = one.session
      views.length = 0
    }
    // What a set-up that fails is missing for shows in the cases after it.
    if (one.kind === 'setup') {
      await session.run(one.sql).catch(() => {})
      const view = viewOf(one.sql)
      if (view !== undefined) views.push(view)
    } else if (one.stream !== undefined && !leftOut(one.sql, one.ops ?? [])) await judgeCase(session, one, views)
  }
}

async function judgeCase(session: Session, one: StreamCase, views: readonly View[]): Promise<void> {
  total++
  const actual = await streamedRows(session, one, views).catch(
    (error: unknown) => `${conditionOf(error)} ${error instanceof Error ? error.message : String(error)}`,
  )
  // Rows come in another order than in the case, so sums of doubles may end in other digits.
  if (typeof actual !== 'string' && sameRows({ ...one, ordered: false, floatApprox: true }, actual)) return
  failures.push({ id: one.id, sql: one.sql, expected: one.rows ?? one.rowsSha256, actual })
}

interface View {
  readonly name: string
  readonly query: string
}
function viewOf(sql: string): View | undefined {
  const [, name, query] = /^\s*create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?view\s+(\w+)\s+(as\s.*)$/is.exec(sql) ?? []
  return name === undefined ? undefined : { name: name.toLowerCase(), query: query! }
}

async function streamedRows(session: Session, one: StreamCase, views: readonly View[]): Promise<readonly CellRow[]> {
  const sources = [...new Set(one.streamSources!.map((name) => name.toLowerCase()))]
  const streams: { readonly stream: MemoryStream; readonly pieces: Row[][] }[] = []
  const hidden: (() => void)[] = []
  try {
    for (const name of sources) {
      const { plan } = session.sql(`SELECT * FROM ${name}`)
      const rows: Row[] = []
      await session.runBatch(plan, (batch) => void rows.push(...rowsOf(batch)))
      const stream = new MemoryStream(name, schemaOf(plan))
      session.memoryStreams.set(name, stream)
      streams.push({ stream, pieces: cut(shuffled(rows), Number(values.cuts)) })
      const before = session.catalog.lookup([name], 'temporary')
      const relation = session.relation(
        { provider: 'memory', options: { stream: name }, schema: undefined, streaming: true },
        name,
      )
      session.catalog.set([name], { kind: 'view', plan: scanOf(relation), temporary: true })
      hidden.push(() => (before === undefined ? session.catalog.remove([name]) : session.catalog.set([name], before)))
    }
    // A view has the plan it was made with: made again, it reads the streams.
    for (const { name, query } of views) {
      if (sources.includes(name)) continue
      const before = session.catalog.lookup([name], 'temporary')
      const made = await session.run(`CREATE OR REPLACE TEMPORARY VIEW ${name} ${query}`).then(
        () => true,
        () => false,
      )
      if (made)
        hidden.unshift(() => (before === undefined ? session.catalog.remove([name]) : session.catalog.set([name], before)))
    }
    return await results(session, one, streams)
  } finally {
    for (const show of hidden) show()
  }
}

async function results(
  session: Session,
  one: StreamCase,
  streams: readonly { readonly stream: MemoryStream; readonly pieces: Row[][] }[],
): Promise<readonly CellRow[]> {
  const [statement] = session.parts.frontend.parseScript(one.sql, session.settings)
  if (statement?.kind !== 'query') throw new Error('the case is no query')
  let found: CellRow[] = []
  const query = await session.startQuery({
    plan: session.analyze(statement.query),
    sink: {
      kind: 'foreach_batch',
      call: async (schema, batches) => {
        const cells = batches
          .flatMap((batch) => rowsOf(batch))
          .map((row) =>
            row.map((value, i) => (value === null ? null : hiveText(value, schema[i]!.type, session.settings.timeZone))),
          )
        found = one.stream === 'complete' ? cells : [...found, ...cells]
      },
    },
    name: undefined,
    outputMode: one.stream,
    trigger: undefined,
    checkpoint: undefined,
    partitionBy: [],
  })
  try {
    for (let piece = 0; piece < Number(values.cuts); piece++) {
      for (const { stream, pieces } of shuffled(streams)) {
        if (pieces[piece]!.length > 0) stream.addRows(pieces[piece]!)
        if (random(2) === 0) await query.processAllAvailable()
      }
    }
    await query.processAllAvailable()
  } finally {
    await query.stop()
  }
  return found
}

for (const file of positionals.flatMap(caseFiles)) await judge(file)
if (values.report === 'json') process.stdout.write(`${JSON.stringify({ passed: total - failures.length, total, failures })}\n`)
else {
  for (const { id } of failures) process.stdout.write(`${id}\n`)
  process.stdout.write(`${total - failures.length} of ${total} cases hold as streams\n`)
}
