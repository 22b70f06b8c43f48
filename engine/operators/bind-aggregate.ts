import { InternalError } from '../errors/engine-error.ts'
import { constantValue } from '../evaluate/constant.ts'
import { type Expression, isNullable, type SortOrder, typeOf } from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import type { BoundAggregate, Signature } from '../functions/function.ts'
import type { DataType } from '../types/data-type.ts'
import type { BuildOptions } from './build-options.ts'

/** An aggregate call as a plan or an OVER call has it. */
export interface AggregateUse {
  readonly name: string
  readonly args: readonly Expression[]
  readonly ignoreNulls?: boolean | undefined
  readonly withinGroup?: readonly SortOrder[] | undefined
}

/** Binds the function of a call; `args` are its arguments with the keys of WITHIN GROUP behind them. */
export function bindAggregate(
  use: AggregateUse & { readonly output: { readonly type: DataType } },
  options: BuildOptions,
): { readonly aggregate: BoundAggregate; readonly args: readonly Expression[]; readonly signature: Signature } {
  const record = options.functions.find(use.name)
  if (record?.kind !== 'aggregate') throw new InternalError(`"${use.name}" is no aggregate function`)
  const withinGroup = use.withinGroup ?? []
  const args = withKeys(
    use.args,
    withinGroup.map((o) => o.child),
  )
  const orders = withinGroup.map(({ descending, nullsFirst }) => ({ descending, nullsFirst }))
  const signature: Signature = {
    arguments: args.map(typeOf),
    nullable: args.map(isNullable),
    constants: args.map((a) => constantValue(a, options.functions, options.context)),
    returns: use.output.type,
    ...(use.ignoreNulls && { ignoreNulls: true }),
    ...(orders.length > 0 && { orders }),
  }
  return { aggregate: record.bind(signature, options.context), args, signature }
}

function withKeys(args: readonly Expression[], keys: readonly Expression[]): readonly Expression[] {
  const last = args.slice(args.length - keys.length)
  const areThere = keys.length === last.length && keys.every((k, i) => meaningOf(k) === meaningOf(last[i]!))
  return areThere ? args : [...args, ...keys]
}
