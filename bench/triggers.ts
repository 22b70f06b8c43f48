import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStream } from '../engine/connect/memory-stream.ts'
import { BIGINT, field } from '../engine/types/data-type.ts'
import { createSession } from '../index.ts'
import { Draw } from './data/random.ts'

/** Triggers of a count and sum by key in update mode, after `keys` keys have been stored; each takes `rows` rows of random keys. */
export interface TriggerLoad {
  readonly keys: number
  readonly rows: number
  readonly triggers: number
  /** 'epoch': two syncs of the disk a trigger; 'off': none. */
  readonly sync: 'epoch' | 'off'
}

/** Milliseconds from the call that adds the rows to the end of their epoch, commit included. */
export interface TriggerCosts {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly rssMB: number
}

const LOAD_ROWS = 1 << 16

export async function measureTriggers(load: TriggerLoad): Promise<TriggerCosts> {
  const session = createSession({ 'millrace.checkpoint.sync': load.sync })
  const stream = new MemoryStream('changes', [field('k', BIGINT, true), field('v', BIGINT, true)])
  session.memoryStreams.set('changes', stream)
  session.readStream.format('memory').option('stream', 'changes').load().createOrReplaceTempView('changes')
  const checkpoint = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    const query = await session
      .sql('SELECT k, count(*) AS n, sum(v) AS total FROM changes GROUP BY k')
      .writeStream.outputMode('update')
      .format('noop')
      .option('checkpointLocation', checkpoint)
      .start()
    const add = async (keys: bigint[]): Promise<number> => {
      const rows = keys.map((key) => [key, key % 97n])
      const started = performance.now()
      stream.addRows(rows)
      await query.processAllAvailable()
      return performance.now() - started
    }
    for (let from = 0; from < load.keys; from += LOAD_ROWS) {
      const count = Math.min(LOAD_ROWS, load.keys - from)
      await add(Array.from({ length: count }, (_, i) => BigInt(from + i)))
    }
    const draw = new Draw(5)
    const times: number[] = []
    // The first half warms up.
    for (let trigger = 0; trigger < 2 * load.triggers; trigger++) {
      const ms = await add(Array.from({ length: load.rows }, () => BigInt(draw.integer(load.keys))))
      if (trigger >= load.triggers) times.push(ms)
    }
    await query.stop()
    times.sort((a, b) => a - b)
    const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))]!
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), rssMB: Math.round(process.resourceUsage().maxRSS / 1024) }
  } finally {
    rmSync(checkpoint, { recursive: true, force: true })
  }
}
