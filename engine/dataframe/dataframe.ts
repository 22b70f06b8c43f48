import { type Batch, rowsOf } from '../columnar/batch.ts'
import { decodeText } from '../columnar/column.ts'
import { ownedBatch } from '../columnar/concat.ts'
import { UsageError } from '../errors/engine-error.ts'
import { type Alias, alias, type ColumnRef, call, type Expression, literal } from '../expr/expression.ts'
import { ByteWriter } from '../formats/byte-writer.ts'
import { readJsonOptions } from '../formats/json-options.ts'
import { jsonEncoder } from '../formats/json-write.ts'
import { showTable } from '../formats/show-table.ts'
import type { JoinType, LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf, schemaOf } from '../plan/output.ts'
import { isStreaming } from '../plan/walk.ts'
import { type DataType, type Field, INT, STRING } from '../types/data-type.ts'
import { prettyText } from '../types/text.ts'
import { Column, columnOf, nameExpression, orderOf, type SortedColumn } from './column.ts'
import type { DataFrameContext, ExplainMode } from './context.ts'
import { GroupedData } from './grouped.ts'
import type { AnyRow, ColumnName, Flatten, RowOfSelect } from './row-type.ts'
import { rowReader } from './row-values.ts'
import { sqlFrontend } from './sql-texts.ts'
import { DataFrameWriter, DataStreamWriter } from './writer.ts'

/** The columns of a DataFrame, as users read them. */
export interface DataFrameSchema {
  readonly fields: readonly { readonly name: string; readonly type: DataType; readonly nullable: boolean }[]
}

/**
 * A query over tables and streams: every method gives a new one and runs nothing. Each is analysed as it is made, so that a wrong name or type fails
 * at the call that wrote it. `Row` is the TypeScript type of its rows where the type checker can follow it.
 */
export class DataFrame<Row extends object = AnyRow> {
  readonly plan: LogicalPlan
  readonly context: DataFrameContext

  /** `plan` may be unresolved; what is kept is its analysis. */
  constructor(plan: LogicalPlan, context: DataFrameContext) {
    this.plan = context.analyze(plan)
    this.context = context
  }

  // ---- what it is

  get schema(): DataFrameSchema {
    return { fields: schemaOf(this.plan).map((f: Field) => ({ name: f.name, type: f.type, nullable: f.nullable })) }
  }
  get columns(): string[] {
    return outputOf(this.plan).map((c) => c.name)
  }
  get isStreaming(): boolean {
    return isStreaming(this.plan)
  }
  /** Spark's tree of columns and types. */
  printSchema(): void {
    this.context.standardOutput(schemaTree(schemaOf(this.plan)))
  }
  /** The plans as text; `extended` has each stage. */
  explain(mode: ExplainMode = 'simple'): string {
    return this.context.explain(this.plan, mode)
  }
  /** The column of this DataFrame, unmistakable even after a join. */
  col<N extends ColumnName<Row>>(name: N): Column<Row[N], N> {
    const matches = outputOf(this.plan).filter((c) => c.name.toLowerCase() === name.toLowerCase())
    return new Column(matches.length === 1 ? (matches[0] as ColumnRef) : nameExpression(name))
  }

  // ---- rows to rows

