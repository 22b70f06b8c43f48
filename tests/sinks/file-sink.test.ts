import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { batchFromRows } from '../../engine/columnar/batch.ts'
import { readSinkLog } from '../../engine/connect/file-sink-log.ts'
import type { SaveMode, SinkDefinition, SinkEnvironment } from '../../engine/connect/sink.ts'
import {
  arrayType,
  BIGINT,
  DOUBLE,
  decimalType,
  field,
  INT,
  type Schema,
  STRING,
  TIMESTAMP,
} from '../../engine/types/data-type.ts'
import type { Row } from '../../engine/types/value.ts'
import { BUILTIN_SINKS } from '../../sinks/index.ts'
import { BUILTIN_SOURCES } from '../../sources/index.ts'
import {
  HandClock,
  rowsFrom,
  scanOf,
  settingsOf,
  sinkEnvironment,
  sourceEnvironment,
  temporaryDirectory,
} from '../harness/connector-environment.ts'
import { exactlyOnceContract } from '../harness/sink-contract.ts'

const sink = (name: string): SinkDefinition => BUILTIN_SINKS.find((s) => s.name === name)!
const source = (name: string) => BUILTIN_SOURCES.find((s) => s.name === name)!
const schema = [field('id', BIGINT), field('name', STRING)]

async function readBack(format: string, path: string, given: Schema, options: Record<string, string> = {}): Promise<Row[]> {
  const all = { path, ...options }
  const found = source(format).schema(all, given, settingsOf(), false)
  return rowsFrom(source(format).readTable!(sourceEnvironment(all, found), scanOf(found)))
}

for (const format of ['json', 'csv']) {
  exactlyOnceContract(format, async () => {
    const path = join(temporaryDirectory(), 'out')
    return {
      definition: sink(format),
      environment: sinkEnvironment(schema, { path }),
      epochs: [
        [
          [1n, 'a'],
          [2n, null],
        ],
        [[3n, 'c']],
      ],
      contents: () => readBack(format, path, schema),
    }
  })
}

async function writeEpoch(environment: SinkEnvironment, format: string, epoch: number, rows: readonly Row[]): Promise<void> {
  const opened = await sink(format).openStream(environment)
  const writer = await opened.begin(epoch)
  if (writer === 'skip') return
  await writer.append(batchFromRows(environment.schema, rows))
  await writer.commit()
}

test('every tenth log entry is compact and repeats all files so far', async () => {
  const path = join(temporaryDirectory(), 'out')
  const environment = sinkEnvironment(schema, { path })
  for (let epoch = 0; epoch < 21; epoch++) await writeEpoch(environment, 'json', epoch, [[BigInt(epoch), 'x']])
  const names = readdirSync(join(path, '_spark_metadata'))
  expect(names.filter((name) => name.endsWith('.compact')).sort()).toEqual(['19.compact', '9.compact'])
  expect(names).toContain('20')
  expect(readSinkLog(path)).toHaveLength(21)
  expect(readFileSync(join(path, '_spark_metadata', '20'), 'utf8')).toMatch(
    /^v1\n\{"path":"file:\/\/.*","size":\d+,"isDir":false,"modificationTime":\d+,"blockReplication":1,"blockSize":\d+,"action":"add"\}$/,
  )
  expect((await readBack('json', path, schema)).length).toBe(21)
})

test('files older than retention leave the log when it is compacted', async () => {
  const path = join(temporaryDirectory(), 'out')
  // The clock of the environment stands two days behind the times of the files.
  for (let epoch = 0; epoch < 10; epoch++) {
    const environment = sinkEnvironment(schema, { path, retention: '1 day' }, { clock: new HandClock(Date.now() + 172_800_000) })
    await writeEpoch(environment, 'json', epoch, [[BigInt(epoch), 'x']])
  }
  expect(await readBack('json', path, schema)).toEqual([])
})

test('a directory that cannot be made is refused at once', async () => {
  const opening = sink('json').openStream(sinkEnvironment(schema, { path: '/proc/no/such/directory' }))
  await expect(opening).rejects.toThrow('cannot make directory "/proc/no/such/directory"')
  const writing = sink('json').writeTable!(sinkEnvironment(schema, { path: '/proc/no/such/directory' }), 'append')
  await expect(writing).rejects.toThrow('cannot make directory "/proc/no/such/directory"')
})

test('a directory that a file sink wrote can be streamed from, and shows logged files only', async () => {
  const path = join(temporaryDirectory(), 'out')
  const environment = sinkEnvironment(schema, { path })
  await writeEpoch(environment, 'json', 0, [[1n, 'a']])
  const opened = await sink('json').openStream(environment)
  const writer = await opened.begin(1)
  if (writer === 'skip') throw new Error('epoch 1 is new')
  await writer.append(batchFromRows(schema, [[2n, 'not yet']]))
  // The file of epoch 1 is on the disk and not in the log.
  const stream = await source('json').openStream!(sourceEnvironment({ path }, schema))
  const offset = await stream.latestOffset(null, 'source')
  expect(await rowsFrom(stream.read(null, offset!, scanOf(schema)))).toEqual([[1n, 'a']])
  await writer.commit()
  const next = await stream.latestOffset(offset, 'source')
  expect(await rowsFrom(stream.read(offset, next!, scanOf(schema)))).toEqual([[2n, 'not yet']])
})

