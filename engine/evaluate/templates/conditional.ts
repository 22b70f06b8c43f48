import { type Call, call, type Expression, typeOf } from '../../expr/expression.ts'
import { BOOLEAN, sameType } from '../../types/data-type.ts'
import { type Lane, laneOf, type ScalarLane, type TextLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { lessThan } from './comparison.ts'
import type { Template } from './table.ts'

/** Choices. Those that are another way to write `if`, `=` or coalesce become that. */
export const conditionalTemplates: Readonly<Record<string, Template>> = {
  nvl2: (code, e) => {
    const [tested, present, absent] = e.args as [Expression, Expression, Expression]
    return code.lane(typed('if', e, typedCondition('isnotnull', tested), present, absent))
  },
  between: (code, e) => {
    const [value, least, most] = e.args as [Expression, Expression, Expression]
    if (![least, most].every((bound) => sameType(typeOf(bound), typeOf(value)))) return undefined
    return code.lane(typedCondition('and', typedCondition('>=', value, least), typedCondition('<=', value, most)))
  },
  nullif: (code, e) => {
    const [value, other] = e.args as [Expression, Expression]
    if (!sameType(typeOf(value), typeOf(other)) || laneOf(typeOf(value)) === undefined) return undefined
    const equal = code.scalar(typedCondition('=', value, other))
    return nulled(code, code.lane(value), equal.value)
  },
  nullifzero: (code, e) => {
    const x = code.lane(e.args[0]!)
    return x.kind === 'text' || x.kind === 'bit' ? undefined : nulled(code, x, `${x.value} === ${zero(x)}`)
  },
  zeroifnull: (code, e) => {
    const [value] = e.args as [Expression]
    const x = code.lane(value)
    if (x.kind === 'text' || x.kind === 'bit' || !sameType(typeOf(value), typeOf(e))) return undefined
    if (x.isNull === '0') return x
    return { kind: x.kind, value: code.out.constant(`${x.isNull} ? ${zero(x)} : ${x.value}`), isNull: '0' }
  },
  isnan: (code, e) => {
    const x = code.scalar(e.args[0]!)
    const odd = `${x.value} !== ${x.value}`
    return { kind: 'bit', value: code.out.constant(x.isNull === '0' ? odd : `(${odd}) & (${x.isNull} ^ 1)`), isNull: '0' }
  },
  nanvl: (code, e) => {
    const [first, second] = e.args as [Expression, Expression]
    const [x, y] = [code.scalar(first), code.scalar(second)]
    const chosen = code.out.constant(`${x.value} !== ${x.value}`)
    const value = code.out.constant(`${chosen} ? ${y.value} : ${x.value}`)
    if (x.isNull === '0' && y.isNull === '0') return { kind: 'double', value, isNull: '0' }
    // Under a NULL the value may be NaN: it is NULL all the same.
    const isNull = code.out.constant(`${x.isNull} ? 1 : ${chosen} ? ${y.isNull} : 0`, 'n')
    return { kind: 'double', value, isNull }
  },
  greatest: (code, e) => extreme(code, e, 'greatest'),
  least: (code, e) => extreme(code, e, 'least'),
}

function typed(name: string, like: Call, ...args: readonly Expression[]): Expression {
  return { ...call(name, args), type: typeOf(like), nullable: true }
}
function typedCondition(name: string, ...args: readonly Expression[]): Expression {
  return { ...call(name, args), type: BOOLEAN, nullable: true }
}
function zero(lane: Lane): string {
  return lane.kind === 'long' ? '0n' : '0'
}
/** NULL where the condition holds too. */
function nulled(code: RowCode, lane: Lane, condition: string): Lane {
  const isNull = code.out.constant(lane.isNull === '0' ? `${condition} ? 1 : 0` : `${lane.isNull} | (${condition})`, 'n')
  if (lane.kind === 'bit') return { kind: 'bit', value: code.out.constant(`${lane.value} & (${isNull} ^ 1)`), isNull }
  return { ...lane, isNull, constant: undefined }
}

/** NULLs are skipped: the second replaces the first where it is there and the first is not, or loses the comparison. */
function extreme(code: RowCode, e: Call, which: 'greatest' | 'least'): Lane | undefined {
  const type = typeOf(e)
  if (laneOf(type) === undefined || !e.args.every((arg) => sameType(typeOf(arg), type))) return undefined
  return e.args.slice(1).reduce((best, arg) => better(code, best, code.lane(arg), which), code.lane(e.args[0]!))
}

function better(code: RowCode, best: Lane, next: Lane, which: 'greatest' | 'least'): Lane {
  if (next.isNull === '1') return best
  if (best.isNull === '1') return next
  const wins = which === 'greatest' ? lessThan(code, best, next) : lessThan(code, next, best)
  const taken = code.out.constant(
    best.isNull === '0' && next.isNull === '0'
      ? wins
      : `${next.isNull} ? false : ${best.isNull === '0' ? '' : `${best.isNull} ? true : `}${wins}`,
  )
  const isNull = best.isNull === '0' || next.isNull === '0' ? '0' : code.out.constant(`${best.isNull} & ${next.isNull}`, 'n')
  if (best.kind === 'text') {
    const other = next as TextLane
    const pick = (part: 'bytes' | 'start' | 'end'): string => code.out.constant(`${taken} ? ${other[part]} : ${best[part]}`)
    return { kind: 'text', bytes: pick('bytes'), start: pick('start'), end: pick('end'), isNull }
  }
  const other = next as ScalarLane
  if (best.kind !== 'long')
    return { kind: best.kind, value: code.out.constant(`${taken} ? ${other.value} : ${best.value}`), isNull }
  // A bigint that meets another in one variable would leave the machine word.
  const slot = code.longSlot().long
  code.out.line(`if (${taken}) ${slot} = ${other.value}; else ${slot} = ${best.value}`)
  return { kind: 'long', value: code.out.constant(slot), isNull }
}
