import { type Field, field, STRING, structType } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstant, typeMismatch, unexpectedInputType, wrongArgumentCount } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type FunctionRecord, type Resolution } from '../function.ts'
import { checkCount } from '../signature.ts'

/** `named_struct(name, value, …)`: the names are constant texts. */
function resolveNamedStruct(args: readonly Argument[], site: CallSite): Resolution {
  if (args.length === 0) throw wrongArgumentCount(site, '> 0', 0)
  if (args.length % 2 === 1) throw wrongArgumentCount(site, '2n (n > 0)', args.length)
  const fields: Field[] = []
  for (let i = 0; i < args.length; i += 2) {
    const [name, value] = [args[i]!, args[i + 1]!]
    if (name.constant === null)
      throw typeMismatch(site, 'UNEXPECTED_NULL', 'a field must have a name, not NULL', { exprName: 'name' })
    if (name.constant === undefined) throw mustBeConstant(site, name, 'name', 'STRING')
    if (name.type.kind !== 'string') throw unexpectedInputType(site, i, name, '"STRING"')
    fields.push(field(name.constant as string, value.type, value.nullable))
  }
  return {
    arguments: args.map((a, i) => (i % 2 === 0 ? STRING : a.type)),
    returns: structType(fields),
    nullable: false,
  }
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
    resolve: (args, site) => {
      checkCount(args, site, 1, Infinity)
      const fields = args.map((a, i) => field(`col${i + 1}`, a.type, a.nullable))
      return { arguments: args.map((a) => a.type), returns: structType(fields), nullable: false }
    },
    bind:
      () =>
      (...args: Value[]) =>
        args,
  }),
]
