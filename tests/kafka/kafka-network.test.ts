import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import {
  ADD_OFFSETS_TO_TXN,
  ADD_PARTITIONS_TO_TXN,
  END_TXN,
  FETCH,
  FIND_COORDINATOR,
  INIT_PRODUCER_ID,
  type KafkaApi,
  LIST_OFFSETS,
  METADATA,
  OFFSET_FETCH,
  PRODUCE,
  TXN_OFFSET_COMMIT,
} from '../../sources/kafka/client/transport.ts'
import { temporaryDirectory } from '../harness/connector-environment.ts'
import { type Copy, CopyProcess, copyTopic } from './copying-query.ts'
import { describeWithKafka, expectEachOnce } from './kafka-cluster.ts'

/** So that a connection that hangs is given up soon. */
const IMPATIENT = { 'kafka.request.timeout.ms': '300' }
/** So that most answers come through between two faults. */
const SMALL_ANSWERS = { 'kafka.fetch.max.bytes': '16384', 'kafka.max.partition.fetch.bytes': '16384' }
const LONG_MS = 180_000

describeWithKafka(
  'kafka over a network that fails',
  (cluster) => {
    afterEach(() => cluster.proxy.calm())

    const copyOf = (input: string, output: string, more: Partial<Copy> = {}): Copy => ({
      servers: cluster.proxy.servers,
      input,
      output,
      checkpoint: join(temporaryDirectory(), 'checkpoint'),
      rowsAnEpoch: 500,
      kafka: IMPATIENT,
      ...more,
    })

    test(
      'a read goes through 40 connections that are cut or stalled at random bytes without a gap or a repetition',
      async () => {
        const rows = 30_000
        const topic = await cluster.numberedTopic(rows, 4, 100)
        const happened = cluster.proxy.disturb(40, 40, 40_000)
        const read = await cluster.read(topic, {
          ...IMPATIENT,
          ...SMALL_ANSWERS,
          'kafka.bootstrap.servers': cluster.proxy.servers,
        })
        await happened
        const { cut, stall } = cluster.proxy.faults
        expect(cut + stall).toBe(40)
        expectEachOnce(read, rows, 4)
      },
      LONG_MS,
    )

    test(
      'a query in transactions does so too',
      async () => {
        const rows = 6000
        const input = await cluster.numberedTopic(rows, 2, 100)
        const output = await cluster.topic(2)
        const happened = cluster.proxy.disturb(20, 10, 25_000)
        await copyTopic(copyOf(input, output, { source: SMALL_ANSWERS }))
        await happened
        expectEachOnce(await cluster.committed(output), rows)
      },
      LONG_MS,
    )

    test(
      'a query without transactions loses nothing there',
      async () => {
        const rows = 6000
        const input = await cluster.numberedTopic(rows, 2, 100)
        const output = await cluster.topic(2)
        const happened = cluster.proxy.disturb(21, 10, 25_000)
        await copyTopic(copyOf(input, output, { source: SMALL_ANSWERS, sink: { transactional: 'false' } }))
        await happened
        const numbers = (await cluster.committed(output)).map(([, value]) => Number(value))
        expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i))
      },
      LONG_MS,
    )

    const ASKED: readonly KafkaApi[] = [
      METADATA,
      FIND_COORDINATOR,
      INIT_PRODUCER_ID,
      OFFSET_FETCH,
      LIST_OFFSETS,
      FETCH,
      ADD_PARTITIONS_TO_TXN,
      PRODUCE,
      ADD_OFFSETS_TO_TXN,
      TXN_OFFSET_COMMIT,
      END_TXN,
    ]
    test.each(ASKED)('a lost request and a lost answer of $name change nothing in what is written', async (api) => {
      const rows = 2000
      const input = await cluster.numberedTopic(rows)
      const output = await cluster.topic(2)
      const copied = copyTopic(copyOf(input, output))
      const both = cluster.proxy.loseAnswer(api).then(() => cluster.proxy.loseRequest(api))
      // What is asked once a start is lost once.
      await Promise.race([both, copied])
      await copied
      expectEachOnce(await cluster.committed(output), rows)
    })

    test(
      'a query that is killed at each step of its transactions writes each row once',
      async () => {
        const rows = 4000
        const input = await cluster.numberedTopic(rows)
        const output = await cluster.topic(2)
        const copy = copyOf(input, output, { kafka: {} })
        const steps: readonly (readonly [api: KafkaApi, brokerHasIt: boolean])[] = [
          [PRODUCE, true],
          [TXN_OFFSET_COMMIT, true],
          [END_TXN, false],
          [END_TXN, true],
          [INIT_PRODUCER_ID, true],
        ]
        for (const [api, brokerHasIt] of steps) {
          const child = new CopyProcess(copy)
          // Once an epoch is through, so that each start finds one that was interrupted.
          if (api !== INIT_PRODUCER_ID) await child.until(cluster.proxy.before(END_TXN, async () => {}))
          await child.until(brokerHasIt ? cluster.proxy.loseAnswer(api) : cluster.proxy.loseRequest(api))
          await child.kill()
        }
        expect(await new CopyProcess(copy).ended).toBe(0)
        expectEachOnce(await cluster.committed(output), rows)
      },
      LONG_MS,
    )
  },
  { proxied: true },
)
