import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStream } from '../engine/connect/memory-stream.ts'
import { BIGINT, field } from '../engine/types/data-type.ts'
import { createSession } from '../index.ts'
import { Draw } from './data/random.ts'

/**
 * Triggers of a count and sum by key in update mode, with as many queries side by side as `keys` has entries, each with that many keys stored.
 * They take turns, so that what the machine does besides falls on all of them alike.
 */
export interface TriggerLoad {
  readonly keys: readonly number[]
  /** Rows a trigger, of random keys. */
  readonly rows: number
  readonly triggers: number
  /** 'epoch': two syncs of the disk a trigger; 'off': none. */
  readonly sync: 'epoch' | 'off'
}

/** Milliseconds from the call that adds the rows to the end of their epoch, commit included. */
export interface TriggerTimes {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

const LOAD_ROWS = 1 << 16

export async function measureTriggers(load: TriggerLoad): Promise<readonly TriggerTimes[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    const queries = await Promise.all(load.keys.map((keys) => startCounting(keys, join(folder, String(keys)), load.sync)))
    const draw = new Draw(5)
    const times: number[][] = queries.map(() => [])
    // The first half warms up.
    for (let trigger = 0; trigger < 2 * load.triggers; trigger++) {
      for (const [i, { keys, add }] of queries.entries()) {
        const ms = await add(Array.from({ length: load.rows }, () => BigInt(draw.integer(keys))))
        if (trigger >= load.triggers) times[i]!.push(ms)
      }
    }
    for (const { stop } of queries) await stop()
    return times.map((list) => {
      list.sort((a, b) => a - b)
      const at = (share: number): number => list[Math.floor(share * list.length)]!
      return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Counting {
  readonly keys: number
  /** Adds a row for each key and gives the milliseconds that its epoch took. */
  add(keys: readonly bigint[]): Promise<number>
  stop(): Promise<void>
}

async function startCounting(keys: number, checkpoint: string, sync: 'epoch' | 'off'): Promise<Counting> {
  const session = createSession({ 'millrace.checkpoint.sync': sync })
  const stream = new MemoryStream('changes', [field('k', BIGINT, true), field('v', BIGINT, true)])
  session.memoryStreams.set('changes', stream)
  session.readStream.format('memory').option('stream', 'changes').load().createOrReplaceTempView('changes')
  const query = await session
    .sql('SELECT k, count(*) AS n, sum(v) AS total FROM changes GROUP BY k')
    .writeStream.outputMode('update')
    .format('noop')
    .option('checkpointLocation', checkpoint)
    .start()
  const add = async (changed: readonly bigint[]): Promise<number> => {
    const rows = changed.map((key) => [key, key % 97n])
    const started = performance.now()
    stream.addRows(rows)
    await query.processAllAvailable()
    return performance.now() - started
  }
  for (let from = 0; from < keys; from += LOAD_ROWS) {
    await add(Array.from({ length: Math.min(LOAD_ROWS, keys - from) }, (_, i) => BigInt(from + i)))
  }
  return { keys, add, stop: () => query.stop() }
}
