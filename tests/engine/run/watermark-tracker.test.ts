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
