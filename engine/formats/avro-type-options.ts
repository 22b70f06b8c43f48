import { UsageError } from '../errors/engine-error.ts'
import type { AvroTypeOptions } from './avro-sql-types.ts'

/** Deeper than that is taken for a mistake. */
const RECURSION_MAX = 15

/**
 * Spark's options of how Avro types become SQL types; `text` gives an option's value by its name.
 *
 * @throws UsageError STDS_INVALID_OPTION_VALUE.WITH_MESSAGE
 */
export function avroTypeOptions(text: (name: string) => string | undefined): AvroTypeOptions {
  const depth = text('recursiveFieldMaxDepth') ?? '-1'
  if (!/^[+-]?\d+$/.test(depth)) throw invalid('Should be a number', `it is "${depth}"`)
  if (Number(depth) > RECURSION_MAX) throw invalid(`Should not be greater than ${RECURSION_MAX}`, `it is ${depth}`)
  const named = text('enableStableIdentifiersForUnionType')?.toLowerCase() === 'true'
  return {
    unionPrefix: named ? (text('stableIdentifierPrefixForUnionType') ?? 'member_') : undefined,
    recursionMax: Math.max(0, Number(depth)),
  }
}

function invalid(message: string, found: string): UsageError {
  return new UsageError('STDS_INVALID_OPTION_VALUE.WITH_MESSAGE', {
    message: `option "recursiveFieldMaxDepth" must be a number up to ${RECURSION_MAX}; ${found}`,
    parameters: { optionName: 'recursiveFieldMaxDepth', message },
  })
}
