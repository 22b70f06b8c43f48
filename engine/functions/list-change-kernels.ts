import { compareBytes } from '../columnar/bytes.ts'
import { Column } from '../columnar/column.ts'
import { int32View, takeColumn } from '../columnar/take.ts'
import type { ColumnKernel } from './column-kernel.ts'
import type { Signature } from './function.ts'
import { containsMatcher, isNull } from './list-kernels.ts'

// Arrays made of elements of one array: which ones is all that has to be found, and a gather makes the column.

/** Writes the places of the elements that row keeps, from `at` on, and gives the place after them. At most the array's own number. */
type Keep = (start: number, end: number, row: number, places: Int32Array, at: number) => number

function keptKernel(signature: Signature, keepOf: (args: readonly Column[]) => Keep): ColumnKernel | undefined {
  if (signature.constants[0] !== undefined) return undefined
  return (args, count, memory) => {
    const list = args[0]!
    const from = list.offsets!
    const keep = keepOf(args)
    const places = memory.int32(from[count]! - from[0]!)
    const offsets = memory.int32(count + 1)
    offsets[0] = 0
    let at = 0
    for (let row = 0; row < count; row++) {
      if (!isNull(list.validity, row)) at = keep(from[row]!, from[row + 1]!, row, places, at)
      offsets[row + 1] = at
    }
    return new Column(signature.returns, count, list.validity, null, offsets, null, [
      takeColumn(list.children[0]!, places, at, memory),
    ])
  }
}

/** Only where start and length are constants that are no error. */
export function sliceKernel(signature: Signature): ColumnKernel | undefined {
  const [, start, length] = signature.constants
  if (typeof start !== 'number' || typeof length !== 'number' || start === 0 || length < 0) return undefined
  return keptKernel(signature, () => (first, end, _row, places, at) => {
    const from = start > 0 ? first + start - 1 : end + start
    if (from >= first) for (let place = from; place < end && place < from + length; place++) places[at++] = place
    return at
  })
}

export function reverseKernel(signature: Signature): ColumnKernel | undefined {
  if (signature.returns.kind !== 'array') return undefined
  return keptKernel(signature, () => (first, end, _row, places, at) => {
    for (let place = end - 1; place >= first; place--) places[at++] = place
    return at
  })
}

export function compactKernel(signature: Signature): ColumnKernel | undefined {
  return keptKernel(signature, ([list]) => {
    const { validity } = list!.children[0]!
    return (first, end, _row, places, at) => {
      for (let place = first; place < end; place++) if (!isNull(validity, place)) places[at++] = place
      return at
    }
  })
}

/** NULLs stay; only for a constant value, which is no NULL. */
export function removeKernel(signature: Signature): ColumnKernel | undefined {
  const matcherOf = containsMatcher(signature)
  if (matcherOf === undefined || signature.constants[1] === undefined) return undefined
  return keptKernel(signature, (args) => {
    const { validity } = args[0]!.children[0]!
    const matches = matcherOf(args)
    return (first, end, row, places, at) => {
      for (let place = first; place < end; place++) if (isNull(validity, place) || !matches(place, row)) places[at++] = place
      return at
    }
  })
}

/** The arrays inside end to end; NULL when one of them is: their offsets put together. */
export function flattenKernel(signature: Signature): ColumnKernel {
  return ([list], count, memory) => {
    const [inner] = list!.children
    const [outer, from] = [list!.offsets!, inner!.offsets!]
    const offsets = memory.int32(count + 1)
    for (let row = 0; row <= count; row++) offsets[row] = from[outer[row]!]!
    const validity = memory.bytes((count + 7) >> 3).fill(255)
    for (let row = 0; row < count; row++) {
      let absent = isNull(list!.validity, row)
      for (let place = outer[row]!; place < outer[row + 1]!; place++) absent ||= isNull(inner!.validity, place)
      if (absent) validity[row >> 3]! &= ~(1 << (row & 7))
    }
    return new Column(signature.returns, count, validity, null, offsets, null, inner!.children)
  }
}

/** array_max (1) and array_min (−1) of elements whose order is that of numbers or bytes. NULLs are left out. */
export function extremeKernel(signature: Signature, sign: 1 | -1): ColumnKernel | undefined {
  const [type] = signature.arguments
  if (type?.kind !== 'array' || !ORDERED.has(type.element.kind)) return undefined
  return ([list], count, memory) => {
    const elements = list!.children[0]!
    const order = orderOf(elements)
    const places = memory.int32(count)
    for (let row = 0; row < count; row++) {
      let best = -1
      if (!isNull(list!.validity, row)) {
        for (let place = list!.offsets![row]!; place < list!.offsets![row + 1]!; place++)
          if (!isNull(elements.validity, place) && (best < 0 || order(place, best) * sign > 0)) best = place
      }
      places[row] = best
    }
    return takeColumn(elements, places, count, memory)
  }
}
const ORDERED: ReadonlySet<string> = new Set(
  'boolean tinyint smallint int bigint float double date timestamp timestamp_ntz time interval_day_time interval_year_month string binary'.split(
    ' ',
  ),
)

/** Less than, equal to or greater than 0 as the element at the first place is less than, equal to or greater than that at the second. */
function orderOf(elements: Column): (a: number, b: number) => number {
  const { offsets, bytes, values } = elements
  if (offsets !== null && bytes !== null)
    return (a, b) => compareBytes(bytes, offsets[a]!, offsets[a + 1]!, bytes, offsets[b]!, offsets[b + 1]!)
  if (values instanceof BigInt64Array) {
    const halves = int32View(values)
    return (a, b) => halves[2 * a + 1]! - halves[2 * b + 1]! || (halves[2 * a]! >>> 0) - (halves[2 * b]! >>> 0)
  }
  const numbers = values as Float64Array
  return (a, b) => {
    const [x, y] = [numbers[a]!, numbers[b]!]
    // NaN is greater than every other number.
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y))
    return x < y ? -1 : x > y ? 1 : 0
  }
}
