import { AnalysisError } from '../errors/engine-error.ts'
import type { Expression } from '../expr/expression.ts'
import type { DataType } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'

/** A variable of DECLARE. */
export interface SessionVariable {
  readonly name: string
  readonly type: DataType
  readonly value: Value
  /** What SET VAR x = DEFAULT computes anew; undefined: NULL. */
  readonly initial: Expression | undefined
}

/** The variables of a block of a script, or of a row of FOR. */
interface LocalVariables {
  /** Lower case: `label.x` is its `x`. */
  readonly label: string | undefined
  readonly variables: Map<string, SessionVariable>
}

/**
 * Variables of a session by name, without case; `session.x` and `system.session.x` are `x`. While a script runs those of its blocks go before, the
 * innermost first.
 */
export class SessionVariables {
  readonly #variables = new Map<string, SessionVariable>()
  readonly #locals: LocalVariables[] = []

  /** A block begins: what is declared until `leave` is its own. */
  enter(label: string | undefined): void {
    this.#locals.push({ label: label?.toLowerCase(), variables: new Map() })
  }
  leave(): void {
    this.#locals.pop()
  }

  find(name: readonly string[]): SessionVariable | undefined {
    return this.#holder(name)?.get(name.at(-1)!.toLowerCase())
  }
  /** Where the variable of a name is. */
  #holder(name: readonly string[]): Map<string, SessionVariable> | undefined {
    const key = name.at(-1)!.toLowerCase()
    if (name.length <= 2) {
      const label = name.length === 2 ? name[0]!.toLowerCase() : undefined
      const local = this.#locals.findLast((each) => (label === undefined || each.label === label) && each.variables.has(key))
      if (local !== undefined) return local.variables
    }
    return keyOf(name) === undefined || !this.#variables.has(key) ? undefined : this.#variables
  }
  /** throws AnalysisError UNRESOLVED_VARIABLE */
  get(name: readonly string[]): SessionVariable {
    const variable = this.find(name)
    if (variable !== undefined) return variable
    const scopes = [...this.#locals.map(({ variables }) => variables), this.#variables]
    const names = scopes.flatMap((scope) => [...scope.values()].map((each) => each.name))
    throw new AnalysisError('UNRESOLVED_VARIABLE', {
      message: `variable "${name.join('.')}" is not declared`,
      hint: names.length === 0 ? 'DECLARE makes one.' : `Declared are: ${names.join(', ')}.`,
      parameters: { variableName: quoted(name), searchPath: '`system`.`session`' },
    })
  }
  declare(name: readonly string[], variable: Omit<SessionVariable, 'name'>, orReplace: boolean): void {
    const key = keyOf(name)
    if (key === undefined) {
      throw new AnalysisError('UNRESOLVED_VARIABLE', {
        message: `variables lie in the session: "${name.join('.')}" says another place`,
        parameters: { variableName: quoted(name), searchPath: '`system`.`session`' },
      })
    }
    const scope = this.#locals.at(-1)?.variables ?? this.#variables
    if (scope.has(key) && !orReplace) {
      throw new AnalysisError('VARIABLE_ALREADY_EXISTS', {
        message: `variable "${name.join('.')}" is declared already`,
        hint: 'Use DECLARE OR REPLACE, or SET VAR to change its value.',
        parameters: { variableName: quoted(name) },
      })
    }
    scope.set(key, { ...variable, name: name.at(-1)! })
  }
  assign(name: readonly string[], value: Value): void {
    const variable = this.get(name)
    this.#holder(name)!.set(variable.name.toLowerCase(), { ...variable, value })
  }
  drop(name: readonly string[], ifExists: boolean): void {
    const key = keyOf(name)
    const dropped = key !== undefined && this.#variables.delete(key)
    if (!dropped && !ifExists)
      throw new AnalysisError('VARIABLE_NOT_FOUND', {
        message: `variable "${name.join('.')}" is not declared`,
        hint: 'DROP TEMPORARY VARIABLE IF EXISTS goes on without it.',
        parameters: { variableName: quoted(['system', 'session', name.at(-1)!]) },
      })
  }
}

function keyOf(name: readonly string[]): string | undefined {
  const prefix = name.slice(0, -1).join('.').toLowerCase()
  return prefix === '' || prefix === 'session' || prefix === 'system.session' ? name.at(-1)!.toLowerCase() : undefined
}
function quoted(name: readonly string[]): string {
  return name.map((part) => `\`${part}\``).join('.')
}
