import { utcTime } from '../observe/progress.ts'
import type { Pipeline } from '../operators/pipeline.ts'
import type { WatermarkTracker } from './watermark-tracker.ts'

/** One thing that EXPLAIN WHY says: about what, which of them, and the fact. Times are UTC. */
export interface WhyFact {
  readonly about: 'query' | 'watermark' | 'operator' | 'window' | 'row'
  /** The query; the event time and its sources; the operator as in the checkpoint; operator and window. */
  readonly name: string
  readonly fact: string
  readonly value: string
}

/** A running query as it stands between two triggers. */
export interface WhyState {
  readonly name: string
  readonly message: string
  readonly pipeline: Pipeline
  readonly watermark: WatermarkTracker
  readonly nowMs: number
  readonly quietSinceMs: number
  readonly emitAfterIdleMs: number | undefined
  /** Rows dropped as late since the start, by operator. */
  readonly late: ReadonlyMap<string, number>
  readonly ahead: number
}

/** Windows that are listed one by one, those that close first. */
const WINDOWS_LISTED = 20

/**
 * Why a query puts nothing out: what the watermark is, which source holds it back, what waits for it, and how much has come late.
 * `atMs`: also what would become of a row of that event time.
 */
export function explainWhy(state: WhyState, atMs: number | undefined): WhyFact[] {
  const facts = [...queryFacts(state), ...watermarkFacts(state), ...operatorFacts(state)]
  return atMs === undefined ? facts : [...facts, ...rowFacts(state, atMs)]
}

function queryFacts(state: WhyState): WhyFact[] {
  const { pipeline, watermark, nowMs, quietSinceMs, emitAfterIdleMs } = state
  const fact = factsAbout('query', state.name)
  const facts = [fact('status', state.message)]
  if (!pipeline.hasWatermark) return [...facts, fact('watermark', 'none: nothing waits for event time')]
  facts.push(fact('watermark', watermark.globalMs === 0 ? 'none yet' : utcTime(watermark.globalMs)))
  facts.push(fact('no rows for', duration(nowMs - quietSinceMs)))
  if (emitAfterIdleMs !== undefined) facts.push(fact('emits after idle', duration(emitAfterIdleMs)))
  if (state.ahead > 0) facts.push(fact('rows too far ahead of the clock', String(state.ahead)))
  return facts
}

function watermarkFacts({ pipeline, watermark, nowMs }: WhyState): WhyFact[] {
  const counted = watermark.nodesMs.filter((_, i) => !watermark.isIdle(i, nowMs))
  const least = Math.min(...counted)
  return pipeline.watermarkPlaces.flatMap(({ column, sources, delayMs }, i) => {
    const fact = factsAbout('watermark', `${column} of ${sources.join(', ')}`)
    const ownMs = watermark.nodesMs[i]
    const seen = ownMs !== undefined && ownMs !== 0
    const facts = [
      fact('watermark', seen ? utcTime(ownMs) : 'none: no row yet in this run'),
      fact('delay', duration(delayMs)),
      fact('no rows for', duration(nowMs - watermark.idleSinceMs(i))),
    ]
    if (watermark.isIdle(i, nowMs)) facts.push(fact('left out', 'yes: idle for too long'))
    else if (pipeline.watermarkPlaces.length > 1 && (watermark.takesGreatest ? false : (ownMs ?? 0) === least || !seen)) {
      facts.push(fact('holds the watermark back', 'yes: of all sources its event times are the least'))
    }
    return facts
  })
}

function operatorFacts({ pipeline, late, watermark }: WhyState): WhyFact[] {
  const held = new Map(pipeline.heldBack().map((entry) => [entry.id, entry]))
  return pipeline.stateful.flatMap(({ id, operator }) => {
    const fact = factsAbout('operator', id)
    const facts = [
      fact('rows in state', String(operator.report?.numRowsTotal ?? 0)),
      fact('late so far', String(late.get(id) ?? 0)),
    ]
    const waiting = held.get(id)
    if (waiting === undefined) return [...facts, fact('waiting for the watermark', '0')]
    const { firstMs, lastMs, count, open } = waiting.held
    facts.push(
      fact('waiting for the watermark', String(count)),
      fact('the first leaves at watermark', utcTime(firstMs - waiting.inputWatermark)),
      fact('the last leaves at watermark', utcTime(lastMs - waiting.inputWatermark)),
    )
    const missingMs = firstMs - waiting.inputWatermark - watermark.globalMs
    if (watermark.globalMs !== 0 && missingMs > 0)
      facts.push(fact('until the first leaves the watermark has to move by', duration(missingMs)))
    const windows = (open ?? []).slice(0, WINDOWS_LISTED).map(({ startMs, endMs, groups }) => {
      const span = startMs === undefined ? utcTime(endMs) : `${utcTime(startMs)} to ${utcTime(endMs)}`
      return factsAbout('window', `${id}: ${span}`)('open groups', String(groups))
    })
    return [...facts, ...windows]
  })
}

function rowFacts(state: WhyState, atMs: number): WhyFact[] {
  const { pipeline, watermark } = state
  const fact = factsAbout('row', utcTime(atMs))
  const windows = pipeline
    .heldBack()
    .flatMap(({ id, held }) =>
      (held.open ?? []).flatMap(({ startMs, endMs, groups }) =>
        startMs !== undefined && startMs <= atMs && atMs < endMs
          ? [fact(`open window of ${id}`, `${utcTime(startMs)} to ${utcTime(endMs)} (groups: ${groups}), leaves at its end`)]
          : [],
      ),
    )
  const passed = watermark.globalMs !== 0 && atMs <= watermark.globalMs
  return [
    fact('the watermark', passed ? 'has passed it: windows that ended by the watermark are closed' : 'has not reached it'),
    ...(windows.length === 0 ? [fact('open window', 'none has a row of this time')] : windows),
  ]
}

function factsAbout(about: WhyFact['about'], name: string): (fact: string, value: string) => WhyFact {
  return (fact, value) => ({ about, name, fact, value })
}

function duration(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
    ['millisecond', 1],
  ] as const
  let rest = Math.max(0, Math.round(ms))
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`)
  }
  return parts.slice(0, 2).join(' ') || '0 seconds'
}
