import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { count, createSession, Trigger, window } from '../../index.ts'

const folder = mkdtempSync(join(tmpdir(), 'clicks-'))
writeFileSync(
  join(folder, 'clicks.json'),
  [
    { user: 'ann', url: '/home', at: '2031-03-04T12:00:05Z' },
    { user: 'bob', url: '/home', at: '2031-03-04T12:00:40Z' },
    { user: 'ann', url: '/cart', at: '2031-03-04T12:01:10Z' },
    { user: 'eve', url: '/home', at: '2031-03-04T12:03:00Z' },
  ]
    .map((click) => JSON.stringify(click))
    .join('\n'),
)

const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
const clicks = session.readStream.format('json').schema({ user: 'string', url: 'string', at: 'timestamp' }).load(folder)

const perMinute = clicks.withWatermark('at', '5 seconds').groupBy(window('at', '1 minute'), 'url').agg(count('*').as('n'))

const query = await perMinute.writeStream.format('memory').queryName('per_minute').trigger(Trigger.availableNow()).start()
for await (const row of query.rows()) console.log(`${row.window?.start.toString()}  ${row.url}  ${row.n}`)
await query.awaitTermination()
await session.stop()
