import type { Arena } from '../columnar/arena.ts'
import { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { takeColumn } from '../columnar/take.ts'
import { type Call, call, type Expression, literal, typeOf } from '../expr/expression.ts'
import { anyOf, childrenOf, collect, mapChildren } from '../expr/walk.ts'
import type { ColumnKernel, FieldsRead } from '../functions/column-kernel.ts'
import { BOOLEAN } from '../types/data-type.ts'
import {
  type CompileOptions,
  compilePredicate,
  compileProjection,
  type Predicate,
  type Projection,
  type Selection,
} from './compile.ts'
import { keyOf } from './expression-key.ts'
import { isFoldable } from './foldable.ts'
import { isRepeatable } from './generated-projection.ts'
import { interpret, signatureOf } from './interpret.ts'
import { ordinalsOf, RowReader } from './row-reader.ts'

/**
 * Calls that have a column kernel, computed once a batch for all expressions of an operator: its conditions and its projection. A call becomes
 * a column behind those of the input, and what named the call names that column. It is computed before the first expression that reads it,
 * for the rows that are left then, and of a struct only the fields that any of them reads.
 *
 * law: gives what the plain predicates and projection give, but for functions of chance. Where computing ahead fails, the caller does the batch
 * the plain way, in which nothing is computed that nobody asks for.
 */
export class KernelColumns {
  readonly #stages: readonly Stage[]
  readonly #projection: Projection
  readonly #base: number

  private constructor(
    conditions: readonly Expression[],
    expressions: readonly Expression[],
    calls: Calls,
    options: CompileOptions,
  ) {
    this.#base = calls.base
    const conditional = conditions.map((condition, i) => ({
      kernels: calls.kernelsOf(i),
      predicate: compilePredicate(calls.rewritten(condition), options),
    }))
    this.#stages = [...conditional, { kernels: calls.kernelsOf(conditions.length), predicate: undefined }]
    const rewritten = expressions.map((e) => calls.rewritten(e))
    this.#projection = compileProjection(rewritten, options)
  }

  /** undefined: no call has a kernel here. */
  static of(
    conditions: readonly Expression[],
    expressions: readonly Expression[],
    options: CompileOptions,
  ): KernelColumns | undefined {
    if (!(options.codegen ?? options.context.settings.flag('millrace.codegen.enabled'))) return undefined
    if (![...conditions, ...expressions].some((e) => mayHoldKernel(e, options))) return undefined
    const steps = conditions.flatMap((condition) => inSteps(condition, options))
    const calls = new Calls([...steps.map((step) => [step]), expressions], options)
    return calls.isEmpty ? undefined : new KernelColumns(steps, expressions, calls, options)
  }

  /** The rows that pass all conditions, and the expressions' columns for them; null when no row passes. */
  prepare(batch: Batch, arena: Arena): { readonly selection: Selection | null; readonly columns: readonly Column[] } | null {
    const columns = batch.columns.slice(0, this.#base)
    const extended = new Batch(batch.schema, batch.rowCount, columns, batch.partition, batch.weights)
    let selection: Selection | null = null
    for (const { kernels, predicate } of this.#stages) {
      for (const kernel of kernels) columns.push(kernel(extended, selection, arena))
      if (predicate === undefined) continue
      selection = predicate.select(extended, selection, arena)
      if (selection !== null && selection.count === 0) return null
    }
    return { selection, columns: this.#projection.evaluate(extended, selection, arena) }
  }
}

/** Computes one column for the rows of a selection, at their places in the batch. */
type KernelProgram = (batch: Batch, selection: Selection | null, arena: Arena) => Column
interface Stage {
  readonly kernels: readonly KernelProgram[]
  readonly predicate: Predicate | undefined
}

/** What a condition asks before its first kernel is asked first, so that kernels see fewer rows: rows for which that is FALSE are lost anyway. */
function inSteps(condition: Expression, options: CompileOptions): Expression[] {
  const conjuncts = conjunctsOf(condition)
  const first = conjuncts.findIndex((c) => mayHoldKernel(c, options))
  if (first <= 0 || !isRepeatable(condition, options.functions)) return [condition]
  const before = conjuncts.slice(0, first).reduce((a, b) => ({ ...call('and', [a, b]), type: BOOLEAN, nullable: true }))
  const notFalse: Expression = { ...call('coalesce', [before, literal(true, BOOLEAN)]), type: BOOLEAN, nullable: false }
  return [notFalse, condition]
}
function conjunctsOf(e: Expression): Expression[] {
  if (e.kind === 'alias') return conjunctsOf(e.child)
  return e.kind === 'call' && e.name === 'and' ? e.args.flatMap(conjunctsOf) : [e]
}

function mayHoldKernel(e: Expression, options: CompileOptions): boolean {
  return anyOf(e, (node) => isCandidate(node, options))
}

function isCandidate(e: Expression, options: CompileOptions): e is Call {
  if (e.kind !== 'call') return false
  const record = options.functions.find(e.name)
  return record?.kind === 'scalar' && record.bindColumns !== undefined
}

interface Use {
  readonly call: Call
  /** Where it is read first: a condition's position, or behind them the projection's. */
  readonly stage: number
  fields: FieldsRead | undefined
  kernel: ColumnKernel | undefined
  ordinal: number
}

/** The calls of some stages of expressions that have a kernel, each once, inner ones before those they are arguments of. */
class Calls {
  /** Positions from here on are those of kernels' columns. */
  readonly base: number
  readonly #options: CompileOptions
  readonly #uses = new Map<string, Use>()
  readonly #kernels: readonly Use[]

  constructor(stages: readonly (readonly Expression[])[], options: CompileOptions) {
    this.#options = options
    const ordinals = stages.flat().flatMap((e) => collect(e, (n) => n.kind === 'bound').map((n) => n.ordinal))
    this.base = Math.max(0, ...ordinals.map((o) => o + 1))
    stages.forEach((expressions, stage) => {
      for (const e of expressions) this.#visit(e, stage, undefined)
    })
    const { functions, context } = options
    for (const use of this.#uses.values()) {
      const record = functions.find(use.call.name)
      if (record?.kind !== 'scalar') continue
      use.kernel = record.bindColumns!(signatureOf(use.call, functions, context), context, use.fields)
    }
    // In the order of the stages that compute them; within a stage inner calls stand first already.
    this.#kernels = [...this.#uses.values()].filter((use) => use.kernel !== undefined).sort((a, b) => a.stage - b.stage)
    this.#kernels.forEach((use, i) => {
      use.ordinal = this.base + i
    })
  }

  get isEmpty(): boolean {
    return this.#kernels.length === 0
  }

  /** The expression with columns in the places of calls. */
  rewritten(e: Expression): Expression {
    const use = this.#uses.get(keyOf(e))
    if (use?.kernel !== undefined) return { kind: 'bound', ordinal: use.ordinal, type: typeOf(e), nullable: true }
    return mapChildren(e, (child) => this.rewritten(child))
  }

  kernelsOf(stage: number): KernelProgram[] {
    return this.#kernels.filter((use) => use.stage === stage).map((use) => this.#program(use))
  }

  #visit(e: Expression, stage: number, fields: FieldsRead | undefined): void {
    if (e.kind === 'alias') this.#visit(e.child, stage, fields)
    else if (e.kind === 'field' && typeOf(e.child).kind === 'struct') this.#visit(e.child, stage, new Map([[e.ordinal, fields]]))
    else if (isCandidate(e, this.#options) && this.#canRunAhead(e)) this.#use(e, stage, fields)
    else for (const child of childrenOf(e)) this.#visit(child, stage, undefined)
  }

  #use(e: Call, stage: number, fields: FieldsRead | undefined): void {
    const key = keyOf(e)
    const known = this.#uses.get(key)
    if (known !== undefined) {
      known.fields = readByEither(known.fields, fields)
      return
    }
    for (const arg of e.args) this.#visit(arg, stage, undefined)
    this.#uses.set(key, { call: e, stage, fields, kernel: undefined, ordinal: -1 })
  }

  /** It gives the same whenever it is called, and depends on columns of the input alone. */
  #canRunAhead(e: Call): boolean {
    const { functions } = this.#options
    return !isFoldable(e, functions) && isRepeatable(e, functions) && !anyOf(e, (node) => node.kind === 'lambda_variable')
  }

  #program(use: Use): KernelProgram {
    const { functions, context } = this.#options
    const kernel = use.kernel!
    const args = use.call.args.map((arg) => this.rewritten(arg))
    const projection = compileProjection(args.filter((arg) => !isFoldable(arg, functions)).map(bytesOf), this.#options)
    const plain: Call = { ...use.call, args }
    const evaluate = interpret(plain, functions, context)
    const reader = new RowReader(ordinalsOf(plain))
    return (batch, selection, arena) => {
      const columns = projection.evaluate(batch, selection, arena)
      if (selection === null) return kernel(columns, batch.rowCount, arena, (row) => evaluate(reader.read(batch, row)))
      const { rows, count } = selection
      const column = kernel(columns, count, arena, (k) => evaluate(reader.read(batch, rows[k]!)))
      return atPlaces(column, selection, batch.rowCount, arena)
    }
  }
}

function readByEither(a: FieldsRead | undefined, b: FieldsRead | undefined): FieldsRead | undefined {
  if (a === undefined || b === undefined) return undefined
  const both = new Map(a)
  for (const [field, fields] of b) both.set(field, a.has(field) ? readByEither(a.get(field), fields) : fields)
  return both
}

/** A CAST of BINARY to STRING changes no byte that is UTF-8: kernels take the bytes. */
function bytesOf(e: Expression): Expression {
  if (e.kind === 'alias') return bytesOf(e.child)
  return e.kind === 'cast' && e.type.kind === 'string' && typeOf(e.child).kind === 'binary' ? e.child : e
}

/** Row k of the column at place rows[k] of `rowCount`; NULL elsewhere. */
function atPlaces(column: Column, { rows, count }: Selection, rowCount: number, arena: Arena): Column {
  const from = arena.int32(rowCount).fill(-1)
  for (let k = 0; k < count; k++) from[rows[k]!] = k
  return takeColumn(column, from, rowCount, arena)
}
