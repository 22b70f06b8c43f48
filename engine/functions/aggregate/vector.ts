import { DOUBLE } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { type AggregateFunction, type BoundAggregate, defineAggregate } from '../function.ts'
import { sizesDiffer, VECTOR, vectorArguments } from '../scalar/vector.ts'
import { checkCount } from '../signature.ts'

/** Sum and mean of vectors, element by element, in single precision. Vectors that are or hold NULL do not count. Buffer: [vector, count]. */
type Combine = (total: number, value: number, totalCount: number, count: number) => number

function combining(name: string, combine: Combine): BoundAggregate {
  const take = (buffer: Value[], vector: readonly Value[] | null, count: number): void => {
    if (vector === null || vector.includes(null) || count === 0) return
    const before = buffer[1] as number
    buffer[1] = before + count
    const total = buffer[0] as number[] | null
    if (total === null) {
      buffer[0] = [...vector]
      return
    }
    if (total.length !== vector.length) throw sizesDiffer(name, total.length, vector.length)
    for (let i = 0; i < total.length; i++) total[i] = combine(total[i]!, vector[i] as number, before, count)
  }
  return {
    buffer: [VECTOR, DOUBLE],
    init: () => [null, 0],
    update: (buffer, args) => take(buffer, args[0] as readonly Value[] | null, 1),
    merge: (buffer, other) => take(buffer, other[0] as readonly Value[] | null, other[1] as number),
    finish: (buffer) => buffer[0] && [...(buffer[0] as readonly Value[])],
  }
}
function vectorAggregate(name: string, summary: string, result: string, combine: Combine): AggregateFunction {
  return defineAggregate({
    name,
    summary,
    examples: [[`SELECT ${name}(a) FROM VALUES (array(1.0F, 2.0F)), (array(3.0F, 4.0F)) AS t(a)`, result]],
    version: 1,
    resolve: (args, site) => {
      checkCount(args, site, 1)
      return { arguments: vectorArguments(1, args, site), returns: VECTOR, nullable: true }
    },
    bind: () => combining(name, combine),
  })
}

export const vectorAggregateFunctions: readonly AggregateFunction[] = [
  vectorAggregate('vector_sum', 'Adds up vectors element by element.', '[4.0, 6.0]', (total, value) =>
    Math.fround(total + value),
  ),
  vectorAggregate('vector_avg', 'Returns the mean of vectors element by element.', '[2.0, 3.0]', (mean, value, before, count) =>
    Math.fround(mean + Math.fround((Math.fround(value - mean) * count) / (before + count))),
  ),
]
