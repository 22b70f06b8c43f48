import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const utc = () => createSession({ 'spark.sql.session.timeZone': 'UTC', bigint: 'number' })
const write = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
const texts = (rows: readonly object[]) =>
  rows.map((row) =>
    Object.values(row).map((value) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value))),
  )

test('LATE DATA TO on a stream takes the late rows of every query over it, BAD ROWS TO its undecodable records with their bytes', async () => {
  write('1.json', '{"at":"2031-03-04 12:02:30","page":"home"}', '{"at":', '{"at":"2031-03-04 12:05:00","page":"home"}')
  const session = utc()
  const [query] = await session.run(`
    CREATE STREAM clicks (at TIMESTAMP, page STRING) USING json OPTIONS (path '${folder}')
    WATERMARK at DELAY OF INTERVAL 0 SECONDS LATE DATA TO late BAD ROWS TO bad;
    CREATE STREAMING TABLE counts USING memory AS
    SELECT window.start, count(*) AS n FROM clicks GROUP BY window(at, '1 minute')`)
  await query!.processAllAvailable()
  write('2.json', '{"at":"2031-03-04 12:00:00","page":"cart"}', 'nothing')
  await query!.processAllAvailable()

  expect(texts(await session.sql('SELECT operator, epoch, row, reason FROM late').collect())).toEqual([
    ['aggregate-0', '2', '{"at":"2031-03-04T12:00:00.000Z"}', 'late'],
  ])
  const bad = await session.sql('SELECT source, bytes FROM bad').collect()
  expect(texts(bad)).toEqual([
    ['clicks', '{"at":'],
    ['clicks', 'nothing'],
  ])
  const [first] = await session.sql('SELECT origin FROM bad').collect()
  expect(String(first!['origin'])).toContain(join(folder, '1.json'))
  await session.stop()
})

test('what a query says comes before what its streams say, and several queries may share a table', async () => {
  write('1.json', '{"at":"2031-03-04 12:02:30"}')
  const session = utc()
  const queries = await session.run(`
    CREATE STREAM clicks (at TIMESTAMP) USING json OPTIONS (path '${folder}') WATERMARK at DELAY OF '0 seconds' LATE DATA TO late;
    CREATE STREAMING TABLE a USING memory LATE DATA TO own AS SELECT DISTINCT at FROM clicks;
    CREATE STREAMING TABLE b USING memory AS SELECT DISTINCT at FROM clicks`)
  for (const query of queries) await query.processAllAvailable()
  write('2.json', '{"at":"2031-03-04 12:00:00"}')
  for (const query of queries) await query.processAllAvailable()
  expect(await session.sql('SELECT (SELECT count(*) FROM own) AS own, (SELECT count(*) FROM late) AS late').collect()).toEqual([
    { own: 1, late: 1 },
  ])
  await session.stop()
})

test('BAD ROWS TO of a table holds those of its last reading', async () => {
  write('1.csv', 'one', '2')
  const session = utc()
  await session.run(`CREATE TABLE numbers (n INT) USING csv OPTIONS (path '${folder}') BAD ROWS TO bad`)
  for (let reading = 0; reading < 2; reading++) {
    expect(await session.sql('SELECT n FROM numbers').collect()).toEqual([{ n: null }, { n: 2 }])
    expect(texts(await session.sql('SELECT source, bytes FROM bad').collect())).toEqual([['numbers', 'one']])
  }
  await session.run('DROP TABLE bad')
  await expect(async () => session.sql('SELECT * FROM bad').collect()).rejects.toMatchObject({
    condition: 'TABLE_OR_VIEW_NOT_FOUND',
  })
})

test('the clauses need a name that is free, and a table that reads something', async () => {
  const session = utc()
  await expect(
    session.run('CREATE TEMP VIEW taken AS SELECT 1; CREATE STREAM r USING rate LATE DATA TO taken'),
  ).rejects.toMatchObject({ condition: 'TABLE_OR_VIEW_ALREADY_EXISTS' })
  await expect(session.run('CREATE TABLE t (a INT) USING json BAD ROWS TO bad')).rejects.toMatchObject({
    condition: 'UNSUPPORTED_FEATURE.SIDE_TABLE',
  })
})

