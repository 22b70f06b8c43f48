import { userInfo } from 'node:os'
import { ExecutionError } from '../../errors/engine-error.ts'
import { BIGINT, BOOLEAN, type DataType, INT, mapType, STRING, simpleString, VOID } from '../../types/data-type.ts'
import type { MapValue, Value } from '../../types/value.ts'
import { type Argument, type CallSite, defineScalar, type EvaluationContext, type FunctionRecord } from '../function.ts'
import { ANY, checkCount, ONLY_TEXT, strictly, TEXT, takes } from '../signature.ts'

/** Functions about the session, the types and the text of a query, and those that fail on purpose. */
const VERSION = '4.3.0'

/** A value that holds for the whole query. */
function ofSession(
  [name, ...aliases]: readonly [string, ...string[]],
  summary: string,
  returns: DataType,
  value: (context: EvaluationContext) => Value,
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'misc',
    summary,
    examples: [],
    nulls: 'custom',
    resolve: takes([], returns, { nullable: false }),
    bind: (_signature, context) => {
      const constant = value(context)
      return () => constant
    },
  })
}
function raised(message: string): never {
  throw new ExecutionError('USER_RAISED_EXCEPTION', { message, parameters: { errorMessage: message } })
}

/** raise_error(condition, parameters): what analysis writes where a row must fail with a condition of Spark's. */
function raisedAs(condition: string, parameters: MapValue | null): never {
  const given = Object.fromEntries((parameters?.entries ?? []).map(([name, value]) => [String(name), String(value)]))
  throw new ExecutionError(condition, {
    message: given['message'] ?? condition.toLowerCase().replaceAll('_', ' '),
    parameters: given,
  })
}

export const sessionFunctions: readonly FunctionRecord[] = [
  ofSession(['current_catalog'], 'Returns the name of the current catalog.', STRING, () => 'spark_catalog'),
  ofSession(
    ['current_path'],
    'Returns the path on which names are looked up.',
    STRING,
    () => 'system.builtin,system.session,spark_catalog.default',
  ),
  ofSession(['current_database', 'current_schema'], 'Returns the name of the current schema.', STRING, () => 'default'),
  ofSession(
    ['current_user', 'user', 'session_user'],
    'Returns the name of the user the process runs for.',
    STRING,
    () => process.env['USER'] ?? userInfo().username,
  ),
  ofSession(['version'], 'Returns the version of Spark whose SQL this is.', STRING, () => VERSION),
  ofSession(['input_file_name'], 'Returns the file a row was read from; empty where it is not known.', STRING, () => ''),
  ofSession(
    ['input_file_block_start'],
    'Returns the start of the block a row was read from; -1 where it is not known.',
    BIGINT,
    () => -1n,
  ),
  ofSession(
    ['input_file_block_length'],
    'Returns the length of the block a row was read from; -1 where it is not known.',
    BIGINT,
    () => -1n,
  ),
  ofSession(['spark_partition_id'], 'Returns the number of the partition: always 0 in one process.', INT, () => 0),
  defineScalar({
    name: 'monotonically_increasing_id',
    family: 'misc',
    summary: 'Numbers the rows from 0 as they come.',
    examples: [['SELECT monotonically_increasing_id()', '0']],
    nulls: 'custom',
    deterministic: false,
    resolve: takes([], BIGINT, { nullable: false }),
    bind: () => {
      let next = 0n
      return () => next++
    },
  }),
  defineScalar({
    name: 'typeof',
    family: 'misc',
    summary: 'Returns the type of a value.',
    examples: [['SELECT typeof(array(1))', 'array<int>']],
    nulls: 'custom',
    resolve: takes([ANY], STRING, { nullable: false }),
    bind: (signature) => {
      const text = simpleString(signature.arguments[0]!)
      return () => text
    },
  }),
  defineScalar({
    name: 'collation',
    family: 'string',
    summary: 'Returns the collation of text: text is compared by its bytes here.',
    examples: [["SELECT collation('Spark SQL')", 'SYSTEM.BUILTIN.UTF8_BINARY']],
    nulls: 'custom',
    resolve: takes([ONLY_TEXT], STRING, { nullable: false }),
    bind: () => () => 'SYSTEM.BUILTIN.UTF8_BINARY',
  }),
  defineScalar({
    name: 'assert_true',
    family: 'misc',
    summary: 'Fails where the condition is not true, with the message given.',
    examples: [['SELECT assert_true(0 < 1)', 'NULL']],
    nulls: 'custom',
    deterministic: false,
    resolve: (args: readonly Argument[], site: CallSite) => {
      const { arguments: types } = takes([strictly(BOOLEAN), TEXT], VOID, { required: 1 })(args, site)
      return { arguments: types, returns: VOID, nullable: true }
    },
    bind: () => (condition: boolean | null, message?: string | null) =>
      condition === true ? null : raised(message ?? 'the condition is not true'),
  }),
  defineScalar({
    name: 'raise_error',
    family: 'misc',
    summary: 'Fails with the message given.',
    examples: [],
    nulls: 'custom',
    deterministic: false,
    resolve: (args, site) => {
      checkCount(args, site, 1, 2)
      if (args.length === 1) return takes([TEXT], VOID, { nullable: true })(args, site)
      return { arguments: [STRING, mapType(STRING, STRING)], returns: VOID, nullable: true }
    },
    bind: (signature) =>
      signature.arguments.length === 1
        ? (message: string | null) => raised(message ?? '')
        : (condition: string | null, parameters: MapValue | null) => raisedAs(condition ?? '', parameters),
  }),
]
