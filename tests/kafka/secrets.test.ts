import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { Logger } from '../../engine/log.ts'
import { createSession } from '../../index.ts'
import { temporaryDirectory } from '../harness/connector-environment.ts'
import { describeWithKafka } from './kafka-cluster.ts'

/** Contents of all files below a directory. */
function contentsOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
}

describeWithKafka(
  'secrets',
  (cluster) => {
    test('passwords and keys are in nothing that a query shows or keeps', async () => {
      const [input, output] = [await cluster.topic(), await cluster.topic()]
      await cluster.values(input, 0, 'one', 'two')
      const key = readFileSync(join(cluster.broker.directory, 'key.pem'), 'utf8')
      const connection = {
        'kafka.bootstrap.servers': `127.0.0.1:${cluster.broker.securePort}`,
        'kafka.security.protocol': 'SASL_SSL',
        'kafka.sasl.mechanism': 'SCRAM-SHA-256',
        'kafka.sasl.username': 'alice',
        'kafka.sasl.password': 'alice-secret',
        // Not read, as user and password are there; just as secret.
        'kafka.sasl.jaas.config': 'X required username="alice" password="another-secret";',
        'kafka.ssl.truststore.certificates': cluster.broker.certificate,
        'kafka.ssl.keystore.certificate.chain': cluster.broker.certificate,
        'kafka.ssl.keystore.key': key,
        'kafka.ssl.key.password': 'key-secret',
      }
      const secrets = ['alice-secret', 'another-secret', 'key-secret', key.split('\n')[3]!]
      const shown: string[] = []
      const note = (what: unknown) => shown.push(inspect(what, { depth: 20 }))
      const log = (message: string, facts?: Readonly<Record<string, unknown>>) => note([message, facts])
      const logger: Logger = { error: log, warn: log, info: log, debug: log }
      const session = createSession({ logger })
      session.streams.addListener({
        onQueryStarted: note,
        onQueryProgress: note,
        onQueryIdle: note,
        onQueryTerminated: note,
      })
      const optionList = (options: Record<string, string>) =>
        Object.entries(options)
          .map(([name, value]) => `'${name}' '${value}'`)
          .join(', ')
      const checkpoint = temporaryDirectory()
      const queries = await session.run(
        `
        CREATE STREAM words USING kafka OPTIONS (${optionList({ ...connection, subscribe: input, startingOffsets: 'earliest' })});
        CREATE STREAMING TABLE copies
        USING kafka OPTIONS (${optionList({ ...connection, topic: output, transactional: 'true' })})
        TRIGGER AVAILABLE NOW
        CHECKPOINT '${checkpoint}'
        AS SELECT value FROM words;
        EXPLAIN SELECT value FROM words;
        EXPLAIN EXTENDED SELECT value FROM words;
        SHOW STREAMS;
        SHOW TABLES;
        DESCRIBE words;
        `,
        {},
        {
          onResult: async (result) => {
            note(await result.collect())
          },
        },
      )
      const [query] = queries
      await query!.awaitTermination()
      note([query, query!.lastProgress, query!.recentProgress, query!.status, query!.explain(), String(query)])
      note(session.table('words').explain('extended'))
      note(session.streams.active)
      expect(query!.lastProgress!.sink).toEqual({
        description: `KafkaSink[${output}]`,
        numOutputRows: 2,
        metrics: { guarantee: 'exactly-once' },
      })
      const wrong = { ...connection, 'kafka.sasl.password': 'wrong-secret', subscribe: input }
      await session.read
        .format('kafka')
        .options(wrong)
        .load()
        .collect()
        .then(note, (error: Error) => {
          note(error)
          note([error.message, error.stack, error.cause, { ...error }])
        })
      const misspelt = { ...connection, 'kafka.sasl.pasword': 'misspelt-secret', subscribe: input }
      expect(() => session.read.format('kafka').options(misspelt).load()).toThrow('has no option "kafka.sasl.pasword"')
      const bad = { ...connection, 'kafka.sasl.mechanism': 'PLAN', subscribe: input }
      try {
        session.read.format('kafka').options(bad).load()
      } catch (error) {
        note(error)
      }
      await session.stop()

      expect(shown.length).toBeGreaterThan(10)
      const files = contentsOf(checkpoint)
      expect(files.length).toBeGreaterThan(1)
      for (const secret of [...secrets, 'wrong-secret']) {
        expect(shown.filter((text) => text.includes(secret))).toEqual([])
        expect(files.filter((text) => text.includes(secret))).toEqual([])
      }
    })
  },
  { secure: true },
)
