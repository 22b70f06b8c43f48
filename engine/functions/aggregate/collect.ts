import { compareValues, isOrderable } from '../../types/compare.ts'
import { arrayType, BINARY, type DataType, field, INT, structType } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import {
  differentArgumentTypes,
  mustBeConstant,
  notOrderable,
  outOfRange,
  typeMismatch,
  unexpectedInputType,
} from '../call-errors.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type Resolution,
  type Signature,
} from '../function.ts'
import { asArray, checkCount, constantAs, exactly, holdsMap, TEXT, WHOLE } from '../signature.ts'
import { type ValueKey, valueKey, withoutSign } from '../value-key.ts'
import { setOrder } from './hash-order.ts'

/** Aggregates whose buffer is a list of values; it is changed in place. */
function listOf(buffer: readonly Value[], index: number): Value[] {
  return buffer[index] as Value[]
}
function append(list: Value[], values: readonly Value[]): void {
  for (const value of values) list.push(value)
}

function resolveCollect(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1)
  return { arguments: [args[0]!.type], returns: arrayType(args[0]!.type, false), nullable: false }
}
/** Buffer: [the values that are not NULL, in the order of the input]. */
function collectList(signature: Signature): BoundAggregate {
  return {
    buffer: [signature.returns],
    init: () => [[]],
    update: (buffer, args) => {
      if (args[0] !== null) listOf(buffer, 0).push(args[0]!)
    },
    merge: (buffer, other) => append(listOf(buffer, 0), other[0] as readonly Value[]),
    finish: (buffer) => [...(buffer[0] as readonly Value[])],
  }
}
/** An array of what a set can be made of. */
function resolveUnion(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1)
  const { type } = args[0]!
  if (type.kind !== 'array') throw unexpectedInputType(site, 0, args[0]!, '"ARRAY"')
  refuseMaps(type.element, site)
  return { arguments: [type], returns: arrayType(type.element, false), nullable: false }
}
function refuseMaps(type: DataType, site: CallSite): void {
  if (!holdsMap(type)) return
  throw typeMismatch(site, 'UNSUPPORTED_INPUT_TYPE', `"${site.name}" does not take maps`, {
    functionName: `\`${site.name}\``,
    dataType: '"MAP" or "COLLATED STRING"',
  })
}
/** Buffer: [the distinct values that are not NULL]. */
function collectSet(signature: Signature): BoundAggregate {
  const type = asArray(signature.returns).element
  const keyOf = valueKey(type)
  // The keys beside a buffer are made anew when it comes from state.
  const known = new WeakMap<readonly Value[], Set<ValueKey>>()
  const add = (list: Value[], value: Value): void => {
    let keys = known.get(list)
    if (keys === undefined || keys.size !== list.length) {
      keys = new Set(list.map(keyOf))
      known.set(list, keys)
    }
    const key = keyOf(value)
    if (keys.has(key)) return
    keys.add(key)
    list.push(withoutSign(value))
  }
  return {
    buffer: [signature.returns],
    init: () => [[]],
    update: (buffer, args) => {
      if (args[0] !== null) add(listOf(buffer, 0), args[0]!)
    },
    merge: (buffer, other) => {
      for (const value of other[0] as readonly Value[]) add(listOf(buffer, 0), value)
    },
    finish: (buffer) => {
      const values = buffer[0] as readonly Value[]
      return setOrder(values, type).map((i) => values[i]!)
    },
  }
}

function resolveListagg(args: readonly Argument[], site: CallSite): Resolution {
  const orderCount = site.orders?.length ?? 0
  const given = args.slice(0, args.length - orderCount)
  checkCount(given, site, 1, 2)
  const [value, delimiter] = [given[0]!, given[1]]
  const type = value.type.kind === 'binary' ? BINARY : TEXT.convert(value.type)
  if (type === undefined) throw unexpectedInputType(site, 0, value, '"STRING" or "BINARY"')
  if (delimiter !== undefined) {
    if (delimiter.constant === undefined) throw mustBeConstant(site, delimiter, 'delimiter', String(type).toUpperCase())
    if (type.kind === 'string' && delimiter.type.kind === 'binary') throw differentArgumentTypes(site, [type, delimiter.type])
    if (exactly(type).convert(delimiter.type) === undefined)
      throw unexpectedInputType(site, 1, delimiter, '("STRING" or "BINARY" or "VOID")')
  }
  const keys = args.slice(given.length).map((a) => a.type)
  for (const key of keys) if (!isOrderable(key)) throw notOrderable(site, key)
  return { arguments: [...given.map(() => type), ...keys], returns: type, nullable: true }
}
/** Buffer: [the values that are not NULL, their sort keys]. */
function listagg(signature: Signature): BoundAggregate {
  const orders = signature.orders ?? []
  const keyTypes = signature.arguments.slice(signature.arguments.length - orders.length)
  const valueType = signature.returns
  const keyStruct = structType(keyTypes.map((type, i) => field(`k${i}`, type)))
  const given = signature.arguments.length - orders.length
  const delimiter = given > 1 ? signature.constants[1] : undefined
  const compareKeys = keyOrder(keyTypes, orders)
  const join = (values: readonly Value[]): Value => {
    if (valueType.kind !== 'binary') return values.join((delimiter as string | null | undefined) ?? '')
    const glue = (delimiter as Uint8Array | null | undefined) ?? new Uint8Array(0)
    return Buffer.concat(values.flatMap((value, i) => (i === 0 ? [value as Uint8Array] : [glue, value as Uint8Array])))
  }
  return {
    buffer: [arrayType(valueType, false), arrayType(keyStruct, false)],
    init: () => [[], []],
    update: (buffer, args) => {
      if (args[0] === null) return
      listOf(buffer, 0).push(args[0]!)
      listOf(buffer, 1).push(args.slice(given))
    },
    merge: (buffer, other) => {
      append(listOf(buffer, 0), other[0] as readonly Value[])
      append(listOf(buffer, 1), other[1] as readonly Value[])
    },
    finish: (buffer) => {
      const values = listOf(buffer, 0)
      if (values.length === 0) return null
      if (orders.length === 0) return join(values)
      const keys = buffer[1] as readonly (readonly Value[])[]
      const order = values.map((_value, i) => i).sort((a, b) => compareKeys(keys[a]!, keys[b]!) || a - b)
      return join(order.map((i) => values[i]!))
    },
  }
}
/** Compares lists of sort keys by their directions. */
export function keyOrder(
  types: readonly DataType[],
  orders: readonly { readonly descending: boolean; readonly nullsFirst: boolean }[],
): (a: readonly Value[], b: readonly Value[]) => number {
  const compare = types.map((type) => compareValues(type))
  return (a, b) => {
    for (const [i, { descending, nullsFirst }] of orders.entries()) {
      const [x, y] = [a[i]!, b[i]!]
      if (x === null || y === null) {
        if (x !== y) return (x === null) === nullsFirst ? -1 : 1
        continue
      }
      const order = compare[i]!(x, y)
      if (order !== 0) return descending ? -order : order
    }
    return 0
  }
}

