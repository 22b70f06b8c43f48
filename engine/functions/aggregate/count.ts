import { AnalysisError } from '../../errors/engine-error.ts'
import { BIGINT, BOOLEAN } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { type AggregateFunction, type BoundAggregate, type CallSite, defineAggregate } from '../function.ts'
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

function withoutArguments(site: CallSite): AnalysisError {
  return new AnalysisError('WRONG_NUM_ARGS.WITH_SUGGESTION', {
    message: 'count takes at least one argument, or a star',
    hint: 'Write count(*) to count rows.',
    span: site.span,
    parameters: {
      functionName: '`count`',
      expectedNum: ' >= 1',
      actualNum: '0',
      legacyConfKey: '"spark.sql.legacy.allowParameterlessCount"',
      legacyConfValue: '"true"',
    },
  })
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
    // count(*) comes here as count(1).
    resolve: (args, site) => {
      if (args.length === 0 && !site.settings.flag('spark.sql.legacy.allowParameterlessCount')) throw withoutArguments(site)
      return { arguments: args.map((a) => a.type), returns: BIGINT, nullable: false }
    },
    bind: (signature) => (signature.arguments.length === 0 ? counting(() => false) : counting(noneIsNull, 'count')),
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
