import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Expression } from '../../engine/expr/expression.ts'
import { type CompoundBlock, mapCompound } from '../../engine/plan/compound.ts'
import type { LogicalPlan } from '../../engine/plan/logical-plan.ts'
import type { InsertInto, Options, QueryClauses, Statement, Trigger } from '../../engine/plan/statement.ts'
import { parseIntervalText } from '../../engine/types/interval.ts'
import type { Value } from '../../engine/types/value.ts'
import type { ClausesSyntax, CompoundSyntax, ExpressionSyntax, ParsedStatement, StatementSyntax } from '../ast.ts'
import { lowerCommand } from './lower-command.ts'
import { lowerExpression, notSupported } from './lower-expression.ts'
import { lowerQuery } from './lower-query.ts'
import { lowerRelationName, lowerWatermark } from './lower-relation.ts'

/** Where a table without USING keeps its rows: this process. */
const DEFAULT_TABLE_PROVIDER = 'memory'
const DEFAULT_SINK_PROVIDER = 'memory'

/** A statement of syntax → one of plans. Throws ParseError UNSUPPORTED_FEATURE for what Spark's grammar has and Millrace does not. */
export function lowerStatement({ syntax, refusals }: ParsedStatement): Statement {
  const [refusal] = refusals
  if (refusal) throw notSupported(refusal.what, refusal.span)
  return lower(syntax)
}

function lower(syntax: StatementSyntax): Statement {
  const { span } = syntax
  switch (syntax.kind) {
    case 'query_statement':
      return { kind: 'query', query: lowerQuery(syntax.query), span }
    case 'create_relation':
      return lowerCreateRelation(syntax)
    case 'create_view':
      return {
        kind: 'create_view',
        name: lowerRelationName(syntax.name),
        columns: syntax.columns,
        orReplace: syntax.orReplace,
        ifNotExists: syntax.ifNotExists,
        temporary: syntax.temporary,
        query: lowerQuery(syntax.query),
        span,
      }
    case 'create_streaming_table': {
      if (syntax.query === undefined) throw notSupported('a streaming table without a query', span)
      return {
        kind: 'create_streaming_table',
        name: lowerRelationName(syntax.name),
        provider: syntax.provider ?? DEFAULT_SINK_PROVIDER,
        options: syntax.options,
        query: lowerQuery(syntax.query),
        ...lowerClauses(syntax),
        span,
      }
    }
    case 'insert':
      return lowerInsert(syntax)
    case 'command':
      return lowerCommand(syntax.command, span, lowerInsert)
    case 'explain':
      return { kind: 'explain', mode: syntax.mode, statement: lower(syntax.statement), span }
    case 'explain_why':
      return { kind: 'explain_why', name: syntax.name.join('.'), at: syntax.at, span }
    case 'set':
      return { kind: 'set', key: syntax.key, value: syntax.value, span }
    case 'set_time_zone':
      return { kind: 'set_time_zone', zone: syntax.zone, span }
    case 'reset':
      return { kind: 'reset', key: syntax.key, span }
    case 'drop':
      return { kind: 'drop', what: syntax.what, name: lowerRelationName(syntax.name), ifExists: syntax.ifExists, span }
    case 'describe':
      return { kind: 'describe', name: lowerRelationName(syntax.name), extended: syntax.extended, column: syntax.column, span }
    case 'describe_query':
      return { kind: 'describe_query', query: lowerQuery(syntax.query), span }
    case 'stop':
      return { kind: 'stop', name: syntax.name.join('.'), span }
    case 'compound':
      return { kind: 'compound', block: lowerCompound(syntax.block), span }
    case 'unsupported':
      throw notSupported(syntax.what, span)
  }
}

function lowerCompound(block: CompoundSyntax): CompoundBlock<Statement, Expression, LogicalPlan> {
  return mapCompound(block, { statement: lowerStatement, expression: lowerExpression, query: lowerQuery })
}

function lowerInsert(syntax: StatementSyntax & { kind: 'insert' }): InsertInto {
  const { columns, byName, overwrite, span } = syntax
  return {
    kind: 'insert_into',
    name: lowerRelationName(syntax.name),
    columns,
    byName,
    overwrite,
    query: lowerQuery(syntax.query),
    ...lowerClauses(syntax),
    span,
  }
}

