import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DurableCheckpoint } from '../../../engine/checkpoint/durable-checkpoint.ts'
import type { OperatorTable } from '../../../engine/checkpoint/durable-table.ts'
import { forgetLastCommit } from '../../../engine/checkpoint/forget-commit.ts'
import { inspectCheckpoint } from '../../../engine/checkpoint/inspect.ts'
import type { PlannedEpoch, QueryDescription } from '../../../engine/checkpoint/records.ts'
import type { FileSystem } from '../../../engine/storage/file-system.ts'
import { LocalFileSystem } from '../../../engine/storage/local-file-system.ts'
import { MemoryFileSystem } from '../../../engine/storage/memory-file-system.ts'

const DIRECTORY = '/checkpoint'
const OPTIONS = { sync: 'epoch', snapshotLogBytes: 1 << 20 } as const

/** A table of texts: a delta is the texts added since the last commit, a snapshot all of them. */
class TextTable {
  readonly name = 'texts'
  readonly schema = { version: 1, key: 'string', value: '' }
  readonly texts: string[] = []
  #committed = 0

  get bytes(): number {
    return this.texts.join('').length
  }
  add(text: string): void {
    this.texts.push(text)
  }
  delta(): Uint8Array[] {
    return this.texts.slice(this.#committed).map((text) => new TextEncoder().encode(text + ';'))
  }
  committed(): void {
    this.#committed = this.texts.length
  }
  snapshot(): Uint8Array[] {
    return this.texts.map((text) => new TextEncoder().encode(text + ';'))
  }
  restore(block: Uint8Array): void {
    this.texts.push(...new TextDecoder().decode(block).split(';').slice(0, -1))
  }
}

const QUERY: QueryDescription = {
  outputMode: 'append',
  sources: [{ provider: 'memory', name: 's' }],
  operators: [{ id: '0', name: 'dedupe', tables: [{ name: 'texts', version: 1, key: 'string', value: '' }] }],
  settings: { 'spark.sql.streaming.multipleWatermarkPolicy': 'min' },
  planFingerprint: 'f',
}
function planned(epoch: number): PlannedEpoch {
  return {
    epoch,
    offsets: [{ start: epoch === 0 ? null : epoch, end: epoch + 1 }],
    watermarkMs: 10 * epoch,
    lateWatermarkMs: Math.max(0, 10 * (epoch - 1)),
    timestampMs: 1000 + epoch,
    nodeWatermarksMs: [],
  }
}
const tablesOf = (table: TextTable): OperatorTable[] => [{ operatorId: '0', operatorName: 'dedupe', table }]

async function open(
  files: FileSystem,
  table: TextTable,
  options: { sync: 'epoch' | 'group' | 'off'; snapshotLogBytes: number } = OPTIONS,
) {
  const checkpoint = await DurableCheckpoint.open(files, DIRECTORY, options)
  await checkpoint.begin(QUERY, tablesOf(table))
  return checkpoint
}
async function runEpoch(checkpoint: DurableCheckpoint, table: TextTable, epoch: number): Promise<void> {
  await checkpoint.planned(planned(epoch))
  table.add(`t${epoch}`)
  await checkpoint.committed({ epoch, nextWatermarkMs: 10 * (epoch + 1) })
  await checkpoint.maintain()
}
/** A checkpoint of `epochs` epochs, closed. */
async function written(epochs: number, options = OPTIONS as Parameters<typeof open>[2]): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem()
  const table = new TextTable()
  const checkpoint = await open(files, table, options)
  for (let epoch = 0; epoch < epochs; epoch++) {
    await runEpoch(checkpoint, table, epoch)
    // Lets a snapshot that has begun be written.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await checkpoint.close()
  return files
}

test('a new run finds the last committed epoch, its state and the identity of the query', async () => {
  const files = await written(3)
  const table = new TextTable()
  const checkpoint = await open(files, table)
  expect(checkpoint.recovered).toEqual({
    last: { planned: planned(2), committed: { epoch: 2, nextWatermarkMs: 30 } },
    pending: undefined,
    settings: QUERY.settings,
  })
  expect(table.texts).toEqual(['t0', 't1', 't2'])
  const { queryId } = checkpoint
  await checkpoint.close()
  const again = await open(files, new TextTable())
  expect(again.queryId).toBe(queryId)
  await again.close()
})

test('an epoch that was planned and not committed is found as planned, without its state', async () => {
  const files = await written(3)
  expect(await forgetLastCommit(files, DIRECTORY)).toBe(2)
  expect(await forgetLastCommit(files, DIRECTORY)).toBe(undefined)
  const table = new TextTable()
  const checkpoint = await open(files, table)
  expect([checkpoint.recovered.last?.planned.epoch, checkpoint.recovered.pending, table.texts]).toEqual([
    1,
    planned(2),
    ['t0', 't1'],
  ])
  table.add('again')
  await checkpoint.committed({ epoch: 2, nextWatermarkMs: 30 })
  await checkpoint.close()
  const after = new TextTable()
  await (await open(files, after)).close()
  expect(after.texts).toEqual(['t0', 't1', 'again'])
})

describe('snapshots', () => {
  const OFTEN = { sync: 'epoch', snapshotLogBytes: 1 } as const

  test('one is taken when the log has outgrown the state; two are kept, and the log from the older one on', async () => {
    const files = await written(20, OFTEN)
    const content = await inspectCheckpoint(files, DIRECTORY)
    expect(content.snapshots.map((s) => s.planned.epoch)).toEqual([19, 18])
    expect(content.segments.map((s) => s.firstEpoch)).toEqual([19, 20])
    expect(content.epochs.map((e) => e.planned.epoch)).toEqual([19])
    const table = new TextTable()
    await (await open(files, table, OFTEN)).close()
    expect(table.texts).toEqual(Array.from({ length: 20 }, (_, i) => `t${i}`))
  })

  test.each(['0.texts', 'manifest'])(
    'when the file %s of the newest has gone bad, the one before it and the log do',
    async (name) => {
      const files = await written(20, OFTEN)
      const file = `${DIRECTORY}/snapshot/19/${name}`
      const bytes = await files.read(file)
      bytes[3]! ^= 1
      await files.writeAtomic(file, [bytes])
      const table = new TextTable()
      const checkpoint = await open(files, table, OFTEN)
      expect(table.texts).toEqual(Array.from({ length: 20 }, (_, i) => `t${i}`))
      expect(checkpoint.recovered.last?.planned.epoch).toBe(19)
      expect(checkpoint.takeWarnings().join()).toContain(file)
      await checkpoint.close()
    },
  )

  test('one that was not finished does not count', async () => {
    const files = await written(20, OFTEN)
    await files.remove(`${DIRECTORY}/snapshot/19/manifest`)
    const table = new TextTable()
    await (await open(files, table, OFTEN)).close()
    expect(table.texts.length).toBe(20)
  })

  test('one that cannot be written is a warning; the log keeps everything', async () => {
    const files = new MemoryFileSystem()
    files.writeAtomic = async (file) => {
      if (file.includes('/snapshot/')) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
      await MemoryFileSystem.prototype.writeAtomic.call(files, file, [])
    }
    await files.openAppend(`${DIRECTORY}/metadata`, 0).then((file) => file.append([new TextEncoder().encode('{"id":"x"}')]))
    const table = new TextTable()
    const checkpoint = await open(files, table, OFTEN)
    for (let epoch = 0; epoch < 5; epoch++) await runEpoch(checkpoint, table, epoch)
    await new Promise((resolve) => setImmediate(resolve))
    expect(checkpoint.takeWarnings()[0]).toContain('the snapshot of epoch 0 could not be written')
    await checkpoint.close()
    const after = new TextTable()
    await (await open(files, after, OFTEN)).close()
    expect(after.texts).toEqual(['t0', 't1', 't2', 't3', 't4'])
  })
})

test('a damaged log names the file and the byte', async () => {
  const files = await written(3)
  const bytes = await files.read(`${DIRECTORY}/log/0.wal`)
  bytes[20]! ^= 1
  await files.writeAtomic(`${DIRECTORY}/log/0.wal`, [bytes])
  await expect(open(files, new TextTable())).rejects.toMatchObject({
    condition: 'CHECKPOINT_DAMAGED',
    message: 'checkpoint file "/checkpoint/log/0.wal" is damaged at byte 16',
  })
  // It has let go of the lock.
  expect(await files.exists(`${DIRECTORY}/lock`)).toBe(false)
})

test('a missing segment is told', async () => {
  const files = await written(3)
  await files.remove(`${DIRECTORY}/log/0.wal`)
  await (await files.openAppend(`${DIRECTORY}/log/2.wal`, 0)).close()
  await expect(open(files, new TextTable())).rejects.toMatchObject({ condition: 'CHECKPOINT_DAMAGED' })
})

test('a checkpoint of a later format is refused', async () => {
  const files = await written(1)
  const bytes = await files.read(`${DIRECTORY}/log/0.wal`)
  bytes[8] = 2
  await files.writeAtomic(`${DIRECTORY}/log/0.wal`, [bytes])
  await expect(open(files, new TextTable())).rejects.toMatchObject({ condition: 'CHECKPOINT_VERSION_NOT_SUPPORTED' })
})

test('a directory of Apache Spark is refused', async () => {
  const files = new MemoryFileSystem()
  await files.writeAtomic(`${DIRECTORY}/offsets/0`, [])
  await expect(open(files, new TextTable())).rejects.toMatchObject({ condition: 'CHECKPOINT_OF_ANOTHER_ENGINE' })
})

test('what the disk refuses comes with a way out', async () => {
  const files = await written(1)
  const table = new TextTable()
  const checkpoint = await open(files, table)
  const { openAppend } = MemoryFileSystem.prototype
  const file = await openAppend.call(files, `${DIRECTORY}/log/0.wal`, 1e9)
  Object.assign(file, {
    append: () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    },
  })
  await expect(checkpoint.planned(planned(1))).rejects.toMatchObject({
    condition: 'CHECKPOINT_NOT_USABLE',
    message: 'cannot write to "/checkpoint/log/0.wal"',
    detail: 'The file system says: ENOSPC: no space left on device, write.',
    hint: 'The disk is full: free some space and start the query again. It goes on where it stopped; no epoch is lost.',
  })
})

