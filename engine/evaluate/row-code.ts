import { type Expression, typeOf } from '../expr/expression.ts'
import { anyOf } from '../expr/walk.ts'
import { type DataType, sameType } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import { type ColumnPath, pathOf, samePath } from './column-path.ts'
import type { CompileOptions, RowFunction } from './compile.ts'
import { directCall, directCast } from './direct-call.ts'
import { Emitter } from './emitter.ts'
import { keyOf } from './expression-key.ts'
import { attempt, isFoldable } from './foldable.ts'
import { interpret } from './interpret.ts'
import { isWide, type Lane, laneOf, type ScalarLane, type ScalarLaneKind, type TextLane } from './lane.ts'
import { ordinalsOf, RowReader } from './row-reader.ts'
import { castLane } from './templates/cast.ts'
import { TEMPLATES } from './templates/table.ts'
import { onlyAscii, Scratch } from './text-kernels.ts'
import { widenInts } from './widen-ints.ts'

/** Which version of a loop a batch needs: decided once a batch, never a row. */
export interface Variant {
  /** Has the column NULLs? By position in the loop's paths. */
  readonly hasNulls: (path: number) => boolean
  readonly selected: boolean
}

/** Stands for a value whose evaluation failed: the row goes the slow way, which says what the failure is, if it is one. */
export const FAILED = Symbol('failed')

/**
 * The code of one row: turns an expression into statements that compute its lane.
 *
 * The rule that keeps it honest: wherever a value would be wrong, out of the lane's range or an error, the code calls `slow` for the row,
 * which has the interpreter evaluate the whole expression for this row. So evaluating too much is never wrong, only a waste, and branches
 * (CASE, AND, coalesce) are there for speed. What no template knows is called through the interpreter and read into a lane.
 */
export class RowCode {
  readonly out = new Emitter()
  /** Run once a batch, before the loop. */
  readonly prelude = new Emitter()
  readonly options: CompileOptions
  usesScratch = false
  /** Columns read, in the order of the generated function's argument. */
  readonly #paths: readonly ColumnPath[]
  readonly #variant: Variant
  readonly #slow: string
  /** Lanes of expressions already computed, by scope: inside a branch what was computed outside it is known too. */
  readonly #scopes: Map<string, Lane>[] = [new Map()]
  readonly #ranges = new Int32Array(2)

  /** `slow` are the statements that let the interpreter do the row and go on with the next; `paths` holds all that will be read. */
  constructor(options: CompileOptions, paths: readonly ColumnPath[], variant: Variant, slow: string) {
    this.options = options
    this.#paths = paths
    this.#variant = variant
    this.#slow = slow
  }

  lane(e: Expression): Lane {
    if (e.kind === 'alias') return this.lane(e.child)
    const key = keyOf(e)
    for (const scope of this.#scopes) {
      const known = scope.get(key)
      if (known !== undefined) return known
    }
    const lane = this.#compute(e)
    this.#scopes.at(-1)!.set(key, lane)
    return lane
  }

  scalar(e: Expression): ScalarLane {
    return this.lane(e) as ScalarLane
  }
  text(e: Expression): TextLane {
    return this.lane(e) as TextLane
  }

  /** Statements inside a block; what they compute is not known outside. */
  block(header: string, body: () => void): void {
    this.#scopes.push(new Map())
    this.out.block(header, body)
    this.#scopes.pop()
  }

  /** Sends the row the slow way when `condition` holds and no input was NULL. */
  guard(condition: string, isNull = '0'): void {
    if (isNull === '1') return
    this.out.line(`if (${isNull === '0' ? condition : `(${condition}) && !${isNull}`}) { ${this.#slow} }`)
  }

  /**
   * Calls `evaluate` with the arguments' code where `isNull` is 0, and reads what it gives into a lane of the type. An error sends the row the
   * slow way, where the interpreter meets it again.
   */
  called(evaluate: string, args: readonly string[], isNull: string, type: DataType): Lane {
    if (isNull === '1') return nullLane(laneOf(type)!, this)
    const value = this.out.fresh('g')
    this.out.line(`let ${value} = null`)
    const condition = isNull === '0' ? '' : `if (!${isNull}) `
    this.out.line(`${condition}try { ${value} = ${evaluate}(${args.join(', ')}) } catch { ${this.#slow} }`)
    return this.#received(value, type)
  }

