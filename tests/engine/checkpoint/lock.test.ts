import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { CheckpointLock } from '../../../engine/checkpoint/lock.ts'
import { MemoryFileSystem } from '../../../engine/storage/memory-file-system.ts'

const FILE = '/checkpoint/lock'
async function withLock(content: object): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem()
  await files.createExclusive(FILE, new TextEncoder().encode(JSON.stringify(content)))
  return files
}

test('two queries of one process are refused the same checkpoint, until the first lets go', async () => {
  const files = new MemoryFileSystem()
  const first = await CheckpointLock.acquire(files, FILE)
  await expect(CheckpointLock.acquire(files, FILE)).rejects.toMatchObject({
    condition: 'CONCURRENT_QUERY',
    message: `another query is using this checkpoint: "${FILE}" is held`,
    detail: `It is held by process ${process.pid} (this one) on host "${hostname()}".`,
  })
  await first.release()
  await (await CheckpointLock.acquire(files, FILE)).release()
  expect(await files.exists(FILE)).toBe(false)
})

test('the lock of a living process holds', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
  await once(child, 'spawn')
  const files = await withLock({ token: 'x', pid: child.pid, host: hostname(), started: null })
  await expect(CheckpointLock.acquire(files, FILE)).rejects.toMatchObject({ condition: 'CONCURRENT_QUERY' })
  child.kill()
  await once(child, 'exit')
  await (await CheckpointLock.acquire(files, FILE)).release()
})

test.each([
  ['of a process that is gone', { token: 'x', pid: 2 ** 22 + 1, host: hostname(), started: null }],
  ['of an earlier process with our process id', { token: 'x', pid: process.pid, host: hostname(), started: null }],
  [
    'of an earlier process whose id another has now',
    { token: 'x', pid: process.ppid, host: hostname(), started: 'another boot/1' },
  ],
])('a lock %s does not block', async (_, content) => {
  const files = await withLock(content)
  await (await CheckpointLock.acquire(files, FILE)).release()
})

test('a lock file that is no lock does not block', async () => {
  const files = new MemoryFileSystem()
  await files.createExclusive(FILE, new Uint8Array([1, 2, 3]))
  await (await CheckpointLock.acquire(files, FILE)).release()
})

test('a lock of another host is believed, and the message says what to do', async () => {
  const files = await withLock({ token: 'x', pid: 1, host: 'elsewhere', started: null })
  await expect(CheckpointLock.acquire(files, FILE)).rejects.toMatchObject({
    detail: 'It is held by process 1 on host "elsewhere".',
    hint: 'If that process or its host is gone, remove the lock file and start again.',
  })
})

test('of two processes that find the same dead lock, one gets it', async () => {
  const files = await withLock({ token: 'x', pid: 2 ** 22 + 1, host: hostname(), started: null })
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => CheckpointLock.acquire(files, FILE)))
  expect(outcomes.filter((o) => o.status === 'fulfilled').length).toBe(1)
  expect(await files.list('/checkpoint')).toEqual(['lock'])
})