describe('on a real disk', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'checkpoint-'))
  afterAll(() => rmSync(root, { recursive: true }))

  test('a file in the way of the directory is told', async () => {
    writeFileSync(path.join(root, 'file'), '')
    await expect(DurableCheckpoint.open(new LocalFileSystem(), path.join(root, 'file'), OPTIONS)).rejects.toMatchObject({
      condition: 'CHECKPOINT_NOT_USABLE',
      hint: 'A file is in the way of a directory of the checkpoint: remove it or name another checkpoint directory.',
    })
  })

  test('epochs outlive the process', async () => {
    const files = new LocalFileSystem()
    const directory = path.join(root, 'deep', 'query')
    const table = new TextTable()
    const first = await DurableCheckpoint.open(files, directory, { sync: 'epoch', snapshotLogBytes: 1000 })
    await first.begin(QUERY, tablesOf(table))
    for (let epoch = 0; epoch < 30; epoch++) await runEpoch(first, table, epoch)
    await first.close()
    const after = new TextTable()
    const second = await DurableCheckpoint.open(files, directory, OPTIONS)
    await second.begin(QUERY, tablesOf(after))
    expect([after.texts, second.recovered.last?.planned.epoch]).toEqual([table.texts, 29])
    await second.close()
  })
})

test('a commit is durable at once under epoch, soon under group, and counts as such under off', async () => {
  for (const sync of ['epoch', 'group', 'off'] as const) {
    const files = new MemoryFileSystem()
    const table = new TextTable()
    const checkpoint = await open(files, table, { sync, snapshotLogBytes: 1 << 20 })
    await checkpoint.planned(planned(0))
    await checkpoint.committed({ epoch: 0, nextWatermarkMs: 0 })
    expect([sync, checkpoint.durableEpoch]).toEqual([sync, sync === 'group' ? -1 : 0])
    await checkpoint.planned(planned(1))
    await new Promise((resolve) => setImmediate(resolve))
    await checkpoint.committed({ epoch: 1, nextWatermarkMs: 0 })
    await new Promise((resolve) => setImmediate(resolve))
    expect([sync, checkpoint.durableEpoch]).toEqual([sync, 1])
    await checkpoint.close()
  }
})

