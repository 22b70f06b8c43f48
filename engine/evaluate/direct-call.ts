import { decodeText } from '../columnar/column.ts'
import { type Call, type Cast, type Expression, typeOf } from '../expr/expression.ts'
import { currentDate } from '../functions/current-date.ts'
import { castFunction } from '../types/cast.ts'
import type { Value } from '../types/value.ts'
import { boundFunction } from './interpret.ts'
import { type Lane, laneOf } from './lane.ts'
import type { RowCode } from './row-code.ts'
import { nullsOf } from './templates/numbers.ts'

// Where no template is: the loop calls the function's own `evaluate` with values out of lanes. No row of values is made and no closure
// stands between, which is most of what the interpreter costs; what is left is the function itself.

/** undefined: an argument or the result has no lane, or the value depends on more than the arguments. */
export function directCall(code: RowCode, call: Call): Lane | undefined {
  if (call.args.length === 0 || laneOf(typeOf(call)) === undefined || !call.args.every(hasLane)) return undefined
  const bound = boundFunction(call, code.options.functions, code.options.context)
  if (bound === undefined || bound.record.deterministic === false) return undefined
  const evaluate = code.out.capture(bound.evaluate, 'f')
  if (bound.record.nulls === 'propagate') {
    const constants = call.args.map((arg) => code.constant(arg))
    const lanes = call.args.map((arg) => code.lane(arg))
    const args = lanes.map((lane, i) => asValue(code, lane, call.args[i]!, constants[i]))
    return code.called(evaluate, args, nullsOf(code, ...lanes), typeOf(call))
  }
  const args = call.args.map((arg) => {
    const lane = code.lane(arg)
    const value = asValue(code, lane, arg, code.constant(arg))
    return lane.isNull === '0' ? value : lane.isNull === '1' ? 'null' : `${lane.isNull} ? null : ${value}`
  })
  return code.called(evaluate, args, '0', typeOf(call))
}

function hasLane(e: Expression): boolean {
  return e.kind !== 'lambda' && laneOf(typeOf(e)) !== undefined
}

export function directCast(code: RowCode, e: Cast): Lane | undefined {
  const from = typeOf(e.child)
  if (laneOf(from) === undefined || laneOf(e.type) === undefined) return undefined
  const { context } = code.options
  const convert = castFunction(from, e.type, {
    timeZone: context.timeZone,
    ansi: context.settings.ansi,
    tolerant: e.tolerant,
    today: () => currentDate(context),
  })
  const lane = code.lane(e.child)
  const value = asValue(code, lane, e.child, code.constant(e.child))
  return code.called(code.out.capture(convert, 'f'), [value], lane.isNull, e.type)
}

/** The code of a lane's JavaScript value, for rows where it is not NULL. */
function asValue(code: RowCode, lane: Lane, e: Expression, constant: Value | undefined): string {
  if (constant !== undefined) return code.out.capture(constant, 'c')
  switch (lane.kind) {
    case 'bit':
      return `(${lane.value} & 1) === 1`
    case 'text':
      if (typeOf(e).kind === 'binary') return `${lane.bytes}.subarray(${lane.start}, ${lane.end})`
      return `${code.out.capture(decodeText, 'decodeText')}(${lane.bytes}, ${lane.start}, ${lane.end})`
    default:
      return lane.value
  }
}