  /** A place in memory for one long, and its `low` and `high` int32 halves. */
  longSlot(): { readonly long: string; readonly low: string; readonly high: string } {
    const place = new BigInt64Array(1)
    const long = this.out.capture(place, 'long')
    const halves = this.out.capture(new Int32Array(place.buffer), 'halves')
    return { long: `${long}[0]`, low: `${halves}[0]`, high: `${halves}[1]` }
  }

  get range(): string {
    return this.out.capture(this.#ranges, 'range')
  }
  readonly #scratch = new Scratch()
  get scratch(): string {
    this.usesScratch = true
    return this.out.capture(this.#scratch, 'scratch')
  }
  takeBackScratch(): void {
    this.out.line(`${this.out.capture(this.#scratch, 'scratch')}.used = 0`)
  }

  /** A range of the scratch as text. */
  scratchText(start: string, isNull: string): TextLane {
    const bytes = this.out.constant(`${this.scratch}.bytes`)
    const end = this.out.constant(`${this.scratch}.used`)
    return { kind: 'text', bytes, start, end, isNull }
  }

  /** The lane of a value known now. */
  literal(value: Value, type: DataType): Lane | undefined {
    const kind = laneOf(type)
    if (kind === undefined) return undefined
    if (value === null) return nullLane(kind, this)
    switch (kind) {
      case 'bit':
        return { kind, value: value === true ? '1' : '0', isNull: '0', constant: value === true ? 1 : 0 }
      case 'int':
      case 'double':
        return { kind, value: numberText(value as number), isNull: '0', constant: value as number }
      case 'long':
        if (BigInt.asIntN(64, value as bigint) !== value) return undefined
        return { kind, value: `${value}n`, isNull: '0', constant: value as bigint }
      case 'text': {
        const constant = typeof value === 'string' ? new TextEncoder().encode(value) : (value as Uint8Array)
        return {
          kind,
          bytes: this.out.capture(constant, 'text'),
          start: '0',
          end: String(constant.length),
          isNull: '0',
          constant,
        }
      }
    }
  }

  /** May the expression be computed without asking whether it is needed: few instructions, never slow? */
  isCheap(e: Expression): boolean {
    if (e.kind === 'alias') return this.isCheap(e.child)
    if (e.kind === 'literal') return true
    if (pathOf(e) !== undefined) return !isWide(typeOf(e))
    if (e.kind !== 'call' || !CHEAP.has(e.name)) return false
    return e.args.every((arg) => this.isCheap(arg)) && (!ARITHMETIC.has(e.name) || laneOf(e.type!) === 'double')
  }

  /** The value a foldable expression has, computed now. */
  constant(e: Expression): Value | undefined {
    if (e.kind === 'literal') return e.value
    const { functions, context } = this.options
    return isFoldable(e, functions) ? attempt(() => interpret(e, functions, context)([])) : undefined
  }

  /** Can NULL come out of this column in this batch? */
  columnNull(path: ColumnPath): string {
    const index = this.#pathIndex(path)
    if (!this.#variant.hasNulls(index)) return '0'
    const validity = this.#once(`validity${index}`, `columns[${index}].validity`)
    return this.out.constant(`((${validity}[i >> 3] >> (i & 7)) & 1) ^ 1`, 'n')
  }

  #compute(e: Expression): Lane {
    if (e.kind === 'literal') return this.literal(e.value, e.type) ?? this.#interpreted(e)
    const path = pathOf(e)
    if (path !== undefined && laneOf(typeOf(e)) !== undefined) return this.#column(path, typeOf(e))
    const known = this.constant(e)
    if (known !== undefined) {
      const lane = this.literal(known, typeOf(e))
      if (lane !== undefined) return lane
    }
    return this.#template(e) ?? this.#interpreted(e)
  }

  #template(e: Expression): Lane | undefined {
    if (laneOf(typeOf(e)) === undefined) return undefined
    switch (e.kind) {
      case 'case':
        return isBranching(e) ? this.#merged(e) : undefined
      case 'field': {
        const values = madeFields(e.child)
        return values && this.lane(values[e.ordinal]!)
      }
      case 'cast':
        return castLane(this, e) ?? directCast(this, e)
      case 'call':
        return isBranching(e) ? this.#merged(e) : (TEMPLATES[e.name]?.(this, e) ?? directCall(this, e))
      default:
        return undefined
    }
  }

  /** A value that several branches may give, met in variables. */
  #merged(e: Expression): Lane {
    const kind = laneOf(typeOf(e))!
    const { out } = this
    const isNull = out.fresh('n')
    out.line(`let ${isNull} = 0`)
    if (kind === 'text') {
      const [bytes, start, end] = [out.fresh('b'), out.fresh('s'), out.fresh('e')]
      out.line(`let ${bytes} = ${out.capture(NO_BYTES)}, ${start} = 0, ${end} = 0`)
      this.branches(e, (lane) => {
        const text = lane as TextLane
        out.line(`${isNull} = ${text.isNull}; ${bytes} = ${text.bytes}; ${start} = ${text.start}; ${end} = ${text.end}`)
      })
      return { kind, bytes, start, end, isNull }
    }
    const value = kind === 'long' ? this.longSlot().long : out.fresh('v')
    if (kind !== 'long') out.line(`let ${value} = 0`)
    this.branches(e, (lane) => {
      const scalar = lane as ScalarLane
      out.line(`${isNull} = ${scalar.isNull}; ${value} = ${kind === 'bit' ? `${scalar.value} & 1` : scalar.value}`)
    })
    return { kind, value: kind === 'long' ? out.constant(value) : value, isNull }
  }

