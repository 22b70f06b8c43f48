import { BIGINT, BOOLEAN } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { type AggregateFunction, type BoundAggregate, defineAggregate } from '../function.ts'
import { exactly, takes } from '../signature.ts'

/** count and count_if. Buffer: [BIGINT], never NULL. */
function counting(counts: (args: readonly Value[]) => boolean, kernel?: string): BoundAggregate {
  return {
    buffer: [BIGINT],
    init: () => [0n],
    update: (buffer, args) => {
      if (counts(args)) buffer[0] = (buffer[0] as bigint) + 1n
    },
    merge: (buffer, other) => {
      buffer[0] = (buffer[0] as bigint) + (other[0] as bigint)
    },
    retract: (buffer, args) => {
      if (counts(args)) buffer[0] = (buffer[0] as bigint) - 1n
    },
    finish: (buffer) => buffer[0]!,
    ...(kernel !== undefined && { kernel }),
  }
}
function noneIsNull(args: readonly Value[]): boolean {
  for (const value of args) if (value === null) return false
  return true
}

export const countFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'count',
    summary: 'Counts rows; with arguments, the rows where none of them is NULL.',
    examples: [
      ['SELECT count(*) FROM VALUES (NULL), (5), (20) AS t(a)', '3'],
      ['SELECT count(a) FROM VALUES (NULL), (5), (20) AS t(a)', '2'],
    ],
    version: 1,
    countsNothingAs: 0n,
    // count() stands for count(*).
    resolve: (args) => ({ arguments: args.map((a) => a.type), returns: BIGINT, nullable: false }),
    bind: () => counting(noneIsNull, 'count'),
  }),
  defineAggregate({
    name: 'count_if',
    summary: 'Counts the rows where the condition is true.',
    examples: [['SELECT count_if(a > 5) FROM VALUES (NULL), (5), (20) AS t(a)', '1']],
    version: 1,
    countsNothingAs: 0n,
    resolve: takes([exactly(BOOLEAN)], BIGINT, { nullable: false }),
    bind: () => counting((args) => args[0] === true),
  }),
]
