import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Offset } from '../../engine/connect/offset.ts'
import type { ReadLimit, Source } from '../../engine/connect/source.ts'
import { BIGINT, field, INT, STRING } from '../../engine/types/data-type.ts'
import { BUILTIN_SOURCES } from '../../sources/index.ts'
import {
  MemoryLog,
  rowsFrom,
  scanOf,
  settingsOf,
  sourceEnvironment,
  temporaryDirectory,
} from '../harness/connector-environment.ts'

const json = BUILTIN_SOURCES.find((s) => s.name === 'json')!
const schema = [field('id', BIGINT)]

/** A file with one row, of an age in seconds. */
function put(directory: string, name: string, id: number, second: number): void {
  const path = join(directory, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `{"id":${id}}\n`)
  utimesSync(path, 1_700_000_000 + second, 1_700_000_000 + second)
}

async function open(options: Record<string, string>, log = new MemoryLog()): Promise<Source> {
  return json.openStream!(sourceEnvironment(options, json.schema(options, schema, settingsOf(), true), log))
}

/** Ids that each next epoch reads. */
async function epochs(source: Source, count: number, limit: ReadLimit = 'source'): Promise<unknown[][]> {
  const found: unknown[][] = []
  let after: Offset | null = null
  for (let i = 0; i < count; i++) {
    const next: Offset | null = await source.latestOffset(after, limit)
    found.push(
      next === null ? [] : (await rowsFrom(source.read(after, next, scanOf(source.schema)))).map((row) => Number(row[0])),
    )
    after = next
  }
  return found
}

test('files come by modification time, then by path; hidden ones never', async () => {
  const path = temporaryDirectory()
  put(path, 'b', 2, 10)
  put(path, 'a', 3, 10)
  put(path, 'z', 1, 0)
  put(path, '_hidden', 9, 0)
  put(path, '.hidden', 9, 0)
  put(path, 'sub/nested', 9, 0)
  const source = await open({ path })
  expect(source.description).toBe(`FileStreamSource[file:${path}]`)
  expect(await epochs(source, 2)).toEqual([[1, 3, 2], []])
})

test('maxFilesPerTrigger and maxBytesPerTrigger cut epochs, with one file at least; trigger once takes all', async () => {
  const path = temporaryDirectory()
  for (let i = 0; i < 3; i++) put(path, `f${i}`, i, i)
  expect(await epochs(await open({ path, maxFilesPerTrigger: '2' }), 3)).toEqual([[0, 1], [2], []])
  expect(await epochs(await open({ path, maxBytesPerTrigger: '1' }), 3)).toEqual([[0], [1], [2]])
  expect(await epochs(await open({ path, maxFilesPerTrigger: '1' }), 2, 'all')).toEqual([[0, 1, 2], []])
  await expect(open({ path, maxFilesPerTrigger: '1', maxBytesPerTrigger: '1' })).rejects.toThrow(/cannot be both set/)
  await expect(open({ path, maxFilesPerTrigger: '0' })).rejects.toThrow(/must be a positive integer/)
})

test('latestFirst turns the order round', async () => {
  const path = temporaryDirectory()
  for (let i = 0; i < 3; i++) put(path, `f${i}`, i, i)
  expect(await epochs(await open({ path, latestFirst: 'true', maxFilesPerTrigger: '1' }), 3)).toEqual([[2], [1], [0]])
})

test('files older than maxFileAge, against the newest seen, are passed over', async () => {
  const path = temporaryDirectory()
  put(path, 'new', 1, 1000)
  const source = await open({ path, maxFileAge: '100s' })
  const first = await source.latestOffset(null, 'source')
  put(path, 'old', 2, 10)
  put(path, 'recent', 3, 950)
  const next = await source.latestOffset(first, 'source')
  expect(await rowsFrom(source.read(first, next!, scanOf(schema)))).toEqual([[3n]])
})

