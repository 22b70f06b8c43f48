import { AnalysisError } from '../errors/engine-error.ts'
import { nearestName } from '../errors/nearest.ts'
import type { SinkDefinition } from './sink.ts'
import type { SourceDefinition } from './source.ts'

/** Connectors by name, without case; the only place that finds them. One per session. A later one of the same name replaces the earlier. */
export class ConnectorRegistry {
  readonly #sources = new Map<string, SourceDefinition>()
  readonly #sinks = new Map<string, SinkDefinition>()

  constructor(sources: Iterable<SourceDefinition> = [], sinks: Iterable<SinkDefinition> = []) {
    for (const source of sources) this.addSource(source)
    for (const sink of sinks) this.addSink(sink)
  }

  addSource(definition: SourceDefinition): void {
    for (const name of [definition.name, ...(definition.aliases ?? [])]) this.#sources.set(name.toLowerCase(), definition)
  }
  addSink(definition: SinkDefinition): void {
    for (const name of [definition.name, ...(definition.aliases ?? [])]) this.#sinks.set(name.toLowerCase(), definition)
  }

  findSource(name: string): SourceDefinition | undefined {
    return this.#sources.get(name.toLowerCase())
  }
  findSink(name: string): SinkDefinition | undefined {
    return this.#sinks.get(name.toLowerCase())
  }
  /** @throws AnalysisError DATA_SOURCE_NOT_FOUND */
  source(name: string): SourceDefinition {
    return (
      this.findSource(name) ??
      notFound(
        'source',
        name,
        this.sources().filter((source) => source.internal !== true),
      )
    )
  }
  /** @throws AnalysisError DATA_SOURCE_NOT_FOUND */
  sink(name: string): SinkDefinition {
    return this.findSink(name) ?? notFound('sink', name, this.sinks())
  }

  sources(): SourceDefinition[] {
    return [...new Set(this.#sources.values())]
  }
  sinks(): SinkDefinition[] {
    return [...new Set(this.#sinks.values())]
  }
}

function notFound(kind: 'source' | 'sink', name: string, known: readonly { readonly name: string }[]): never {
  const names = known.map((d) => d.name).sort()
  const nearest = nearestName(name, names)
  throw new AnalysisError('DATA_SOURCE_NOT_FOUND', {
    message: `there is no ${kind} "${name}"`,
    detail: `Known ${kind}s: ${names.join(', ')}.`,
    hint: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
    parameters: { provider: name },
  })
}