  select<const C extends readonly (ColumnName<Row> | '*' | Column)[]>(...columns: C): DataFrame<RowOfSelect<Row, C>> {
    return this.#with({ kind: 'project', expressions: columns.map((c) => columnOf(c).expression), input: this.plan })
  }
  /** As select, with each column written in SQL. */
  selectExpr(...texts: readonly string[]): DataFrame {
    return this.#with({
      kind: 'project',
      expressions: texts.map((text) => sqlFrontend().parseExpression(text)),
      input: this.plan,
    })
  }
  /** Keeps the rows for which the condition is TRUE; a text is SQL. */
  where(condition: Column<boolean> | Column | string): DataFrame<Row> {
    const expression = typeof condition === 'string' ? sqlFrontend().parseExpression(condition) : condition.expression
    return this.#with({ kind: 'filter', condition: expression, input: this.plan })
  }
  filter(condition: Column<boolean> | Column | string): DataFrame<Row> {
    return this.where(condition)
  }
  /** Adds a column, or replaces the one of that name. */
  withColumn<N extends string, V>(name: N, value: Column<V>): DataFrame<Flatten<Omit<Row, N> & { [K in N]: V }>> {
    return this.#project((columns) => {
      const added: Expression = alias(value.expression, name)
      const at = columns.findIndex((c) => sameName(c.name, name))
      return at < 0 ? [...columns, added] : columns.map((c) => (sameName(c.name, name) ? added : c))
    })
  }
  withColumns(columns: Readonly<Record<string, Column>>): DataFrame {
    return Object.entries(columns).reduce<DataFrame>(
      (df, [name, value]) => df.withColumn(name, value) as unknown as DataFrame,
      this as unknown as DataFrame,
    )
  }
  withColumnRenamed<Old extends ColumnName<Row>, New extends string>(
    old: Old,
    name: New,
  ): DataFrame<Flatten<Omit<Row, Old> & { [K in New]: Row[Old] }>> {
    return this.#project((columns) => columns.map((c) => (sameName(c.name, old) ? alias(c, name) : c)))
  }
  /** Without the named columns; a name that is not there is no error, as in Spark. */
  drop<N extends string>(...names: readonly (N | Column)[]): DataFrame<Flatten<Omit<Row, N>>> {
    const ids = new Set(names.flatMap((n) => (n instanceof Column && n.expression.kind === 'column' ? [n.expression.id] : [])))
    const texts = names.flatMap((n) =>
      typeof n === 'string' ? [n as string] : n.expression.kind === 'name' ? [n.expression.parts.join('.')] : [],
    )
    return this.#project((columns) => columns.filter((c) => !ids.has(c.id) && !texts.some((t) => sameName(t, c.name))))
  }
  toDF(...names: readonly string[]): DataFrame {
    const columns = outputOf(this.plan)
    if (names.length !== columns.length) {
      throw new UsageError('NUM_COLUMNS_MISMATCH', {
        message: `toDF got ${names.length} names for ${columns.length} columns`,
        hint: `The columns are ${this.columns.join(', ')}.`,
      })
    }
    return this.#project((all) => all.map((c, i) => alias(c, names[i]!)))
  }
  /** Names this DataFrame, so that its columns can be written `name.column`. */
  as(name: string): DataFrame<Row> {
    return this.#with({ kind: 'alias', name, columns: [], input: this.plan })
  }
  alias(name: string): DataFrame<Row> {
    return this.as(name)
  }

  // ---- grouping and sets

  groupBy<const C extends readonly (ColumnName<Row> | Column)[]>(...columns: C): GroupedData<RowOfSelect<Row, C>> {
    return new GroupedData(
      this.plan,
      this.context,
      columns.map((c) => columnOf(c).expression),
    )
  }
  /** Aggregates over all rows. */
  agg<const A extends readonly Column[]>(...aggregates: A): DataFrame<RowOfSelect<object, A>> {
    return new GroupedData<object>(this.plan, this.context, []).agg(...aggregates) as unknown as DataFrame<RowOfSelect<object, A>>
  }
  /** One row of each set of equal rows. In a stream its state is an aggregate's. */
  distinct(): DataFrame<Row> {
    return this.#with({ kind: 'distinct', input: this.plan })
  }
  /** The first row of each key; without names the whole row is the key. */
  dropDuplicates(...columns: readonly ColumnName<Row>[] | readonly [readonly ColumnName<Row>[]]): DataFrame<Row> {
    return this.#deduplicate(columns.flat() as string[], false)
  }
  /** As dropDuplicates, forgetting a key once the watermark has passed its first row's time by the watermark's delay. */
  dropDuplicatesWithinWatermark(...columns: readonly ColumnName<Row>[] | readonly [readonly ColumnName<Row>[]]): DataFrame<Row> {
    return this.#deduplicate(columns.flat() as string[], true)
  }
  /** All rows of both, by position of the columns. */
  union(other: DataFrame<Row> | DataFrame): DataFrame<Row> {
    return this.#with({ kind: 'union', inputs: [this.plan, other.plan], byName: false, allowMissing: false })
  }
  unionAll(other: DataFrame<Row> | DataFrame): DataFrame<Row> {
    return this.union(other)
  }
  unionByName(other: DataFrame, allowMissingColumns = false): DataFrame<Row> {
    return this.#with({ kind: 'union', inputs: [this.plan, other.plan], byName: true, allowMissing: allowMissingColumns })
  }
  intersect(other: DataFrame): DataFrame<Row> {
    return this.#with({ kind: 'set_operation', operator: 'intersect', all: false, left: this.plan, right: other.plan })
  }
  except(other: DataFrame): DataFrame<Row> {
    return this.#with({ kind: 'set_operation', operator: 'except', all: false, left: this.plan, right: other.plan })
  }

  /**
   * Joins. `on`: names of columns that both sides have (kept once), or a condition. Types: inner, left, right, full, left_semi, left_anti, cross and
   * Spark's other spellings. What a stream allows is in docs/semantics.md.
   */
  join<R extends object>(
    other: DataFrame<R>,
    on?: string | readonly string[] | Column,
    type: string = 'inner',
  ): DataFrame<Flatten<Row & R>> {
    const joinType = joinTypeOf(type)
    const base = { kind: 'join' as const, type: joinType, left: this.plan, right: other.plan }
    if (on === undefined) return this.#with(base)
    if (on instanceof Column) return this.#with({ ...base, condition: on.expression })
    return this.#with({ ...base, using: typeof on === 'string' ? [on] : on })
  }
  crossJoin<R extends object>(other: DataFrame<R>): DataFrame<Flatten<Row & R>> {
    return this.#with({ kind: 'join', type: 'cross', left: this.plan, right: other.plan })
  }

  // ---- order and number

  orderBy(...columns: readonly (ColumnName<Row> | Column | SortedColumn)[]): DataFrame<Row> {
    return this.#with({ kind: 'sort', orders: columns.map(orderOf), global: true, input: this.plan })
  }
  sort(...columns: readonly (ColumnName<Row> | Column | SortedColumn)[]): DataFrame<Row> {
    return this.orderBy(...columns)
  }
  limit(count: number): DataFrame<Row> {
    return this.#with({ kind: 'limit', count: literal(count, INT), input: this.plan })
  }
  offset(count: number): DataFrame<Row> {
    return this.#with({ kind: 'offset', count: literal(count, INT), input: this.plan })
  }

  // ---- streams

  /** Marks the event time: rows may come up to `delay` ('10 seconds') after the newest seen. No effect on a batch. */
  withWatermark(eventTime: ColumnName<Row>, delay: string): DataFrame<Row> {
    return this.#with({
      kind: 'watermark',
      eventTime: nameExpression(eventTime),
      delay: literal(delay, STRING),
      input: this.plan,
    })
  }
  get writeStream(): DataStreamWriter<Row> {
    if (!this.isStreaming) {
      throw new UsageError('WRITE_STREAM_NOT_ALLOWED', {
        message: 'writeStream can be called only on a streaming DataFrame',
        hint: 'Use write for a batch, or readStream to begin with a stream.',
      })
    }
    return new DataStreamWriter<Row>(this.plan, this.context)
  }

  // ---- batch results

  get write(): DataFrameWriter {
    this.#refuseStream('write')
    return new DataFrameWriter(this.plan, this.context)
  }
  /** All rows. */
  async collect(): Promise<Row[]> {
    this.#refuseStream('collect')
    const read = rowReader(schemaOf(this.plan), this.context.bigint)
    const rows: Row[] = []
    await this.context.runBatch(this.plan, (batch) => {
      for (const row of rowsOf(batch)) rows.push(read(row) as Row)
    })
    return rows
  }
  async count(): Promise<number> {
    this.#refuseStream('count')
    const counted = new DataFrame(
      { kind: 'aggregate', grouping: [], aggregates: [alias(call('count', [literal(1, INT)]), 'count')], input: this.plan },
      this.context,
    )
    let count = 0n
    await this.context.runBatch(counted.plan, (batch) => {
      if (batch.rowCount > 0) count = batch.columns[0]!.values![0] as bigint
    })
    return Number(count)
  }
  take(count: number): Promise<Row[]> {
    return this.limit(count).collect()
  }
  head(count: number): Promise<Row[]> {
    return this.take(count)
  }
  async first(): Promise<Row | null> {
    return (await this.take(1))[0] ?? null
  }
  async isEmpty(): Promise<boolean> {
    return (await this.take(1)).length === 0
  }
  async forEach(call: (row: Row) => void | Promise<void>): Promise<void> {
    for (const row of await this.collect()) await call(row)
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    yield* await this.collect()
  }
  /** Each row as JSON text, as the JSON sink writes it. */
  async toJSON(): Promise<string[]> {
    this.#refuseStream('toJSON')
    const encoder = jsonEncoder(
      schemaOf(this.plan),
      readJsonOptions({ lineSep: '' }, { timeZone: this.context.timeZone, ignoreNullFields: true }),
    )
    const texts: string[] = []
    const out = new ByteWriter()
    await this.context.runBatch(this.plan, (batch) => {
      for (let row = 0; row < batch.rowCount; row++) {
        out.length = 0
        encoder.row(batch, row, out)
        texts.push(decodeText(out.bytes, 0, out.length))
      }
    })
    return texts
  }
  /** The rows as an apache-arrow Table. */
  async toArrow(): Promise<unknown> {
    this.#refuseStream('toArrow')
    const batches: Batch[] = []
    await this.context.runBatch(this.plan, (batch) => {
      batches.push(ownedBatch(batch))
    })
    return this.context.arrowTable(schemaOf(this.plan), batches)
  }
  /** Prints the first rows in Spark's layout; `truncate`: cut cells at 20 characters (or at the given number). */
  async show(count = 20, truncate: boolean | number = true): Promise<void> {
    this.#refuseStream('show')
    const schema = schemaOf(this.plan)
    const rows: string[][] = []
    await this.context.runBatch(this.limit(count + 1).plan, (batch) => {
      for (const row of rowsOf(batch)) rows.push(row.map((value, i) => prettyText(value, schema[i]!.type, this.context.timeZone)))
    })
    this.context.standardOutput(
      showTable(
        schema.map((f) => f.name),
        rows.slice(0, count),
        { truncate: truncate === true ? 20 : truncate === false ? 0 : truncate, more: rows.length > count },
      ),
    )
  }

  createOrReplaceTempView(name: string): void {
    this.context.createView(name, this.plan, true)
  }
  createTempView(name: string): void {
    this.context.createView(name, this.plan, false)
  }

  #with<R extends object>(plan: LogicalPlan): DataFrame<R> {
    return new DataFrame<R>(plan, this.context)
  }
  #project<R extends object>(list: (columns: readonly ColumnRef[]) => readonly (ColumnRef | Alias | Expression)[]): DataFrame<R> {
    return this.#with({ kind: 'project', expressions: list(outputOf(this.plan)), input: this.plan })
  }
  #deduplicate(columns: readonly string[], withinWatermark: boolean): DataFrame<Row> {
    return this.#with({ kind: 'deduplicate', ...(columns.length > 0 && { columns }), withinWatermark, input: this.plan })
  }
  #refuseStream(method: string): void {
    if (!this.isStreaming) return
    throw new UsageError('STREAMING_SOURCES_MUST_BE_STARTED', {
      message: `queries with streaming sources must be executed with writeStream.start(): ${method}() needs a batch`,
      hint: "Use df.writeStream.format('console').start(), or read the source with session.read for a batch.",
    })
  }
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}