test('the files of an epoch are in the log before the offset is given, and a restart reads exactly those', async () => {
  const path = temporaryDirectory()
  put(path, 'a', 1, 0)
  const log = new MemoryLog()
  const first = await (await open({ path }, log)).latestOffset(null, 'source')
  expect(first).toEqual({ logOffset: 0 })
  expect(log.entries.map((entry) => entry.id)).toEqual([0])
  put(path, 'b', 2, 1)
  const restarted = await open({ path }, log)
  expect(await restarted.latestOffset(null, 'source')).toEqual({ logOffset: 0 })
  expect(await rowsFrom(restarted.read(null, { logOffset: 0 }, scanOf(schema)))).toEqual([[1n]])
  expect(await restarted.latestOffset({ logOffset: 0 }, 'source')).toEqual({ logOffset: 1 })
})

test('available-now fixes the end: what comes later waits for the next run', async () => {
  const path = temporaryDirectory()
  put(path, 'a', 1, 0)
  put(path, 'b', 2, 1)
  const source = await open({ path, maxFilesPerTrigger: '1' })
  await source.prepareAvailableNow!()
  put(path, 'c', 3, 2)
  expect(await epochs(source, 3)).toEqual([[1], [2], []])
})

test('key=value directories are columns, of the type that fits', async () => {
  const path = temporaryDirectory()
  put(path, 'day=2024-01-01/n=1/f', 1, 0)
  put(path, 'day=2024-01-02/n=__HIVE_DEFAULT_PARTITION__/f', 2, 1)
  const source = await open({ path })
  expect(source.schema.map((f) => `${f.name} ${String(f.type)}`)).toEqual(['id bigint', 'day date', 'n int'])
  const offset = await source.latestOffset(null, 'source')
  expect(await rowsFrom(source.read(null, offset!, scanOf(source.schema)))).toEqual([
    [1n, 19723, 1],
    [2n, 19724, null],
  ])
})

test('patterns, recursiveFileLookup and pathGlobFilter choose files', async () => {
  const root = temporaryDirectory()
  put(root, 'in1/a.json', 1, 0)
  put(root, 'in2/b.json', 2, 1)
  put(root, 'other/c.json', 3, 2)
  put(root, 'in1/d.txt', 4, 3)
  expect(await epochs(await open({ path: join(root, 'in?'), pathGlobFilter: '*.json' }), 1)).toEqual([[1, 2]])
  expect(await epochs(await open({ path: join(root, '{in1,other}') }), 1)).toEqual([[1, 3, 4]])
  expect(await epochs(await open({ path: root, recursiveFileLookup: 'true' }), 1)).toEqual([[1, 2, 3, 4]])
})

test('a path that does not exist, and a stream without a schema, are refused', () => {
  expect(() => json.schema({ path: '/no/such/path' }, schema, settingsOf(), true)).toThrow(
    expect.objectContaining({ condition: 'PATH_NOT_FOUND' }),
  )
  expect(() => json.schema({ path: temporaryDirectory() }, undefined, settingsOf(), true)).toThrow(
    expect.objectContaining({ condition: 'SCHEMA_REQUIRED' }),
  )
})

test('fileNameOnly knows a file by its name', async () => {
  const path = temporaryDirectory()
  put(path, 'one/f', 1, 0)
  put(path, 'two/f', 2, 1)
  expect(await epochs(await open({ path: `${path}/*`, maxFilesPerTrigger: '1' }), 3)).toEqual([[1], [2], []])
  const once = await open({ path: `${path}/*`, maxFilesPerTrigger: '1', fileNameOnly: 'true', maxCachedFiles: '0' })
  expect(await epochs(once, 3)).toEqual([[1], [], []])
})

test('ignoreMissingFiles passes over files that were removed since they were found', async () => {
  for (const ignoreMissingFiles of ['false', 'true']) {
    const path = temporaryDirectory()
    put(path, 'a', 1, 0)
    put(path, 'b', 2, 1)
    const source = await open({ path, ignoreMissingFiles })
    const offset = await source.latestOffset(null, 'source')
    rmSync(join(path, 'a'))
    const rows = rowsFrom(source.read(null, offset!, scanOf(schema)))
    if (ignoreMissingFiles === 'true') expect(await rows).toEqual([[2n]])
    else await expect(rows).rejects.toMatchObject({ condition: 'FAILED_READ_FILE.FILE_NOT_EXIST' })
  }
})

