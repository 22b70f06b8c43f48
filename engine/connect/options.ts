import { assert, unreachable } from '../errors/assert.ts'
import { UsageError } from '../errors/engine-error.ts'
import { nearestName } from '../errors/nearest.ts'
import type { Logger } from '../log.ts'

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
  /** The value is never shown: not in messages, plans or logs. */
  readonly secret?: boolean
  /**
   * Why the option, given beside these others, changes nothing: half a sentence behind a colon; undefined when it does. It is taken all the same, as
   * scripts carry such options along, but never in silence: `warnOfIdleOptions`.
   */
  readonly idle?: (options: TypedOptions, use: OptionUse) => string | undefined
}
/** What the options are given for. */
export interface OptionUse {
  /** A query that goes on, not one reading or writing of a table. */
  readonly streaming: boolean
  /** The columns are declared: they need not be found in the data. */
  readonly declared: boolean
}

/**
 * Checks what the user gave against what the connector takes and gives typed access.
 *
 * @param what  the connector as people call it, for messages: `source "json"`
 * @throws UsageError UNKNOWN_OPTION for a key that no definition has, MISSING_OPTION for a required one that is not there,
 *         INVALID_OPTION for a value that is not of the option's type
 */
export function readOptions(
  definitions: readonly OptionDefinition[],
  given: Readonly<Record<string, string>>,
  what: string,
): TypedOptions {
  const values = new Map<string, string>()
  for (const [key, value] of Object.entries(given)) {
    const lower = key.toLowerCase()
    const definition = definitions.find((d) =>
      d.prefix === true ? lower.startsWith(d.name.toLowerCase()) : d.name.toLowerCase() === lower,
    )
    if (definition === undefined) {
      const nearest = nearestName(
        key,
        definitions.map((d) => d.name),
      )
      throw new UsageError('UNKNOWN_OPTION', {
        message: `${what} has no option "${key}"`,
        detail: `It takes: ${definitions.map((d) => (d.prefix === true ? `${d.name}*` : d.name)).join(', ') || 'no options'}.`,
        hint: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
        parameters: { option: key },
      })
    }
    if (definition.prefix !== true) checkValue(definition, value, what)
    values.set(lower, value)
  }
  for (const definition of definitions) {
    if (definition.required === true && !values.has(definition.name.toLowerCase())) {
      throw new UsageError('MISSING_OPTION', {
        message: `${what} needs the option "${definition.name}"`,
        hint: `Give it with option("${definition.name}", …) or in OPTIONS (…): ${definition.description}`,
        parameters: { option: definition.name },
      })
    }
  }
  return new TypedOptions(definitions, values)
}

/** For `idle`: what only a stream has a use for. */
export function onlyForStreams(_options: TypedOptions, use: OptionUse): string | undefined {
  return use.streaming ? undefined : 'it is for streams, and this is a table'
}
/** For `idle`: what only counts where columns are found in the data. */
export function onlyForInference(_options: TypedOptions, use: OptionUse): string | undefined {
  return use.declared ? 'the columns are declared, so that nothing is inferred' : undefined
}

/** Says in the log which of the given options change nothing, once for each. `what` as for `readOptions`. */
export function warnOfIdleOptions(
  definitions: readonly OptionDefinition[],
  given: Readonly<Record<string, string>>,
  use: OptionUse,
  what: string,
  logger: Logger,
): void {
  const options = new TypedOptions(definitions, new Map(Object.entries(given).map(([key, value]) => [key.toLowerCase(), value])))
  for (const { name, idle } of definitions) {
    const why = options.has(name) ? idle?.(options, use) : undefined
    if (why !== undefined) logger.warn(`option "${name}" of ${what} has no effect: ${why}`, { option: name })
  }
}

/** Options by name without case; an option that was not given has its default. */
export class TypedOptions {
  readonly #definitions: Map<string, OptionDefinition>
  readonly #values: ReadonlyMap<string, string>

  constructor(definitions: readonly OptionDefinition[], values: ReadonlyMap<string, string>) {
    this.#definitions = new Map(definitions.map((d) => [d.name.toLowerCase(), d]))
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase())
  }
  text(name: string): string | undefined {
    const key = name.toLowerCase()
    return this.#values.get(key) ?? this.#definitions.get(key)?.default
  }
  /** Of an option that is required or has a default. */
  requiredText(name: string): string {
    const value = this.text(name)
    assert(value !== undefined, `option ${name} has neither a value nor a default`)
    return value
  }
  flag(name: string): boolean {
    return this.text(name)?.toLowerCase() === 'true'
  }
  number(name: string): number | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : Number(value)
  }
  /** Milliseconds. */
  durationMs(name: string): number | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : parseDurationMs(value)
  }
  /** Keys and values below a prefix option, without the prefix. */
  below(prefix: string): Record<string, string> {
    const lower = prefix.toLowerCase()
    const found: Record<string, string> = {}
    for (const [key, value] of this.#values) if (key.startsWith(lower)) found[key.slice(lower.length)] = value
    return found
  }
}

function checkValue(definition: OptionDefinition, value: string, what: string): void {
  const type = definition.type
  const refuse = (wanted: string): never => {
    throw new UsageError('INVALID_OPTION', {
      message: `option "${definition.name}" of ${what} must be ${wanted}${definition.secret === true ? '' : `, not "${value}"`}`,
      detail: definition.description,
      parameters: { option: definition.name, ...(definition.secret === true ? {} : { value }) },
    })
  }
  if (typeof type === 'object') {
    if (!type.some((allowed) => allowed.toLowerCase() === value.toLowerCase())) refuse(`one of ${type.join(', ')}`)
    return
  }
  switch (type) {
    case 'string':
      return
    case 'int':
    case 'long':
      if (!/^[+-]?\d+$/.test(value.trim()) || !Number.isSafeInteger(Number(value))) refuse('a whole number')
      return
    case 'double':
      if (value.trim() === '' || !Number.isFinite(Number(value))) refuse('a number')
      return
    case 'boolean':
      if (!/^(true|false)$/i.test(value)) refuse('true or false')
      return
    case 'duration':
      if (parseDurationMs(value) === undefined) refuse('a duration such as "10s", "5 minutes" or "1 day"')
      return
    default:
      unreachable(type)
  }
}

const UNIT_MS: readonly (readonly [RegExp, number])[] = [
  [/^(ms|milliseconds?)$/, 1],
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(m|min|mins|minutes?)$/, 60_000],
  [/^(h|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
  [/^(w|weeks?)$/, 604_800_000],
]

/** `10s`, `5 minutes`, `1d`; undefined when it is not a duration. A bare number has no unit and is refused. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-z]+)\s*$/i.exec(text)
  if (match === null) return undefined
  const unit = UNIT_MS.find(([pattern]) => pattern.test(match[2]!.toLowerCase()))
  return unit === undefined ? undefined : Number(match[1]) * unit[1]
}
