import { compareBytes, equalBytes } from '../../columnar/bytes.ts'
import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import { sameType } from '../../types/data-type.ts'
import { type Lane, laneOf, type ScalarLane, type TextLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { TextSet } from '../text-kernels.ts'
import { nullsOf } from './numbers.ts'
import type { Template } from './table.ts'

export const comparisonTemplates: Readonly<Record<string, Template>> = {
  '=': (code, call) => compared(code, call, '='),
  '==': (code, call) => compared(code, call, '='),
  '<': (code, call) => compared(code, call, '<'),
  '<=': (code, call) => compared(code, call, '<='),
  '>': (code, call) => compared(code, call, '>'),
  '>=': (code, call) => compared(code, call, '>='),
  '<=>': nullSafeEquality,
  equal_null: nullSafeEquality,
  in: inList,
}

type Symbol = '=' | '<' | '<=' | '>' | '>='

/** Both sides as lanes of one type (decimals of one scale); undefined where they are not. */
function operands(code: RowCode, call: Call): [Lane, Lane] | undefined {
  const [left, right] = call.args as [Expression, Expression]
  const type = typeOf(left)
  const other = typeOf(right)
  if (laneOf(type) === undefined) return undefined
  const alike = type.kind === 'decimal' && other.kind === 'decimal' ? type.scale === other.scale : sameType(type, other)
  return alike ? [code.lane(left), code.lane(right)] : undefined
}

function compared(code: RowCode, call: Call, symbol: Symbol): Lane | undefined {
  const sides = operands(code, call)
  if (sides === undefined) return undefined
  const isNull = nullsOf(code, ...sides)
  return { kind: 'bit', value: maskedBit(code, test(code, symbol, sides[0], sides[1]), isNull), isNull }
}

function nullSafeEquality(code: RowCode, call: Call): Lane | undefined {
  const sides = operands(code, call)
  if (sides === undefined) return undefined
  const [left, right] = sides
  const isNull = nullsOf(code, left, right)
  const bothNull = left.isNull === '0' || right.isNull === '0' ? '0' : `(${left.isNull} & ${right.isNull})`
  const equal = maskedBit(code, test(code, '=', left, right), isNull)
  return { kind: 'bit', value: bothNull === '0' ? equal : code.out.constant(`${equal} | ${bothNull}`), isNull: '0' }
}

/** A bit that is 0 where the result is NULL. */
function maskedBit(code: RowCode, condition: string, isNull: string): string {
  return code.out.constant(isNull === '0' ? condition : `(${condition}) & (${isNull} ^ 1)`)
}

/** Is the left one less, in Spark's order? Of two lanes of one kind that are not NULL. */
export function lessThan(code: RowCode, left: Lane, right: Lane): string {
  if (left.kind === 'bit') return `(${left.value} & 1) < (${(right as ScalarLane).value} & 1)`
  return test(code, '<', left, right)
}

function test(code: RowCode, symbol: Symbol, left: Lane, right: Lane): string {
  if (left.kind === 'text') return textTest(code, symbol, left, right as TextLane)
  const other = right as ScalarLane
  if (left.kind === 'double') return doubleTest(symbol, left, other)
  if (symbol !== '=') return `${left.value} ${symbol} ${other.value}`
  // A bit may be 1 on one side and true on the other.
  return left.kind === 'bit' ? `(${left.value} & 1) === (${other.value} & 1)` : `${left.value} === ${other.value}`
}

/** Spark's order of doubles: NaN is greater than all others and equal to itself. */
function doubleTest(symbol: Symbol, left: ScalarLane, right: ScalarLane): string {
  const [x, y] = [left.value, right.value]
  const leftOrdinary = left.constant !== undefined && !Number.isNaN(left.constant)
  const rightOrdinary = right.constant !== undefined && !Number.isNaN(right.constant)
  switch (symbol) {
    case '=':
      return leftOrdinary || rightOrdinary ? `${x} === ${y}` : `(${x} === ${y}) | ((${x} !== ${x}) & (${y} !== ${y}))`
    case '<':
      if (rightOrdinary) return `${x} < ${y}`
      return `!(${x} >= ${y}) & (${x} === ${x})`
    case '<=':
      if (rightOrdinary) return `${x} <= ${y}`
      return `(${x} <= ${y}) | (${y} !== ${y})`
    case '>':
      if (leftOrdinary) return doubleTest('<', right, left)
      return rightOrdinary ? `!(${x} <= ${y})` : `!(${x} <= ${y}) & (${y} === ${y})`
    case '>=':
      if (leftOrdinary) return doubleTest('<=', right, left)
      return rightOrdinary ? `!(${x} < ${y})` : `(${x} >= ${y}) | (${x} !== ${x})`
  }
}

function textTest(code: RowCode, symbol: Symbol, left: TextLane, right: TextLane): string {
  if (symbol !== '=') {
    const compare = code.out.capture(compareBytes, 'compareBytes')
    const order = `${compare}(${left.bytes}, ${left.start}, ${left.end}, ${right.bytes}, ${right.start}, ${right.end})`
    return `${order} ${symbol} 0`
  }
  if (right.constant !== undefined) return equalsLiteral(code, left, right)
  if (left.constant !== undefined) return equalsLiteral(code, right, left)
  const equal = code.out.capture(equalBytes, 'equalBytes')
  return `${equal}(${left.bytes}, ${left.start}, ${left.end}, ${right.bytes}, ${right.start}, ${right.end})`
}

/** Length first, then the bytes themselves, written into the code. */
function equalsLiteral(code: RowCode, text: TextLane, literal: TextLane): string {
  const bytes = literal.constant!
  const sameLength = `${text.end} - ${text.start} === ${bytes.length}`
  if (bytes.length > 16) {
    const equal = code.out.capture(equalBytes, 'equalBytes')
    return `${sameLength} && ${equal}(${text.bytes}, ${text.start}, ${text.end}, ${literal.bytes}, 0, ${bytes.length})`
  }
  const each = [...bytes].map((byte, i) => `${text.bytes}[${text.start} + ${i}] === ${byte}`)
  return [sameLength, ...each].join(' && ')
}

const CHAIN_MAX = 8

function inList(code: RowCode, call: Call): Lane | undefined {
  const [needle, ...list] = call.args as [Expression, ...Expression[]]
  const type = typeOf(needle)
  const kind = laneOf(type)
  if (kind === undefined || list.some((item) => !sameType(typeOf(item), type))) return undefined
  const values = list.map((item) => code.constant(item))
  if (values.includes(undefined)) return undefined
  const holdsNull = values.includes(null)
  const lanes = values.flatMap((value) => (value === null ? [] : [code.literal(value!, type)]))
  if (lanes.includes(undefined)) return undefined
  const constants = lanes as Lane[]
  const wanted = code.lane(needle)
  let found: string
  if (constants.length === 0) found = '0'
  else if (constants.length <= CHAIN_MAX) {
    found = constants.map((item) => `(${test(code, '=', wanted, item)})`).join(wanted.kind === 'text' ? ' || ' : ' | ')
  } else if (wanted.kind === 'text') {
    const set = code.out.capture(new TextSet(constants.map((item) => (item as TextLane).constant!)), 'set')
    found = `${set}.has(${wanted.bytes}, ${wanted.start}, ${wanted.end})`
  } else {
    // A JavaScript Set has the equality wanted: NaN is found, -0 and 0 are the same.
    const set = code.out.capture(new Set(constants.map((item) => (item as ScalarLane).constant!)), 'set')
    found = `${set}.has(${wanted.kind === 'bit' ? `(${wanted.value} & 1)` : wanted.value})`
  }
  const value = maskedBit(code, found, wanted.isNull)
  if (!holdsNull) return { kind: 'bit', value, isNull: wanted.isNull }
  return { kind: 'bit', value, isNull: code.out.constant(`${value} ? 0 : 1`, 'n') }
}
