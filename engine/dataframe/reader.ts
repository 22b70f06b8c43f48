import { UsageError } from '../errors/engine-error.ts'
import { field, type Schema } from '../types/data-type.ts'
import { nameExpression } from './column.ts'
import type { DataFrameContext } from './context.ts'
import { DataFrame } from './dataframe.ts'
import { type OptionValue, optionText } from './options-text.ts'
import type { AnyRow, RowOfDdl, RowOfSchemaObject, SchemaObject } from './row-type.ts'
import { scanOf } from './scan.ts'
import { sqlFrontend } from './sql-texts.ts'

/**
 * Describes a source and loads it as a DataFrame: `session.readStream` (a stream) and `session.read` (a batch). The methods change the reader and
 * return it, as in Spark; `schema` also gives the row type.
 */
export class DataFrameReader<Row extends object = AnyRow> {
  readonly #context: DataFrameContext
  readonly #streaming: boolean
  #format: string | undefined
  #schema: Schema | undefined
  readonly #options: Record<string, string> = {}

  constructor(context: DataFrameContext, streaming: boolean) {
    this.#context = context
    this.#streaming = streaming
  }

  format(name: string): this {
    this.#format = name
    return this
  }
  /** DDL text (`'user STRING, at TIMESTAMP'`) or an object of type texts. */
  schema<const T extends string>(ddl: T): DataFrameReader<RowOfDdl<T>>
  schema<const S extends SchemaObject>(schema: S): DataFrameReader<RowOfSchemaObject<S>>
  schema(schema: string | SchemaObject): DataFrameReader<never> {
    this.#schema = schemaOfText(schema)
    return this as unknown as DataFrameReader<never>
  }
  option(key: string, value: OptionValue): this {
    this.#options[key] = optionText(key, value)
    return this
  }
  options(options: Readonly<Record<string, OptionValue>>): this {
    for (const [key, value] of Object.entries(options)) this.option(key, value)
    return this
  }
  load(path?: string): DataFrame<Row> {
    if (this.#format === undefined) {
      throw new UsageError('MISSING_FORMAT', {
        message: 'the reader has no format',
        hint: "Say which with format('json'), or use json(path), csv(path), text(path).",
      })
    }
    if (path !== undefined) this.option('path', path)
    const relation = this.#context.relation({
      provider: this.#format,
      options: { ...this.#options },
      schema: this.#schema,
      streaming: this.#streaming,
    })
    return new DataFrame<Row>(scanOf(relation), this.#context)
  }
  json(path: string): DataFrame<Row> {
    return this.format('json').load(path)
  }
  csv(path: string): DataFrame<Row> {
    return this.format('csv').load(path)
  }
  text(path: string): DataFrame<{ value: string }> {
    return this.format('text').load(path) as unknown as DataFrame<{ value: string }>
  }
  /** A table, view or declared stream of the session. */
  table(name: string): DataFrame<Row> {
    const expression = nameExpression(name)
    return new DataFrame<Row>(
      this.#context.lookupTable(expression.kind === 'name' ? expression.parts : [name], this.#streaming),
      this.#context,
    )
  }
}

export function schemaOfText(schema: string | SchemaObject): Schema {
  if (typeof schema === 'string') return sqlFrontend().parseSchema(schema)
  return Object.entries(schema).map(([name, type]) => {
    const notNull = / not null$/i.test(type)
    return field(name, sqlFrontend().parseType(type.replace(/ not null$/i, '')), !notNull)
  })
}