function lowerCreateRelation(syntax: StatementSyntax & { kind: 'create_relation' }): Statement {
  const { span } = syntax
  const { provider, options } = foreignOptions(syntax.provider, syntax.options)
  if (syntax.streaming && provider === undefined) {
    throw new ParseError('PARSE_SYNTAX_ERROR', {
      message: 'a stream needs USING and the format it is read with',
      hint: "For example USING json OPTIONS (path 'data/clicks').",
      span,
    })
  }
  return {
    kind: 'create_relation',
    // A declared watermark means a stream in the dialect that declares it inside the columns.
    streaming: syntax.streaming || (syntax.watermark !== undefined && syntax.provider === undefined && provider !== undefined),
    name: lowerRelationName(syntax.name),
    columns: syntax.columns,
    provider: provider ?? DEFAULT_TABLE_PROVIDER,
    options,
    watermark: syntax.watermark && lowerWatermark(syntax.watermark),
    lateDataTo: syntax.lateDataTo,
    badRowsTo: syntax.badRowsTo,
    orReplace: syntax.orReplace,
    ifNotExists: syntax.ifNotExists,
    query: syntax.query && lowerQuery(syntax.query),
    span,
  }
}

/** Flink's WITH ('connector' = …): the connector is the provider, and Kafka's keys go by Spark's names. */
function foreignOptions(provider: string | undefined, options: Options): { provider: string | undefined; options: Options } {
  const { connector, ...others } = options
  if (provider !== undefined || connector === undefined) return { provider, options }
  if (connector !== 'kafka') return { provider: connector, options: others }
  const renamed = Object.entries(others).flatMap(([key, value]): [string, string][] => {
    if (key.startsWith('properties.')) return [[`kafka.${key.slice('properties.'.length)}`, value]]
    if (key === 'topic') return [['subscribe', value]]
    if (key === 'format' || key === 'value.format') return foreignFormat(value)
    if (key in REGISTRY_KEYS) return [[REGISTRY_KEYS[key]!, value]]
    if (key === 'scan.startup.mode' && (value === 'earliest-offset' || value === 'latest-offset'))
      return [['startingOffsets', value.replace('-offset', '')]]
    return [[key, value]]
  })
  return { provider: connector, options: Object.fromEntries(renamed) }
}

/** avro-confluent is Avro framed with the number of a registry's schema, which the registry's URL says here. */
function foreignFormat(value: string): [string, string][] {
  return [['format', value === 'avro-confluent' ? 'avro' : value]]
}
const REGISTRY_KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  ['', 'value.'].flatMap((prefix) => [
    [`${prefix}avro-confluent.url`, 'schemaRegistry'],
    [`${prefix}avro-confluent.subject`, 'schemaRegistry.subject'],
    [`${prefix}avro-confluent.schema`, 'avroSchema'],
  ]),
)

function lowerClauses(clauses: ClausesSyntax): QueryClauses {
  const { outputMode, checkpoint, lateDataTo, badRowsTo, partitionBy, trigger, emitAfterIdle } = clauses
  return {
    outputMode,
    trigger: trigger && lowerTrigger(trigger),
    checkpoint,
    lateDataTo,
    badRowsTo,
    emitAfterIdleMs: emitAfterIdle && durationMs(emitAfterIdle),
    partitionBy,
  }
}
function lowerTrigger(trigger: NonNullable<ClausesSyntax['trigger']>): Trigger {
  return trigger.kind === 'every' ? { kind: 'processing_time', intervalMs: durationMs(trigger.interval) } : trigger
}

/** Whole milliseconds of an interval literal or its text; months have no fixed length. */
function durationMs(e: ExpressionSyntax): number {
  const micros = e.kind === 'literal' ? microsOf(e.value) : undefined
  if (micros === undefined || micros < 0n) {
    throw new ParseError('INVALID_PARAMETER_VALUE', {
      message: 'this is not a duration of fixed length',
      hint: "Write INTERVAL 10 SECONDS or '10 seconds'.",
      span: e.span,
    })
  }
  return Number(micros / 1000n)
}
function microsOf(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  const interval = typeof value === 'string' ? parseIntervalText(value) : value
  if (interval === null || typeof interval !== 'object' || !('microseconds' in interval)) return undefined
  return interval.months === 0 ? BigInt(interval.days) * 86_400_000_000n + interval.microseconds : undefined
}
