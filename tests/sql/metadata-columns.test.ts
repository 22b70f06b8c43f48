import { expect, test } from 'vitest'
import { sqlFrontend } from '../../sql/index.ts'

function declared(sql: string): unknown {
  const [statement] = sqlFrontend.parseScript(sql)
  if (statement?.kind !== 'create_relation') throw new Error('no relation')
  const { provider, options, columns, watermark } = statement
  return { provider, options, columns: columns?.map((f) => `${f.name} ${String(f.type)}`), watermark: watermark !== undefined }
}

test('a column that is METADATA is declared as others are, and named by the option metadataColumns', () => {
  expect(
    declared(`
      CREATE STREAM clicks (
        user STRING NOT NULL,
        position BIGINT METADATA FROM 'offset' VIRTUAL,
        topic STRING METADATA COMMENT 'where from',
        \`sent at\` TIMESTAMP METADATA FROM 'timestamp'
      ) USING kafka OPTIONS (subscribe 'c', format 'json')`),
  ).toEqual({
    provider: 'kafka',
    options: { subscribe: 'c', format: 'json', metadataColumns: 'offset AS position, topic, timestamp AS `sent at`' },
    columns: ['user string', 'position bigint', 'topic string', 'sent at timestamp'],
    watermark: false,
  })
})

test('metadata columns of a clause and of the option stand together', () => {
  const sql = `CREATE TABLE t (a INT, topic STRING METADATA) USING kafka OPTIONS (format 'json', metadataColumns 'key')`
  expect(declared(sql)).toMatchObject({ options: { metadataColumns: 'key, topic' } })
})

test('Flink’s table of Avro values with a registry is one of Millrace’s', () => {
  expect(
    declared(`
      CREATE TABLE clicks (user STRING, at TIMESTAMP METADATA FROM 'timestamp', WATERMARK FOR at AS at - INTERVAL '5' SECOND)
      WITH (
        'connector' = 'kafka', 'topic' = 'clicks', 'properties.bootstrap.servers' = 'h:1', 'scan.startup.mode' = 'earliest-offset',
        'value.format' = 'avro-confluent', 'value.avro-confluent.url' = 'http://r:8081'
      )`),
  ).toEqual({
    provider: 'kafka',
    options: {
      subscribe: 'clicks',
      'kafka.bootstrap.servers': 'h:1',
      startingOffsets: 'earliest',
      format: 'avro',
      schemaRegistry: 'http://r:8081',
      metadataColumns: 'timestamp AS at',
    },
    columns: ['user string', 'at timestamp'],
    watermark: true,
  })
})
