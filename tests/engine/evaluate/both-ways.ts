import { expect } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { type Batch, batchFromRows } from '../../../engine/columnar/batch.ts'
import { type Column, readValue } from '../../../engine/columnar/column.ts'
import { EngineError } from '../../../engine/errors/engine-error.ts'
import {
  type CompileOptions,
  compilePredicate,
  compileProjection,
  type Predicate,
  type Projection,
  type Selection,
} from '../../../engine/evaluate/compile.ts'
import { constantValue } from '../../../engine/evaluate/constant.ts'
import { type Cast, type Expression, isNullable, literal, typeOf } from '../../../engine/expr/expression.ts'
import { builtinFunctions } from '../../../engine/functions/builtin.ts'
import type { Argument, EvaluationContext } from '../../../engine/functions/function.ts'
import { type DataType, field, type Schema, sameType } from '../../../engine/types/data-type.ts'
import { Settings } from '../../../engine/types/settings.ts'
import type { Row, Value } from '../../../engine/types/value.ts'

/** Expressions typed as analysis types them, and their evaluation by the interpreter and by generated code side by side. */
export const context: EvaluationContext = {
  timeZone: 'UTC',
  settings: new Settings([['spark.sql.timeType.enabled', 'true']]),
  epoch: { timestampMs: 1_700_000_000_000, epochId: 0 },
}
export const functions = builtinFunctions()

export function column(ordinal: number, type: DataType, nullable = true): Expression {
  return { kind: 'bound', ordinal, type, nullable }
}

export function cast(child: Expression, type: DataType, tolerant = false): Cast {
  return { kind: 'cast', child, type, tolerant, implicit: false, nullable: tolerant || isNullable(child) }
}

/** A call with the casts that its record asks for. */
export function typed(name: string, ...args: readonly Expression[]): Expression {
  const record = functions.find(name)
  if (record?.kind !== 'scalar') throw new Error(`no scalar function ${name}`)
  const site = { name, text: name, span: undefined, settings: context.settings }
  const given = args.map(
    (arg): Argument => ({
      type: typeOf(arg),
      nullable: isNullable(arg),
      constant: constantValue(arg, functions, context),
      span: undefined,
      text: arg.kind === 'literal' ? String(arg.value) : 'x',
    }),
  )
  const resolution = record.resolve(given, site)
  const converted = args.map((arg, i) => {
    const type = resolution.arguments[i]!
    if (sameType(typeOf(arg), type)) return arg
    return arg.kind === 'literal' && arg.value === null ? literal(null, type) : cast(arg, type)
  })
  const nullable = resolution.nullable ?? args.some(isNullable)
  return { kind: 'call', name, args: converted, type: resolution.returns, nullable }
}

export function batchOf(types: readonly DataType[], rows: readonly Row[]): Batch {
  const schema: Schema = types.map((type, i) => field(`c${i}`, type))
  return batchFromRows(schema, rows)
}

export interface Outcome {
  readonly values?: readonly Value[]
  readonly error?: string
}

function outcome(evaluate: () => readonly Value[]): Outcome {
  try {
    return { values: evaluate() }
  } catch (error) {
    if (error instanceof EngineError && error.domain === 'user') return { error: `${error.condition}: ${error.message}` }
    throw error
  }
}

export function valuesOf(column: Column): Value[] {
  return Array.from({ length: column.length }, (_, row) => readValue(column, row))
}

// An expression is compiled once: that one compiled form serves batches with and without NULLs is part of what is tested.
const projections = new WeakMap<Expression, readonly Projection[]>()
const predicates = new WeakMap<Expression, readonly Predicate[]>()
function remembered<T>(
  cache: WeakMap<Expression, readonly T[]>,
  e: Expression,
  compile: (options: CompileOptions) => T,
): readonly T[] {
  let both = cache.get(e)
  if (both === undefined) {
    both = [false, true].map((codegen) => compile({ functions, context, codegen }))
    cache.set(e, both)
  }
  return both
}

/** The values of an expression for the batch, the same both ways; an error counts as an outcome. */
export function evaluateBothWays(e: Expression, batch: Batch, selection: Selection | null = null): Outcome {
  const [interpreted, generated] = remembered(projections, e, (options) => compileProjection([e], options)).map((projection) =>
    outcome(() => valuesOf(projection.evaluate(batch, selection, new Arena(1 << 14))[0]!)),
  )
  expect(generated).toEqual(interpreted)
  return interpreted!
}

/** The rows a condition keeps, the same both ways. */
export function selectBothWays(condition: Expression, batch: Batch, selection: Selection | null = null): Outcome {
  const [interpreted, generated] = remembered(predicates, condition, (options) => compilePredicate(condition, options)).map(
    (predicate) =>
      outcome(() => {
        const kept = predicate.select(batch, selection, new Arena(1 << 14))
        if (kept === null) return Array.from({ length: batch.rowCount }, (_, row) => row)
        return Array.from(kept.rows.subarray(0, kept.count))
      }),
  )
  expect(generated).toEqual(interpreted)
  return interpreted!
}
