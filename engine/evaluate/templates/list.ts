import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import { pathOf } from '../column-path.ts'
import { anyNull, type Lane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import type { Template } from './table.ts'

/** Elements and sizes of columns of arrays, read in place. What is no column is made one by a kernel, or is the interpreter's. */
export const listTemplates: Readonly<Record<string, Template>> = {
  element: (code, call) => element(code, call, 0, 'slow'),
  element_at: (code, call) => element(code, call, 1, 'slow'),
  try_element_at: (code, call) => element(code, call, 1, 'null'),
  get: (code, call) => element(code, call, 0, 'null'),
  size,
  cardinality: size,
  array_size: size,
}

function size(code: RowCode, call: Call): Lane | undefined {
  const path = pathOf(call.args[0]!)
  return path && { kind: 'int', value: code.listSize(path), isNull: code.columnNull(path) }
}

/** Indexes count from `first`; with first = 1 negative ones count from the end. Outside the array it is NULL, or an error of the interpreter's. */
function element(code: RowCode, call: Call, first: 0 | 1, outside: 'slow' | 'null'): Lane | undefined {
  const [list, index] = call.args as [Expression, Expression]
  const [type, indexType] = [typeOf(list), typeOf(index)]
  const path = pathOf(list)
  const isNumber = indexType.kind === 'int' || indexType.kind === 'smallint' || indexType.kind === 'tinyint'
  if (path === undefined || type.kind !== 'array' || !isNumber) return undefined
  const at = code.scalar(index)
  const isNull = anyNull(code.columnNull(path), at.isNull)
  const count = code.listSize(path)
  let place = at.value
  if (first === 1) {
    // Index 0 is an error of both functions.
    code.guard(`${at.value} === 0`, isNull)
    place = code.out.constant(`${at.value} > 0 ? ${at.value} - 1 : ${count} + ${at.value}`)
  }
  const isInside = code.out.constant(`${place} >= 0 && ${place} < ${count} ? 1 : 0`)
  if (outside === 'slow') code.guard(`!${isInside}`, isNull)
  return code.element(path, type.element, place, isNull === '0' ? isInside : `(${isInside} & (${isNull} ^ 1))`)
}
