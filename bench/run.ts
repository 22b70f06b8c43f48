/**
 * The benchmark: `npm run bench`. Makes its own data in a temporary folder, runs each query through the public API and the same query written
 * by hand, one after the other on this machine, and prints both; then the cost of triggers, of state and of starting up. docs/performance.md has
 * the method and figures.
 *
 *   npm run bench -- [--rows 1000000] [--runs 3] [--queries q0,q12] [--only queries|triggers|start-up] [--accept]
 *
 * Machines differ, and the same machine from hour to hour; the ratio of two programs that took turns differs less. So ratios are compared with
 * those in baseline.json: fails (exit 1) when one has fallen below 0.7 of its baseline, when an answer differs, or when a stated limit is
 * missed. `--accept` writes the ratios found as the new baseline.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { generateData } from './data/generate.ts'
import { QUERIES, type QueryName } from './engine-run.ts'
import type { Answer, Measurement, Speed } from './measure.ts'
import { measureStartUp } from './start-up.ts'
import type { TriggerLoad, TriggerTimes } from './triggers.ts'

const BASELINE = new URL('baseline.json', import.meta.url)
const FILES = 20
const WARM_ROWS = 50_000
/** A ratio below this share of its baseline is a regression, not noise. */
const REGRESSION = 0.7
const YSB_RSS_MAX_MB = 300

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    queries: { type: 'string', default: QUERIES.join(',') },
    only: { type: 'string' },
    accept: { type: 'boolean', default: false },
  },
})

const ratios = new Map<string, number>()
const failures: string[] = []

async function main(): Promise<void> {
  console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]!.toFixed(1)}`)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-data-'))
  try {
    if (isWanted('queries')) await runQueries(folder)
    if (isWanted('triggers')) await runTriggers()
    if (isWanted('start-up')) await runStartUp(join(folder, 'start-up'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  compareWithBaseline()
  for (const failure of failures) console.log(`FAILED: ${failure}`)
  if (failures.length > 0) process.exitCode = 1
}

async function runQueries(folder: string): Promise<void> {
  const warm = generateData(join(folder, 'warm'), WARM_ROWS, FILES)
  const data = generateData(join(folder, 'data'), Number(options.rows), FILES)
  console.log(`\n${data.rows.toLocaleString('en')} rows, ten epochs, best of ${options.runs}; "by hand" is JSON.parse and a Map`)
  console.log(row(['query', 'rows/s', 'rows/cpu s', 'MB', 'by hand', 'MB', 'ratio']))
  for (const query of options.queries.split(',') as QueryName[]) {
    const task = { query, warm, data, runs: Number(options.runs) }
    const engine = (await inChild({ kind: 'engine', ...task })) as Speed
    const byHand = (await inChild({ kind: 'by hand', ...task })) as Speed
    const ratio = byHand.cpuSeconds / engine.cpuSeconds
    ratios.set(query, ratio)
    const speed = (seconds: number): string => `${(data.rows / seconds / 1e6).toFixed(2)} M`
    console.log(
      row([
        query,
        speed(engine.seconds),
        speed(engine.cpuSeconds),
        engine.rssMB,
        speed(byHand.seconds),
        byHand.rssMB,
        ratio.toFixed(1),
      ]),
    )
    if (engine.answer !== byHand.answer) failures.push(`${query}: the answers differ, ${engine.answer} and ${byHand.answer}`)
    if (query === 'ysb' && engine.rssMB > YSB_RSS_MAX_MB) failures.push(`ysb takes ${engine.rssMB} MB`)
  }
}

async function runTriggers(): Promise<void> {
  console.log('\ntriggers: count and sum by key, update mode; milliseconds from adding the rows to the committed epoch')
  console.log(row(['rows', 'keys', 'sync', 'p50', 'p90', 'p99']))
  const measured = async (load: TriggerLoad): Promise<readonly TriggerTimes[]> => {
    const times = (await inChild({ kind: 'triggers', load })) as readonly TriggerTimes[]
    times.forEach(({ p50, p90, p99 }, i) => {
      console.log(row([load.rows, load.keys[i]!, load.sync, p50.toFixed(2), p90.toFixed(2), p99.toFixed(2)]))
    })
    return times
  }
  for (const { sync, oneRowMs, growthMax } of [
    { sync: 'off', oneRowMs: 1, growthMax: 2 },
    { sync: 'epoch', oneRowMs: 3, growthMax: 1.3 },
  ] as const) {
    const [one] = await measured({ rows: 1, keys: [1_000], triggers: 300, sync })
    if (one!.p50 > oneRowMs)
      failures.push(`a trigger of one row takes ${one!.p50.toFixed(2)} ms with sync ${sync}, limit ${oneRowMs}`)
    const [few, many] = await measured({ rows: 1_000, keys: [10_000, 1_000_000], triggers: 200, sync })
    const growth = many!.p50 / few!.p50
    console.log(`  a hundred times the state costs ${growth.toFixed(2)} times as much (limit ${growthMax})`)
    if (growth > growthMax)
      failures.push(`state of 1,000,000 keys costs ${growth.toFixed(2)} times that of 10,000 with sync ${sync}`)
  }
}

async function runStartUp(folder: string): Promise<void> {
  const seconds = await measureStartUp(folder, 7)
  console.log(
    `\nstart-up: first windowed row of 1,000 ${seconds[0]!.toFixed(2)} s after the start of node at best, ${seconds[3]!.toFixed(2)} s median of 7`,
  )
  if (seconds[0]! > 0.6) failures.push(`the first row comes after ${seconds[0]!.toFixed(2)} s, limit 0.6`)
}

function compareWithBaseline(): void {
  if (ratios.size === 0) return
  const { ratios: accepted } = JSON.parse(readFileSync(BASELINE, 'utf8')) as { ratios: Record<string, number> }
  if (options.accept) {
    const next = { ...accepted, ...Object.fromEntries([...ratios].map(([query, ratio]) => [query, Number(ratio.toFixed(1))])) }
    writeFileSync(BASELINE, `${JSON.stringify({ ratios: next }, null, 2)}\n`)
    return
  }
  for (const [query, ratio] of ratios) {
    const before = accepted[query]
    if (before !== undefined && ratio < REGRESSION * before) {
      failures.push(`${query}: ${ratio.toFixed(1)} times the code by hand, ${before.toFixed(1)} in the baseline`)
    }
  }
}

function isWanted(part: 'queries' | 'triggers' | 'start-up'): boolean {
  return options.only === undefined || options.only === part
}

function inChild(task: Measurement): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('measure.ts', import.meta.url), [JSON.stringify(task)], { serialization: 'advanced' })
    let answer: Answer | undefined
    child.on('message', (message) => {
      answer = message as Answer
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (answer === undefined) reject(new Error(`a measurement ended with code ${code} and no answer: ${JSON.stringify(task)}`))
      else resolve(answer)
    })
  })
}

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, i) => (i === 0 ? String(cell).padEnd(8) : String(cell).padStart(11))).join('')
}

await main()