/** The k values of greatest (or least) order, best first. Buffer: [values, orders], kept sorted and cut to k. */
export function topBy(sign: 1 | -1, signature: Signature): BoundAggregate {
  const [type, order] = [signature.arguments[0]!, signature.arguments[1]!]
  const limit = Number(signature.constants[2])
  const compare = compareValues(order)
  const take = (buffer: Value[], value: Value, key: Value): void => {
    if (key === null) return
    const [values, keys] = [listOf(buffer, 0), listOf(buffer, 1)]
    let at = keys.length
    while (at > 0 && compare(key, keys[at - 1]!) * sign > 0) at--
    if (at >= limit) return
    values.splice(at, 0, value)
    keys.splice(at, 0, key)
    values.length = keys.length = Math.min(keys.length, limit)
  }
  return {
    buffer: [arrayType(type), arrayType(order, false)],
    init: () => [[], []],
    update: (buffer, args) => take(buffer, args[0]!, args[1]!),
    merge: (buffer, other) => {
      const keys = other[1] as readonly Value[]
      for (const [i, value] of (other[0] as readonly Value[]).entries()) take(buffer, value, keys[i]!)
    },
    finish: (buffer) => [...(buffer[0] as readonly Value[])],
  }
}
export function checkLimit(argument: Argument, site: CallSite): void {
  if (WHOLE.convert(argument.type) === undefined) throw unexpectedInputType(site, 2, argument, WHOLE.text)
  if (argument.constant === undefined) throw mustBeConstant(site, argument, 'k', String(INT).toUpperCase())
  const limit = Number(constantAs(argument, INT, site))
  if (!(limit >= 1 && limit <= 100000)) throw outOfRange(site, 'k', '[1, 100000]', String(limit))
}

export const collectFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'collect_list',
    aliases: ['array_agg'],
    summary: 'Collects the values that are not NULL into an array, in the order of the input.',
    examples: [['SELECT collect_list(a) FROM VALUES (1), (2), (1) AS t(a)', '[1, 2, 1]']],
    version: 1,
    nullTreatment: true,
    countsNothingAs: [],
    resolve: resolveCollect,
    bind: collectList,
  }),
  defineAggregate({
    name: 'collect_set',
    nullTreatment: true,
    summary: 'Collects the distinct values that are not NULL into an array.',
    examples: [['SELECT collect_set(a) FROM VALUES (1), (2), (1) AS t(a)', '[1, 2]']],
    version: 1,
    countsNothingAs: [],
    resolve: (args, site) => {
      const resolved = resolveCollect(args, site)
      refuseMaps(args[0]!.type, site)
      return resolved
    },
    bind: collectSet,
  }),
  defineAggregate({
    name: 'collect_union',
    summary: 'Collects the distinct elements of arrays, NULLs left out, into one array.',
    examples: [['SELECT collect_union(a) FROM VALUES (array(1, 2)), (array(2, 3)) AS t(a)', '[1, 2, 3]']],
    version: 1,
    countsNothingAs: [],
    resolve: resolveUnion,
    bind: (signature) => {
      const set = collectSet(signature)
      return {
        ...set,
        update: (buffer, args) => {
          for (const element of (args[0] ?? []) as readonly Value[]) set.update(buffer, [element])
        },
      }
    },
  }),
  defineAggregate({
    name: 'listagg',
    aliases: ['string_agg'],
    summary: 'Joins the texts or bytes that are not NULL with a delimiter, in the order of WITHIN GROUP.',
    examples: [
      ["SELECT listagg(a, ', ') FROM VALUES ('a'), ('b'), ('c') AS t(a)", 'a, b, c'],
      ["SELECT listagg(a) WITHIN GROUP (ORDER BY a DESC) FROM VALUES ('a'), ('b'), ('c') AS t(a)", 'cba'],
    ],
    version: 1,
    withinGroup: 'optional',
    resolve: resolveListagg,
    bind: listagg,
  }),
]
