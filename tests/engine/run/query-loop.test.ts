import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../engine/clock.ts'
import type { Batch } from '../../../engine/columnar/batch.ts'
import type { Sink } from '../../../engine/connect/sink.ts'
import type { Source, SourceDefinition } from '../../../engine/connect/source.ts'
import { ConnectorError, ExecutionError } from '../../../engine/errors/engine-error.ts'
import { silentLogger } from '../../../engine/log.ts'
import { ListenerBus } from '../../../engine/observe/listener.ts'
import type { QueryDefinition } from '../../../engine/run/query-definition.ts'
import { QueryExecution } from '../../../engine/run/query-execution.ts'
import { startQuery } from '../../../engine/run/start-query.ts'
import { StreamingQueryException } from '../../../engine/run/streaming-query-exception.ts'
import { nextTickMs } from '../../../engine/run/trigger.ts'
import { MemoryFileSystem } from '../../../engine/storage/memory-file-system.ts'
import { ManualClock } from '../../../engine/testing/manual-clock.ts'
import { ClickStreams, click, EpochRecorder, windowCountQuery } from '../../harness/window-count-query.ts'

const durable = (fileSystem = new MemoryFileSystem()) => ({ temporary: false, directory: '/checkpoint', fileSystem }) as const

/** What a source does otherwise than the stream it stands before; a method that is undefined is one it lacks. */
type Change = (source: Source) => { [Method in keyof Source]?: Source[Method] | undefined }

