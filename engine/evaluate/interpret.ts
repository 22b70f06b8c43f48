import { EngineError, InternalError } from '../errors/engine-error.ts'
import type { Span } from '../errors/span.ts'
import { type Call, type Cast, type Expression, isNullable, type Lambda, typeOf } from '../expr/expression.ts'
import { currentDate } from '../functions/current-date.ts'
import type { EvaluationContext, ScalarFunction, Signature } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import { castFunction } from '../types/cast.ts'
import { valuesEqual } from '../types/compare.ts'
import type { Row, Value } from '../types/value.ts'
import type { RowFunction } from './compile.ts'
import { attempt, isFoldable } from './foldable.ts'

/**
 * The meaning of expressions: one row of plain values in, one value out. Generated code (codegen.ts) is measured against this.
 *
 * in      an analysed expression whose columns are `bound`; typed, casts inserted
 * out     a function of a row; the row may be reused by the caller, nothing keeps it
 * order   arguments from left to right, division and remainder from right to left as Spark does; a function that propagates NULL
 *         stops at its first NULL argument, so that what stands behind it cannot fail
 * lazy    AND and OR (three-valued), CASE, if, coalesce, nvl, ifnull, nvl2, the list of IN
 * lambda  a higher-order function's `evaluate` receives, at the lambda's position, a plain JavaScript function of the lambda's
 *         parameters: `evaluate([1, 2], (x, i) => …)`. Arguments the lambda does not name are ignored, so a record may always pass
 *         the index. The function is valid during that one call of `evaluate` only. In the signature the argument's type is the
 *         type of the lambda's body.
 * throws  what the function's record throws, with the span of the innermost expression that has one
 */
export function interpret(expression: Expression, functions: FunctionRegistry, context: EvaluationContext): RowFunction {
  return new Interpreter(functions, context).build(expression)
}

/** What a call of a scalar function computes from its arguments' values, as the record's `evaluate` takes them; undefined for other calls. */
export function boundFunction(
  call: Call,
  functions: FunctionRegistry,
  context: EvaluationContext,
): { readonly record: ScalarFunction; readonly evaluate: (...args: never[]) => Value } | undefined {
  const record = functions.find(call.name)
  return record?.kind === 'scalar' ? { record, evaluate: new Interpreter(functions, context).bound(call, record) } : undefined
}

/** What the record of a call is bound with. */
export function signatureOf(call: Call, functions: FunctionRegistry, context: EvaluationContext): Signature {
  return new Interpreter(functions, context).signature(call)
}

class Interpreter {
  readonly #functions: FunctionRegistry
  readonly #context: EvaluationContext
  /** Values of lambda variables by id. One frame is enough: a lambda is never active twice at the same time. */
  readonly #variables = new Map<number, { value: Value }>()

  constructor(functions: FunctionRegistry, context: EvaluationContext) {
    this.#functions = functions
    this.#context = context
  }

  build(e: Expression): RowFunction {
    switch (e.kind) {
      case 'literal': {
        const { value } = e
        return () => value
      }
      case 'bound': {
        const { ordinal } = e
        return (row) => row[ordinal]!
      }
      case 'alias':
        return this.build(e.child)
      case 'cast':
        return located(this.#cast(e), e.span)
      case 'case':
        return this.#caseWhen(
          e.branches.map((b) => ({ when: this.build(b.when), then: this.build(b.then) })),
          e.otherwise === undefined ? constantly(null) : this.build(e.otherwise),
        )
      case 'field': {
        const child = this.build(e.child)
        const { ordinal } = e
        if (typeOf(e.child).kind === 'array') {
          return (row) => {
            const items = child(row) as readonly (readonly Value[] | null)[] | null
            return items === null ? null : items.map((item) => (item === null ? null : item[ordinal]!))
          }
        }
        return (row) => {
          const struct = child(row) as readonly Value[] | null
          return struct === null ? null : struct[ordinal]!
        }
      }
      case 'lambda_variable': {
        const cell = this.#variable(e.id)
        return () => cell.value
      }
      case 'call':
        return located(this.#call(e), e.span)
      default:
        throw new InternalError(`a ${e.kind} expression has no value of its own`)
    }
  }

  #cast(e: Cast): RowFunction {
    const child = this.build(e.child)
    const convert = castFunction(typeOf(e.child), e.type, {
      timeZone: this.#context.timeZone,
      ansi: this.#context.settings.ansi,
      tolerant: e.tolerant,
      today: () => currentDate(this.#context),
    })
    return (row) => {
      const value = child(row)
      return value === null ? null : convert(value)
    }
  }

  #caseWhen(branches: readonly { when: RowFunction; then: RowFunction }[], otherwise: RowFunction): RowFunction {
    return (row) => {
      for (const branch of branches) if (branch.when(row) === true) return branch.then(row)
      return otherwise(row)
    }
  }

