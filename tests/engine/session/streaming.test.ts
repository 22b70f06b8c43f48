import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Table } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import {
  count,
  createSession,
  type Session,
  type SessionConfig,
  StreamingQueryException,
  type StreamingQueryListener,
  sum,
  Trigger,
  window,
} from '../../../index.ts'

/** A session over a folder of two files of clicks, read one an epoch. */
class Clicks {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'millrace-session-'))
  readonly session: Session

  constructor(config: SessionConfig = {}) {
    this.session = createSession({ 'spark.sql.session.timeZone': 'UTC', ...config })
    mkdirSync(path.join(this.folder, 'in'))
    this.add('1', { user: 'ann', n: 1, at: '2031-01-01 00:00:01' }, { user: 'bob', n: 2, at: '2031-01-01 00:01:01' })
    this.add('2', { user: 'ann', n: 30, at: '2031-01-01 00:05:01' })
  }
  add(name: string, ...rows: object[]): void {
    const made = path.join(this.folder, `${name}.json`)
    writeFileSync(made, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    renameSync(made, path.join(this.folder, 'in', `${name}.json`))
  }
  get stream() {
    return this.session.readStream
      .schema({ user: 'string', n: 'int', at: 'timestamp' })
      .option('maxFilesPerTrigger', 1)
      .json(path.join(this.folder, 'in'))
  }
}
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
const withoutIds = (text: string) => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')

describe('the memory sink', () => {
  test('rows() gives rows as they come, until the query ends; the table stays', async () => {
    const { session, stream } = new Clicks()
    const perMinute = stream.withWatermark('at', '1 minute').groupBy(window('at', '1 minute'), 'user').agg(count('*').as('n'))
    const query = await perMinute.writeStream.format('memory').queryName('per_minute').trigger(Trigger.availableNow()).start()
    expect((await all(query.rows())).map((row) => [String(row.window.start), row.user, row.n])).toEqual([
      ['2031-01-01 00:00:00', 'ann', 1n],
      ['2031-01-01 00:01:00', 'bob', 1n],
    ])
    expect(await session.sql('SELECT user FROM per_minute ORDER BY user').collect()).toEqual([{ user: 'ann' }, { user: 'bob' }])
  })
  test('batches() gives an apache-arrow table an epoch', async () => {
    const query = await new Clicks().stream.writeStream.format('memory').queryName('q').trigger(Trigger.availableNow()).start()
    const tables = (await all(query.batches())) as Table[]
    expect(tables.map((table) => table.toArray().map((row) => (row as { n: number }).n))).toEqual([[1, 2], [30]])
  })
  test('the table can be read while the query runs', async () => {
    const clicks = new Clicks()
    const sums = clicks.stream.groupBy('user').agg(sum('n').as('s'))
    const query = await sums.writeStream.outputMode('complete').format('memory').queryName('sums').start()
    await query.processAllAvailable()
    const read = () => clicks.session.sql('SELECT * FROM sums ORDER BY user').collect()
    expect(await read()).toEqual([
      { user: 'ann', s: 31n },
      { user: 'bob', s: 2n },
    ])
    clicks.add('3', { user: 'cy', n: 5 })
    await query.processAllAvailable()
    expect((await read()).at(-1)).toEqual({ user: 'cy', s: 5n })
    await query.stop()
  })
  test('a failure ends rows() with it; another sink has no rows()', async () => {
    const { stream, session } = new Clicks()
    stream.createOrReplaceTempView('clicks')
    const failing = session.sql('SELECT 1 / (n - 2) AS x FROM clicks')
    const query = await failing.writeStream.format('memory').queryName('f').trigger(Trigger.once()).start()
    await expect(all(query.rows())).rejects.toMatchObject({ condition: 'STREAM_FAILED', causeCondition: 'DIVIDE_BY_ZERO' })
    const noop = await stream.writeStream.format('noop').trigger(Trigger.once()).start()
    await expect(all(noop.rows())).rejects.toMatchObject({ condition: 'NOT_A_MEMORY_SINK' })
    await expect(stream.writeStream.format('memory').start()).rejects.toMatchObject({ condition: 'MISSING_QUERY_NAME' })
  })
  test("bigint: 'number' holds for streams too", async () => {
    const { session, stream } = new Clicks({ bigint: 'number' })
    stream.createOrReplaceTempView('clicks')
    const query = await session
      .sql('SELECT CAST(n AS BIGINT) AS n FROM clicks')
      .writeStream.format('memory')
      .queryName('q')
      .trigger(Trigger.once())
      .start()
    expect(await all(query.rows())).toEqual([{ n: 1 }, { n: 2 }, { n: 30 }])
  })
})