test('partitionBy makes key=value directories and reading gives the columns back', async () => {
  const path = join(temporaryDirectory(), 'out')
  const wide = [field('p', INT), ...schema]
  const environment = sinkEnvironment(wide, { path }, { partitionBy: ['p', 'name'] })
  await writeEpoch(environment, 'json', 0, [
    [1, 10n, 'a/b'],
    [1, 11n, null],
    [2, 12n, 'a/b'],
  ])
  expect(readdirSync(path).sort()).toEqual(['_spark_metadata', 'p=1', 'p=2'])
  expect(readdirSync(join(path, 'p=1')).sort()).toEqual(['name=__HIVE_DEFAULT_PARTITION__', 'name=a%2Fb'])
  const rows = await readBack('json', path, [field('id', BIGINT)])
  expect(rows.sort((a, b) => Number((a[0] as bigint) - (b[0] as bigint)))).toEqual([
    [10n, 1, 'a/b'],
    [11n, 1, null],
    [12n, 2, 'a/b'],
  ])
})

const everything = [
  field('i', BIGINT),
  field('d', decimalType(10, 2)),
  field('x', DOUBLE),
  field('t', TIMESTAMP),
  field('s', STRING),
  field('a', arrayType(INT)),
]
const rows: Row[] = [
  [9007199254740993n, 150n, 1e10, 1577872800123456n, 'a,"b"\n\u0001é', [1, null]],
  [-1n, -5n, 0.1, -1n, '', []],
  [null, null, null, null, null, null],
]

test('json writes rows as Spark does: NULL fields left out, three digits of a second', async () => {
  const path = join(temporaryDirectory(), 'out')
  await writeTable('json', everything, { path }, 'errorifexists', rows)
  expect(contentOf(path)).toBe(
    [
      '{"i":9007199254740993,"d":1.50,"x":1.0E10,"t":"2020-01-01T10:00:00.123Z","s":"a,\\"b\\"\\n\\u0001é","a":[1,null]}',
      '{"i":-1,"d":-0.05,"x":0.1,"t":"1969-12-31T23:59:59.999Z","s":"","a":[]}',
      '{}',
      '',
    ].join('\n'),
  )
})

test('csv writes rows as Spark does: quotes where needed, empty text as "", NULL as nothing', async () => {
  const path = join(temporaryDirectory(), 'out')
  const flat = everything.slice(0, 5)
  await writeTable('csv', flat, { path, header: 'true' }, 'errorifexists', [
    [1n, 150n, Number.NaN, 1577872800123456n, 'a,"b"'],
    [2n, -5n, 1, null, ''],
    [3n, 0n, 2, null, ' x\\y '],
    [4n, 0n, 2, null, 'x\\"y'],
    [null, null, null, null, null],
  ])
  expect(contentOf(path)).toBe(
    [
      'i,d,x,t,s',
      '1,1.50,NaN,2020-01-01T10:00:00.123Z,"a,\\"b\\""',
      '2,-0.05,1.0,,""',
      '3,0.00,2.0,,x\\y',
      '4,0.00,2.0,,"x\\\\\\"y"',
      ',,,,',
      '',
    ].join('\n'),
  )
})

test('save modes: append adds, overwrite replaces, ignore leaves, errorifexists refuses', async () => {
  const path = join(temporaryDirectory(), 'out')
  const id = [field('id', BIGINT)]
  await writeTable('json', id, { path }, 'errorifexists', [[1n]])
  await writeTable('json', id, { path }, 'append', [[2n]])
  expect((await readBack('json', path, id)).length).toBe(2)
  await writeTable('json', id, { path }, 'ignore', [[3n]])
  expect((await readBack('json', path, id)).length).toBe(2)
  await writeTable('json', id, { path }, 'overwrite', [[4n]])
  expect(await readBack('json', path, id)).toEqual([[4n]])
  await expect(writeTable('json', id, { path }, 'errorifexists', [[5n]])).rejects.toMatchObject({
    condition: 'PATH_ALREADY_EXISTS',
  })
})

test('gzip files are read back', async () => {
  const path = join(temporaryDirectory(), 'out')
  await writeTable('json', schema, { path, compression: 'gzip' }, 'errorifexists', [[1n, 'a']])
  expect(readdirSync(path).some((name) => name.endsWith('.json.gz'))).toBe(true)
  expect(await readBack('json', path, schema)).toEqual([[1n, 'a']])
})

test('text takes one STRING column and no other', async () => {
  const path = join(temporaryDirectory(), 'out')
  await writeTable('text', [field('v', STRING)], { path }, 'errorifexists', [['a'], [null], ['b']])
  expect(contentOf(path)).toBe('a\n\nb\n')
  await expect(writeTable('text', schema, { path }, 'append', [])).rejects.toMatchObject({
    condition: 'UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE',
  })
})

async function writeTable(
  format: string,
  columns: Schema,
  options: Record<string, string>,
  mode: SaveMode,
  written: readonly Row[],
): Promise<void> {
  const writer = await sink(format).writeTable!(sinkEnvironment(columns, options), mode)
  await writer.append(batchFromRows(columns, written))
  await writer.commit()
}

function contentOf(path: string): string {
  const [file] = readdirSync(path).filter((name) => name.startsWith('part-'))
  return readFileSync(join(path, file!), 'utf8')
}
