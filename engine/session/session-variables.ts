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

/** Variables of a session by name, without case; `session.x` and `system.session.x` are `x`. */
export class SessionVariables {
  readonly #variables = new Map<string, SessionVariable>()

  find(name: readonly string[]): SessionVariable | undefined {
    const key = keyOf(name)
    return key === undefined ? undefined : this.#variables.get(key)
  }
  /** throws AnalysisError UNRESOLVED_VARIABLE */
  get(name: readonly string[]): SessionVariable {
    const variable = this.find(name)
    if (variable !== undefined) return variable
    const names = [...this.#variables.values()].map((each) => each.name)
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
    if (this.#variables.has(key) && !orReplace) {
      throw new AnalysisError('VARIABLE_ALREADY_EXISTS', {
        message: `variable "${name.join('.')}" is declared already`,
        hint: 'Use DECLARE OR REPLACE, or SET VAR to change its value.',
        parameters: { variableName: quoted(name) },
      })
    }
    this.#variables.set(key, { ...variable, name: name.at(-1)! })
  }
  assign(name: readonly string[], value: Value): void {
    const variable = this.get(name)
    this.#variables.set(keyOf(name)!, { ...variable, value })
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
