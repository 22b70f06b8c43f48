/**
 * Option schemas: what a connector takes, said once as data. They check user input (unknown keys are errors that name the nearest key),
 * give typed values and generate docs/connectors.md. Keys compare without case, as in Spark.
 */
export type OptionType = 'string' | 'int' | 'long' | 'boolean' | 'double' | 'duration' | readonly string[]
export interface OptionDefinition {
  readonly name: string
  readonly type: OptionType
  readonly default?: string
  readonly required?: boolean
  /** One sentence; with the unit where there is one. */
  readonly description: string
  /** Keys that begin with `name` are taken (kafka.*); `name` then ends in '.'. */
  readonly prefix?: boolean
}