/** Ids by epoch, where a file that comes first by its time appears after the first epoch. */
async function withLatecomer(options: Record<string, string>): Promise<unknown[][]> {
  const path = temporaryDirectory()
  for (let i = 1; i <= 4; i++) put(path, `f${i}`, i, i)
  const source = await open({ path, ...options })
  const first = await source.latestOffset(null, 'source')
  put(path, 'late', 0, 0)
  const found: unknown[][] = []
  for (let after = first, next = first; ; after = next) {
    next = await source.latestOffset(after, 'source')
    if (JSON.stringify(next) === JSON.stringify(after)) return found
    found.push((await rowsFrom(source.read(after, next!, scanOf(schema)))).map((row) => Number(row[0])))
  }
}

test('files that were found and not taken come next, unless maxCachedFiles or discardCachedInputRatio forget them', async () => {
  const limit = { maxFilesPerTrigger: '3' }
  expect(await withLatecomer(limit)).toEqual([[4], [0]])
  expect(await withLatecomer({ ...limit, maxCachedFiles: '0' })).toEqual([[0, 4]])
  expect(await withLatecomer({ ...limit, discardCachedInputRatio: '0.5' })).toEqual([[0, 4]])
  const bytes = { maxBytesPerTrigger: '27' }
  expect(await withLatecomer(bytes)).toEqual([[4], [0]])
  expect(await withLatecomer({ ...bytes, discardCachedInputRatio: '0.5' })).toEqual([[0, 4]])
})

test('progress metrics say how many records of the last epoch were malformed', async () => {
  const path = temporaryDirectory()
  writeFileSync(join(path, 'a'), '{"id":1}\nno json\n{"id":"x"}\n')
  const source = await open({ path })
  const offset = await source.latestOffset(null, 'source')
  expect(await rowsFrom(source.read(null, offset!, scanOf(schema)))).toEqual([[1n], [null], [null]])
  expect(source.metrics!()).toEqual({ badRecords: '2' })
  put(path, 'b', 2, 2_000_000_000)
  const next = await source.latestOffset(offset, 'source')
  await rowsFrom(source.read(offset, next!, scanOf(schema)))
  expect(source.metrics!()).toEqual({ badRecords: '0' })
})

test('cleanSource archives committed files under their whole path', async () => {
  const path = temporaryDirectory()
  const archive = temporaryDirectory()
  put(path, 'a', 1, 0)
  const source = await open({ path, cleanSource: 'archive', sourceArchiveDir: archive })
  const offset = await source.latestOffset(null, 'source')
  await source.commit(offset!)
  expect(readdirSync(path)).toEqual([])
  expect(readdirSync(join(archive, path))).toEqual(['a'])
})

test('waitForData returns when a file appears', async () => {
  const path = temporaryDirectory()
  const source = await open({ path })
  const waiting = source.waitForData!(null, new AbortController().signal)
  put(path, 'a', 1, 0)
  await waiting
  expect(await epochs(source, 1)).toEqual([[1]])
})

test('a record longer than the read buffer, and more rows than a batch, are read whole', async () => {
  const path = temporaryDirectory()
  const long = 'x'.repeat(3_000_000)
  const lines = Array.from({ length: 40_000 }, (_, i) => `{"id":${i},"name":"n${i}"}`)
  writeFileSync(join(path, 'a'), `{"id":-1,"name":"${long}"}\n${lines.join('\n')}`)
  const wide = [field('id', INT), field('name', STRING)]
  const rows = await rowsFrom(json.readTable!(sourceEnvironment({ path }, wide), scanOf(wide)))
  expect(rows.length).toBe(40_001)
  expect((rows[0]![1] as string).length).toBe(long.length)
  expect(rows[40_000]).toEqual([39_999, 'n39999'])
})
