import { unreachable } from '../../engine/errors/assert.ts'
import type { Field } from '../../engine/types/data-type.ts'
import type { ClausesSyntax, StatementSyntax } from '../ast.ts'
import { quoteName, quoteNames, quoteText } from '../quote.ts'
import { formatExpression, formatType } from './format-expression.ts'
import { formatOptions, formatQuery, formatRelationName, formatWatermark } from './format-query.ts'

function words(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined && part !== '').join(' ')
}

/** A statement as canonical text: reading it gives the same syntax, places aside. What Spark has and Millrace refuses is left out. */
export function formatStatement(statement: StatementSyntax): string {
  switch (statement.kind) {
    case 'query_statement':
      return formatQuery(statement.query)
    case 'create_relation':
      return words(
        'CREATE',
        statement.orReplace && 'OR REPLACE',
        statement.streaming ? 'STREAM' : 'TABLE',
        statement.ifNotExists && 'IF NOT EXISTS',
        formatRelationName(statement.name),
        statement.columns && formatColumns(statement.columns),
        statement.provider !== undefined && `USING ${formatProvider(statement.provider)}`,
        Object.keys(statement.options).length > 0 && `OPTIONS ${formatOptions(statement.options)}`,
        statement.watermark && formatWatermark(statement.watermark),
        statement.lateDataTo !== undefined && `LATE DATA TO ${formatProvider(statement.lateDataTo)}`,
        statement.badRowsTo !== undefined && `BAD ROWS TO ${formatProvider(statement.badRowsTo)}`,
        statement.query && `AS ${formatQuery(statement.query)}`,
      )
    case 'create_view':
      return words(
        'CREATE',
        statement.orReplace && 'OR REPLACE',
        statement.temporary && 'TEMPORARY',
        'VIEW',
        statement.ifNotExists && 'IF NOT EXISTS',
        formatRelationName(statement.name),
        statement.columns.length > 0 && `(${statement.columns.map(quoteName).join(', ')})`,
        `AS ${formatQuery(statement.query)}`,
      )
    case 'create_streaming_table':
      return words(
        `CREATE STREAMING TABLE ${formatRelationName(statement.name)}`,
        statement.provider !== undefined && `USING ${formatProvider(statement.provider)}`,
        Object.keys(statement.options).length > 0 && `OPTIONS ${formatOptions(statement.options)}`,
        formatClauses(statement),
        statement.query && `AS ${formatQuery(statement.query)}`,
      )
    case 'insert':
      return words(
        `INSERT ${statement.overwrite ? 'OVERWRITE' : 'INTO'} ${formatRelationName(statement.name)}`,
        statement.byName && 'BY NAME',
        statement.columns && `(${statement.columns.map(quoteName).join(', ')})`,
        formatClauses(statement),
        formatQuery(statement.query),
      )
    case 'explain':
      return words('EXPLAIN', statement.mode !== 'simple' && statement.mode.toUpperCase(), formatStatement(statement.statement))
    case 'explain_why':
      return words('EXPLAIN WHY', quoteNames(statement.name), statement.at !== undefined && `AT ${quoteText(statement.at)}`)
    case 'set':
      if (statement.key === undefined) return 'SET'
      return words('SET', formatKey(statement.key), statement.value !== undefined && `= ${formatValue(statement.value)}`)
    case 'set_time_zone':
      return `SET TIME ZONE ${quoteText(statement.zone)}`
    case 'reset':
      return words('RESET', statement.key !== undefined && formatKey(statement.key))
    case 'drop':
      return words('DROP', statement.what.toUpperCase(), statement.ifExists && 'IF EXISTS', formatRelationName(statement.name))
    case 'describe':
      return words(
        'DESCRIBE TABLE',
        statement.extended && 'EXTENDED',
        formatRelationName(statement.name),
        statement.column !== undefined && quoteNames(statement.column),
      )
    case 'describe_query':
      return `DESCRIBE QUERY ${formatQuery(statement.query)}`
    case 'stop':
      return `STOP ${quoteNames(statement.name)}`
    case 'command':
    case 'compound':
    case 'unsupported':
      return statement.text
    default:
      return unreachable(statement)
  }
}

function formatColumns(columns: readonly Field[]): string {
  return `(${columns.map((f) => `${quoteName(f.name)} ${formatType(f.type)}${f.nullable ? '' : ' NOT NULL'}`).join(', ')})`
}
function formatProvider(provider: string): string {
  return quoteNames(provider.split('.'))
}
function formatKey(key: string): string {
  return /^[\w.:-]+$/.test(key) ? key : `\`${key}\``
}
function formatValue(value: string): string {
  return value === '' || value !== value.trim() || /[;'"`]/.test(value) ? `\`${value}\`` : value
}

function formatClauses(clauses: ClausesSyntax): string {
  const { trigger } = clauses
  return words(
    clauses.outputMode && `OUTPUT MODE ${clauses.outputMode}`,
    trigger &&
      `TRIGGER ${trigger.kind === 'every' ? `EVERY ${formatExpression(trigger.interval)}` : trigger.kind.toUpperCase().replace('_', ' ')}`,
    clauses.checkpoint !== undefined && `CHECKPOINT ${quoteText(clauses.checkpoint)}`,
    clauses.lateDataTo !== undefined && `LATE DATA TO ${formatProvider(clauses.lateDataTo)}`,
    clauses.badRowsTo !== undefined && `BAD ROWS TO ${formatProvider(clauses.badRowsTo)}`,
    clauses.emitAfterIdle && `EMIT AFTER IDLE ${formatExpression(clauses.emitAfterIdle)}`,
    clauses.partitionBy.length > 0 && `PARTITIONED BY (${clauses.partitionBy.map(quoteName).join(', ')})`,
  )
}
