import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateData } from './data/generate.ts'

const PROGRAM = fileURLToPath(new URL('../dist/sql/cli/main.js', import.meta.url))

/** Seconds from the start of `node` to the first windowed row that `millrace run` prints for a file of 1,000 rows; the runs, ascending. */
export async function measureStartUp(folder: string, runs: number): Promise<number[]> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run "npm run build" first`)
  mkdirSync(folder, { recursive: true })
  const { adEvents } = generateData(join(folder, 'data'), 1_000, 1)
  const query = join(folder, 'query.sql')
  writeFileSync(
    query,
    `CREATE STREAM ad_event (ad_id STRING, event_type STRING, event_time TIMESTAMP)
USING json OPTIONS (path '${adEvents}') WATERMARK event_time DELAY OF INTERVAL 4 SECONDS;
CREATE STREAMING TABLE counts USING console OUTPUT MODE update TRIGGER AVAILABLE NOW
AS SELECT window.start AS start, count(*) AS n FROM ad_event GROUP BY window(event_time, '10 seconds');
`,
  )
  const seconds: number[] = []
  for (let i = 0; i < runs; i++) seconds.push(await secondsToFirstRow(query))
  return seconds.sort((a, b) => a - b)
}

function secondsToFirstRow(query: string): Promise<number> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, 'run', query], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    let first: number | undefined
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      // A row of the console's table: |2024-01-01 00:00:00|1000|
      if (/^\|\s*\d/m.test(output)) first ??= (performance.now() - started) / 1000
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code === 0 && first !== undefined) resolve(first)
      else reject(new Error(`"millrace run" ended with code ${code} and printed:\n${output}`))
    })
  })
}
