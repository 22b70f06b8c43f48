import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CLICKS_TOTAL, clickAt } from '../harness/killed-query.ts'

const root = mkdtempSync(path.join(tmpdir(), 'kill-'))
afterAll(() => rmSync(root, { recursive: true }))

function startProcess(): ChildProcess {
  const script = path.join(import.meta.dirname, '../harness/killed-query.ts')
  return spawn(process.execPath, ['--import', 'tsx', script, root], { stdio: ['ignore', 'inherit', 'inherit'] })
}
function epochsWritten(): number {
  try {
    return readdirSync(path.join(root, 'output')).filter((name) => !name.startsWith('.')).length
  } catch {
    return 0
  }
}

/** Closed windows of ten seconds: 'start page' to its count. */
function expectedCounts(): Map<string, number> {
  const counts = new Map<string, number>()
  const last = clickAt(CLICKS_TOTAL - 1)[0]
  for (let i = 0; i < CLICKS_TOTAL; i++) {
    const [at, page] = clickAt(i)
    const start = at - (at % 10_000_000n)
    if (start + 10_000_000n <= last) counts.set(`${start} ${page}`, (counts.get(`${start} ${page}`) ?? 0) + 1)
  }
  return counts
}

test('however often the process is killed, each window is counted once and right', async () => {
  let kills = 0
  for (;;) {
    const child = startProcess()
    const exited = once(child, 'exit')
    const until = epochsWritten() + 60
    // Killed while it works, at no particular place.
    while (child.exitCode === null && kills < 5 && epochsWritten() < until) await new Promise((resolve) => setTimeout(resolve, 3))
    if (kills < 5) {
      child.kill('SIGKILL')
      kills++
    }
    const [code] = await exited
    if (code === 0) break
    expect(child.signalCode).toBe('SIGKILL')
  }
  expect(kills).toBe(5)
  const counts = new Map<string, number>()
  for (const epoch of readdirSync(path.join(root, 'output'))) {
    if (epoch.startsWith('.')) continue
    for (const line of readFileSync(path.join(root, 'output', epoch), 'utf8').split('\n')) {
      if (line === '') continue
      const end = line.lastIndexOf(' ')
      const key = line.slice(0, end)
      expect(counts.has(key)).toBe(false)
      counts.set(key, Number(line.slice(end + 1)))
    }
  }
  expect(counts).toEqual(expectedCounts())
})
