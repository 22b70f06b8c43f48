import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from 'vitest'
import type { Logger } from '../../../engine/log.ts'
import { silentLogger } from '../../../engine/log.ts'
import { ListenerBus, type QueryIdleEvent } from '../../../engine/observe/listener.ts'
import { rowsPerSecond, utcTime } from '../../../engine/observe/progress.ts'

const EVENT: QueryIdleEvent = { id: 'i', runId: 'r', timestamp: '1970-01-01T00:00:00.000Z' }

test('rates are rounded half up to one decimal; what is no number is left out', () => {
  expect([rowsPerSecond(10, 1000), rowsPerSecond(1, 3), rowsPerSecond(1, 8000), rowsPerSecond(5, 20_000)]).toEqual([
    10, 333.3, 0.1, 0.3,
  ])
  expect([rowsPerSecond(10, Number.POSITIVE_INFINITY), rowsPerSecond(0, 0), rowsPerSecond(1, 0)]).toEqual([
    0,
    undefined,
    undefined,
  ])
})

test('times are UTC with milliseconds, also where the calendar of JavaScript ends', () => {
  expect([utcTime(0), utcTime(1_893_456_000_123), utcTime(-1)]).toEqual([
    '1970-01-01T00:00:00.000Z',
    '2030-01-01T00:00:00.123Z',
    '1969-12-31T23:59:59.999Z',
  ])
  expect(utcTime(1e18)).toBe('+275760-09-13T00:00:00.000Z')
})

test('listeners are told in the order they were added; a removed one is not; one that throws is logged and the others go on', () => {
  const told: string[] = []
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (message, facts) => warnings.push(`${message}: ${String(facts?.['error'])}`) }
  const bus = new ListenerBus(logger)
  const removed = { onQueryIdle: () => told.push('removed') }
  bus.add({ onQueryIdle: (event) => told.push(`first ${event.id}`) })
  bus.add({
    onQueryIdle: () => {
      throw new Error('broken')
    },
  })
  bus.add(removed)
  bus.add({ onQueryProgress: () => told.push('progress') })
  bus.add({ onQueryIdle: () => told.push('last') })
  bus.remove(removed)
  expect(bus.list().length).toBe(4)
  bus.idle(EVENT)
  expect(told).toEqual(['first i', 'last'])
  expect(warnings).toEqual(['a listener failed in onQueryIdle: Error: broken'])
})

test('events are published on diagnostics channels', () => {
  const seen: unknown[] = []
  const see = (message: unknown) => seen.push(message)
  subscribe('millrace.query.idle', see)
  new ListenerBus(silentLogger).idle(EVENT)
  unsubscribe('millrace.query.idle', see)
  expect(seen).toEqual([EVENT])
})
