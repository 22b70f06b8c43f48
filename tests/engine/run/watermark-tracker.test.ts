import { expect, test } from 'vitest'
import { WatermarkTracker } from '../../../engine/run/watermark-tracker.ts'

const seen = (delayMs: number, ...times: number[]) => ({
  delayMs,
  count: times.length,
  maxMs: Math.max(...times),
  minMs: Math.min(...times),
  sumMs: times.reduce((sum, time) => sum + time, 0),
  aheadCount: 0,
})

test('the watermark is the greatest event time less the delay, and never goes back', () => {
  const watermark = new WatermarkTracker({ policy: 'min' }, 0)
  watermark.advance([seen(10, 100, 50)])
  expect(watermark.globalMs).toBe(90)
  watermark.advance([seen(10, 60)])
  expect(watermark.globalMs).toBe(90)
  watermark.advance([seen(10)])
  expect(watermark.globalMs).toBe(90)
  watermark.advance([seen(10, 120)])
  expect(watermark.globalMs).toBe(110)
})

test('event times before 1970 leave the watermark at 0', () => {
  const watermark = new WatermarkTracker({ policy: 'min' }, 0)
  watermark.advance([seen(0, -500)])
  expect([watermark.globalMs, watermark.nodesMs]).toEqual([0, [-500]])
})

test('under min a node that has seen nothing holds the watermark at 0; then the least of all counts', () => {
  const watermark = new WatermarkTracker({ policy: 'min' }, 0)
  watermark.advance([seen(0, 100), seen(0)])
  expect(watermark.globalMs).toBe(0)
  watermark.advance([seen(0), seen(0, 40)])
  expect(watermark.globalMs).toBe(40)
  watermark.advance([seen(0), seen(0, 300)])
  expect(watermark.globalMs).toBe(100)
})

test('under max the greatest counts', () => {
  const watermark = new WatermarkTracker({ policy: 'max' }, 0)
  watermark.advance([seen(0, 100), seen(0)])
  expect(watermark.globalMs).toBe(100)
  watermark.advance([seen(0), seen(0, 300)])
  expect(watermark.globalMs).toBe(300)
})

test('after a restart the nodes are unknown and the global watermark waits for all of them', () => {
  const watermark = new WatermarkTracker({ policy: 'min' }, 100)
  watermark.advance([seen(0, 500), seen(0)])
  expect(watermark.globalMs).toBe(100)
  watermark.advance([seen(0), seen(0, 200)])
  expect(watermark.globalMs).toBe(200)
})

test('a node that is idle for too long is left out while another had rows later; then it counts again', () => {
  const watermark = new WatermarkTracker({ policy: 'min', idleAfterMs: 30, startMs: 1000 }, 0)
  watermark.advance([seen(0, 500), seen(0, 40)], 1000)
  watermark.advance([seen(0, 600), seen(0)], 1010)
  expect([watermark.globalMs, watermark.nextIdleMs(1010)]).toEqual([40, 1030])
  watermark.look(1029)
  expect([watermark.globalMs, watermark.isIdle(1, 1029)]).toEqual([40, false])
  watermark.look(1030)
  expect([watermark.globalMs, watermark.isIdle(1, 1030), watermark.nextIdleMs(1030)]).toEqual([600, true, undefined])
  watermark.advance([seen(0, 900), seen(0, 700)], 1040)
  expect(watermark.globalMs).toBe(700)
})

test('the node that had rows last counts however long ago that was, and a node without rows is silent since the start', () => {
  const watermark = new WatermarkTracker({ policy: 'min', idleAfterMs: 30, startMs: 1000 }, 0)
  watermark.advance([seen(0, 500), seen(0)], 1000)
  expect(watermark.globalMs).toBe(0)
  watermark.look(9000)
  expect([watermark.globalMs, watermark.isIdle(0, 9000), watermark.isIdle(1, 9000)]).toEqual([500, false, true])
})

test('nodes whose last rows came in one epoch hold each other, as without the setting', () => {
  const watermark = new WatermarkTracker({ policy: 'min', idleAfterMs: 30, startMs: 0 }, 0)
  watermark.advance([seen(0, 500), seen(0, 40)], 10)
  watermark.look(1_000_000)
  expect(watermark.globalMs).toBe(40)
})

test('what is handed on goes on as if nothing had happened', () => {
  const before = new WatermarkTracker({ policy: 'min', idleAfterMs: 30, startMs: 0 }, 0)
  before.advance([seen(0, 500), seen(0, 40)], 10)
  before.advance([seen(0, 600), seen(0)], 20)
  const { globalMs, nodesMs, activeMs } = before
  const after = new WatermarkTracker({ policy: 'min', idleAfterMs: 30, startMs: 35 }, globalMs, { nodesMs, activeMs })
  after.look(40)
  expect(after.globalMs).toBe(600)
})

test('a watermark that an epoch ran under is never undercut', () => {
  const watermark = new WatermarkTracker({ policy: 'min' }, 0)
  watermark.advance([seen(0, 100)])
  watermark.raise(500)
  watermark.advance([seen(0, 300)])
  expect(watermark.globalMs).toBe(500)
  watermark.advance([seen(0, 600)])
  expect(watermark.globalMs).toBe(600)
})
