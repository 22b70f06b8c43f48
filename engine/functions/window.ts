import { widestType } from '../types/coercion.ts'
import { BIGINT, type DataType, DOUBLE, field, INT, structType, TIMESTAMP, TINYINT } from '../types/data-type.ts'
import { mustBeConstant, typeMismatch, unexpectedInputType } from './call-errors.ts'
import { type Argument, type CallSite, definePlanner, type FunctionRecord, type Resolution } from './function.ts'
import { ANY, ANY_STRUCT, ANY_TIMESTAMP, checkCount, constantAs, convertArguments, takes, takesMany, WHOLE } from './signature.ts'

/** Functions that analysis and the operators carry out themselves: time windows, grouping(), ranking and offset functions. */

/** STRUCT<start, end> of the time's type; durations are texts or intervals. */
function resolveTimeWindow(most: number) {
  return (args: readonly Argument[], site: CallSite): Resolution => {
    checkCount(args, site, 2, most)
    const first = args[0]!.type
    const time = first.kind === 'struct' ? first : convertArguments([ANY_TIMESTAMP], args.slice(0, 1), site)[0]!
    const moment = time.kind === 'struct' ? (time.fields[0]?.type ?? TIMESTAMP) : time
    return {
      arguments: [time, ...args.slice(1).map((a) => a.type)],
      returns: structType([field('start', moment), field('end', moment)]),
      nullable: false,
    }
  }
}

/** rank and its kin take arguments without looking at them, as in Spark; row_number and cume_dist take none. */
function ranking(name: string, returns: DataType, summary: string, anyArguments = false): FunctionRecord {
  return definePlanner({
    name,
    family: 'window',
    summary,
    examples: [],
    resolve: anyArguments ? takesMany([ANY], 0, returns, false) : takes([], returns, { nullable: false }),
  })
}

/** `lead(value, offset, default)`: the default takes part in the type. */
function resolveOffset(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 3)
  const [value, offset, byDefault] = [args[0]!, args[1], args[2]]
  if (offset !== undefined) {
    if (WHOLE.convert(offset.type) === undefined) throw unexpectedInputType(site, 1, offset, WHOLE.text)
    if (offset.constant === undefined) throw mustBeConstant(site, offset, 'offset', 'INT')
    constantAs(offset, INT, site)
  }
  if (byDefault === undefined)
    return { arguments: offset ? [value.type, INT] : [value.type], returns: value.type, nullable: true }
  const type = widestType([value.type, byDefault.type])
  if (type === undefined) throw unexpectedInputType(site, 2, byDefault, `"${value.type}"`)
  return { arguments: [type, INT, type], returns: type, nullable: true }
}
function resolveNthValue(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const [value, position] = [args[0]!, args[1]!]
  if (WHOLE.convert(position.type) === undefined) throw unexpectedInputType(site, 1, position, WHOLE.text)
  if (position.constant === undefined) throw mustBeConstant(site, position, 'offset', 'INT')
  if (Number(constantAs(position, INT, site)) <= 0)
    throw typeMismatch(site, 'VALUE_OUT_OF_RANGE', `the offset of "${site.name}" must be positive`, {
      exprName: 'offset',
      valueRange: '(0, 2147483647]',
      currentValue: String(position.constant),
    })
  return { arguments: [value.type, INT], returns: value.type, nullable: true }
}
function resolveNtile(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 0, 1)
  const buckets = args[0]
  if (buckets === undefined) return { arguments: [], returns: INT, nullable: false }
  if (buckets.type.kind !== 'int' && buckets.type.kind !== 'void') throw unexpectedInputType(site, 0, buckets, WHOLE.text)
  if (buckets.constant === undefined) throw mustBeConstant(site, buckets, 'buckets', 'INT')
  if (Number(buckets.constant) <= 0)
    throw typeMismatch(site, 'VALUE_OUT_OF_RANGE', `the number of buckets of "${site.name}" must be positive`, {
      exprName: 'buckets',
      valueRange: '(0, 2147483647]',
      currentValue: String(buckets.constant),
    })
  return { arguments: [INT], returns: INT, nullable: false }
}

export const windowFunctions: readonly FunctionRecord[] = [
  definePlanner({
    name: 'window',
    family: 'datetime',
    summary: 'Returns the time window of a size, and optionally slide and start, that a timestamp lies in.',
    examples: [],
    resolve: resolveTimeWindow(4),
  }),
  definePlanner({
    name: 'cumulate_window',
    family: 'datetime',
    summary: 'Returns the windows of a size, growing by a step from their common start, that a timestamp lies in; not in Spark.',
    examples: [],
    resolve: resolveTimeWindow(4),
  }),
  definePlanner({
    name: 'session_window',
    family: 'datetime',
    summary: 'Returns the session, closed by a gap without events, that a timestamp lies in.',
    examples: [],
    resolve: resolveTimeWindow(2),
  }),
  definePlanner({
    name: 'window_time',
    family: 'datetime',
    summary: 'Returns the event time of a window: one microsecond before its end.',
    examples: [],
    resolve: takes([ANY_STRUCT], TIMESTAMP),
  }),
  definePlanner({
    name: 'grouping',
    family: 'misc',
    summary: 'Returns 1 where a grouping column is aggregated away in a row of GROUPING SETS, CUBE or ROLLUP, else 0.',
    examples: [],
    resolve: takes([ANY], TINYINT, { nullable: false }),
  }),
  definePlanner({
    name: 'grouping_id',
    family: 'misc',
    summary: 'Returns the bits of grouping() for several columns as one number.',
    examples: [],
    resolve: takesMany([ANY], 0, BIGINT, false),
  }),
  ranking('row_number', INT, 'Numbers the rows of a partition from 1.'),
  ranking('rank', INT, 'Returns one more than the number of rows that come before, equal ones sharing a rank.', true),
  ranking('dense_rank', INT, 'Returns the rank without gaps after equal rows.', true),
  ranking('percent_rank', DOUBLE, 'Returns the rank as a fraction from 0 to 1.', true),
  ranking('cume_dist', DOUBLE, 'Returns the fraction of rows that come before or are equal.'),
  definePlanner({
    name: 'ntile',
    family: 'window',
    summary: 'Deals the rows of a partition into n buckets as equal as can be.',
    examples: [],
    resolve: resolveNtile,
  }),
  definePlanner({
    name: 'lead',
    family: 'window',
    summary: 'Returns the value of a row further on in the partition.',
    examples: [],
    resolve: resolveOffset,
  }),
  definePlanner({
    name: 'lag',
    family: 'window',
    summary: 'Returns the value of an earlier row of the partition.',
    examples: [],
    resolve: resolveOffset,
  }),
  definePlanner({
    name: 'nth_value',
    family: 'window',
    summary: 'Returns the value of the n-th row of the window frame.',
    examples: [],
    resolve: resolveNthValue,
  }),
]
