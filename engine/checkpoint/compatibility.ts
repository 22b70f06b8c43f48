import { CheckpointError } from '../errors/engine-error.ts'
import type { OperatorDescription, QueryDescription, TableDescription } from './records.ts'

/**
 * May a query go on from a checkpoint? Compared before any state is read; each difference that matters is refused by name.
 * Free to change: filters, projections, triggers, options, sinks, anything that keeps the sources and the state as they are.
 * Source: Spark's MicroBatchExecution, OperatorStateMetadataValidator and StateSchemaCompatibilityChecker; the output mode is our own rule.
 */
export function checkCompatible(directory: string, before: QueryDescription, now: QueryDescription): void {
  checkSources(directory, before, now)
  checkOperators(directory, before.operators, now.operators)
  if (before.outputMode !== now.outputMode && now.operators.length > 0) {
    throw new CheckpointError('CHECKPOINT_OUTPUT_MODE_CHANGED', {
      message: `the checkpoint "${directory}" was written in output mode "${before.outputMode}", the query now runs in "${now.outputMode}"`,
      detail: 'The output mode decides what the state keeps.',
      hint: `Start the query in output mode "${before.outputMode}", or with a new checkpoint directory.`,
      parameters: { before: before.outputMode, now: now.outputMode },
    })
  }
}

function checkSources(directory: string, before: QueryDescription, now: QueryDescription): void {
  const [old, current] = [before.sources, now.sources]
  const hint = 'Start with a new checkpoint directory, or read the same sources in the same order as before.'
  const list = (sources: QueryDescription['sources']) => sources.map((s) => `${s.name} (${s.provider})`).join(', ') || 'none'
  const detail = `Then: ${list(old)}. Now: ${list(current)}.`
  if (old.length !== current.length) {
    throw new CheckpointError('CHECKPOINT_SOURCES_CHANGED', {
      message: `there are ${old.length} sources in the checkpoint "${directory}" and now there are ${current.length} sources requested by the query`,
      detail,
      hint,
    })
  }
  old.forEach((source, i) => {
    if (source.provider !== current[i]!.provider) {
      throw new CheckpointError('CHECKPOINT_SOURCES_CHANGED', {
        message: `source ${i} of the checkpoint "${directory}" is of kind "${source.provider}", the query now reads "${current[i]!.provider}" there`,
        detail,
        hint,
      })
    }
  })
}

function checkOperators(directory: string, before: readonly OperatorDescription[], now: readonly OperatorDescription[]): void {
  const list = (operators: readonly OperatorDescription[]) =>
    operators.map((o) => `(OperatorId: ${o.id} -> OperatorName: ${o.name})`).join(', ')
  if (before.length !== now.length || before.some((o, i) => o.id !== now[i]!.id || o.name !== now[i]!.name)) {
    throw new CheckpointError('STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA', {
      message: `the stateful operators of the query are not those of the checkpoint "${directory}"`,
      detail: `In the checkpoint: ${list(before) || 'none'}. In the query: ${list(now) || 'none'}.`,
      hint: 'Aggregates, deduplication and joins of streams may not be added, removed or exchanged on a restart. Start with a new checkpoint directory, or run the query as it was.',
      parameters: { OpsInMetadataSeq: list(before), OpsInCurBatchSeq: list(now) },
    })
  }
  before.forEach((operator, i) => {
    checkTables(directory, operator, now[i]!)
  })
}

function checkTables(directory: string, before: OperatorDescription, now: OperatorDescription): void {
  const names = (operator: OperatorDescription) => operator.tables.map((table) => table.name).join(', ')
  if (names(before) !== names(now)) {
    throw new CheckpointError('STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA', {
      message: `operator ${before.id} (${before.name}) keeps other state tables than in the checkpoint "${directory}"`,
      detail: `In the checkpoint: ${names(before)}. In the query: ${names(now)}.`,
      hint: 'Start with a new checkpoint directory, or run the query as it was.',
    })
  }
  before.tables.forEach((table, i) => {
    checkTable(directory, before, table, now.tables[i]!)
  })
}

function checkTable(directory: string, operator: OperatorDescription, before: TableDescription, now: TableDescription): void {
  const refuse = (part: 'key' | 'value') => {
    const change =
      part === 'key'
        ? 'Grouping keys, join keys and deduplicated columns'
        : 'Aggregates and the columns that a join or a window keeps'
    return new CheckpointError(`STATE_STORE_${part.toUpperCase()}_SCHEMA_NOT_COMPATIBLE`, {
      message: `the ${part}s of state table "${now.name}" of operator ${operator.id} (${operator.name}) have another schema than in the checkpoint "${directory}"`,
      detail: `In the checkpoint: ${before[part]}. In the query: ${now[part]}.`,
      hint: `${change} may not change on a restart. Start with a new checkpoint directory, or run the query as it was.`,
      parameters: { [`stored${capital(part)}Schema`]: before[part], [`new${capital(part)}Schema`]: now[part] },
    })
  }
  if (before.key !== now.key) throw refuse('key')
  if (before.value !== now.value) throw refuse('value')
  if (before.version !== now.version) {
    throw new CheckpointError('CHECKPOINT_VERSION_NOT_SUPPORTED', {
      message: `state table "${now.name}" of operator ${operator.id} (${operator.name}) has layout version ${before.version} in the checkpoint "${directory}"`,
      detail: `This release reads version ${now.version}.`,
      hint: 'Run the query with the release that wrote it, or start with a new checkpoint directory.',
    })
  }
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}
