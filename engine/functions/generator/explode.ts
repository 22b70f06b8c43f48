import { type DataType, type Field, field, INT, sameType } from '../../types/data-type.ts'
import type { MapValue, Value } from '../../types/value.ts'
import {
  mustBeConstant,
  mustNotBeNull,
  outOfRange,
  quotedType,
  typeMismatch,
  unexpectedInputType,
  wrongArgumentCount,
} from '../call-errors.ts'
import { type Argument, type CallSite, defineGenerator, type GeneratorFunction } from '../function.ts'
import { asArray, asStruct, checkCount, WHOLE } from '../signature.ts'

type Columns = readonly Field[]
const NO_ROWS: readonly (readonly Value[])[] = []

/** One column `col` for arrays, `key` and `value` for maps; in the outer forms all of them may be NULL. */
function explodedColumns(argument: Argument, site: CallSite, outer: boolean): Columns {
  const type = argument.type
  if (type.kind === 'array') return [field('col', type.element, outer || type.containsNull)]
  if (type.kind === 'map') return [field('key', type.key, outer), field('value', type.value, outer || type.valueContainsNull)]
  throw unexpectedInputType(site, 0, argument, '("ARRAY" or "MAP")')
}
function* mapRows(map: MapValue): Iterable<readonly Value[]> {
  for (const [key, value] of map.entries) yield [key, value]
}
function* arrayRows(array: readonly Value[]): Iterable<readonly Value[]> {
  for (const element of array) yield [element]
}
function* positioned(rows: Iterable<readonly Value[]>): Iterable<readonly Value[]> {
  let position = 0
  for (const row of rows) yield [position++, ...row]
}
/** What a call without an alias for several columns is typed as: the single column's type, else a struct is of no use to anyone. */
function firstType(columns: Columns): DataType {
  return columns[0]!.type
}

function explode(
  name: string,
  outer: boolean,
  withPosition: boolean,
  summary: string,
  example: readonly [string, string],
): GeneratorFunction {
  return defineGenerator({
    name,
    parameters: [{ name: 'collection' }],
    summary,
    examples: [example],
    outer,
    resolve: (args, site) => {
      checkCount(args, site, 1)
      const exploded = explodedColumns(args[0]!, site, outer)
      const columns = withPosition ? [field('pos', INT, outer), ...exploded] : exploded
      return { arguments: [args[0]!.type], returns: firstType(columns), columns }
    },
    bind: (signature) => {
      const isMap = signature.arguments[0]!.kind === 'map'
      return ([collection]) => {
        if (collection == null) return NO_ROWS
        const rows = isMap ? mapRows(collection as MapValue) : arrayRows(collection as readonly Value[])
        return withPosition ? positioned(rows) : rows
      }
    },
  })
}

/** The fields of an array of structs as columns; an element that is NULL gives a row of NULLs. */
function inline(name: string, outer: boolean, summary: string, example: readonly [string, string]): GeneratorFunction {
  return defineGenerator({
    name,
    parameters: [{ name: 'input' }],
    summary,
    examples: [example],
    outer,
    resolve: (args, site) => {
      checkCount(args, site, 1)
      const type = args[0]!.type
      if (type.kind !== 'array' || type.element.kind !== 'struct') throw unexpectedInputType(site, 0, args[0]!, '"ARRAY<STRUCT>"')
      const columns = type.element.fields.map((f) => field(f.name, f.type, outer || f.nullable || type.containsNull))
      return { arguments: [type], returns: type.element, columns }
    },
    bind: (signature) => {
      const nulls = asStruct(asArray(signature.arguments[0]!).element).fields.map(() => null)
      return ([array]) =>
        array == null ? NO_ROWS : (array as readonly (readonly Value[] | null)[]).map((element) => element ?? nulls)
    },
  })
}

/** The first argument of stack: a positive constant. */
function stackRows(args: readonly Argument[], site: CallSite): number {
  const count = args[0]!
  if (WHOLE.convert(count.type) === undefined) throw unexpectedInputType(site, 0, count, WHOLE.text)
  if (count.constant === undefined) throw mustBeConstant(site, count, 'n', 'INT')
  if (count.constant === null) throw mustNotBeNull(site, 'n')
  const rows = Number(count.constant)
  if (!(rows > 0)) throw outOfRange(site, 'n', '(0, 2147483647]', String(rows))
  return rows
}

/** `stack(n, v1, v2, …)`: the values in n rows, the last filled up with NULLs. */
const stack = defineGenerator({
  name: 'stack',
  summary: 'Deals its values out over n rows.',
  examples: [['SELECT stack(2, 1, 2, 3)', '1\t2\n3\tNULL']],
  outer: false,
  resolve: (args, site) => {
    checkCount(args, site, 1, Infinity)
    if (args.length < 2) throw wrongArgumentCount(site, '> 1', args.length)
    const rows = stackRows(args, site)
    const values = args.slice(1)
    const width = Math.ceil(values.length / rows)
    const columns = Array.from({ length: width }, (_, i) => {
      const column = values.filter((_value, at) => at % width === i)
      const type = column.find((a) => a.type.kind !== 'void')?.type ?? column[0]!.type
      for (const argument of column)
        if (argument.type.kind !== 'void' && !sameType(argument.type, type))
          throw typeMismatch(site, 'STACK_COLUMN_DIFF_TYPES', `column ${i + 1} of "stack" holds values of different types`, {
            columnIndex: String(i),
            leftParamIndex: String(i + 1),
            leftType: quotedType(type),
            rightParamIndex: String(args.indexOf(argument)),
            rightType: quotedType(argument.type),
          })
      return field(`col${i}`, type, true)
    })
    return {
      arguments: [INT, ...values.map((_value, at) => columns[at % width]!.type)],
      returns: firstType(columns),
      columns,
    }
  },
  bind: (signature) => {
    const rows = Number(signature.constants[0])
    const width = Math.ceil((signature.arguments.length - 1) / rows)
    return (args) =>
      Array.from({ length: rows }, (_, row) => Array.from({ length: width }, (__, i) => args[1 + row * width + i] ?? null))
  },
})

export const explodeFunctions: readonly GeneratorFunction[] = [
  explode('explode', false, false, 'Makes a row of each element of an array or entry of a map.', [
    'SELECT explode(array(10, 20))',
    '10\n20',
  ]),
  explode('explode_outer', true, false, 'Does as explode does, but gives a row of NULL for an empty collection.', [
    'SELECT explode_outer(array())',
    'NULL',
  ]),
  explode('posexplode', false, true, 'Makes a row of each element with its position.', [
    'SELECT posexplode(array(10, 20))',
    '0\t10\n1\t20',
  ]),
  explode('posexplode_outer', true, true, 'Does as posexplode does, but gives a row of NULLs for an empty collection.', [
    'SELECT posexplode_outer(array(10, 20))',
    '0\t10\n1\t20',
  ]),
  inline('inline', false, 'Makes a row of each struct of an array.', [
    "SELECT inline(array(struct(1, 'a'), struct(2, 'b')))",
    '1\ta\n2\tb',
  ]),
  inline('inline_outer', true, 'Does as inline does, but gives a row of NULLs for an empty array.', [
    "SELECT inline_outer(array(struct(1, 'a'), struct(2, 'b')))",
    '1\ta\n2\tb',
  ]),
  stack,
]
