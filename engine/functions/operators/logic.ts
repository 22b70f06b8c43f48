import { widestType } from '../../types/coercion.ts'
import { BOOLEAN } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { unsuitableOperands } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { ANY, checkCount, FLAG, takes } from '../signature.ts'

/** AND and OR take booleans; text is cast only next to a boolean. */
function booleans(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const [left, right] = [args[0]!.type, args[1]!.type]
  const common = widestType([left, right], site.settings.ansi)
  if (common?.kind !== 'boolean' && common?.kind !== 'void') throw unsuitableOperands(site, '"BOOLEAN"', left, right)
  return { arguments: [BOOLEAN, BOOLEAN], returns: BOOLEAN, nullable: args[0]!.nullable || args[1]!.nullable }
}

function test(
  name: string,
  summary: string,
  example: readonly [string, string],
  evaluate: Evaluate,
  accepted = ANY,
): FunctionRecord {
  return defineScalar({
    name,
    family: 'operator',
    summary,
    examples: [example],
    nulls: 'custom',
    resolve: takes([accepted], BOOLEAN, { nullable: false }),
    bind: () => evaluate,
  })
}

/** Three-valued logic. Whoever evaluates AND and OR stops at the left side where that decides. */
export const logicFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'and',
    family: 'operator',
    summary: 'Are both true? NULL counts as unknown.',
    examples: [['SELECT NULL AND false', 'false']],
    nulls: 'custom',
    resolve: booleans,
    bind: () => (a: Value, b: Value) => (a === false || b === false ? false : a === null || b === null ? null : true),
  }),
  defineScalar({
    name: 'or',
    family: 'operator',
    summary: 'Is one of them true? NULL counts as unknown.',
    examples: [['SELECT NULL OR true', 'true']],
    nulls: 'custom',
    resolve: booleans,
    bind: () => (a: Value, b: Value) => (a === true || b === true ? true : a === null || b === null ? null : false),
  }),
  defineScalar({
    name: 'not',
    aliases: ['!'],
    family: 'operator',
    summary: 'Negates a boolean.',
    examples: [['SELECT NOT true', 'false']],
    nulls: 'propagate',
    resolve: takes([FLAG], BOOLEAN),
    bind: () => (a: boolean) => !a,
  }),
  test('isnull', 'Is the value NULL?', ['SELECT isnull(NULL)', 'true'], (a: Value) => a === null),
  test('isnotnull', 'Is the value something other than NULL?', ['SELECT isnotnull(1)', 'true'], (a: Value) => a !== null),
  test('istrue', 'Is the condition true?', ['SELECT NULL IS TRUE', 'false'], (a: Value) => a === true, FLAG),
  test('isfalse', 'Is the condition false?', ['SELECT NULL IS FALSE', 'false'], (a: Value) => a === false, FLAG),
]
