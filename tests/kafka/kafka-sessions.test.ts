import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { silentLogger } from '../../engine/log.ts'
import { KafkaClient } from '../../sources/kafka/client/kafka-client.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { describeWithKafka } from './kafka-cluster.ts'

describeWithKafka(
  'kafka whose sessions end',
  (cluster) => {
    test('a connection is made anew before the broker ends its session, between two requests', async () => {
      const topic = await cluster.topic()
      await cluster.values(topic, 0, 'a record')
      const transport = new KafkaJsTransport({
        brokers: [`127.0.0.1:${cluster.broker.securePort}`],
        ssl: { ca: cluster.broker.certificate, servername: 'localhost' },
        // As long before the end kafkajs shows again who one is, on the connections that it keeps.
        reauthenticationThreshold: 500,
        sasl: { mechanism: 'scram-sha-256', username: 'alice', password: 'alice-secret' },
      })
      const client = new KafkaClient(transport, 'the broker', silentLogger)
      await client.refreshMetadata([topic])
      const endMs = performance.now() + 7000
      let answers = 0
      while (performance.now() < endMs) {
        // Not tried again: a session that has ended would be an error.
        const [fetched] = await client.fetch(1, {
          maxWaitMs: 100,
          minBytes: 1,
          maxBytes: 1000,
          isolation: 0,
          partitions: [{ topic, partition: 0, offset: 0, maxBytes: 1000 }],
        })
        expect(fetched!.records.toString()).toContain('a record')
        answers++
        await pause(50)
      }
      expect(answers).toBeGreaterThan(10)
      await client.close()
    })
  },
  { secure: true, properties: ['connections.max.reauth.ms=3000'] },
)
