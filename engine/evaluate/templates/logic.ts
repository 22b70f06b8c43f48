import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import { pathOf } from '../column-path.ts'
import { anyNull, laneOf, type ScalarLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import type { Template } from './table.ts'

// Three-valued logic on bits: a bit that is NULL has value 0, so "value" reads "is TRUE" and "value | isNull" reads "is not FALSE".

export const logicTemplates: Readonly<Record<string, Template>> = {
  and: (code, call) => connective(code, call, conjunction, notFalse),
  or: (code, call) => connective(code, call, disjunction, (lane) => `!(${lane.value})`),
  not: negation,
  '!': negation,
  isnull: (code, call) => {
    const isNull = nullOf(code, call.args[0]!)
    return isNull === undefined ? undefined : { kind: 'bit', value: isNull, isNull: '0' }
  },
  isnotnull: (code, call) => {
    const isNull = nullOf(code, call.args[0]!)
    if (isNull === undefined) return undefined
    return { kind: 'bit', value: isNull === '0' ? '1' : code.out.constant(`${isNull} ^ 1`), isNull: '0' }
  },
  istrue: (code, call) => ({ kind: 'bit', value: code.scalar(call.args[0]!).value, isNull: '0' }),
  isfalse: (code, call) => {
    const value = code.out.constant(`(${notFalse(code.scalar(call.args[0]!))}) ^ 1`)
    return { kind: 'bit', value, isNull: '0' }
  },
}

function negation(code: RowCode, call: Call): ScalarLane {
  const lane = code.scalar(call.args[0]!)
  return { kind: 'bit', value: code.out.constant(`(${notFalse(lane)}) ^ 1`), isNull: lane.isNull }
}

export function notFalse(lane: ScalarLane): string {
  return lane.isNull === '0' ? lane.value : `${lane.value} | ${lane.isNull}`
}

/** Of a column of any type; of a computed value when it has a lane. */
function nullOf(code: RowCode, e: Expression): string | undefined {
  const path = pathOf(e)
  if (path !== undefined) return typeOf(e).kind === 'void' ? '1' : code.columnNull(path)
  return laneOf(typeOf(e)) === undefined ? undefined : code.lane(e).isNull
}

function connective(
  code: RowCode,
  call: Call,
  combine: (code: RowCode, left: ScalarLane, right: ScalarLane) => ScalarLane,
  isUndecided: (left: ScalarLane) => string,
): ScalarLane | undefined {
  const [first, ...rest] = call.args
  if (call.args.some((arg) => typeOf(arg).kind !== 'boolean')) return undefined
  return rest.reduce((left, e) => {
    if (code.isCheap(e)) return combine(code, left, code.scalar(e))
    const value = code.out.fresh('v')
    const isNull = code.out.fresh('n')
    // The deciding value of the left side is the result when the right side is not looked at.
    code.out.line(`let ${value} = ${left.value} & 1, ${isNull} = 0`)
    let mayBeNull = left.isNull !== '0'
    code.block(`if (${isUndecided(left)})`, () => {
      const both = combine(code, left, code.scalar(e))
      code.out.line(`${value} = ${both.value}; ${isNull} = ${both.isNull}`)
      mayBeNull ||= both.isNull !== '0'
    })
    return { kind: 'bit', value, isNull: mayBeNull ? isNull : '0' }
  }, code.scalar(first!))
}

function conjunction(code: RowCode, left: ScalarLane, right: ScalarLane): ScalarLane {
  const value = code.out.constant(`${left.value} & ${right.value}`)
  const isNull = anyNull(left.isNull, right.isNull)
  if (isNull === '0') return { kind: 'bit', value, isNull }
  return { kind: 'bit', value, isNull: code.out.constant(`${isNull} & (${notFalse(left)}) & (${notFalse(right)})`, 'n') }
}

function disjunction(code: RowCode, left: ScalarLane, right: ScalarLane): ScalarLane {
  const value = code.out.constant(`${left.value} | ${right.value}`)
  const isNull = anyNull(left.isNull, right.isNull)
  if (isNull === '0') return { kind: 'bit', value, isNull }
  return { kind: 'bit', value, isNull: code.out.constant(`${isNull} & (${value} ^ 1)`, 'n') }
}
