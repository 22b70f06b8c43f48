import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { rowsFrom, scanOf, settingsOf, sourceEnvironment } from '../harness/connector-environment.ts'
import { describeWithKafka } from './kafka-cluster.ts'

describeWithKafka(
  'kafka with TLS and SASL',
  (cluster) => {
    const secured = (topic: string, more: Record<string, string> = {}) => ({
      ...cluster.options(topic),
      'kafka.bootstrap.servers': `127.0.0.1:${cluster.broker.securePort}`,
      'kafka.security.protocol': 'SASL_SSL',
      'kafka.sasl.mechanism': 'SCRAM-SHA-256',
      'kafka.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="alice-secret";',
      'kafka.ssl.truststore.location': join(cluster.broker.directory, 'cert.pem'),
      'kafka.ssl.truststore.type': 'PEM',
      ...more,
    })
    const read = async (options: Record<string, string>) => {
      const schema = kafkaSource.schema(options, undefined, settingsOf(), false)
      return rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema, [1])))
    }

    test('records are read over an encrypted connection by a user who has shown who he is', async () => {
      const topic = await cluster.topic()
      await cluster.values(topic, 0, 'secret record')
      const expected = [[new Uint8Array(Buffer.from('secret record'))]]
      expect(await read(secured(topic))).toEqual(expected)
      for (const mechanism of ['SCRAM-SHA-512', 'PLAIN']) {
        const { 'kafka.sasl.jaas.config': _, ...options } = secured(topic, { 'kafka.sasl.mechanism': mechanism })
        expect(await read({ ...options, 'kafka.sasl.username': 'alice', 'kafka.sasl.password': 'alice-secret' })).toEqual(
          expected,
        )
      }
    })

    test('a wrong password and a broker that is not trusted are refused at once, without the password in the message', async () => {
      const topic = await cluster.topic()
      const failure = async (options: Record<string, string>) => {
        const error = await read(options).then(
          () => undefined,
          (failed: unknown) => failed as Error & { detail: string; hint: string },
        )
        return JSON.stringify([error?.message, error?.detail, error?.hint])
      }
      const wrong = secured(topic, { 'kafka.sasl.jaas.config': 'X required username="alice" password="wrong-secret";' })
      expect(await failure(wrong)).toContain('the broker has refused them')
      expect(await failure(wrong)).not.toContain('wrong-secret')
      const plain = { ...wrong, 'kafka.sasl.mechanism': 'PLAIN' }
      expect(await failure(plain)).toContain('the broker has refused them')
      expect(await failure(plain)).not.toContain('wrong-secret')
      const { 'kafka.ssl.truststore.location': _, ...untrusted } = secured(topic)
      expect(await failure(untrusted)).toMatch(/certificate/)
    })
  },
  { secure: true },
)
