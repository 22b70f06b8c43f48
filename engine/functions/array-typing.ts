import { widerType } from '../types/coercion.ts'
import { isOrderable } from '../types/compare.ts'
import { arrayType, type DataType, isNumeric, mapType, sqlTypeName } from '../types/data-type.ts'
import { tightestType } from '../types/tightest-type.ts'
import { notOrderable, quotedType, typeMismatch, unexpectedInputType } from './call-errors.ts'
import type { Argument, CallSite } from './function.ts'

/**
 * Types of calls on an array and a value, two arrays, or a map and a key. Both are cast to the tightest type that holds the two; there is
 * no conversion between texts and anything else.
 */

/** The tightest type, and for decimals the one that holds both: of array_contains and map_contains_key. */
export function decimalsWidened(a: DataType, b: DataType): DataType | undefined {
  return tightestType(a, b) ?? (isNumeric(a) && isNumeric(b) ? widerType(a, b) : undefined)
}

type Common = (a: DataType, b: DataType) => DataType | undefined

/** The types of an array and a value for its elements. @throws AnalysisError DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES */
export function arrayAndValue(
  array: Argument,
  value: Argument,
  site: CallSite,
  common: Common = tightestType,
): readonly [DataType, DataType] {
  const element = array.type.kind === 'array' ? common(array.type.element, value.type) : undefined
  if (array.type.kind !== 'array' || element === undefined)
    throw typeMismatch(
      site,
      'ARRAY_FUNCTION_DIFF_TYPES',
      `"${site.name}" takes an array and a value of its element type, not ${sqlTypeName(array.type)} and ${sqlTypeName(value.type)}`,
      functionAndTypes(site, '"ARRAY"', array, value),
    )
  return [arrayType(element, array.type.containsNull), element]
}

/** The common type of two arrays. @throws AnalysisError DATATYPE_MISMATCH.BINARY_ARRAY_DIFF_TYPES, DATATYPE_MISMATCH.INVALID_ORDERING_TYPE */
export function twoArrays(left: Argument, right: Argument, site: CallSite): readonly [DataType, DataType] {
  const [a, b] = [left.type, right.type]
  const element = a.kind === 'array' && b.kind === 'array' ? tightestType(a.element, b.element) : undefined
  if (a.kind !== 'array' || b.kind !== 'array' || element === undefined)
    throw typeMismatch(
      site,
      'BINARY_ARRAY_DIFF_TYPES',
      `"${site.name}" takes two arrays of one element type, not ${sqlTypeName(a)} and ${sqlTypeName(b)}`,
      {
        functionName: `\`${site.name}\``,
        arrayType: '"ARRAY"',
        leftType: quotedType(a),
        rightType: quotedType(b),
      },
    )
  checkOrderable(site, element)
  return [arrayType(element, a.containsNull), arrayType(element, b.containsNull)]
}

/** The types of a map and one of its keys. @throws AnalysisError DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES */
export function mapAndKey(
  map: Argument,
  key: Argument,
  site: CallSite,
  common: Common = tightestType,
): readonly [DataType, DataType] {
  const type = map.type.kind === 'map' ? common(map.type.key, key.type) : undefined
  if (map.type.kind !== 'map' || type === undefined)
    throw typeMismatch(
      site,
      'MAP_FUNCTION_DIFF_TYPES',
      `"${site.name}" takes a map and a value of its key type, not ${sqlTypeName(map.type)} and ${sqlTypeName(key.type)}`,
      functionAndTypes(site, '"MAP"', map, key),
    )
  return [mapType(type, map.type.value, map.type.valueContainsNull), type]
}

function functionAndTypes(site: CallSite, dataType: string, left: Argument, right: Argument): Record<string, string> {
  return {
    functionName: `\`${site.name}\``,
    dataType,
    leftType: quotedType(left.type),
    rightType: quotedType(right.type),
  }
}

export function checkOrderable(site: CallSite, type: DataType): void {
  if (!isOrderable(type)) throw notOrderable(site, type)
}

/** Refuses what is no array, also NULL. */
export function requireArray(args: readonly Argument[], index: number, site: CallSite): void {
  if (args[index]!.type.kind !== 'array') throw unexpectedInputType(site, index, args[index]!, '"ARRAY"')
}
/** Refuses what is no map, also NULL. */
export function requireMap(args: readonly Argument[], index: number, site: CallSite): void {
  if (args[index]!.type.kind !== 'map') throw unexpectedInputType(site, index, args[index]!, '"MAP"')
}

/** Functions that refuse a NULL that has no type. */
export function refuseUntypedNull(site: CallSite, ...args: readonly Argument[]): void {
  if (args.every((argument) => argument.type.kind !== 'void')) return
  throw typeMismatch(site, 'NULL_TYPE', `"${site.name}" does not take a NULL without a type`, {
    functionName: `\`${site.name}\``,
  })
}
