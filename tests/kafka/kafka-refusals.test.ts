import { join } from 'node:path'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs'
import { afterEach, expect, test } from 'vitest'
import { batchFromRows } from '../../engine/columnar/batch.ts'
import type { EngineError } from '../../engine/errors/engine-error.ts'
import { field, type Schema, STRING } from '../../engine/types/data-type.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { RequestWriter } from '../../sources/kafka/client/bytes.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { FETCH, PRODUCE } from '../../sources/kafka/client/transport.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { rowsFrom, scanOf, settingsOf, sinkEnvironment, sourceEnvironment } from '../harness/connector-environment.ts'
import { describeWithKafka, expectEachOnce } from './kafka-cluster.ts'

const VALUE: Schema = [field('value', STRING)]
const ALTER_CLIENT_QUOTAS = { name: 'AlterClientQuotas', key: 49, version: 0, flexible: false }

async function write(options: Record<string, string>, values: readonly string[]): Promise<void> {
  const sink = await kafkaSink.openStream(sinkEnvironment(VALUE, options))
  try {
    const writer = await sink.begin(0)
    if (writer === 'skip') return
    try {
      await writer.append(
        batchFromRows(
          VALUE,
          values.map((value) => [value]),
        ),
      )
      await writer.commit()
    } catch (error) {
      await writer.abort()
      throw error
    }
  } finally {
    await sink.close()
  }
}
async function readAll(options: Record<string, string>): Promise<number> {
  const schema = kafkaSource.schema(options, undefined, settingsOf(), false)
  return (await rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema, [1])))).length
}
/** What a user is told. */
async function failureOf(
  what: Promise<unknown>,
): Promise<Pick<EngineError, 'condition' | 'message' | 'detail' | 'hint' | 'retry'>> {
  const error = await what.then(
    () => undefined,
    (failed: unknown) => failed as EngineError,
  )
  if (error === undefined) throw new Error('it did not fail')
  const { condition, message, detail, hint, retry } = error
  return { condition, message, detail, hint, retry }
}

