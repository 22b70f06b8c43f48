import { type Call, typeOf } from '../../expr/expression.ts'
import { type DataType, sameType } from '../../types/data-type.ts'
import type { ScalarLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { isFixedZone, longSum, longToDouble, nullsOf } from './numbers.ts'
import type { Template } from './table.ts'

const MICROS_PER_DAY = 86_400_000_000n
export const timeTemplates: Readonly<Record<string, Template>> = {
  hour: (code, call) => clockPart(code, call, 3_600_000_000, 24),
  minute: (code, call) => clockPart(code, call, 60_000_000, 60),
  second: (code, call) => clockPart(code, call, 1_000_000, 60),
}

/** A timestamp plus or minus a day-time interval, two such intervals, or the difference of two timestamps; undefined for other types. */
export function timeSum(code: RowCode, call: Call, symbol: '+' | '-'): ScalarLane | undefined {
  const [left, right] = [typeOf(call.args[0]!), typeOf(call.args[1]!)]
  if (left.kind === 'interval_day_time' && right.kind === 'interval_day_time') return checkedSum(code, call, symbol)
  if (isTimestamp(left) && sameType(left, right) && symbol === '-') {
    return left.kind === 'timestamp_ntz' || isFixedZone(code) ? checkedSum(code, call, symbol) : undefined
  }
  if (!isTimestamp(left) || right.kind !== 'interval_day_time' || !sameType(left, typeOf(call))) return undefined
  // Whole days are days of the zone's calendar; less than a day is the same everywhere.
  const amount = code.constant(call.args[1]!)
  const withinDay = typeof amount === 'bigint' && amount > -MICROS_PER_DAY && amount < MICROS_PER_DAY
  return withinDay || left.kind === 'timestamp_ntz' || isFixedZone(code) ? checkedSum(code, call, symbol) : undefined
}

function isTimestamp(type: DataType): boolean {
  return type.kind === 'timestamp' || type.kind === 'timestamp_ntz'
}

function checkedSum(code: RowCode, call: Call, symbol: '+' | '-'): ScalarLane {
  const [x, y] = [code.scalar(call.args[0]!), code.scalar(call.args[1]!)]
  const isNull = nullsOf(code, x, y)
  return { kind: 'long', value: longSum(code, symbol, x, y, isNull), isNull }
}

/** One hand of the clock: micros of a unit, units to a turn. */
function clockPart(code: RowCode, call: Call, unitMicros: number, units: number): ScalarLane | undefined {
  const type = typeOf(call.args[0]!)
  if (typeOf(call).kind !== 'int' || !(type.kind === 'timestamp_ntz' || (type.kind === 'timestamp' && isFixedZone(code))))
    return undefined
  const x = code.scalar(call.args[0]!)
  const { value, isSafe } = longToDouble(code, x)
  code.guard(`!(${isSafe})`, x.isNull)
  const count = code.out.constant(`Math.floor(${value} / ${unitMicros})`)
  return { kind: 'int', value: code.out.constant(`${count} - Math.floor(${count} / ${units}) * ${units}`), isNull: x.isNull }
}