describe('callbacks', () => {
  test('foreachBatch: each epoch is a batch DataFrame, with views and writers', async () => {
    const { session, stream, folder } = new Clicks()
    const seen: unknown[] = []
    const query = await stream.writeStream
      .foreachBatch(async (batch, epoch) => {
        batch.createOrReplaceTempView('batch')
        seen.push([
          epoch,
          batch.isStreaming,
          await batch.where('n > 1').select('user').collect(),
          await session.sql('SELECT count(*) AS c FROM batch').collect(),
        ])
        await batch.write.mode('append').json(path.join(folder, 'out'))
      })
      .trigger(Trigger.availableNow())
      .start()
    await query.awaitTermination()
    expect(seen).toEqual([
      [0, false, [{ user: 'bob' }], [{ c: 2n }]],
      [1, false, [{ user: 'ann' }], [{ c: 1n }]],
    ])
    expect(await session.read.json(path.join(folder, 'out')).count()).toBe(3)
  })
  test('foreach: open may refuse an epoch, close is called whenever open returned', async () => {
    const seen: unknown[] = []
    const query = await new Clicks().stream.writeStream
      .foreach({
        open: (partition, epoch) => {
          seen.push(['open', partition, epoch])
          return epoch !== 1
        },
        process: (row) => {
          seen.push(row.user)
        },
        close: (error) => {
          seen.push(['close', error ?? null])
        },
      })
      .trigger(Trigger.availableNow())
      .start()
    await query.awaitTermination()
    expect(seen).toEqual([['open', 0, 0], 'ann', 'bob', ['close', null], ['open', 0, 1], ['close', null]])
  })
  test('what a callback throws stops the query and is its cause', async () => {
    const boom = new Error('boom')
    const query = await new Clicks().stream.writeStream
      .foreach((row) => {
        if (row.n === 2) throw boom
      })
      .start()
    const error = await query.awaitTermination().then(
      () => undefined,
      (failure: unknown) => failure as StreamingQueryException,
    )
    expect(error).toBeInstanceOf(StreamingQueryException)
    expect([error?.cause, withoutIds(error!.message), query.exception === error, query.isActive]).toEqual([
      boom,
      'query [id = <id>, runId = <id>] terminated with exception: boom',
      true,
      false,
    ])
  })
})

describe('a running query', () => {
  test('has Spark’s members', async () => {
    const { session, stream } = new Clicks()
    const query = await stream.writeStream.format('noop').queryName('one').start()
    expect([query.name, query.isActive, query.exception]).toEqual(['one', true, null])
    expect([session.streams.active, session.streams.get('one'), session.streams.get(query.id)]).toEqual([[query], query, query])
    expect(await query.awaitTermination(1)).toBe(false)
    await query.processAllAvailable()
    expect(query.recentProgress.map((p) => [p.batchId, p.numInputRows]).slice(0, 2)).toEqual([
      [0, 2],
      [1, 1],
    ])
    expect(query.status.isTriggerActive).toBe(false)
    expect(query.explain()).toBe('== Incremental Plan ==\nscan json (json, streaming): user, n, at')
    await query.stop()
    expect([query.isActive, await query.awaitTermination(), query.status.message, session.streams.active]).toEqual([
      false,
      true,
      'Stopped',
      [],
    ])
  })
  test('its name is its own while it runs', async () => {
    const { session, stream } = new Clicks()
    const query = await stream.writeStream.format('noop').queryName('one').start()
    await expect(stream.writeStream.format('noop').queryName('one').start()).rejects.toMatchObject({
      condition: 'STREAMING_QUERY_NAME_ALREADY_ACTIVE',
    })
    await query.stop()
    const again = await stream.writeStream.format('noop').queryName('one').start()
    expect(again.id).not.toBe(query.id)
    await session.stop()
    expect(again.isActive).toBe(false)
  })
  test('with a checkpoint it keeps its id and goes on where it was; a new run has a new runId', async () => {
    const clicks = new Clicks()
    const start = () =>
      clicks.stream.writeStream
        .option('checkpointLocation', path.join(clicks.folder, 'cp'))
        .partitionBy('user')
        .format('json')
        .trigger(Trigger.availableNow())
        .start(path.join(clicks.folder, 'out'))
    const first = await start()
    await first.awaitTermination()
    clicks.add('3', { user: 'cy', n: 5 })
    const second = await start()
    await second.awaitTermination()
    expect([second.id === first.id, second.runId === first.runId]).toEqual([true, false])
    expect(second.recentProgress.map((p) => [p.batchId, p.numInputRows])).toEqual([[2, 1]])
    const out = clicks.session.read.json(path.join(clicks.folder, 'out')).select('user', 'n').orderBy('n')
    expect(await out.collect()).toEqual([
      { user: 'ann', n: 1n },
      { user: 'bob', n: 2n },
      { user: 'cy', n: 5n },
      { user: 'ann', n: 30n },
    ])
  })
  test('listeners are told of its life; one that throws hurts nobody', async () => {
    const { session, stream } = new Clicks()
    const seen: string[] = []
    const listener: StreamingQueryListener = {
      onQueryStarted: (event) => seen.push(`started ${event.name}`),
      onQueryProgress: (event) => {
        seen.push(`progress ${event.progress.batchId}`)
        throw new Error('not your business')
      },
      onQueryTerminated: (event) => seen.push(`terminated ${event.exception}`),
    }
    session.streams.addListener(listener)
    await (await stream.writeStream.format('noop').queryName('q').trigger(Trigger.availableNow()).start()).awaitTermination()
    session.streams.removeListener(listener)
    await (await stream.writeStream.format('noop').trigger(Trigger.once()).start()).awaitTermination()
    expect(seen).toEqual(['started q', 'progress 0', 'progress 1', 'terminated undefined'])
  })
  test('awaitAnyTermination', async () => {
    const { session, stream } = new Clicks()
    expect(await session.streams.awaitAnyTermination()).toBe(true)
    const long = await stream.writeStream.format('noop').start()
    expect(await session.streams.awaitAnyTermination(1)).toBe(false)
    await stream.writeStream.format('noop').trigger(Trigger.once()).start()
    expect(await session.streams.awaitAnyTermination()).toBe(true)
    expect(long.isActive).toBe(true)
    await session.stop()
  })
})

