import { checkImplicitCast } from '../analysis/coerce-types.ts'
import { Batch } from '../columnar/batch.ts'
import { ColumnBuilder } from '../columnar/column-builder.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import { alias, type Expression } from '../expr/expression.ts'
import type { LogicalPlan, RelationDefinition } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { canStoreAssign } from '../types/coercion.ts'
import { type Schema, sameType, simpleString, sqlTypeName } from '../types/data-type.ts'
import type { HeldTables } from './held-tables.ts'

/** Formats whose tables live in the session when they are declared without a path; Spark would keep them in its warehouse. */
const WAREHOUSE_FORMATS = new Set(['memory', 'json', 'csv', 'text', 'parquet', 'orc', 'avro'])

/** Is this a table without a place of its own? */
export function livesInSession(provider: string, options: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(options).map((key) => key.toLowerCase())
  return WAREHOUSE_FORMATS.has(provider.toLowerCase()) && !keys.includes('path') && !keys.includes('stream')
}

/**
 * Tables that CREATE TABLE declares without a path: columns kept by the session until it ends or drops them, filled by INSERT INTO.
 */
export class SessionTables {
  readonly #held: HeldTables
  readonly #batches = new Map<string, Batch[]>()

  constructor(held: HeldTables) {
    this.#held = held
  }

  create(name: string, schema: Schema): RelationDefinition {
    const batches: Batch[] = []
    const relation = this.#held.hold(name, schema, () => batches)
    this.#batches.set(relation.key, batches)
    return relation
  }
  has(relation: RelationDefinition): boolean {
    return this.#batches.has(relation.key)
  }
  drop(relation: RelationDefinition): void {
    if (this.#batches.delete(relation.key)) this.#held.release(relation)
  }
  /** Adds copies of the batches; all of an insert or nothing. */
  append(relation: RelationDefinition, batches: readonly Batch[]): void {
    this.#batches.get(relation.key)!.push(...batches)
  }
  /** These batches in place of all that the table holds. */
  replace(relation: RelationDefinition, batches: readonly Batch[]): void {
    this.#batches.get(relation.key)!.splice(0, Number.POSITIVE_INFINITY, ...batches)
  }
  /** The table with further columns, NULL in the rows that are there. Plans made before read it as it was. */
  addColumns(relation: RelationDefinition, columns: Schema): RelationDefinition {
    const schema = [...relation.schema, ...columns]
    const widened = this.#batches.get(relation.key)!.map((batch) => {
      const added = columns.map((column) => {
        const builder = new ColumnBuilder(column.type, batch.rowCount)
        for (let row = 0; row < batch.rowCount; row++) builder.append(null)
        return builder.finish()
      })
      return new Batch(schema, batch.rowCount, [...batch.columns, ...added], batch.partition)
    })
    this.replace(relation, widened)
    return { ...relation, schema }
  }
}

/**
 * The query with its columns cast to a table's, by position. Which casts an INSERT may do is Spark's store assignment in ANSI mode: widening and
 * narrowing of numbers (checked while running), anything to text, but no text to number.
 */
export function storeAssigned(query: LogicalPlan, table: string, schema: Schema): LogicalPlan {
  const columns = outputOf(query)
  if (columns.length !== schema.length) {
    const few = columns.length < schema.length
    throw new AnalysisError(`INSERT_COLUMN_ARITY_MISMATCH.${few ? 'NOT_ENOUGH' : 'TOO_MANY'}_DATA_COLUMNS`, {
      message: `cannot write to "${table}": the query has ${columns.length} columns and the table ${schema.length}`,
      detail: `Table columns: ${schema.map((f) => f.name).join(', ')}. Data columns: ${columns.map((c) => c.name).join(', ')}.`,
      parameters: {
        tableName: table,
        tableColumns: schema.map((f) => f.name).join(', '),
        dataColumns: columns.map((c) => c.name).join(', '),
      },
    })
  }
  const expressions = columns.map((column, i): Expression => {
    const target = schema[i]!
    if (!canStoreAssign(column.type, target.type)) {
      throw new AnalysisError('INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST', {
        message: `cannot write to "${table}": column "${target.name}" is ${simpleString(target.type)}, and ${simpleString(column.type)} cannot safely become it`,
        hint: `Write CAST(${column.name} AS ${sqlTypeName(target.type)}) in the query.`,
        parameters: {
          tableName: table,
          colName: target.name,
          srcType: sqlTypeName(column.type),
          targetType: sqlTypeName(target.type),
        },
      })
    }
    checkImplicitCast(column, target.type, true)
    const child: Expression = sameType(column.type, target.type)
      ? column
      : { kind: 'cast', child: column, type: target.type, tolerant: false, implicit: true }
    return alias(child, target.name)
  })
  return { kind: 'project', expressions, input: query }
}
