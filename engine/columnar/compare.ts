import type { DataType } from '../types/data-type.ts'
import { compareBytes, equalBytes } from './bytes.ts'
import type { Column } from './column.ts'

/** Compares row i of column a with row j of column b, two columns of one type. */
export type CompareRows = (a: Column, i: number, b: Column, j: number) => number
export type EqualRows = (a: Column, i: number, b: Column, j: number) => boolean

/**
 * The total order of a type, for sorting, minima and range tests: NULL first, NaN last and equal to itself, -0.0 = 0.0, text by its
 * UTF-8 bytes (= by code point), arrays and structs item by item. Maps have no order in Spark; their entries are compared in order.
 *
 * Each call makes closures of its own, so that one plan node's types do not slow another's.
 */
export function compareRows(type: DataType): CompareRows {
  const compare = comparePresent(type)
  return (a, i, b, j) => {
    const leftNull = a.isNull(i)
    if (leftNull || b.isNull(j)) return leftNull ? (b.isNull(j) ? 0 : -1) : 1
    return compare(a, i, b, j)
  }
}

/** Equality for grouping: as compareRows, NULL equals NULL. */
export function equalRows(type: DataType): EqualRows {
  if (type.kind === 'string' || type.kind === 'binary') {
    return (a, i, b, j) => {
      const leftNull = a.isNull(i)
      if (leftNull || b.isNull(j)) return leftNull === b.isNull(j)
      return equalBytes(a.bytes!, a.offsets![i]!, a.offsets![i + 1]!, b.bytes!, b.offsets![j]!, b.offsets![j + 1]!)
    }
  }
  const compare = compareRows(type)
  return (a, i, b, j) => compare(a, i, b, j) === 0
}

function comparePresent(type: DataType): CompareRows {
  switch (type.kind) {
    case 'void':
      return () => 0
    case 'string':
    case 'binary':
      return (a, i, b, j) =>
        compareBytes(a.bytes!, a.offsets![i]!, a.offsets![i + 1]!, b.bytes!, b.offsets![j]!, b.offsets![j + 1]!)
    case 'float':
    case 'double':
      return (a, i, b, j) => compareDoubles(a.values![i] as number, b.values![j] as number)
    case 'decimal':
      if (type.precision > 18) return compareWide
      break
    case 'array':
    case 'map': {
      const children = type.kind === 'array' ? [compareRows(type.element)] : [compareRows(type.key), compareRows(type.value)]
      return (a, i, b, j) => compareLists(children, a, i, b, j)
    }
    case 'struct': {
      const fields = type.fields.map((f) => compareRows(f.type))
      return (a, i, b, j) => {
        for (let f = 0; f < fields.length; f++) {
          const order = fields[f]!(a.children[f]!, i, b.children[f]!, j)
          if (order !== 0) return order
        }
        return 0
      }
    }
    case 'interval':
      return (a, i, b, j) => {
        for (let c = 0; c < 3; c++) {
          const left = a.children[c]!.values![i]!
          const right = b.children[c]!.values![j]!
          if (left !== right) return left < right ? -1 : 1
        }
        return 0
      }
  }
  return (a, i, b, j) => {
    const left = a.values![i]!
    const right = b.values![j]!
    return left < right ? -1 : left > right ? 1 : 0
  }
}

/** Spark's order of doubles: NaN is the largest and equals itself, -0.0 equals 0.0. */
export function compareDoubles(left: number, right: number): number {
  if (left < right) return -1
  if (left > right) return 1
  if (left === right) return 0
  const leftNaN = Number.isNaN(left)
  const rightNaN = Number.isNaN(right)
  return leftNaN === rightNaN ? 0 : leftNaN ? 1 : -1
}

function compareWide(a: Column, i: number, b: Column, j: number): number {
  const left = a.values as BigInt64Array
  const right = b.values as BigInt64Array
  if (left[2 * i + 1] !== right[2 * j + 1]) return left[2 * i + 1]! < right[2 * j + 1]! ? -1 : 1
  if (left[2 * i] === right[2 * j]) return 0
  return BigInt.asUintN(64, left[2 * i]!) < BigInt.asUintN(64, right[2 * j]!) ? -1 : 1
}

function compareLists(children: readonly CompareRows[], a: Column, i: number, b: Column, j: number): number {
  let p = a.offsets![i]!
  let q = b.offsets![j]!
  const pEnd = a.offsets![i + 1]!
  const qEnd = b.offsets![j + 1]!
  for (; p < pEnd && q < qEnd; p++, q++) {
    for (let c = 0; c < children.length; c++) {
      const order = children[c]!(a.children[c]!, p, b.children[c]!, q)
      if (order !== 0) return order
    }
  }
  return p < pEnd ? 1 : q < qEnd ? -1 : 0
}