test('a writer says the same: lateDataTo, badRowsTo, emitAfterIdle; an idle query wakes by itself', async () => {
  write('1.json', '{"at":"2031-03-04 12:00:30"}', 'nothing')
  const session = utc()
  const query = await session.readStream
    .format('json')
    .schema('at TIMESTAMP')
    .load(folder)
    .withWatermark('at', '0 seconds')
    .groupBy('at')
    .count()
    .writeStream.format('memory')
    .queryName('times')
    .lateDataTo('late')
    .badRowsTo('bad')
    .emitAfterIdle('50 milliseconds')
    .start()
  for await (const row of query.rows()) {
    expect(String((row as { at: unknown }).at)).toContain('2031')
    break
  }
  expect((await session.table('bad').collect()).length).toBe(1)
  expect(await session.table('late').collect()).toEqual([])
  await session.stop()
})

test('EXPLAIN WHY says who holds the watermark back, what waits for it and what came late', async () => {
  const left = join(folder, 'left')
  const right = join(folder, 'right')
  mkdirSync(left)
  mkdirSync(right)
  writeFileSync(join(left, '1.json'), '{"at":"2031-03-04 12:00:30"}\n')
  writeFileSync(join(right, '1.json'), '{"at":"2031-03-04 12:07:00"}\n')
  const session = utc()
  const [query] = await session.run(`
    CREATE STREAM a (at TIMESTAMP) USING json OPTIONS (path '${left}') WATERMARK at DELAY OF '10 seconds';
    CREATE STREAM b (at TIMESTAMP) USING json OPTIONS (path '${right}') WATERMARK at DELAY OF '0 seconds';
    CREATE STREAMING TABLE counts USING memory AS
    SELECT window.start, count(*) AS n FROM (SELECT at FROM a UNION ALL SELECT at FROM b) GROUP BY window(at, '1 minute')`)
  await query!.processAllAvailable()
  const rows = texts(await session.sql("EXPLAIN WHY counts AT '2031-03-04 12:00:40'").collect()).filter(
    ([, , fact]) => fact !== 'no rows for' && fact !== 'status',
  )
  expect(rows).toEqual([
    ['query', 'counts', 'watermark', '2031-03-04T12:00:20.000Z'],
    ['watermark', 'at of a', 'watermark', '2031-03-04T12:00:20.000Z'],
    ['watermark', 'at of a', 'delay', '10 seconds'],
    ['watermark', 'at of a', 'holds the watermark back', 'yes: of all sources its event times are the least'],
    ['watermark', 'at of b', 'watermark', '2031-03-04T12:07:00.000Z'],
    ['watermark', 'at of b', 'delay', '0 seconds'],
    ['operator', 'aggregate-0', 'rows in state', '2'],
    ['operator', 'aggregate-0', 'late so far', '0'],
    ['operator', 'aggregate-0', 'waiting for the watermark', '2'],
    ['operator', 'aggregate-0', 'the first leaves at watermark', '2031-03-04T12:01:00.000Z'],
    ['operator', 'aggregate-0', 'the last leaves at watermark', '2031-03-04T12:08:00.000Z'],
    ['operator', 'aggregate-0', 'until the first leaves the watermark has to move by', '40 seconds'],
    ['window', 'aggregate-0: 2031-03-04T12:00:00.000Z to 2031-03-04T12:01:00.000Z', 'open groups', '1'],
    ['window', 'aggregate-0: 2031-03-04T12:07:00.000Z to 2031-03-04T12:08:00.000Z', 'open groups', '1'],
    ['row', '2031-03-04T12:00:40.000Z', 'the watermark', 'has not reached it'],
    [
      'row',
      '2031-03-04T12:00:40.000Z',
      'open window of aggregate-0',
      '2031-03-04T12:00:00.000Z to 2031-03-04T12:01:00.000Z (groups: 1), leaves at its end',
    ],
  ])
  expect(query!.explainWhy().map(({ fact }) => fact)).toContain('holds the watermark back')
  await expect(async () => session.sql('EXPLAIN WHY nobody').collect()).rejects.toMatchObject({ condition: 'QUERY_NOT_FOUND' })
  await expect(async () => session.sql("EXPLAIN WHY counts AT 'soon'").collect()).rejects.toMatchObject({
    condition: 'CAST_INVALID_INPUT',
  })
  await session.stop()
})
