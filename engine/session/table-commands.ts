import type { Batch } from '../columnar/batch.ts'
import { ownedBatch } from '../columnar/concat.ts'
import { AnalysisError, UsageError } from '../errors/engine-error.ts'
import type { LogicalPlan, RelationDefinition } from '../plan/logical-plan.ts'
import { schemaOf } from '../plan/output.ts'
import type { CreateRelation, InsertInto } from '../plan/statement.ts'
import { anyNode, isStreaming } from '../plan/walk.ts'
import { refuseRepeated, requireSchema, tableNamed } from './catalog-commands.ts'
import { inTableOrder, withDefaults } from './insert-columns.ts'
import type { Session } from './session.ts'
import { livesInSession, storeAssigned } from './session-tables.ts'

/** CREATE STREAM and CREATE TABLE without a query: what later statements read or write by name. */
export function createRelation(session: Session, statement: CreateRelation): void {
  const { catalog } = session
  requireSchema(catalog, statement.name.slice(0, -1))
  const existing = catalog.lookup(statement.name, 'permanent')
  if (existing !== undefined && statement.ifNotExists) return
  if (existing !== undefined && !statement.orReplace) {
    throw new AnalysisError('TABLE_OR_VIEW_ALREADY_EXISTS', {
      message: `"${statement.name.join('.')}" is declared already`,
      hint: 'Use CREATE OR REPLACE, or DROP it first.',
      parameters: { relationName: statement.name.join('.') },
    })
  }
  if (statement.query !== undefined) {
    throw new UsageError('STATEMENT_RUNS_A_QUERY', {
      message: 'CREATE TABLE … AS SELECT runs its query, and sql() only describes one',
      hint: 'Use await session.run(text).',
    })
  }
  if (statement.columns !== undefined) refuseRepeated(statement.columns, session.settings.caseSensitive)
  const { lateDataTo, badRowsTo } = statement
  if (!statement.streaming && livesInSession(statement.provider, statement.options)) {
    if (lateDataTo !== undefined || badRowsTo !== undefined) {
      throw new AnalysisError('UNSUPPORTED_FEATURE.SIDE_TABLE', {
        message: `the table "${statement.name.join('.')}" is filled by INSERT alone: no row of it is late or undecodable`,
        hint: 'Leave out LATE DATA TO and BAD ROWS TO.',
      })
    }
    catalog.set(statement.name, {
      kind: 'relation',
      relation: session.tables.create(statement.name.join('.'), statement.columns ?? []),
      watermark: undefined,
    })
    return
  }
  session.leftOut.declare({ lateDataTo, badRowsTo })
  // A declared table may only ever be written to: what it holds is asked for when it is read.
  const request = {
    provider: statement.provider,
    options: statement.options,
    schema: statement.columns,
    streaming: statement.streaming,
  }
  const name = statement.name.join('.')
  const relation = statement.streaming ? session.relation(request, name) : session.declaredTable(request, name)
  catalog.set(statement.name, {
    kind: 'relation',
    relation: { ...relation, lateDataTo, badRowsTo },
    watermark: statement.watermark,
  })
}

/** INSERT INTO of rows that are there now: into a table of the session, or a batch write through the table's connector. */
export async function insertRows(session: Session, statement: InsertInto): Promise<void> {
  const { overwrite } = statement
  const { plan, relation } = insertion(session, statement)
  if (!session.tables.has(relation)) {
    return session.writeBatch({
      plan,
      format: relation.provider,
      options: relation.options,
      partitionBy: [],
      mode: overwrite ? 'overwrite' : 'append',
    })
  }
  const batches: Batch[] = []
  await session.runBatch(plan, (batch) => {
    if (batch.rowCount > 0) batches.push(ownedBatch(batch))
  })
  if (overwrite) session.tables.replace(relation, batches)
  else session.tables.append(relation, batches)
}

/** The table, and the query with its columns cast to the table's. */
export function insertion(session: Session, statement: InsertInto): { plan: LogicalPlan; relation: RelationDefinition } {
  const { name } = statement
  const relation = tableNamed(session.catalog, name, 'INSERT')
  const query = session.analyze(withDefaults(statement.query))
  if (statement.overwrite && anyNode(query, (p) => p.kind === 'scan' && p.relation.key === relation.key)) {
    throw new AnalysisError('UNSUPPORTED_OVERWRITE.TABLE', {
      message: `the query reads "${name.join('.')}", which it would overwrite`,
      parameters: { table: name.join('.') },
    })
  }
  const ordered = session.analyze(inTableOrder(query, statement, relation.schema, session.settings.caseSensitive))
  return { plan: session.analyze(storeAssigned(ordered, name.join('.'), relation.schema)), relation }
}

export async function createTableAs(session: Session, statement: CreateRelation, query: LogicalPlan): Promise<void> {
  if (declareTableAs(session, statement, query))
    await insertRows(session, { ...NO_CLAUSES, kind: 'insert_into', name: statement.name, query, span: statement.span })
}

/** Declares the table of a CREATE TABLE … AS; false where it is there already and IF NOT EXISTS lets it be. */
export function declareTableAs(session: Session, statement: CreateRelation, query: LogicalPlan): boolean {
  const plan = session.analyze(query)
  if (isStreaming(plan)) {
    throw new AnalysisError('UNSUPPORTED_FEATURE.TABLE_OF_A_STREAM', {
      message: 'CREATE TABLE … AS takes rows that are there, and the query reads a stream',
      hint: 'Write CREATE STREAMING TABLE.',
      span: statement.span,
    })
  }
  const existed = session.catalog.lookup(statement.name, 'permanent') !== undefined
  createRelation(session, { ...statement, query: undefined, columns: statement.columns ?? schemaOf(plan) })
  return !(existed && statement.ifNotExists)
}

/** An INSERT that says nothing but the table and the query. */
const NO_CLAUSES = {
  columns: undefined,
  byName: false,
  overwrite: false,
  outputMode: undefined,
  trigger: undefined,
  checkpoint: undefined,
  lateDataTo: undefined,
  badRowsTo: undefined,
  emitAfterIdleMs: undefined,
  partitionBy: [],
} as const
