import { ExecutionError } from '../../errors/engine-error.ts'
import type { DataType } from '../../types/data-type.ts'
import { arrayType, FLOAT, sameType } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { quotedType, unexpectedInputType } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'
import { checkCount } from '../signature.ts'

/** Arithmetic of vectors, which are arrays of FLOAT and nothing else. An element that is NULL makes the result NULL. */
export const VECTOR = arrayType(FLOAT)
export function isVector(type: DataType): boolean {
  return type.kind === 'void' || (type.kind === 'array' && sameType(type.element, FLOAT))
}
export function vectorArguments(count: number, args: readonly Argument[], site: CallSite): DataType[] {
  return args.map((argument, i) => {
    if (i < count) {
      if (!isVector(argument.type)) throw unexpectedInputType(site, i, argument, quotedType(VECTOR))
      return argument.type.kind === 'void' ? VECTOR : argument.type
    }
    if (argument.type.kind !== 'float' && argument.type.kind !== 'void')
      throw unexpectedInputType(site, i, argument, quotedType(FLOAT))
    return FLOAT
  })
}
function resolveVectors(vectors: number, most: number, returns: DataType) {
  return (args: readonly Argument[], site: CallSite): Resolution => {
    checkCount(args, site, vectors, most)
    return { arguments: vectorArguments(vectors, args, site), returns, nullable: true }
  }
}
type Vector = readonly (number | null)[]
function withoutNulls(vector: Vector): vector is readonly number[] {
  return !vector.includes(null)
}
export function sizesDiffer(functionName: string, left: number, right: number): ExecutionError {
  return new ExecutionError('VECTOR_DIMENSION_MISMATCH', {
    message: `"${functionName}" takes vectors of one size, not of ${left} and ${right} elements`,
    parameters: { functionName: `\`${functionName}\``, leftDim: String(left), rightDim: String(right) },
  })
}
function pairwise(
  name: string,
  summary: string,
  example: readonly [string, string],
  compute: (a: readonly number[], b: readonly number[]) => Value,
): FunctionRecord {
  return defineScalar({
    name,
    family: 'array',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: resolveVectors(2, 2, FLOAT),
    bind: () => (a: Vector, b: Vector) => {
      if (a.length !== b.length) throw sizesDiffer(name, a.length, b.length)
      return withoutNulls(a) && withoutNulls(b) ? compute(a, b) : null
    },
  })
}
function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0)
}
/** The p-norm for p of 1, 2 and infinity. */
function norm(vector: readonly number[], degree: number): number {
  if (degree === 1) return vector.reduce((sum, x) => sum + Math.abs(x), 0)
  if (degree === 2) return Math.sqrt(product(vector, vector))
  if (degree === Infinity) return vector.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  throw new ExecutionError('INVALID_VECTOR_NORM_DEGREE', {
    message: `the degree of a norm is 1, 2 or infinity, not ${degree}`,
    parameters: { degree: String(degree) },
  })
}

export const vectorFunctions: readonly FunctionRecord[] = [
  pairwise(
    'vector_inner_product',
    'Returns the sum of the products of the elements of two vectors.',
    ['SELECT vector_inner_product(array(1.0F, 2.0F), array(3.0F, 4.0F))', '11.0'],
    (a, b) => Math.fround(product(a, b)),
  ),
  pairwise(
    'vector_l2_distance',
    'Returns the Euclidean distance of two vectors.',
    ['SELECT vector_l2_distance(array(1.0F, 2.0F), array(4.0F, 6.0F))', '5.0'],
    (a, b) => {
      const difference = a.map((x, i) => x - b[i]!)
      return Math.fround(Math.sqrt(product(difference, difference)))
    },
  ),
  pairwise(
    'vector_cosine_similarity',
    'Returns the cosine of the angle between two vectors; NULL where one of them is zero.',
    ['SELECT vector_cosine_similarity(array(1.0F, 0.0F), array(1.0F, 0.0F))', '1.0'],
    (a, b) => {
      const size = Math.sqrt(product(a, a) * product(b, b))
      return size === 0 ? null : Math.fround(product(a, b) / size)
    },
  ),
  defineScalar({
    name: 'vector_norm',
    family: 'array',
    summary: 'Returns the norm of a vector of degree 1, 2 (the default) or infinity.',
    examples: [['SELECT vector_norm(array(3.0F, 4.0F))', '5.0']],
    nulls: 'propagate',
    resolve: resolveVectors(1, 2, FLOAT),
    bind:
      () =>
      (vector: Vector, degree = 2) =>
        withoutNulls(vector) ? Math.fround(norm(vector, degree)) : null,
  }),
  defineScalar({
    name: 'vector_normalize',
    family: 'array',
    summary: 'Returns a vector divided by its norm of degree 1, 2 (the default) or infinity; NULL for a zero vector.',
    examples: [['SELECT vector_normalize(array(3.0F, 4.0F))', '[0.6, 0.8]']],
    nulls: 'propagate',
    resolve: resolveVectors(1, 2, VECTOR),
    bind:
      () =>
      (vector: Vector, degree = 2) => {
        if (!withoutNulls(vector)) return null
        const size = norm(vector, degree)
        return size === 0 ? null : vector.map((x) => Math.fround(x / size))
      },
  }),
]
