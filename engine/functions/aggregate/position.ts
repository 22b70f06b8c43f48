import { AnalysisError } from '../../errors/engine-error.ts'
import { BOOLEAN } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type Resolution,
  type Signature,
} from '../function.ts'
import { checkCount } from '../signature.ts'

/** first, last and any_value: which row counts depends on the order of the input. */
function resolvePosition(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const flag = args[1]
  if (flag !== undefined) {
    if (typeof flag.constant !== 'boolean')
      throw new AnalysisError('_LEGACY_ERROR_TEMP_1210', {
        message: `the second argument of "${site.name}" must be true or false`,
        span: flag.span ?? site.span,
      })
  }
  const type = args[0]!.type
  return { arguments: flag ? [type, BOOLEAN] : [type], returns: type, nullable: true }
}
function ignoresNulls(signature: Signature): boolean {
  return signature.ignoreNulls === true || signature.constants[1] === true
}

/** Buffer: [the value, has one been taken]. */
function bindFirst(signature: Signature): BoundAggregate {
  const skip = ignoresNulls(signature)
  return {
    buffer: [signature.returns, BOOLEAN],
    init: () => [null, false],
    update: (buffer, args) => {
      if (buffer[1] === true || (skip && args[0] === null)) return
      buffer[0] = args[0]!
      buffer[1] = true
    },
    merge: (buffer, other) => {
      if (buffer[1] === true || other[1] !== true) return
      buffer[0] = other[0]!
      buffer[1] = true
    },
    finish: (buffer) => buffer[0]!,
    ...(!skip && { kernel: 'first' }),
  }
}
function bindLast(signature: Signature): BoundAggregate {
  const skip = ignoresNulls(signature)
  const take = (buffer: Value[], value: Value): void => {
    buffer[0] = value
    buffer[1] = true
  }
  return {
    buffer: [signature.returns, BOOLEAN],
    init: () => [null, false],
    update: (buffer, args) => {
      if (!(skip && args[0] === null)) take(buffer, args[0]!)
    },
    merge: (buffer, other) => {
      if (other[1] === true) take(buffer, other[0]!)
    },
    finish: (buffer) => buffer[0]!,
    ...(!skip && { kernel: 'last' }),
  }
}

export const positionFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'first',
    aliases: ['first_value'],
    summary: 'Returns the value of the first row; with IGNORE NULLS the first that is not NULL.',
    examples: [
      ['SELECT first(a) FROM VALUES (10), (5), (20) AS t(a)', '10'],
      ['SELECT first(a, true) FROM VALUES (NULL), (5), (20) AS t(a)', '5'],
    ],
    version: 1,
    nullTreatment: true,
    resolve: resolvePosition,
    bind: bindFirst,
  }),
  defineAggregate({
    name: 'last',
    aliases: ['last_value'],
    summary: 'Returns the value of the last row; with IGNORE NULLS the last that is not NULL.',
    examples: [['SELECT last(a) FROM VALUES (10), (5), (20) AS t(a)', '20']],
    version: 1,
    nullTreatment: true,
    resolve: resolvePosition,
    bind: bindLast,
  }),
  defineAggregate({
    name: 'any_value',
    summary: 'Returns some value of the group: the first one.',
    examples: [['SELECT any_value(a) FROM VALUES (10), (5), (20) AS t(a)', '10']],
    version: 1,
    nullTreatment: true,
    resolve: resolvePosition,
    bind: bindFirst,
  }),
]
