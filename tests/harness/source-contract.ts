import { expect, test } from 'vitest'
import type { Offset } from '../../engine/connect/offset.ts'
import type { Source, SourceDefinition } from '../../engine/connect/source.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import { MemoryLog, rowsFrom, scanOf, settingsOf, sourceEnvironment } from './connector-environment.ts'

/** What a source needs for its contract to be tried: `more` makes new data appear; `replays` is false where a restart loses data. */
export interface SourceTrial {
  readonly definition: SourceDefinition
  readonly options: Record<string, string>
  readonly given?: Schema
  more(source: Source): Promise<void> | void
  readonly replays: boolean
}

/** The rules every source keeps, whatever it reads from. */
export function sourceContract(name: string, open: () => Promise<SourceTrial>): void {
  const openSource = async (trial: SourceTrial, log = new MemoryLog()): Promise<Source> => {
    const schema = trial.definition.schema(trial.options, trial.given, settingsOf(), true)
    return trial.definition.openStream!(sourceEnvironment(trial.options, schema, log))
  }
  const collect = async (source: Source, count: number, trial: SourceTrial): Promise<(Offset | null)[]> => {
    const offsets: (Offset | null)[] = [null]
    for (let i = 0; i < count; i++) {
      await trial.more(source)
      offsets.push(await source.latestOffset(offsets.at(-1)!, 'source'))
    }
    return offsets
  }

  test(`${name}: the same range gives the same rows, and ranges put together give the whole`, async () => {
    const trial = await open()
    const source = await openSource(trial)
    const offsets = await collect(source, 3, trial)
    const scan = scanOf(source.schema)
    const parts = []
    for (let i = 1; i < offsets.length; i++) parts.push(...(await rowsFrom(source.read(offsets[i - 1]!, offsets[i]!, scan))))
    const whole = await rowsFrom(source.read(null, offsets.at(-1)!, scan))
    expect(whole.length).toBeGreaterThan(0)
    const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row, bigintText)).sort()
    if (trial.replays) expect(sorted(parts)).toEqual(sorted(whole))
    expect(await rowsFrom(source.read(offsets[1]!, offsets[2]!, scan))).toEqual(
      await rowsFrom(source.read(offsets[1]!, offsets[2]!, scan)),
    )
    await source.close()
  })

  test(`${name}: batches have the columns asked for, in that order`, async () => {
    const trial = await open()
    const source = await openSource(trial)
    const offsets = await collect(source, 1, trial)
    const reversed = source.schema.map((_, i) => i).reverse()
    const all = await rowsFrom(source.read(null, offsets[1]!, scanOf(source.schema)))
    const turned = await rowsFrom(source.read(null, offsets[1]!, scanOf(source.schema, reversed)))
    expect(turned).toEqual(all.map((row) => [...row].reverse()))
    await source.close()
  })

  test(`${name}: an option it does not have is refused by name`, async () => {
    const trial = await open()
    expect(() => trial.definition.schema({ ...trial.options, noSuchOption: '1' }, trial.given, settingsOf(), true)).toThrow(
      /has no option "noSuchOption"/,
    )
  })

  test(`${name}: after a restart, reading goes on from any offset`, async () => {
    const trial = await open()
    if (!trial.replays) return
    const log = new MemoryLog()
    const first = await openSource(trial, log)
    const offsets = await collect(first, 3, trial)
    const scan = scanOf(first.schema)
    const expected = await rowsFrom(first.read(offsets[1]!, offsets[3]!, scan))
    await first.close()
    const second = await openSource(trial, log)
    expect(await rowsFrom(second.read(offsets[1]!, offsets[3]!, scan))).toEqual(expected)
    await second.close()
  })
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