  #call(e: Call): RowFunction {
    const record = this.#functions.find(e.name)
    switch (e.name) {
      case 'and':
        return threeValued(this.#all(e.args), false)
      case 'or':
        return threeValued(this.#all(e.args), true)
      case 'in':
        return this.#in(e)
      case 'coalesce':
      case 'nvl':
      case 'ifnull':
        return coalesce(this.#all(e.args))
      case 'if': {
        const [condition, then, otherwise] = this.#all(e.args) as [RowFunction, RowFunction, RowFunction]
        return (row) => (condition(row) === true ? then(row) : otherwise(row))
      }
      case 'nvl2': {
        const [tested, present, absent] = this.#all(e.args) as [RowFunction, RowFunction, RowFunction]
        return (row) => (tested(row) === null ? absent(row) : present(row))
      }
    }
    if (record?.kind !== 'scalar') throw new InternalError(`"${e.name}" is not a scalar function`)
    return this.#scalar(e, record)
  }

  bound(e: Call, record: ScalarFunction): (...args: never[]) => Value {
    return record.bind(this.signature(e), this.#context)
  }

  #scalar(e: Call, record: ScalarFunction): RowFunction {
    const evaluate = this.bound(e, record) as (...args: Value[]) => Value
    const args = e.args.map((arg) => (arg.kind === 'lambda' ? this.#lambda(arg) : this.build(arg)))
    if (record.nulls === 'custom') {
      const [a, b] = args
      if (args.length === 1) return (row) => evaluate(a!(row))
      if (args.length === 2) return (row) => evaluate(a!(row), b!(row))
      return (row) => evaluate(...args.map((arg) => arg(row)))
    }
    return DIVISIONS.has(record.name) ? divisionOf(evaluate, args) : propagating(evaluate, args)
  }

  signature(e: Call): Signature {
    return {
      arguments: e.args.map((arg) => (arg.kind === 'lambda' ? typeOf(arg.body) : typeOf(arg))),
      nullable: e.args.map((arg) => (arg.kind === 'lambda' ? isNullable(arg.body) : isNullable(arg))),
      constants: e.args.map((arg) => this.#constant(arg)),
      returns: typeOf(e),
    }
  }

  #constant(e: Expression): Value | undefined {
    if (e.kind === 'literal') return e.value
    if (e.kind === 'lambda' || !isFoldable(e, this.#functions)) return undefined
    return attempt(() => this.build(e)([]))
  }

  /** Evaluates to a JavaScript function, which the record's `evaluate` calls; made once, not once a row. */
  #lambda(e: Lambda): RowFunction {
    if (e.variables === undefined) throw new InternalError('a lambda reached evaluation before its variables were resolved')
    const cells = e.variables.map((variable) => this.#variable(variable.id))
    const body = this.build(e.body)
    let current: Row = []
    const apply = (...values: Value[]): Value => {
      for (let i = 0; i < cells.length; i++) cells[i]!.value = values[i] ?? null
      return body(current)
    }
    return (row) => {
      current = row
      return apply as unknown as Value
    }
  }

  #variable(id: number): { value: Value } {
    let cell = this.#variables.get(id)
    if (cell === undefined) this.#variables.set(id, (cell = { value: null }))
    return cell
  }

  /** The list is evaluated from the left until one is equal; NULL when none is and a NULL was among them. */
  #in(e: Call): RowFunction {
    const [needle, ...list] = this.#all(e.args) as [RowFunction, ...RowFunction[]]
    const equal = valuesEqual(typeOf(e.args[0]!))
    return (row) => {
      const wanted = needle(row)
      if (wanted === null) return null
      let sawNull = false
      for (const item of list) {
        const value = item(row)
        if (value === null) sawNull = true
        else if (equal(wanted, value)) return true
      }
      return sawNull ? null : false
    }
  }

  #all(expressions: readonly Expression[]): RowFunction[] {
    return expressions.map((e) => this.build(e))
  }
}

/** Functions whose right side is evaluated first: NULL as divisor gives NULL whatever the dividend would do. */
const DIVISIONS: ReadonlySet<string> = new Set(['/', '%', 'div', 'mod', 'pmod'])

type EvaluateFunction = (...args: never[]) => Value
type AnyFunction = (...args: Value[]) => Value

function propagating(evaluateArguments: EvaluateFunction, args: readonly RowFunction[]): RowFunction {
  const evaluate = evaluateArguments as AnyFunction
  const [first, second] = args
  if (args.length === 0) return () => evaluate()
  if (args.length === 1) {
    return (row) => {
      const a = first!(row)
      return a === null ? null : evaluate(a)
    }
  }
  if (args.length === 2) {
    return (row) => {
      const a = first!(row)
      if (a === null) return null
      const b = second!(row)
      return b === null ? null : evaluate(a, b)
    }
  }
  return (row) => {
    const values: Value[] = []
    for (const arg of args) {
      const value = arg(row)
      if (value === null) return null
      values.push(value)
    }
    return evaluate(...values)
  }
}

function divisionOf(evaluateArguments: EvaluateFunction, args: readonly RowFunction[]): RowFunction {
  const evaluate = evaluateArguments as AnyFunction
  const [dividend, divisor] = args as [RowFunction, RowFunction]
  return (row) => {
    const b = divisor(row)
    if (b === null) return null
    const a = dividend(row)
    return a === null ? null : evaluate(a, b)
  }
}

/** AND (deciding value FALSE) and OR (deciding value TRUE): the deciding value ends evaluation, else NULL wins. */
function threeValued(args: readonly RowFunction[], deciding: boolean): RowFunction {
  return (row) => {
    let sawNull = false
    for (const arg of args) {
      const value = arg(row)
      if (value === deciding) return deciding
      if (value === null) sawNull = true
    }
    return sawNull ? null : !deciding
  }
}

function coalesce(args: readonly RowFunction[]): RowFunction {
  return (row) => {
    for (const arg of args) {
      const value = arg(row)
      if (value !== null) return value
    }
    return null
  }
}

function constantly(value: Value): RowFunction {
  return () => value
}

/** Gives errors that have no place yet the place of this expression: the innermost one with a span wins. */
function located(evaluate: RowFunction, span: Span | undefined): RowFunction {
  if (span === undefined) return evaluate
  return (row) => {
    try {
      return evaluate(row)
    } catch (error) {
      if (error instanceof EngineError) error.span ??= span
      throw error
    }
  }
}