describeWithKafka(
  'kafka that refuses',
  (cluster) => {
    afterEach(() => cluster.proxy.requests.clear())

    const throughProxy = (topic: string, more: Record<string, string> = {}) => ({
      'kafka.bootstrap.servers': cluster.proxy.servers,
      topic,
      ...more,
    })
    const asAlice = (more: Record<string, string>) => ({
      'kafka.bootstrap.servers': `127.0.0.1:${cluster.broker.securePort}`,
      'kafka.security.protocol': 'SASL_SSL',
      'kafka.sasl.mechanism': 'SCRAM-SHA-256',
      'kafka.sasl.username': 'alice',
      'kafka.sasl.password': 'alice-secret',
      'kafka.ssl.truststore.location': join(cluster.broker.directory, 'cert.pem'),
      ...more,
    })
    const allow = (resourceType: AclResourceTypes, resourceName: string, ...operations: AclOperationTypes[]) =>
      cluster.admin.createAcls({
        acl: operations.map((operation) => ({
          resourceType,
          resourceName,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: 'User:alice',
          host: '*',
          operation,
          permissionType: AclPermissionTypes.ALLOW,
        })),
      })

    test('a row that is too large for its topic is named, and not tried again', async () => {
      const topic = await cluster.topic(1, { 'max.message.bytes': '2000' })
      expect(await failureOf(write(throughProxy(topic), ['x'.repeat(5000)]))).toEqual({
        condition: 'KAFKA_WRITE_FAILED',
        message: `Kafka has refused a write: Produce to ${topic}-0: MESSAGE_TOO_LARGE`,
        detail: undefined,
        hint: 'The topic takes record batches up to its max.message.bytes: raise that, or, if no row is that large, lower kafka.max.request.size.',
        retry: 'never',
      })
      expect(cluster.proxy.requests.get(PRODUCE.key)).toBe(1)
      await write(throughProxy(topic, { 'kafka.max.request.size': '2000' }), Array(50).fill('x'.repeat(100)))
      expect(await cluster.read(topic)).toHaveLength(50)
    })

    test('a user without rights is told which, for each thing that a query does', async () => {
      const topic = await cluster.topic()
      await cluster.values(topic, 0, 'v')
      const read = () => readAll(asAlice({ subscribe: topic }))
      const written = (more: Record<string, string> = {}) => write(asAlice({ topic, ...more }), ['w'])
      const refused = async (what: Promise<unknown>) => {
        const { condition, message, detail, hint, retry } = await failureOf(what)
        expect({ condition, retry }).toEqual({ condition: 'KAFKA_NOT_AUTHORIZED', retry: 'never' })
        return [message, detail, hint]
      }
      const acl = 'The user of this client needs an ACL for it.'
      const unseen = ['the Kafka cluster refuses Metadata', `Metadata of ${topic}: TOPIC_AUTHORIZATION_FAILED.`, acl]
      expect(await refused(read())).toEqual(unseen)
      expect(await refused(written())).toEqual(unseen)

      await allow(AclResourceTypes.TOPIC, topic, AclOperationTypes.DESCRIBE)
      const fetch = ['the Kafka cluster refuses Fetch', `Fetch of ${topic}-0: TOPIC_AUTHORIZATION_FAILED.`, acl]
      expect(await refused(read())).toEqual(fetch)
      const identity = ['the Kafka cluster refuses InitProducerId', 'InitProducerId: CLUSTER_AUTHORIZATION_FAILED.', acl]
      expect(await refused(written())).toEqual(identity)

      await allow(AclResourceTypes.TOPIC, topic, AclOperationTypes.READ, AclOperationTypes.WRITE)
      expect(await read()).toBe(1)
      await written()
      expect((await refused(written({ transactional: 'true' })))[1]).toContain('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')

      const id = 'millrace-00000000-0000-0000-0000-000000000000'
      await allow(AclResourceTypes.TRANSACTIONAL_ID, id, AclOperationTypes.DESCRIBE, AclOperationTypes.WRITE)
      expect((await refused(written({ transactional: 'true' })))[1]).toContain('GROUP_AUTHORIZATION_FAILED')

      await allow(AclResourceTypes.GROUP, `${id}-sink`, AclOperationTypes.READ)
      await written({ transactional: 'true' })
      expect((await cluster.committed(topic)).map(([, value]) => value)).toEqual(['v', 'w', 'w'])
    })

    test('quotas are kept to: what is throttled goes on slowly, with few requests', async () => {
      const transport = new KafkaJsTransport({ brokers: [cluster.servers] })
      const quota = new RequestWriter()
      quota.array(['slow'], (client) => {
        quota.array([client], (name) => {
          quota.text('client-id').text(name)
        })
        quota.array(['consumer_byte_rate', 'producer_byte_rate'], (key) => {
          const rate = Buffer.alloc(8)
          rate.writeDoubleBE(200_000)
          quota.text(key).int64(rate.readBigInt64BE()).boolean(false)
        })
      })
      await transport.request('any', ALTER_CLIENT_QUOTAS, quota.boolean(false).finish())
      await transport.close()
      const rows = 4000
      const topic = await cluster.topic()
      const slow = { 'kafka.client.id': 'slow' }
      const throttled = new Set<number>()
      cluster.proxy.onAnswer = (key, body) => {
        if (key === FETCH.key && body.readInt32BE(0) > 0) throttled.add(key)
        if (key === PRODUCE.key && body.readInt32BE(body.length - 4) > 0) throttled.add(key)
      }
      const values = Array.from({ length: rows }, (_, i) => String(i).padEnd(100))
      await write(throughProxy(topic, { ...slow, 'kafka.max.request.size': '100000' }), values)
      expect(cluster.proxy.requests.get(PRODUCE.key)).toBeLessThan(10)
      const read = await cluster.read(topic, {
        ...slow,
        'kafka.bootstrap.servers': cluster.proxy.servers,
        'kafka.fetch.max.bytes': '100000',
      })
      expectEachOnce(read, rows, 1)
      expect(cluster.proxy.requests.get(FETCH.key)).toBeLessThan(20)
      expect(throttled).toEqual(new Set([PRODUCE.key, FETCH.key]))
    })
  },
  {
    proxied: true,
    secure: true,
    properties: [
      'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // Who comes without TLS: the broker itself and the tests.
      'super.users=User:ANONYMOUS',
      // Rates count over a second instead of ten.
      'quota.window.num=2',
    ],
  },
)