const JOIN_TYPES: Readonly<Record<string, JoinType>> = {
  inner: 'inner',
  cross: 'cross',
  outer: 'full',
  full: 'full',
  fullouter: 'full',
  left: 'left',
  leftouter: 'left',
  right: 'right',
  rightouter: 'right',
  semi: 'left_semi',
  leftsemi: 'left_semi',
  anti: 'left_anti',
  leftanti: 'left_anti',
}
function joinTypeOf(text: string): JoinType {
  const type = JOIN_TYPES[text.toLowerCase().replaceAll('_', '')]
  if (type !== undefined) return type
  throw new UsageError('UNSUPPORTED_JOIN_TYPE', {
    message: `"${text}" is not a join type`,
    hint: 'Join types are inner, left, right, full, left_semi, left_anti and cross.',
  })
}

function schemaTree(fields: readonly Field[], indent = ' |'): string {
  const lines = fields.map(
    (f) =>
      `${indent}-- ${f.name}: ${f.type.kind === 'struct' || f.type.kind === 'array' || f.type.kind === 'map' ? f.type.kind : typeName(f.type)} (nullable = ${f.nullable})\n${nestedTree(f.type, `${indent}    |`)}`,
  )
  return (indent === ' |' ? 'root\n' : '') + lines.join('') + (indent === ' |' ? '\n' : '')
}
function nestedTree(type: DataType, indent: string): string {
  const line = (name: string, of: DataType, nullability: string) =>
    `${indent}-- ${name}: ${of.kind === 'struct' || of.kind === 'array' || of.kind === 'map' ? of.kind : typeName(of)}${nullability}\n${nestedTree(of, `${indent}    |`)}`
  switch (type.kind) {
    case 'struct':
      return schemaTree(type.fields, indent)
    case 'array':
      return line('element', type.element, ` (containsNull = ${type.containsNull})`)
    case 'map':
      return line('key', type.key, '') + line('value', type.value, ` (valueContainsNull = ${type.valueContainsNull})`)
    default:
      return ''
  }
}
/** printSchema prints type names, not simple strings: `integer`, `long`. */
function typeName(type: DataType): string {
  const names: Readonly<Record<string, string>> = { int: 'integer', bigint: 'long', smallint: 'short', tinyint: 'byte' }
  return names[type.kind] ?? String(type)
}
