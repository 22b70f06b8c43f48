import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { END_TXN, PRODUCE } from '../../sources/kafka/client/transport.ts'
import { temporaryDirectory } from '../harness/connector-environment.ts'
import { type Copy, CopyProcess, copyTopic } from './copying-query.ts'
import { describeWithKafka, expectEachOnce } from './kafka-cluster.ts'

const ROWS = 3000
const ROWS_AN_EPOCH = 500
const LONG_MS = 180_000
const FENCED = 'another instance of the query writes'

describeWithKafka(
  'kafka and instances of a query that are late',
  (cluster) => {
    afterEach(() => {
      cluster.proxy.calm()
    })

    const newCopy = async (more: Partial<Copy> = {}): Promise<Copy> => ({
      servers: cluster.proxy.servers,
      input: await cluster.numberedTopic(ROWS),
      output: await cluster.topic(2),
      checkpoint: join(temporaryDirectory(), 'checkpoint'),
      rowsAnEpoch: ROWS_AN_EPOCH,
      ...more,
    })
    /** The same query on a copy of its checkpoint, as it would be on another machine. */
    const elsewhere = async (copy: Copy): Promise<Copy> => {
      const checkpoint = join(temporaryDirectory(), 'checkpoint')
      await cp(copy.checkpoint, checkpoint, { recursive: true })
      await rm(join(checkpoint, 'lock'))
      return { ...copy, checkpoint, servers: cluster.servers }
    }
    const anEpochIsThrough = () => cluster.proxy.before(END_TXN, async () => {})

    test(
      'an instance that stood still while another took over stops, and nothing of its open epoch is seen',
      async () => {
        const copy = await newCopy()
        const first = new CopyProcess(copy)
        await first.until(anEpochIsThrough())
        // What this request brings is in the topic, in a transaction that is open.
        await cluster.proxy.before(PRODUCE, async () => {
          first.process.kill('SIGSTOP')
        })
        await copyTopic(await elsewhere(copy))
        first.process.kill('SIGCONT')
        expect(await first.ended).not.toBe(0)
        expect(first.errors).toContain(FENCED)
        expectEachOnce(await cluster.committed(copy.output), ROWS)
      },
      LONG_MS,
    )

    test(
      'an instance that was cut off while another took over does not take over again',
      async () => {
        const copy = await newCopy({ kafka: { 'kafka.request.timeout.ms': '300', 'kafka.default.api.timeout.ms': '100' } })
        const first = copyTopic(copy).then(
          () => 'done',
          (error: Error) => error.message,
        )
        await anEpochIsThrough()
        await cluster.proxy.before(PRODUCE, async () => cluster.proxy.refuse())
        // With larger epochs: those that the first had gone on with are other rows than those of the same number here.
        await copyTopic({ ...(await elsewhere(copy)), rowsAnEpoch: 3 * ROWS_AN_EPOCH })
        cluster.proxy.calm()
        expect(await first).toContain(FENCED)
        expectEachOnce(await cluster.committed(copy.output), ROWS)
      },
      LONG_MS,
    )

    test(
      'an instance that stood still for longer than its transaction may take stops, and its next start writes the epoch',
      async () => {
        const copy = await newCopy({ sink: { 'kafka.transaction.timeout.ms': '1000' } })
        const first = new CopyProcess(copy)
        await first.until(anEpochIsThrough())
        let before = ''
        await cluster.proxy.before(PRODUCE, async () => {
          first.process.kill('SIGSTOP')
          before = String(await cluster.ends(copy.output, 0))
        })
        await expect.poll(async () => String(await cluster.ends(copy.output, 0))).not.toBe(before)
        // The broker looks once a second for transactions that are too old.
        await cluster.settled(copy.output)
        first.process.kill('SIGCONT')
        expect(await first.ended).not.toBe(0)
        expect(first.errors).toContain('its transaction has timed out')
        await copyTopic(copy)
        expectEachOnce(await cluster.committed(copy.output), ROWS)
      },
      LONG_MS,
    )

    test(
      'when what was recorded of the last epoch is gone, a query that was killed before it knew of its commit repeats that epoch and no other',
      async () => {
        const copy = await newCopy()
        const first = new CopyProcess(copy)
        await first.until(anEpochIsThrough())
        await cluster.proxy.loseAnswer(END_TXN)
        await first.kill()
        await cluster.settled(copy.output)
        const { groups } = await cluster.admin.listGroups()
        const own = groups.map(({ groupId }) => groupId).filter((id) => /^millrace-.*-sink$/.test(id))
        await cluster.admin.deleteGroups(own)
        await copyTopic(copy)
        const read = await cluster.committed(copy.output)
        const values = read.map(([, value]) => Number(value)).sort((a, b) => a - b)
        const twice = values.filter((value, i) => value === values[i - 1])
        expect(twice).toEqual(Array.from({ length: ROWS_AN_EPOCH }, (_, i) => ROWS_AN_EPOCH + i))
        expect(new Set(values).size).toBe(ROWS)
      },
      LONG_MS,
    )
  },
  { proxied: true },
)