  /** Computes a CASE, if or coalesce and hands the lane of the branch taken to `use`, which is written once a branch. */
  branches(e: Expression, use: (lane: Lane) => void): void {
    if (e.kind === 'alias') this.branches(e.child, use)
    else if (!isBranching(e)) use(this.lane(e))
    else if (e.kind === 'case') {
      const nullBranch: Expression = { kind: 'literal', value: null, type: typeOf(e), nullable: true }
      this.#conditional(e.branches, e.otherwise ?? nullBranch, use)
    } else if (e.kind === 'call' && e.name === 'if') {
      this.#conditional([{ when: e.args[0]!, then: e.args[1]! }], e.args[2]!, use)
    } else if (e.kind === 'call') this.#firstPresent(e.args, use)
  }

  #conditional(
    branches: readonly { readonly when: Expression; readonly then: Expression }[],
    otherwise: Expression,
    use: (lane: Lane) => void,
  ): void {
    const [first, ...rest] = branches
    if (first === undefined) {
      this.branches(otherwise, use)
      return
    }
    const condition = this.scalar(first.when)
    if (condition.value === '1') this.branches(first.then, use)
    else if (condition.value === '0') this.#conditional(rest, otherwise, use)
    else {
      this.block(`if (${condition.value})`, () => this.branches(first.then, use))
      this.block('else', () => this.#conditional(rest, otherwise, use))
    }
  }

  #firstPresent(args: readonly Expression[], use: (lane: Lane) => void): void {
    const [first, ...rest] = args
    const lane = this.lane(first!)
    if (rest.length === 0 || lane.isNull === '0') use(lane)
    else if (lane.isNull === '1') this.#firstPresent(rest, use)
    else {
      this.block(`if (${lane.isNull})`, () => this.#firstPresent(rest, use))
      this.block('else', () => use({ ...lane, isNull: '0' }))
    }
  }

  #column(path: ColumnPath, type: DataType): Lane {
    const index = this.#pathIndex(path)
    const isNull = this.columnNull(path)
    const kind = laneOf(type)!
    const { out } = this
    if (kind === 'text') {
      const offsets = this.#once(`offsets${index}`, `columns[${index}].offsets`)
      const bytes = this.#once(`bytes${index}`, `columns[${index}].bytes`)
      const [start, end] = [out.constant(`${offsets}[i]`, 's'), out.constant(`${offsets}[i + 1]`, 'e')]
      const isAscii = (): string =>
        this.#once(`ascii${index}`, `${out.capture(onlyAscii, 'onlyAscii')}(${bytes}, ${offsets}[0], ${offsets}[count])`)
      // With a selection, looking at the whole column could cost more than it saves.
      return { kind, bytes, start, end, isNull, ...(!this.#variant.selected && { isAscii }) }
    }
    const values = this.#once(`values${index}`, `columns[${index}].values`)
    if (isWide(type)) {
      const low = out.constant(`${values}[2 * i]`)
      this.guard(`${values}[2 * i + 1] !== ${low} >> 63n`, isNull)
      return { kind: 'long', value: low, isNull }
    }
    if (kind === 'bit')
      return { kind, value: out.constant(isNull === '0' ? `${values}[i]` : `${values}[i] & (${isNull} ^ 1)`), isNull }
    if (kind !== 'long') return { kind, value: out.constant(`${values}[i]`), isNull }
    return { kind, value: out.constant(`${values}[i]`), isNull, halves: this.#halvesOf(index) }
  }

  /** The int32 halves of a column of longs: read only where a number is wanted, because a bigint is slow to convert. */
  #halvesOf(index: number): { readonly low: string; readonly high: string } {
    const view = `halves${index}`
    const declare = (): string =>
      this.#once(
        view,
        `new Int32Array(columns[${index}].values.buffer, columns[${index}].values.byteOffset, 2 * columns[${index}].length)`,
      )
    return {
      get low() {
        return `${declare()}[2 * i]`
      },
      get high() {
        return `${declare()}[2 * i + 1]`
      },
    }
  }

  /** The number of elements, or entries, of a column of arrays or maps. */
  listSize(path: ColumnPath): string {
    const offsets = this.#listOffsets(path)
    return this.out.constant(`${offsets}[i + 1] - ${offsets}[i]`)
  }

  /** The element at a place from 0 of a column of arrays, where `isThere` holds 1; undefined when elements have no lane. */
  element(path: ColumnPath, type: DataType, place: string, isThere: string): Lane | undefined {
    const kind = laneOf(type)
    if (kind === undefined || isWide(type)) return undefined
    const { out } = this
    const index = this.#pathIndex(path)
    const child = this.#once(`elements${index}`, `columns[${index}].children[0]`)
    const validity = this.#once(`elementValidity${index}`, `${child}.validity`)
    const at = out.constant(`${this.#listOffsets(path)}[i] + ${place}`)
    const present = `${validity} === null ? 1 : (${validity}[${at} >> 3] >> (${at} & 7)) & 1`
    const isNull = out.constant(`${isThere} ? (${present}) ^ 1 : 1`, 'n')
    if (kind === 'text') {
      const ends = this.#once(`elementOffsets${index}`, `${child}.offsets`)
      const bytes = this.#once(`elementBytes${index}`, `${child}.bytes`)
      const [start, end] = [
        out.constant(`${isNull} ? 0 : ${ends}[${at}]`, 's'),
        out.constant(`${isNull} ? 0 : ${ends}[${at} + 1]`, 'e'),
      ]
      return { kind, bytes, start, end, isNull }
    }
    const values = this.#once(`elementValues${index}`, `${child}.values`)
    if (kind !== 'long') return { kind, value: out.constant(`${isNull} ? 0 : ${values}[${at}]`), isNull }
    const slot = this.longSlot().long
    out.line(`if (!${isNull}) ${slot} = ${values}[${at}]`)
    return { kind, value: out.constant(slot), isNull }
  }
  #listOffsets(path: ColumnPath): string {
    const index = this.#pathIndex(path)
    return this.#once(`lists${index}`, `columns[${index}].offsets`)
  }

  /** A column of ints as longs, converted once a batch: faster than a conversion in each row. */
  widenedColumn(path: ColumnPath): string {
    const index = this.#pathIndex(path)
    const widened = this.#once(
      `widened${index}`,
      `${this.out.capture(widenInts)}(columns[${index}].values, columns[${index}].length, arena)`,
    )
    return this.out.constant(`${widened}[i]`)
  }

  #pathIndex(path: ColumnPath): number {
    return this.#paths.findIndex((other) => samePath(other, path))
  }

  readonly #declared = new Set<string>()
  /** A local of the whole batch. */
  #once(name: string, expression: string): string {
    if (!this.#declared.has(name)) {
      this.#declared.add(name)
      this.prelude.line(`const ${name} = ${expression}`)
    }
    return name
  }

  /** Calls the interpreter for this expression and reads its value into a lane. Without columns: once a batch. */
  #interpreted(e: Expression): Lane {
    const { functions, context } = this.options
    const type = typeOf(e)
    const ordinals = ordinalsOf(e)
    const evaluate = this.out.capture(interpretOrFail(interpret(e, functions, context)), 'f')
    let value: string
    if (ordinals.length === 0 && !anyOf(e, (node) => node.kind === 'lambda_variable')) {
      value = this.out.fresh('g')
      this.prelude.line(`const ${value} = ${evaluate}([])`)
    } else {
      const reader = this.out.capture(new RowReader(ordinals), 'r')
      value = this.out.constant(`${evaluate}(${reader}.read(batch, i))`, 'g')
    }
    this.guard(`${value} === ${this.out.capture(FAILED)}`)
    return this.#received(value, type)
  }

  /** The lane of a JavaScript value, which may be null. */
  #received(value: string, type: DataType): Lane {
    const kind = laneOf(type)
    const isNull = this.out.constant(`${value} === null ? 1 : 0`, 'n')
    switch (kind) {
      case 'bit':
        return { kind, value: this.out.constant(`${value} === true ? 1 : 0`), isNull }
      case 'int':
      case 'double':
        return { kind, value: this.out.constant(`${isNull} ? 0 : ${value}`), isNull }
      case 'long': {
        const whole = this.out.constant(`${isNull} ? 0n : ${value}`)
        const long = this.longSlot().long
        this.out.line(`${long} = ${whole}`)
        if (type.kind === 'decimal') this.guard(`${long} !== ${whole}`)
        return { kind, value: this.out.constant(long), isNull }
      }
      case 'text': {
        const start = this.out.fresh('s')
        const method = type.kind === 'string' ? 'text' : 'binary'
        this.out.line(`const ${start} = ${isNull} ? ${this.scratch}.used : ${this.scratch}.${method}(${value})`)
        return this.scratchText(start, isNull)
      }
      case undefined:
        // Of a nested value only its being NULL can be asked.
        return { kind: 'bit', value: '0', isNull }
    }
  }
}

