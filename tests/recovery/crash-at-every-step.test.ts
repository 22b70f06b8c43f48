import { expect, test } from 'vitest'
import { QueryExecution } from '../../engine/run/query-execution.ts'
import { MemoryFileSystem } from '../../engine/storage/memory-file-system.ts'
import { Crash, CrashFileSystem, CrashPlan, type Death } from '../harness/crash-file-system.ts'
import { ClickStreams, click, EpochRecorder, windowCountQuery } from '../harness/window-count-query.ts'

const INPUTS: [bigint, string][][] = [
  [click(1, 'home'), click(2, 'cart')],
  [click(3, 'home'), click(11, 'home')],
  [click(12, 'cart'), click(13, 'cart'), click(25, 'home')],
  [click(26, 'home')],
  [click(38, 'cart'), click(41, 'home')],
  [click(55, 'home')],
  // Closes what came before, also where a restart has left out an epoch without rows.
  [click(70, 'end')],
  [click(71, 'end')],
]
const EXPECTED = ['0 cart 1', '0 home 2', '10 cart 2', '10 home 1', '20 home 2', '30 cart 1', '40 home 1', '50 home 1']

/** Runs the inputs one after the other. A process that dies is followed by the next one, which dies no more. */
async function run(plan: CrashPlan, sync: string, losePower: boolean) {
  const disk = new MemoryFileSystem()
  const streams = new ClickStreams('clicks')
  const sink = new EpochRecorder()
  sink.plan = plan
  let life = plan
  const open = () =>
    QueryExecution.open(
      windowCountQuery(streams, ['clicks'], sink, {
        checkpoint: { temporary: false, directory: '/checkpoint', fileSystem: new CrashFileSystem(disk, life) },
        set: { 'millrace.checkpoint.sync': sync, 'millrace.checkpoint.snapshotLogBytes': '400' },
      }),
    )
  let execution: QueryExecution | undefined
  for (let i = 0; i < INPUTS.length; ) {
    try {
      execution ??= await open()
      streams.add('clicks', ...INPUTS[i]!)
      i++
      while ((await execution.runTrigger()) !== undefined);
    } catch (error) {
      if (!plan.crashed) throw error
      // The failure is the crash itself or an error about it.
      expect(error instanceof Crash || (error as Error).cause instanceof Crash).toBe(true)
      await execution?.close().catch(() => {})
      execution = undefined
      if (losePower) disk.losePower()
      life = new CrashPlan()
      sink.plan = life
      execution = await open()
      while ((await execution.runTrigger()) !== undefined);
    }
  }
  await execution!.close().catch((error: unknown) => {
    if (!plan.crashed) throw error
  })
  return sink
}

test('without a crash the query gives each window once', async () => {
  const plan = new CrashPlan()
  const sink = await run(plan, 'epoch', false)
  expect(sink.rows.sort()).toEqual(EXPECTED)
  expect(sink.repeated).toEqual([])
  // The run is long enough for several snapshots and segments.
  expect(
    plan.operations.filter((name) => name.startsWith('write /checkpoint/snapshot/') && name.endsWith('manifest')).length,
  ).toBeGreaterThan(2)
})

test.each<[string, Death, boolean]>([
  ['before', 'before', false],
  ['after', 'after', false],
  ['in the middle of', 'torn', false],
  ['before, with loss of all that was not synced,', 'before', true],
  ['after, with loss of all that was not synced,', 'after', true],
  ['in the middle of, with loss of all that was not synced,', 'torn', true],
])(
  'a crash %s any durable operation changes nothing in the output and repeats at most one epoch',
  async (_, death, losePower) => {
    const whole = new CrashPlan()
    await run(whole, 'epoch', false)
    for (let at = 1; at <= whole.operations.length; at++) {
      const sink = await run(new CrashPlan(at, death), 'epoch', losePower)
      const place = `${at}: ${whole.operations[at - 1]}`
      expect({ place, rows: sink.rows.sort() }).toEqual({ place, rows: EXPECTED })
      expect({ place, differences: sink.differences, repeated: sink.repeated.length <= 1 }).toEqual({
        place,
        differences: [],
        repeated: true,
      })
    }
  },
)

test.each(['group', 'off'])('under the sync policy %s a crash of the process changes nothing in the output', async (sync) => {
  const whole = new CrashPlan()
  await run(whole, sync, false)
  for (let at = 1; at <= whole.operations.length; at++) {
    const sink = await run(new CrashPlan(at, 'torn'), sync, false)
    const place = `${at}: ${whole.operations[at - 1]}`
    expect({ place, rows: sink.rows.sort(), differences: sink.differences }).toEqual({ place, rows: EXPECTED, differences: [] })
  }
})
