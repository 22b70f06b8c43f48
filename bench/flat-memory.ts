/**
 * Does state stay bounded by the watermark? A windowed count (q12) and a join in a time range over ten times the rows that the other figures are measured
 * with: rows in state and resident memory after each epoch, as a table and as a picture. Run: node --expose-gc --import tsx bench/flat-memory.ts [rows] [picture.svg]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSession, Trigger } from '../index.ts'
import { generateData } from './data/generate.ts'

const rows = Number(process.argv[2] ?? 4_000_000)
const picture = process.argv[3]
const EPOCHS = 40

const QUERIES = {
  'windowed count':
    "SELECT window.start AS start, bidder, count(*) AS n FROM bid GROUP BY window(dateTime, '10 seconds'), bidder",
  'join in a time range': `SELECT a.bidder, a.dateTime, b.price FROM bid a JOIN bid b
    ON a.auction = b.auction AND a.bidder = b.bidder AND b.price > a.price AND b.dateTime BETWEEN a.dateTime AND a.dateTime + INTERVAL '1' SECOND
    WHERE a.auction % 100 <> 0 AND b.auction % 100 <> 0`,
} as const

interface Sample {
  readonly stateRows: number
  readonly residentMb: number
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-flat-memory-'))
const series = new Map<string, Sample[]>()
try {
  const data = generateData(join(folder, 'data'), rows, EPOCHS)
  for (const [name, sql] of Object.entries(QUERIES)) series.set(name, await run(name, sql, data.bids))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function run(name: string, sql: string, bids: string): Promise<Sample[]> {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  session.readStream
    .format('json')
    .schema('auction BIGINT, bidder BIGINT, price BIGINT, dateTime TIMESTAMP')
    .option('maxFilesPerTrigger', 1)
    .load(bids)
    .withWatermark('dateTime', '4 seconds')
    .createOrReplaceTempView('bid')
  const samples: Sample[] = []
  session.streams.addListener({
    onQueryProgress: ({ progress }) => {
      globalThis.gc?.()
      const stateRows = progress.stateOperators.reduce((sum, operator) => sum + operator.numRowsTotal, 0)
      samples.push({ stateRows, residentMb: Math.round(process.memoryUsage().rss / 1e6) })
    },
  })
  const checkpoint = join(folder, name.replaceAll(' ', '-'))
  const query = await session
    .sql(sql)
    .writeStream.format('noop')
    .option('checkpointLocation', checkpoint)
    .trigger(Trigger.availableNow())
    .start()
  await query.awaitTermination()
  return samples
}

console.log(`${rows} rows in ${EPOCHS} epochs`)
console.log(
  '| query | rows in state after a tenth of the input, half, all | resident MB after a tenth, half, all |\n|---|---|---|',
)
for (const [name, samples] of series) {
  const at = [samples[Math.floor(EPOCHS / 10)]!, samples[Math.floor(EPOCHS / 2)]!, samples[EPOCHS - 1]!]
  console.log(
    `| ${name} | ${at.map((s) => s.stateRows.toLocaleString('en')).join(', ')} | ${at.map((s) => s.residentMb).join(', ')} |`,
  )
}
if (picture !== undefined) writeFileSync(picture, draw())

/** Rows in state by epoch, one line a query, each on a scale of its own greatest. */
function draw(): string {
  const [width, height, left, bottom] = [640, 220, 60, 180]
  const parts: string[] = []
  const inks = ['#1d4ed8', '#dc2626']
  let i = 0
  for (const [name, samples] of series) {
    const most = Math.max(...samples.map((s) => s.stateRows))
    const points = samples.map(
      (s, e) =>
        `${(left + (e * (width - left - 20)) / (samples.length - 1)).toFixed(1)},${(bottom - (s.stateRows / most) * 130).toFixed(1)}`,
    )
    parts.push(`<polyline fill="none" stroke="${inks[i]}" stroke-width="2" points="${points.join(' ')}"/>`)
    parts.push(
      `<text x="${left}" y="${18 + 16 * i}" fill="${inks[i]}">${name}: at most ${most.toLocaleString('en')} rows in state</text>`,
    )
    i++
  }
  parts.push(`<line x1="${left}" y1="${bottom}" x2="${width - 20}" y2="${bottom}" stroke="#94a3b8"/>`)
  parts.push(
    `<text x="${width - 20}" y="${bottom + 20}" text-anchor="end" fill="#94a3b8">epochs, ${rows.toLocaleString('en')} rows in all</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif" font-size="12">\n<title>Rows in state</title>\n<rect width="${width}" height="${height}" fill="#ffffff"/>\n${parts.join('\n')}\n</svg>\n`
}
