import { field, structType } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { typeMismatch, wrongArgumentCount } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'

/** `named_struct(name, value, …)`: the names are constant texts. */
function resolveNamedStruct(args: readonly Argument[], site: CallSite): Resolution {
  if (args.length % 2 === 1) throw wrongArgumentCount(site, '2n (n > 0)', args.length)
  const names = args.filter((_arg, i) => i % 2 === 0)
  const values = args.filter((_arg, i) => i % 2 === 1)
  const wrong = names.filter((name) => typeof name.constant !== 'string' || name.type.kind !== 'string')
  if (wrong.length > 0)
    throw typeMismatch(
      site,
      'CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING',
      `the names of fields must be constant texts; ${wrong.map((name) => `"${name.text}"`).join(', ')} is not`,
      { inputExprs: `[${wrong.map((name) => `"${name.text}"`).join(', ')}]` },
    )
  const fields = names.map((name, i) => field(name.constant as string, values[i]!.type, values[i]!.nullable))
  return { arguments: args.map((a) => a.type), returns: structType(fields), nullable: false }
}

export const structFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'named_struct',
    family: 'struct',
    summary: 'Makes a struct of names and values.',
    examples: [["SELECT named_struct('a', 1, 'b', 'x')", '{1, x}']],
    nulls: 'custom',
    resolve: resolveNamedStruct,
    bind:
      () =>
      (...args: Value[]) =>
        args.filter((_arg, i) => i % 2 === 1),
  }),
  // Analysis turns the call into named_struct, as the names of fields come from the names of columns.
  defineScalar({
    name: 'struct',
    family: 'struct',
    summary:
      'Makes a struct of its arguments; columns and aliases give their names to its fields, others are col1, col2 and so on.',
    examples: [
      ['SELECT struct(1, 2)', '{1, 2}'],
      ["SELECT struct(1 AS a, 'x').a", '1'],
    ],
    nulls: 'custom',
    resolve: (args) => {
      const fields = args.map((a, i) => field(`col${i + 1}`, a.type, a.nullable))
      return { arguments: args.map((a) => a.type), returns: structType(fields), nullable: false }
    },
    bind:
      () =>
      (...args: Value[]) =>
        args,
  }),
]
