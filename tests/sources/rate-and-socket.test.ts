import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { rowsOf } from '../../engine/columnar/batch.ts'
import { BUILTIN_SOURCES } from '../../sources/index.ts'
import { RATE_SCHEMA, valueAtSecond } from '../../sources/rate.ts'
import { HandClock, MemoryLog, rowsFrom, scanOf, sourceEnvironment } from '../harness/connector-environment.ts'

const source = (name: string) => BUILTIN_SOURCES.find((s) => s.name === name)!

test('rate: rows appear at whole seconds, spread over them, and a restart goes on from the first start', async () => {
  const log = new MemoryLog()
  const clock = new HandClock(1_700_000_000_000)
  const environment = { ...sourceEnvironment({ rowsPerSecond: '2' }, RATE_SCHEMA, log), clock }
  const opened = await source('rate').openStream!(environment)
  expect(await opened.latestOffset(null, 'source')).toBe(0)
  clock.advance(1999)
  expect(await opened.latestOffset(0, 'source')).toBe(1)
  clock.advance(1)
  expect(await rowsFrom(opened.read(0, 2, scanOf(RATE_SCHEMA)))).toEqual([
    [1_700_000_000_000_000n, 0n],
    [1_700_000_000_500_000n, 1n],
    [1_700_000_001_000_000n, 2n],
    [1_700_000_001_500_000n, 3n],
  ])
  const restarted = await source('rate').openStream!(environment)
  expect(await restarted.latestOffset(1, 'source')).toBe(2)
})

test('rate: the ramp grows by equal steps until rowsPerSecond', () => {
  const rate = { rowsPerSecond: 10, rampUpSeconds: 4 }
  expect([0, 1, 2, 3, 4, 5, 6].map((second) => valueAtSecond(second, rate))).toEqual([0, 2, 6, 12, 20, 30, 40])
})

test('rate-micro-batch: an epoch has its rows and its timestamp, whatever the time', async () => {
  const options = { rowsPerBatch: '2', startTimestamp: '1000', advanceMillisPerBatch: '50' }
  const opened = await source('rate-micro-batch').openStream!(sourceEnvironment(options, RATE_SCHEMA))
  const first = await opened.latestOffset(null, 'source')
  const second = await opened.latestOffset(first, 'source')
  expect([first, second]).toEqual([
    { offset: 2, timestamp: 1050 },
    { offset: 4, timestamp: 1100 },
  ])
  expect(await rowsFrom(opened.read(first, second!, scanOf(RATE_SCHEMA)))).toEqual([
    [1_050_000n, 2n],
    [1_050_000n, 3n],
  ])
})

test('rate and rate-micro-batch: numPartitions deals the rows of an epoch to partitions, which come one after the other', async () => {
  for (const [name, options] of [
    ['rate', { rowsPerSecond: '5', numPartitions: '2' }],
    ['rate-micro-batch', { rowsPerBatch: '5', numPartitions: '2' }],
  ] as const) {
    const clock = new HandClock()
    const opened = await source(name).openStream!({ ...sourceEnvironment(options, RATE_SCHEMA), clock })
    clock.advance(1000)
    const end = await opened.latestOffset(null, 'source')
    const batches: unknown[] = []
    for await (const batch of opened.read(null, end!, scanOf(RATE_SCHEMA, [1]))) {
      batches.push([batch.partition, rowsOf(batch).map(([value]) => Number(value))])
    }
    expect(batches).toEqual([
      [0, [0, 2, 4]],
      [1, [1, 3]],
    ])
  }
})

test('socket: a refused port is named', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = String((server.address() as AddressInfo).port)
  await new Promise((resolve) => server.close(resolve))
  const options = { host: '127.0.0.1', port }
  const schema = source('socket').schema(options, undefined, sourceEnvironment(options, []).settings, true)
  await expect(source('socket').openStream!(sourceEnvironment(options, schema))).rejects.toMatchObject({
    condition: 'SOCKET_CONNECTION_FAILED',
    message: `the connection to 127.0.0.1:${port} failed`,
  })
})

test('socket: the end of input leaves the query idle, and a cut line is not a row', async () => {
  const server = createServer((socket) => void socket.end('one\ntwo\nhalf'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const options = { host: '127.0.0.1', port: String((server.address() as AddressInfo).port), includeTimestamp: 'true' }
  const schema = source('socket').schema(options, undefined, sourceEnvironment(options, []).settings, true)
  const opened = await source('socket').openStream!(sourceEnvironment(options, schema))
  await opened.waitForData!(null, new AbortController().signal)
  expect(await opened.latestOffset(null, 'source')).toBe(1)
  const rows = await rowsFrom(opened.read(null, 1, scanOf(schema)))
  expect(rows).toEqual([
    ['one', 1_700_000_000_000_000n],
    ['two', 1_700_000_000_000_000n],
  ])
  await opened.close()
  server.close()
})
