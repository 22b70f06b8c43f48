import { expect, test } from 'vitest'
import { batchFromRows } from '../../engine/columnar/batch.ts'
import type { SinkDefinition, SinkEnvironment } from '../../engine/connect/sink.ts'
import type { Row } from '../../engine/types/value.ts'

export interface SinkTrial {
  readonly definition: SinkDefinition
  readonly environment: SinkEnvironment
  /** Rows of two epochs. */
  readonly epochs: readonly [readonly Row[], readonly Row[]]
  /** What readers of the sink see now, in any order. */
  contents(): Promise<readonly Row[]> | readonly Row[]
}

/** The rules of sinks that promise each row exactly once. */
export function exactlyOnceContract(name: string, open: () => Promise<SinkTrial>): void {
  const write = async (trial: SinkTrial, epoch: number, rows: readonly Row[], end: 'commit' | 'abort'): Promise<boolean> => {
    const sink = await trial.definition.openStream(trial.environment)
    const writer = await sink.begin(epoch)
    if (writer === 'skip') return false
    await writer.append(batchFromRows(trial.environment.schema, rows))
    await writer[end]()
    await sink.close()
    return true
  }
  const sorted = (rows: readonly Row[]): string[] =>
    rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))).sort()

  test(`${name}: writing an epoch again changes nothing`, async () => {
    const trial = await open()
    await write(trial, 0, trial.epochs[0], 'commit')
    await write(trial, 1, trial.epochs[1], 'commit')
    const once = sorted(await trial.contents())
    expect(once).toEqual(sorted([...trial.epochs[0], ...trial.epochs[1]]))
    await write(trial, 1, trial.epochs[1], 'commit')
    await write(trial, 0, trial.epochs[0], 'commit')
    expect(sorted(await trial.contents())).toEqual(once)
  })

  test(`${name}: an epoch that failed is not seen, and can be written again`, async () => {
    const trial = await open()
    await write(trial, 0, trial.epochs[0], 'commit')
    await write(trial, 1, trial.epochs[1], 'abort')
    expect(sorted(await trial.contents())).toEqual(sorted(trial.epochs[0]))
    await write(trial, 1, trial.epochs[1], 'commit')
    expect(sorted(await trial.contents())).toEqual(sorted([...trial.epochs[0], ...trial.epochs[1]]))
  })

  test(`${name}: an option it does not have is refused by name`, async () => {
    const trial = await open()
    const environment = { ...trial.environment, options: { ...trial.environment.options, noSuchOption: '1' } }
    await expect(trial.definition.openStream(environment)).rejects.toThrow(/has no option "noSuchOption"/)
  })
}
