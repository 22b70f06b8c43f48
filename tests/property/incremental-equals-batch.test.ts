import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowsOf } from '../../engine/columnar/batch.ts'
import { MemoryStream } from '../../engine/connect/memory-stream.ts'
import { localRelation } from '../../engine/dataframe/local-relation.ts'
import { literal, nameRef } from '../../engine/expr/expression.ts'
import { schemaOf } from '../../engine/plan/output.ts'
import { ManualClock } from '../../engine/testing/manual-clock.ts'
import { type Cell, cellsOf } from '../../engine/testing/row-text.ts'
import { TestedQuery } from '../../engine/testing/tested-query.ts'
import { type Schema, STRING } from '../../engine/types/data-type.ts'
import type { Row } from '../../engine/types/value.ts'
import { createSession, type Session } from '../../index.ts'
import { DELAY_MS, type DrawnRow, type RandomQuery, randomQuery, randomRows } from './random-query.ts'
import { REGRESSIONS } from './regressions.ts'

/**
 * The law that everything else serves: what a query has put out is what the same query answers in one go over the same rows. In complete mode after every
 * cut; in append mode after a last row per source has closed everything that was open.
 *
 * CASES=50000 npx vitest run tests/property runs more; SEED repeats a run.
 */
const CASES = Number(process.env['CASES'] ?? 500)
const SEED = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED'])
const SCHEMAS = { s: 'at TIMESTAMP, k STRING, n INT', r: 'rat TIMESTAMP, rk STRING, m INT' } as const
const START_MICROS = 1_900_000_000_000_000n
/** Beyond every window and bound of the rows before it. */
const FAR_MICROS = START_MICROS + 1_000_000_000_000n

test(`${CASES} random queries over random rows, cut at random: streaming equals batch`, { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(randomQuery, randomRows, async (query, rows) => {
      expect(await streamed(query, rows)).toEqual(await inOneGo(query, rows))
    }),
    { numRuns: CASES, ...(SEED !== undefined && { seed: SEED }), endOnFailure: false },
  )
})

test.each(REGRESSIONS)('once wrong, right for ever: $name', async ({ query, rows }) => {
  expect(await streamed(query, rows)).toEqual(await inOneGo(query, rows))
})

interface Timed {
  readonly source: 's' | 'r'
  readonly row: Row
  readonly cut: boolean
}

/** Times go up by the steps drawn, each row up to the delay behind the newest of its source. */
function timed(query: RandomQuery, drawn: readonly DrawnRow[]): Timed[] {
  let nowMs = 0
  return drawn
    .filter((d) => query.sources.includes(d.source))
    .map((d) => {
      nowMs += d.stepMs
      const back = query.inOrder ? Math.min(d.backMs, DELAY_MS - 1) : d.backMs * 10
      const micros = START_MICROS + BigInt(nowMs - back) * 1000n
      return { source: d.source, row: [micros, d.key, d.number], cut: d.cut }
    })
}

function newSession(): Session {
  return createSession({ 'spark.sql.session.timeZone': 'UTC' })
}

async function streamed(query: RandomQuery, drawn: readonly DrawnRow[]): Promise<string[]> {
  const session = newSession()
  const streams = new Map(query.sources.map((name) => [name, declare(session, name)]))
  const tested = new TestedQuery('q', query.mode, session, new ManualClock(), () => {
    const df = session.sql(query.sql)
    return (query.deduplicate === undefined ? df : df.dropDuplicates(...query.deduplicate)).plan
  })
  try {
    await tested.start()
    const output: Cell[][] = []
    let table: readonly Cell[][] = []
    const run = async (): Promise<void> => {
      const step = await tested.runUntilIdle()
      output.push(...step.rows)
      if (step.epochs > 0) table = step.rows
    }
    for (const { source, row, cut } of timed(query, drawn)) {
      streams.get(source)!.addRows([row])
      if (cut) await run()
    }
    await run()
    if (query.mode === 'complete') return sorted(table)
    if (!query.closes) return sorted(output)
    // Last rows, far behind all others, close what is open; what they make themselves is not part of the answer. One of them passes any of the filters,
    // which move below the watermark.
    for (const stream of streams.values()) stream.addRows(['bb', 'c'].map((key) => [FAR_MICROS, key, 2]))
    await run()
    return sorted(output.filter((row) => !JSON.stringify(row).includes(FAR_DATE)))
  } finally {
    await tested.stop()
  }
}

async function inOneGo(query: RandomQuery, drawn: readonly DrawnRow[]): Promise<string[]> {
  const session = newSession()
  const rows = timed(query, drawn)
  for (const name of query.sources) {
    const schema = session.parts.frontend.parseSchema(SCHEMAS[name])
    session.createView(
      [name],
      localRelation(
        schema,
        rows.filter((r) => r.source === name).map((r) => r.row),
      ),
      true,
    )
  }
  const df = session.sql(query.sql)
  const plan = (query.deduplicate === undefined ? df : df.dropDuplicates(...query.deduplicate)).plan
  // Nothing has run in a stream without rows: complete mode has no table then, not even of a global aggregate.
  if (query.mode === 'complete' && rows.length === 0) return []
  return sorted(await collect(session, plan))
}

/** Every query whose answer needs closing shows a time of the row. */
const FAR_DATE = new Date(Number(FAR_MICROS / 1000n)).toISOString().slice(0, 10)

async function collect(session: Session, plan: ReturnType<Session['sql']>['plan']): Promise<Cell[][]> {
  const schema: Schema = schemaOf(plan)
  const rows: Cell[][] = []
  await session.runBatch(plan, (batch) => {
    for (const row of rowsOf(batch)) rows.push(cellsOf(row, schema, 'UTC'))
  })
  return rows
}

function declare(session: Session, name: 's' | 'r'): MemoryStream {
  const schema = session.parts.frontend.parseSchema(SCHEMAS[name])
  const stream = new MemoryStream(name, schema)
  session.memoryStreams.set(name, stream)
  const relation = session.relation({ provider: 'memory', options: { stream: name }, schema: undefined, streaming: true }, name)
  session.catalog.set([name], {
    kind: 'relation',
    relation,
    watermark: { eventTime: nameRef([schema[0]!.name]), delay: literal(`${DELAY_MS} milliseconds`, STRING) },
  })
  return stream
}

function sorted(rows: readonly (readonly Cell[])[]): string[] {
  const round = (cell: Cell): Cell => (typeof cell === 'number' && !Number.isInteger(cell) ? Number(cell.toPrecision(10)) : cell)
  return rows.map((row) => JSON.stringify(row.map(round))).sort()
}