/** The values a call makes a struct of; undefined when it makes none. */
export function madeFields(e: Expression): readonly Expression[] | undefined {
  if (e.kind === 'alias') return madeFields(e.child)
  if (e.kind !== 'call') return undefined
  const type = typeOf(e)
  const values = e.name === 'struct' ? e.args : e.name === 'named_struct' ? e.args.filter((_, i) => i % 2 === 1) : undefined
  return type.kind === 'struct' && values?.length === type.fields.length ? values : undefined
}

/** May a value of one type be used as it is where the other is wanted? */
function sameLane(a: DataType, b: DataType): boolean {
  return sameType(a, b) || (a.kind === 'string' && b.kind === 'string')
}

const NO_BYTES = new Uint8Array(8)
/** A choice between values of one type, each evaluated only where needed. */
function isBranching(e: Expression): boolean {
  const alike = (choice: Expression): boolean => sameLane(typeOf(choice), typeOf(e))
  if (e.kind === 'case') return e.branches.every((b) => alike(b.then)) && (e.otherwise === undefined || alike(e.otherwise))
  return e.kind === 'call' && BRANCHING.has(e.name) && e.args.slice(e.name === 'if' ? 1 : 0).every(alike)
}
const BRANCHING: ReadonlySet<string> = new Set(['if', 'coalesce', 'nvl', 'ifnull'])
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', 'negative'])
const CHEAP: ReadonlySet<string> = new Set([
  ...ARITHMETIC,
  '=',
  '<=>',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
  'not',
  'isnull',
  'isnotnull',
])

function nullLane(kind: ScalarLaneKind | 'text', code: RowCode): Lane {
  if (kind === 'text') return { kind, bytes: code.out.capture(NO_BYTES), start: '0', end: '0', isNull: '1' }
  return { kind, value: kind === 'long' ? '0n' : '0', isNull: '1' }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : value < 0 ? `(${value})` : String(value)
}

function interpretOrFail(evaluate: RowFunction): (row: readonly Value[]) => Value | typeof FAILED {
  return (row) => {
    try {
      return evaluate(row)
    } catch {
      // Not swallowed: the caller sends the row to the interpreter, which evaluates it again and lets the error out.
      return FAILED
    }
  }
}