test('a source keeps its own log; an entry written again replaces it and what came behind', async () => {
  const files = new MemoryFileSystem()
  const first = await open(files, new TextTable())
  const log = first.sourceLog(0)
  for (const id of [0, 1, 2]) await log.append(id, { files: [`f${id}`] })
  await first.close()
  const second = await open(files, new TextTable())
  await second.sourceLog(0).append(1, { files: ['other'] })
  expect(await second.sourceLog(0).read()).toEqual([
    { id: 0, value: { files: ['f0'] } },
    { id: 1, value: { files: ['other'] } },
  ])
  expect(await second.sourceLog(1).read()).toEqual([])
  await second.close()
})

// The bytes that docs/checkpoint-format.md describes: a change here is a new format version.
test('the log of one epoch has exactly these bytes', async () => {
  const files = await written(1)
  const bytes = await files.read(`${DIRECTORY}/log/0.wal`)
  const text = Buffer.from(bytes)
  const parts: string[] = [text.toString('hex', 0, 16)]
  for (let at = 16; at < text.length; ) {
    const end = at + 32 + text.readUInt32LE(at + 8)
    parts.push(text.toString('hex', at, at + 32), text.toString('latin1', at + 32, end))
    at = end
  }
  expect(parts).toEqual([
    '4d494c4c524143450100000000000000',
    '46524d4521fc6380060100000100000000000000000000000000000000000000',
    JSON.stringify(QUERY),
    '46524d4581640a517b0000000200000000000000000000000000000000000000',
    '{"epoch":0,"offsets":[{"start":null,"end":1}],"watermarkMs":0,"lateWatermarkMs":0,"timestampMs":1000,"nodeWatermarksMs":[]}',
    '46524d45bf4940b70d000000030000000000000000000000d101000000000000',
    '\x01\0\x05\x000textst0;',
    '46524d456dd77a0920000000040000000000000000000000d101000000000000',
    '{"epoch":0,"nextWatermarkMs":10}',
  ])
})
