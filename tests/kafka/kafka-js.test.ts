import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'

const require = createRequire(import.meta.url)

test('kafkajs is the version whose inside is known', () => {
  expect((require('kafkajs/package.json') as { version: string }).version).toBe('2.2.4')
})

test('its queue of requests sets a timer only while requests are pending', () => {
  new KafkaJsTransport({ brokers: ['127.0.0.1:1'] })
  const RequestQueue = require('kafkajs/src/network/requestQueue') as new (
    options: object,
  ) => { throttleCheckTimeoutId: unknown; pending: unknown[]; checkPendingRequests(): void; destroy(): void }
  const queue = new RequestQueue({ requestTimeout: 1000, logger: { debug() {} }, maxInFlightRequests: 0 })
  queue.checkPendingRequests()
  expect(queue.throttleCheckTimeoutId).toBeNull()
  queue.pending.push({})
  queue.checkPendingRequests()
  expect(queue.throttleCheckTimeoutId).not.toBeNull()
  queue.destroy()
})
