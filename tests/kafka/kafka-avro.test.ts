import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import avsc from 'avsc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession } from '../../index.ts'
import { ApicurioRegistry, registryMissing } from '../harness/apicurio-registry.ts'
import { framed } from '../harness/schema-registry.ts'
import { describeWithKafka } from './kafka-cluster.ts'

const missing = registryMissing()
const CLICK = {
  type: 'record' as const,
  name: 'Click',
  fields: [
    { name: 'user', type: 'string' },
    { name: 'ms', type: 'int' },
  ],
}
const LATER = { ...CLICK, fields: [...CLICK.fields, { name: 'page', type: 'string', default: 'home' }] }

describe.skipIf(missing !== undefined)(
  missing === undefined ? 'with a registry' : `with a registry (skipped: ${missing})`,
  () => {
    let registry: ApicurioRegistry
    beforeAll(async () => {
      registry = await ApicurioRegistry.start()
    }, 120_000)
    afterAll(() => registry?.close())

    describeWithKafka('Avro values of a real registry and a real broker', (cluster) => {
      test('make a stream whose columns are the subject’s, also while the schema goes on', async () => {
        const topic = await cluster.topic()
        const send = async (schema: avsc.Schema, value: object) => {
          const id = await registry.register(`${topic}-value`, schema)
          await cluster.send(topic, [{ key: 'k', value: framed(id, avsc.Type.forSchema(schema).toBuffer(value)) }])
        }
        await send(CLICK, { user: 'ann', ms: 1 })
        await send(LATER, { user: 'bob', ms: 2, page: 'shop' })
        const session = createSession()
        await session.run(`
        CREATE STREAM clicks USING kafka OPTIONS (
          'kafka.bootstrap.servers' '${cluster.broker.servers}', subscribe '${topic}', startingOffsets 'earliest',
          format 'avro', schemaRegistry '${registry.url}', metadataColumns 'offset'
        );
        CREATE STREAMING TABLE seen USING memory TRIGGER AVAILABLE NOW AS SELECT * FROM clicks`)
        await Promise.all(session.streams.active.map((query) => query.awaitTermination()))
        expect(await session.table('seen').collect()).toEqual([
          { user: 'ann', ms: 1, page: 'home', offset: 0n },
          { user: 'bob', ms: 2, page: 'shop', offset: 1n },
        ])
        await session.stop()
      })

      test('are read with a password that is in no plan, report, log or file', async () => {
        const topic = await cluster.topic()
        const id = await registry.register(`${topic}-value`, CLICK)
        await cluster.send(topic, [{ value: framed(id, avsc.Type.forSchema(CLICK).toBuffer({ user: 'ann', ms: 1 })) }])
        const folder = mkdtempSync(join(tmpdir(), 'avro-'))
        const told: string[] = []
        const tell = (...words: unknown[]) => told.push(JSON.stringify(words))
        const session = createSession({ logger: { error: tell, warn: tell, info: tell, debug: tell } })
        const options = `'kafka.bootstrap.servers' '${cluster.broker.servers}', subscribe '${topic}', startingOffsets 'earliest', format 'avro',
        schemaRegistry '${registry.url.replace('http://', 'http://eve:inurl@')}', 'schemaRegistry.username' 'eve', 'schemaRegistry.password' 's3cret'`
        await session.run(`
        CREATE STREAM clicks USING kafka OPTIONS (${options});
        CREATE STREAMING TABLE seen USING memory CHECKPOINT '${folder}/checkpoint' TRIGGER AVAILABLE NOW AS SELECT * FROM clicks`)
        const queries = session.streams.active
        await Promise.all(queries.map((query) => query.awaitTermination()))
        expect(await session.table('seen').collect()).toEqual([{ user: 'ann', ms: 1 }])
        told.push(JSON.stringify(queries.map((query) => query.recentProgress)))
        for (const what of ['EXPLAIN EXTENDED SELECT * FROM clicks', 'DESCRIBE EXTENDED clicks', 'SHOW STREAMS'])
          told.push(JSON.stringify(await session.sql(what).collect().catch(String)))
        const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
        for (const file of files) told.push(readFileSync(join(file.parentPath, file.name), 'latin1'))
        expect(files.length).toBeGreaterThan(0)
        const all = told.join('\n')
        const authorization = Buffer.from('eve:s3cret').toString('base64')
        for (const secret of ['s3cret', 'inurl', authorization]) expect(all).not.toContain(secret)
        await session.stop()
      })

      test('are written with to_avro and read in a table', async () => {
        const topic = await cluster.topic()
        const session = createSession()
        const rows = session.sql(
          `SELECT to_avro(named_struct('user', name, 'ms', n), '${JSON.stringify(CLICK)}') AS value FROM VALUES ('ann', 1), ('bob', 2) AS t(name, n)`,
        )
        await rows.write.format('kafka').option('kafka.bootstrap.servers', cluster.broker.servers).option('topic', topic).save()
        await session.run(`
        CREATE TABLE clicks (user STRING, ms INT) USING kafka OPTIONS (
          'kafka.bootstrap.servers' '${cluster.broker.servers}', subscribe '${topic}', format 'avro', avroSchema '${JSON.stringify(CLICK)}'
        )`)
        expect(await session.sql('SELECT user, ms FROM clicks ORDER BY ms').collect()).toEqual([
          { user: 'ann', ms: 1 },
          { user: 'bob', ms: 2 },
        ])
        await session.stop()
      })

      test('are written by the sink under a schema that it registers, a NULL as a tombstone', async () => {
        const topic = await cluster.topic()
        const session = createSession()
        const rows = session.sql(`
        SELECT name AS key, IF(n = 3, NULL, named_struct('name', name, 'n', n, 'tags', array('a', NULL))) AS value
        FROM VALUES ('ann', 1), ('bob', 2), ('gone', 3) AS t(name, n)`)
        const write = () =>
          rows.write
            .format('kafka')
            .option('kafka.bootstrap.servers', cluster.broker.servers)
            .option('topic', topic)
            .option('format', 'avro')
            .option('schemaRegistry', registry.url)
            .save()
        await write()
        await write()
        const read = session.read
          .format('kafka')
          .option('kafka.bootstrap.servers', cluster.broker.servers)
          .option('subscribe', topic)
          .option('format', 'avro')
          .option('schemaRegistry', registry.url)
          .option('metadataColumns', 'key AS id')
          .load()
        expect(String(read.schema.fields.map((f) => `${f.name} ${String(f.type)}`))).toBe(
          'name string,n int,tags array<string>,id binary',
        )
        const found = await read.select('name', 'n', 'tags').collect()
        expect(found.map((row) => JSON.stringify(row)).sort()).toEqual([
          '{"name":"ann","n":1,"tags":["a",null]}',
          '{"name":"ann","n":1,"tags":["a",null]}',
          '{"name":"bob","n":2,"tags":["a",null]}',
          '{"name":"bob","n":2,"tags":["a",null]}',
        ])
        await session.stop()
      })
    })
  },
)
