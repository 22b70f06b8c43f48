import { createHash } from 'node:crypto'
import { type AnyRow, Timestamp } from '../index.ts'
import type { DataSet } from './data/generate.ts'
import { type QueryName, runQuery } from './engine-run.ts'
import { runByHand, type Value } from './plain-javascript.ts'
import { measureTriggers, type TriggerLoad, type TriggerTimes } from './triggers.ts'

/**
 * One measurement, in a process of its own so that memory and compiled code are its own. run.ts forks it with the task as its argument; it
 * answers with one message.
 */
export type Measurement =
  | {
      readonly kind: 'engine' | 'by hand'
      readonly query: QueryName
      readonly warm: DataSet
      readonly data: DataSet
      readonly runs: number
    }
  | { readonly kind: 'triggers'; readonly load: TriggerLoad }

/** Of the fastest run. */
export interface Speed {
  readonly seconds: number
  /** Processor seconds of the whole process, of the run that used fewest. */
  readonly cpuSeconds: number
  /** Peak resident memory of the process, warm-up and all runs. */
  readonly rssMB: number
  /** Number of rows over the warm-up set, and a hash of the rows in sorted order. */
  readonly answer: string
}
export type Answer = Speed | readonly TriggerTimes[]

const EPOCHS = 10

async function measure(task: Measurement): Promise<Answer> {
  if (task.kind === 'triggers') return measureTriggers(task.load)
  const run = task.kind === 'engine' ? engine : byHand
  const answer: string[] = []
  await run(task.query, task.warm, (row) => answer.push(row.map(String).join('\t')))
  await run(task.query, task.warm)
  let seconds = Number.POSITIVE_INFINITY
  let cpuSeconds = Number.POSITIVE_INFINITY
  for (let i = 0; i < task.runs; i++) {
    const before = process.cpuUsage()
    seconds = Math.min(seconds, await run(task.query, task.data))
    const { user, system } = process.cpuUsage(before)
    cpuSeconds = Math.min(cpuSeconds, (user + system) / 1e6)
  }
  return {
    seconds,
    cpuSeconds,
    rssMB: Math.round(process.resourceUsage().maxRSS / 1024),
    answer: `${answer.length} rows ${hashOf(answer)}`,
  }
}

function engine(query: QueryName, data: DataSet, onRow?: (row: readonly Value[]) => void): Promise<number> {
  return runQuery(
    query,
    data,
    EPOCHS,
    onRow &&
      ((rows) => {
        for (const row of rows) onRow(plainValues(row))
      }),
  )
}
async function byHand(query: QueryName, data: DataSet, onRow: (row: readonly Value[]) => void = () => {}): Promise<number> {
  const started = performance.now()
  runByHand(query, data, EPOCHS, onRow)
  return (performance.now() - started) / 1000
}

function hashOf(rows: readonly string[]): string {
  return createHash('sha256')
    .update([...rows].sort().join('\n'))
    .digest('hex')
}

function plainValues(row: AnyRow): Value[] {
  return Object.values(row).map((value) => (value instanceof Timestamp ? Number(value.epochMicroseconds / 1000n) : String(value)))
}

process.send!(await measure(JSON.parse(process.argv[2]!) as Measurement), () => process.disconnect())