function withConnector(streams: ClickStreams, sink: Sink, change: Change, rest: Partial<QueryDefinition> = {}): QueryDefinition {
  const { connector } = streams
  const definition: SourceDefinition = {
    ...connector,
    openStream: async (environment) => {
      const source = await connector.openStream!(environment)
      const changed = change(source)
      return new Proxy(source, {
        get: (target, name) => {
          if (name in changed) return changed[name as keyof Source]
          const member: unknown = Reflect.get(target, name)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    },
  }
  return windowCountQuery(streams, ['s'], sink, { relations: [{ relation: streams.relation('s'), definition }], ...rest })
}

describe('as fast as possible', () => {
  test('rows are processed as they come, until the query is stopped', async () => {
    const streams = new ClickStreams('s')
    const sink = new EpochRecorder()
    const query = await startQuery(windowCountQuery(streams, ['s'], sink))
    expect([query.isActive, query.name, query.lastProgress]).toEqual([true, 'counts', null])
    streams.add('s', click(1, 'a'))
    await query.processAllAvailable()
    streams.add('s', click(2, 'a'), click(30, 'b'))
    await query.processAllAvailable()
    expect([...sink.epochs]).toEqual([
      [0, []],
      // The watermark of the first row was before the end of its window: it moved, so an epoch without rows ran.
      [1, []],
      [2, []],
      [3, ['0 a 2']],
    ])
    expect(query.status).toEqual({ message: 'Waiting for data to arrive', isDataAvailable: false, isTriggerActive: false })
    await query.stop()
    expect([query.isActive, query.exception, await query.awaitTermination()]).toEqual([false, null, true])
    expect(query.status.message).toBe('Stopped')
    await query.stop()
  })

  test('without a word from the sources they are asked again and again', async () => {
    const streams = new ClickStreams('s')
    const sink = new EpochRecorder()
    const query = await startQuery(withConnector(streams, sink, () => ({ waitForData: undefined }), { clock: systemClock }))
    streams.add('s', click(1, 'a'))
    while (sink.epochs.size < 2) await systemClock.sleep(1, new AbortController().signal)
    await query.stop()
  })

  test('awaitTermination gives up after its timeout', async () => {
    const query = await startQuery(windowCountQuery(new ClickStreams('s'), ['s'], new EpochRecorder(), { clock: systemClock }))
    expect(await query.awaitTermination(5)).toBe(false)
    await query.stop()
  })
})

test('ticks are multiples of the interval since 1970', () => {
  expect([nextTickMs(0, 1000), nextTickMs(1, 1000), nextTickMs(999, 1000), nextTickMs(1000, 1000)]).toEqual([
    1000, 1000, 1000, 2000,
  ])
})

test('with a processing-time trigger the first epoch runs at once and later ones at the ticks', async () => {
  const streams = new ClickStreams('s')
  const sink = new EpochRecorder()
  const clock = new ManualClock()
  clock.move(12_300)
  const slept: number[] = []
  let wake = () => {}
  const watched = {
    nowMs: () => clock.nowMs(),
    sleep: (delayMs: number) => {
      slept.push(delayMs)
      return new Promise<void>((resolve) => {
        wake = resolve
      })
    },
  }
  const turns = async () => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  streams.add('s', click(1, 'a'))
  const query = await startQuery(
    windowCountQuery(streams, ['s'], sink, { clock: watched, trigger: { kind: 'processing_time', intervalMs: 10_000 } }),
  )
  await turns()
  expect([sink.epochs.size, slept]).toEqual([1, [7_700]])
  clock.move(7_700)
  wake()
  await turns()
  expect([sink.epochs.size, slept]).toEqual([2, [7_700, 10_000]])
  expect(query.status.message).toBe('Waiting for next trigger')
  const stopped = query.stop()
  wake()
  await stopped
  expect(query.recentProgress.map((p) => [p.batchId, p.timestamp])).toEqual([
    [0, '1970-01-01T00:00:12.300Z'],
    [1, '1970-01-01T00:00:20.000Z'],
  ])
})

describe('runs that end by themselves', () => {
  test('once: one epoch over everything, none without rows; an uncommitted epoch alone is repeated', async () => {
    const streams = new ClickStreams('s')
    const sink = new EpochRecorder()
    const files = new MemoryFileSystem()
    const run = async () => {
      const query = await startQuery(
        windowCountQuery(streams, ['s'], sink, { checkpoint: durable(files), trigger: { kind: 'once' } }),
      )
      await query.awaitTermination()
    }
    streams.add('s', click(1, 'a'))
    streams.add('s', click(30, 'a'))
    await run()
    expect([...sink.epochs]).toEqual([[0, []]])
    await run()
    expect([...sink.epochs]).toEqual([[0, []]])
    streams.add('s', click(31, 'a'))
    await run()
    expect([...sink.epochs]).toEqual([
      [0, []],
      [1, ['0 a 1']],
    ])
  })

  test('available now: everything that is there at the start, then the epoch without rows', async () => {
    const streams = new ClickStreams('s')
    const sink = new EpochRecorder()
    streams.add('s', click(1, 'a'), click(30, 'a'))
    const query = await startQuery(windowCountQuery(streams, ['s'], sink, { trigger: { kind: 'available_now' } }))
    streams.add('s', click(2, 'late'))
    await query.awaitTermination()
    expect([...sink.epochs]).toEqual([
      [0, []],
      [1, ['0 a 1']],
    ])
    expect(query.lastProgress?.numInputRows).toBe(0)
  })

  test('available now over a source that cannot fix its end is one epoch', async () => {
    const streams = new ClickStreams('s')
    const sink = new EpochRecorder()
    streams.add('s', click(1, 'a'), click(30, 'a'))
    const query = await startQuery(
      withConnector(streams, sink, () => ({ prepareAvailableNow: undefined }), { trigger: { kind: 'available_now' } }),
    )
    await query.awaitTermination()
    expect([...sink.epochs]).toEqual([[0, []]])
  })
})

describe('failures', () => {
  const divideByZero = new ExecutionError('DIVIDE_BY_ZERO', { message: 'division by zero', hint: 'Use try_divide.' })

  test('a failed epoch stops the query; its exception leads to the cause', async () => {
    const streams = new ClickStreams('s')
    const events: string[] = []
    const listeners = new ListenerBus(silentLogger)
    listeners.add({
      onQueryStarted: (event) => events.push(`started ${event.name}`),
      onQueryProgress: ({ progress }) => events.push(`progress ${progress.batchId}`),
      onQueryTerminated: (event) => events.push(`terminated ${event.errorClassOnException}`),
    })
    const failing: Change = () => ({
      read: () => {
        throw divideByZero
      },
    })
    const query = await startQuery(withConnector(streams, new EpochRecorder(), failing, { listeners }))
    streams.add('s', click(1, 'a'))
    const error = await query.awaitTermination().catch((e: unknown) => e)
    expect(error).toBeInstanceOf(StreamingQueryException)
    expect(error).toMatchObject({
      condition: 'STREAM_FAILED',
      sqlState: 'XXKST',
      domain: 'user',
      causeCondition: 'DIVIDE_BY_ZERO',
      cause: divideByZero,
      message: `query "counts" [id = ${query.id}, runId = ${query.runId}] terminated with exception: division by zero`,
      detail: 'It stopped in epoch 0.',
      hint: 'Use try_divide.',
    })
    expect([query.isActive, query.exception, query.status.message]).toEqual([
      false,
      error,
      'Terminated with exception: division by zero',
    ])
    await expect(query.processAllAvailable()).rejects.toBe(error)
    // Nothing was there to read at first, so the first trigger was idle.
    expect(events).toEqual(['started counts', 'progress 0', 'terminated DIVIDE_BY_ZERO'])
  })

  test.each(['temporary', 'durable'])('a failure outside that may mend itself is tried again (%s checkpoint)', async (kind) => {
    const streams = new ClickStreams('s')
    const sink = new EpochRecorder()
    const lost = () => new ConnectorError('CONNECTION_LOST', { message: 'the broker is gone', retry: 'backoff' })
    let offsetFailures = 1
    let readFailures = 2
    const failing: Change = (source) => ({
      latestOffset: async (after, limit) => {
        if (offsetFailures-- > 0) throw lost()
        return source.latestOffset(after, limit)
      },
      *read(after, through, scan) {
        for (const batch of source.read(after, through, scan) as Iterable<Batch>) {
          yield batch
          if (readFailures-- > 0) throw lost()
        }
      },
    })
    const query = await startQuery(withConnector(streams, sink, failing, kind === 'durable' ? { checkpoint: durable() } : {}))
    streams.add('s', click(1, 'a'), click(2, 'a'))
    const outcome = await query.processAllAvailable().then(
      () => 'done',
      (error: StreamingQueryException) => error.causeCondition,
    )
    // Without a checkpoint the state of a half-run epoch cannot be had back.
    expect(outcome).toBe(kind === 'durable' ? 'done' : 'CONNECTION_LOST')
    if (kind === 'durable') {
      streams.add('s', click(30, 'b'))
      await query.processAllAvailable()
      expect(sink.rows).toEqual(['0 a 2'])
    }
    await query.stop()
  })

  test('a query that is stopped while it waits to try again ends without an exception', async () => {
    const streams = new ClickStreams('s')
    let asked = () => {}
    const first = new Promise<void>((resolve) => {
      asked = resolve
    })
    const failing: Change = () => ({
      latestOffset: async () => {
        asked()
        throw new ConnectorError('CONNECTION_LOST', { message: 'the broker is gone', retry: 'backoff' })
      },
    })
    const query = await startQuery(withConnector(streams, new EpochRecorder(), failing, { clock: systemClock }))
    await first
    await query.stop()
    expect(query.exception).toBe(null)
  })

  test('a listener that throws hurts nobody', async () => {
    const listeners = new ListenerBus(silentLogger)
    listeners.add({
      onQueryStarted: () => {
        throw new Error('no')
      },
    })
    const query = await startQuery(windowCountQuery(new ClickStreams('s'), ['s'], new EpochRecorder(), { listeners }))
    await query.processAllAvailable()
    await query.stop()
  })

  test('a checkpoint in use is refused, and free when the query ends', async () => {
    const files = new MemoryFileSystem()
    const streams = new ClickStreams('s')
    const start = () => startQuery(windowCountQuery(streams, ['s'], new EpochRecorder(), { checkpoint: durable(files) }))
    const query = await start()
    await expect(start()).rejects.toMatchObject({ condition: 'CONCURRENT_QUERY' })
    await query.stop()
    const again = await start()
    expect([again.id === query.id, again.runId === query.runId]).toEqual([true, false])
    await again.stop()
  })
})

test('a stream that is scanned twice is read once, and its rows count for each scan', async () => {
  const streams = new ClickStreams('s', 't')
  const sink = new EpochRecorder()
  const execution = await QueryExecution.open(windowCountQuery(streams, ['s', 't', 's'], sink))
  streams.add('s', click(1, 'a'))
  streams.add('t', click(2, 'a'), click(30, 'b'))
  expect(await execution.runTrigger()).toMatchObject({ numInputRows: 4, sources: [{ numInputRows: 2 }, { numInputRows: 2 }] })
  await execution.runTrigger()
  expect(sink.rows).toEqual(['0 a 3'])
  await execution.close()
})

test('the report of an epoch has the fields of Spark in the order of Spark', async () => {
  const streams = new ClickStreams('s')
  const clock = new ManualClock()
  const execution = await QueryExecution.open(windowCountQuery(streams, ['s'], new EpochRecorder(), { clock }))
  clock.move(5_000)
  streams.add('s', click(10, 'a'), click(21, 'a'), click(40, 'b'))
  await execution.runTrigger()
  clock.move(2_000)
  const progress = (await execution.runTrigger())!
  const { durationMs, processedRowsPerSecond, batchDuration, ...rest } = progress
  expect([Object.keys(durationMs), typeof processedRowsPerSecond, typeof batchDuration]).toEqual([
    ['addBatch', 'commitOffsets', 'getBatch', 'latestOffset', 'queryPlanning', 'triggerExecution', 'walCommit'],
    'number',
    'number',
  ])
  expect(Object.keys(progress)).toEqual([
    ...[
      'id',
      'runId',
      'name',
      'timestamp',
      'batchId',
      'batchDuration',
      'numInputRows',
      'inputRowsPerSecond',
      'processedRowsPerSecond',
    ],
    ...['durationMs', 'eventTime', 'stateOperators', 'sources', 'sink'],
  ])
  expect(rest).toEqual({
    id: execution.queryId,
    runId: execution.runId,
    name: 'counts',
    timestamp: '1970-01-01T00:00:07.000Z',
    batchId: 1,
    numInputRows: 0,
    inputRowsPerSecond: 0,
    eventTime: { watermark: '2030-01-01T00:00:40.000Z' },
    stateOperators: [
      {
        operatorName: 'stateStoreSave',
        numRowsTotal: 1,
        numRowsUpdated: 0,
        allUpdatesTimeMs: 0,
        numRowsRemoved: 2,
        allRemovalsTimeMs: 0,
        commitTimeMs: 0,
        memoryUsedBytes: 50,
        numRowsDroppedByWatermark: 0,
        numShufflePartitions: 1,
        numStateStoreInstances: 1,
      },
    ],
    sources: [
      {
        description: 'MemoryStream[at,page]',
        startOffset: 1,
        endOffset: 1,
        latestOffset: 1,
        numInputRows: 0,
        inputRowsPerSecond: 0,
        processedRowsPerSecond: 0,
      },
    ],
    sink: { description: 'EpochRecorder', numOutputRows: 2 },
  })
  await execution.close()
})

test('after a restart no epoch without rows runs by itself, and lateness is still judged by the watermark of before', async () => {
  const streams = new ClickStreams('s')
  const sink = new EpochRecorder()
  const files = new MemoryFileSystem()
  const open = () => QueryExecution.open(windowCountQuery(streams, ['s'], sink, { checkpoint: durable(files) }))
  const first = await open()
  streams.add('s', click(1, 'a'), click(30, 'b'))
  await first.runTrigger()
  await first.close()
  const second = await open()
  expect(await second.runTrigger()).toBe(undefined)
  expect(second.watermarkMs).toBe(Number(click(30, '')[0] / 1000n))
  streams.add('s', click(2, 'a'))
  await second.runTrigger()
  expect(sink.rows).toEqual(['0 a 2'])
  await second.close()
})
