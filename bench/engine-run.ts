import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AnyRow, createSession, Trigger } from '../index.ts'
import type { DataSet } from './data/generate.ts'

export const QUERIES = ['q0', 'q1', 'q2', 'q5', 'q7', 'q12', 'dedup', 'ysb'] as const
export type QueryName = (typeof QUERIES)[number]

const BID = 'auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP, extra STRING'
const AD_EVENT =
  'user_id STRING, page_id STRING, ad_id STRING, ad_type STRING, event_type STRING, event_time TIMESTAMP, ip_address STRING'

/**
 * Runs a query over the files of a set, as a user would: file source, checkpoint on the disk, `epochs` micro-batches of equal size.
 * Rows go to `onRows`, or nowhere (the noop sink) without it. Returns seconds from start to end.
 */
export async function runQuery(
  name: QueryName,
  data: DataSet,
  epochs: number,
  onRows?: (rows: readonly AnyRow[]) => void,
): Promise<number> {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  const stream = (view: string, folder: string, schema: string, time: string): void => {
    const filesPerEpoch = Math.ceil(readdirSync(folder).length / epochs)
    session.readStream
      .format('json')
      .schema(schema)
      .option('maxFilesPerTrigger', filesPerEpoch)
      .load(folder)
      .withWatermark(time, '4 seconds')
      .createOrReplaceTempView(view)
  }
  stream('bid', data.bids, BID, 'dateTime')
  stream('ad_event', data.adEvents, AD_EVENT, 'event_time')
  session.read.format('json').schema('ad_id STRING, campaign_id STRING').load(data.campaigns).createOrReplaceTempView('campaign')

  const checkpoint = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    const selected = session.sql(readFileSync(new URL(`queries/${name}.sql`, import.meta.url), 'utf8'))
    const rows = name === 'dedup' ? selected.dropDuplicates('auction', 'bidder', 'dateTime') : selected
    const writer = rows.writeStream.outputMode('append').option('checkpointLocation', checkpoint).trigger(Trigger.availableNow())
    const started = performance.now()
    const query = await (onRows === undefined
      ? writer.format('noop')
      : writer.foreachBatch(async (batch) => onRows(await batch.collect()))
    ).start()
    await query.awaitTermination()
    return (performance.now() - started) / 1000
  } finally {
    rmSync(checkpoint, { recursive: true, force: true })
  }
}
