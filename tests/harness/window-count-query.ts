import type { Clock } from '../../engine/clock.ts'
import { rowsOf } from '../../engine/columnar/batch.ts'
import { MemoryStream, memorySourceDefinition } from '../../engine/connect/memory-stream.ts'
import type { EpochWriter, Sink } from '../../engine/connect/sink.ts'
import { silentLogger } from '../../engine/log.ts'
import { ListenerBus } from '../../engine/observe/listener.ts'
import type { RelationDefinition } from '../../engine/plan/logical-plan.ts'
import { DEFAULT_TRIGGER } from '../../engine/plan/statement.ts'
import type { QueryDefinition } from '../../engine/run/query-definition.ts'
import { ManualClock } from '../../engine/testing/manual-clock.ts'
import { Settings } from '../../engine/types/settings.ts'
import type { CrashPlan } from './crash-file-system.ts'
import { CLICKS, WindowCountPipeline } from './window-count-pipeline.ts'

/** A click at so many seconds after 2030-01-01 00:00:00 UTC. */
export function click(seconds: number, page: string): [bigint, string] {
  return [1_893_456_000_000_000n + BigInt(seconds) * 1_000_000n, page]
}

/** Streams of clicks that queries can read, by name. */
export class ClickStreams {
  readonly #streams = new Map<string, MemoryStream>()

  constructor(...names: string[]) {
    for (const name of names) this.#streams.set(name, new MemoryStream(name, CLICKS))
  }
  add(name: string, ...rows: [bigint, string][]): void {
    this.#streams.get(name)!.addRows(rows)
  }
  relation(name: string): RelationDefinition {
    return { key: name, name, provider: 'memory', options: { stream: name }, schema: CLICKS, streaming: true }
  }
  get connector() {
    return memorySourceDefinition(this.#streams)
  }
}

/** Keeps the rows of each epoch; an epoch written again replaces itself, and must be the same. Row form: 'window start in seconds page count'. */
export class EpochRecorder implements Sink {
  readonly description = 'EpochRecorder'
  readonly epochs = new Map<number, string[]>()
  /** Epochs that were written more than once. */
  readonly repeated: number[] = []
  readonly differences: string[] = []
  plan: CrashPlan | undefined

  async begin(epoch: number): Promise<EpochWriter> {
    const rows: string[] = []
    await this.#operation('begin the sink epoch')
    return {
      append: (batch) => {
        for (const [start, page, n] of rowsOf(batch)) {
          rows.push(`${(start as bigint) / 1_000_000n - 1_893_456_000n} ${String(page)} ${String(n)}`)
        }
      },
      commit: async () => {
        await this.#operation('commit the sink epoch', () => this.#keep(epoch, rows))
      },
      abort: async () => {},
    }
  }
  async close(): Promise<void> {}

  get rows(): string[] {
    return [...this.epochs.values()].flat()
  }

  #keep(epoch: number, rows: string[]): void {
    const before = this.epochs.get(epoch)
    if (before !== undefined) {
      this.repeated.push(epoch)
      if (before.join() !== rows.join()) this.differences.push(`epoch ${epoch}: [${before.join()}] then [${rows.join()}]`)
    }
    this.epochs.set(epoch, rows)
  }
  async #operation(name: string, run: () => void = () => {}): Promise<void> {
    if (this.plan === undefined) run()
    else await this.plan.operation(name, run)
  }
}

/** The counting query over streams of clicks, each scanned once for each time it is named. */
export function windowCountQuery(
  streams: ClickStreams,
  names: readonly string[],
  sink: Sink,
  changes: Partial<QueryDefinition> & { readonly set?: Readonly<Record<string, string>> } = {},
): QueryDefinition {
  const relations = names.map((name) => streams.relation(name))
  const clock: Clock = new ManualClock()
  const { set, ...rest } = changes
  return {
    name: 'counts',
    mode: 'append',
    trigger: DEFAULT_TRIGGER,
    relations: [...new Set(names)].map((name) => ({ relation: streams.relation(name), definition: streams.connector })),
    buildPipeline: (context) => new WindowCountPipeline(context, relations),
    planFingerprint: 'window count',
    openSink: async () => sink,
    checkpoint: { temporary: true },
    settings: new Settings(Object.entries({ 'spark.sql.session.timeZone': 'UTC', ...set })),
    clock,
    logger: silentLogger,
    listeners: new ListenerBus(silentLogger),
    explain: () => 'window count',
    ...rest,
  }
}
