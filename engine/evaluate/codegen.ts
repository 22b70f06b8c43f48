import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { copyBytes } from '../columnar/take.ts'
import { type Expression, typeOf } from '../expr/expression.ts'
import type { DataType } from '../types/data-type.ts'
import type { ColumnPath } from './column-path.ts'
import type { CompileOptions } from './compile.ts'
import { isWide, laneOf, type ScalarLane, type TextLane } from './lane.ts'
import type { ColumnOutput } from './output.ts'
import { RowCode, type Variant } from './row-code.ts'
import { notFalse } from './templates/logic.ts'
import { nullsOf } from './templates/numbers.ts'
import { concatenatedParts } from './templates/text.ts'

/**
 * Expressions as JavaScript: one private function a plan node and variant, one loop over columns, constants written into the source.
 * Private, because a loop that sees two kinds of typed array is many times slower than two loops that see one each.
 */

/** Writes the values of rows 0 … count of the output; the input row is rows[k], or k where rows is null. */
export type ColumnLoop = (
  columns: readonly Column[],
  batch: Batch,
  rows: Int32Array | null,
  count: number,
  output: ColumnOutput,
  arena: Arena,
) => void
/** Writes the rows that pass into `kept` and gives their number. `slow` evaluates one row by the interpreter. */
export type SelectLoop = (
  columns: readonly Column[],
  batch: Batch,
  rows: Int32Array | null,
  count: number,
  kept: Int32Array,
  slow: (row: number) => boolean,
  arena: Arena,
) => number

export interface Generated<Loop> {
  readonly loop: Loop
  /** For people: the text of the function. */
  readonly source: string
}

export function generateColumn(
  e: Expression,
  options: CompileOptions,
  paths: readonly ColumnPath[],
  variant: Variant,
): Generated<ColumnLoop> {
  const isText = laneOf(typeOf(e)) === 'text'
  const slow = isText ? 'p = output.slowText(i, k, p); bytes = output.bytes; continue' : 'output.slow(i, k); continue'
  const { isNull, usesScratch } = probe(e, options, paths, variant)
  const nullable = isNull !== '0'
  const code = new RowCode(options, paths, variant, slow)
  const { out } = code
  if (nullable) {
    out.line('output.beginNulls()')
    out.line('const present = output.validity; let nulls = 0')
  }
  out.line(isText ? 'const ends = output.offsets; let p = 0, bytes = output.bytes' : 'const values = output.values')
  const storeNull = (rowIsNull: string): void => {
    if (!nullable) return
    if (rowIsNull === '0') out.line('present[k >> 3] |= 1 << (k & 7)')
    else out.line(`present[k >> 3] |= (${rowIsNull} ^ 1) << (k & 7); nulls += ${rowIsNull}`)
  }
  code.block('for (let k = 0; k < count; k++)', () => {
    out.line(variant.selected ? 'const i = rows[k]' : 'const i = k')
    if (usesScratch) code.takeBackScratch()
    const parts = concatenatedParts(e)
    if (parts !== undefined) {
      const texts = parts.map((part) => code.text(part))
      const anyIsNull = nullsOf(code, ...texts)
      storeNull(anyIsNull)
      appendTexts(code, texts, anyIsNull)
    } else {
      code.branches(e, (lane) => {
        storeNull(lane.isNull)
        if (lane.kind === 'text') appendTexts(code, [lane], lane.isNull)
        else storeScalar(out, lane, typeOf(e))
      })
    }
  })
  if (nullable) out.line('output.endNulls(nulls)')
  return assemble<ColumnLoop>(code, ['columns', 'batch', 'rows', 'count', 'output', 'arena'])
}

/** What the frame of a loop has to know before the loop is written. */
function probe(e: Expression, options: CompileOptions, paths: readonly ColumnPath[], variant: Variant) {
  const code = new RowCode(options, paths, variant, '')
  const { isNull } = code.lane(e)
  return { isNull, usesScratch: code.usesScratch }
}

function storeScalar(out: RowCode['out'], lane: ScalarLane, type: DataType): void {
  if (isWide(type)) out.line(`values[2 * k] = ${lane.value}; values[2 * k + 1] = ${lane.value} >> 63n`)
  else out.line(`values[k] = ${lane.kind === 'bit' ? `${lane.value} & 1` : lane.value}`)
}

function appendTexts(code: RowCode, texts: readonly TextLane[], isNull: string): void {
  const append = (): void => {
    for (const text of texts) appendText(code, text)
  }
  if (isNull === '0') append()
  else if (isNull !== '1') code.block(`if (!${isNull})`, append)
  code.out.line('ends[k + 1] = p')
}

function appendText(code: RowCode, lane: TextLane): void {
  const { out } = code
  const range = `${lane.bytes}, ${lane.start}, ${lane.end}`
  out.line(`if (p + ${lane.end} - ${lane.start} > bytes.length - 8) bytes = output.grow(p, ${lane.end} - ${lane.start})`)
  out.line(`${out.capture(copyBytes, 'copyBytes')}(${range}, bytes, p); p += ${lane.end} - ${lane.start}`)
}

export function generateSelect(
  condition: Expression,
  options: CompileOptions,
  paths: readonly ColumnPath[],
  variant: Variant,
): Generated<SelectLoop> {
  const { usesScratch } = probe(condition, options, paths, variant)
  const code = new RowCode(options, paths, variant, 'kept[k] = i; k += slow(i) & 1; continue')
  const { out } = code
  out.line('let k = 0')
  code.block('for (let j = 0; j < count; j++)', () => {
    out.line(variant.selected ? 'const i = rows[j]' : 'const i = j')
    if (usesScratch) code.takeBackScratch()
    select(code, conjuncts(condition), undefined, undefined)
  })
  out.line('return k')
  return assemble<SelectLoop>(code, ['columns', 'batch', 'rows', 'count', 'kept', 'slow', 'arena'])
}

function conjuncts(e: Expression): Expression[] {
  if (e.kind === 'alias') return conjuncts(e.child)
  return e.kind === 'call' && e.name === 'and' ? e.args.flatMap(conjuncts) : [e]
}

/**
 * Row after row the row number is written and `k` goes on by 0 or 1: no branch to mispredict. Only conditions that cost something are
 * looked at behind an `if`, and then unless an earlier one is FALSE: after NULL the interpreter goes on too, and may fail.
 */
function select(
  code: RowCode,
  [first, ...rest]: readonly Expression[],
  value: string | undefined,
  open: string | undefined,
): void {
  const { out } = code
  const lane = code.scalar(first!)
  const both = value === undefined ? lane.value : out.constant(`${value} & ${lane.value}`)
  if (rest.length === 0) {
    out.line(`kept[k] = i; k += ${both} & 1`)
    return
  }
  const undecided = lane.isNull === '0' ? lane.value : out.constant(notFalse(lane))
  const stillOpen =
    open === undefined ? undecided : undecided === lane.value && open === value ? both : out.constant(`${open} & ${undecided}`)
  if (code.isCheap(rest[0]!)) select(code, rest, both, stillOpen)
  else code.block(`if (${stillOpen})`, () => select(code, rest, both, stillOpen))
}

function assemble<Loop>(code: RowCode, parameters: readonly string[]): Generated<Loop> {
  const { names, values } = code.out.captured
  const source = `return function generated(${parameters.join(', ')}) {\n${code.prelude}\n${code.out}\n}`
  const loop = new Function(...names, source)(...values) as Loop
  return { loop, source }
}