describe('what may not be started', () => {
  test('modes, sinks and options', async () => {
    const { stream } = new Clicks()
    const sums = stream.groupBy('user').agg(sum('n').as('s'))
    await expect(sums.writeStream.format('console').start()).rejects.toMatchObject({
      condition: 'STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION',
    })
    await expect(stream.writeStream.format('json').start('out')).rejects.toMatchObject({
      condition: 'CHECKPOINT_LOCATION_MISSING',
    })
    await expect(stream.writeStream.format('console').option('truncat', false).start()).rejects.toMatchObject({
      condition: 'UNKNOWN_OPTION',
      hint: 'Did you mean "truncate"?',
    })
    await expect(
      stream.writeStream
        .format('console')
        .foreach(() => {})
        .start(),
    ).rejects.toMatchObject({ condition: 'CONFLICTING_SINKS' })
    await expect(stream.writeStream.start()).rejects.toMatchObject({ condition: 'MISSING_FORMAT' })
    await expect(stream.writeStream.toTable('nowhere')).rejects.toMatchObject({ condition: 'TABLE_OR_VIEW_NOT_FOUND' })
    expect(() => stream.writeStream.outputMode('upsert' as 'update')).toThrow(
      expect.objectContaining({ condition: 'STREAMING_OUTPUT_MODE.INVALID' }),
    )
    await expect(stream.collect()).rejects.toMatchObject({ condition: 'STREAMING_SOURCES_MUST_BE_STARTED' })
  })
})

describe('scripts and settings', () => {
  test('run gives the queries that a script started', async () => {
    const { session, folder } = new Clicks()
    const queries = await session.run(`CREATE STREAM clicks (n INT) USING json OPTIONS (path '${folder}/in');
      CREATE STREAMING TABLE kept USING memory TRIGGER ONCE AS SELECT n FROM clicks;
      CREATE TABLE out (n INT) USING json OPTIONS (path '${folder}/out');`)
    expect(queries.map((query) => query.name)).toEqual(['kept'])
    await queries[0]!.awaitTermination()
    expect(await session.table('kept').count()).toBe(3)
    const query = await session.readStream
      .table('clicks')
      .writeStream.option('checkpointLocation', `${folder}/cp`)
      .trigger(Trigger.once())
      .toTable('out')
    await query.awaitTermination()
    expect(await session.table('out').count()).toBe(3)
  })
  test('a table kept by the session takes batches only, and says so', async () => {
    const { session, stream } = new Clicks()
    await session.run('CREATE TABLE t (n INT); INSERT INTO t VALUES (1), (2)')
    expect(await session.table('t').count()).toBe(2)
    await expect(stream.select('n').writeStream.toTable('t')).rejects.toMatchObject({ condition: 'UNSUPPORTED_STREAMING_SINK' })
  })
  test('conf is SET, and what cannot be is refused', () => {
    const session = createSession({ 'spark.sql.session.timeZone': 'Asia/Tokyo' })
    session.sql('SET spark.sql.shuffle.partitions = 3')
    expect([
      session.conf.get('spark.sql.shuffle.partitions'),
      session.conf.get('spark.sql.session.timeZone'),
      session.conf.get('no.such.key'),
    ]).toEqual(['3', 'Asia/Tokyo', undefined])
    session.conf.unset('spark.sql.shuffle.partitions')
    expect(session.conf.get('spark.sql.shuffle.partitions')).toBeUndefined()
    expect(() => session.conf.set('spark.sql.session.timeZone', 'Mars/Base')).toThrow(
      expect.objectContaining({ condition: 'INVALID_CONF_VALUE.TIME_ZONE', message: 'time zone "Mars/Base" is not known' }),
    )
    expect(() => createSession({ zone: 'UTC' } as unknown as SessionConfig)).toThrow(
      'createSession does not know the option "zone"',
    )
  })
  test('sessions know nothing of each other', () => {
    const [one, other] = [createSession(), createSession()]
    one.sql('CREATE TEMP VIEW v AS SELECT 1 AS a')
    expect(() => other.table('v')).toThrow(expect.objectContaining({ condition: 'TABLE_OR_VIEW_NOT_FOUND' }))
  })
})
