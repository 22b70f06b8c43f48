import type { Batch } from '../columnar/batch.ts'
import { Column } from '../columnar/column.ts'
import type { Memory } from '../columnar/memory.ts'
import { type Expression, typeOf } from '../expr/expression.ts'
import { childrenOf } from '../expr/walk.ts'

/** A column of the input, or a field of a struct column, of a field of it, and so on: position, then field positions. */
export type ColumnPath = readonly number[]

/** The path an expression is, under any aliases; undefined when it computes something. */
export function pathOf(e: Expression): ColumnPath | undefined {
  switch (e.kind) {
    case 'bound':
      return [e.ordinal]
    case 'alias':
      return pathOf(e.child)
    case 'field': {
      if (typeOf(e.child).kind !== 'struct') return undefined
      const parent = pathOf(e.child)
      return parent && [...parent, e.ordinal]
    }
    default:
      return undefined
  }
}

/** Every path that an expression reads, each once. */
export function pathsOf(e: Expression, into: ColumnPath[] = []): readonly ColumnPath[] {
  const path = pathOf(e)
  if (path === undefined) for (const child of childrenOf(e)) pathsOf(child, into)
  else if (!into.some((other) => samePath(other, path))) into.push(path)
  return into
}

export function samePath(a: ColumnPath, b: ColumnPath): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i])
}

/** The column at a path. A field of a NULL struct is NULL: only then a bitmap is made, the values never copied. */
export function columnAt(batch: Batch, path: ColumnPath, memory: Memory): Column {
  let column = batch.columns[path[0]!]!
  for (let i = 1; i < path.length; i++) column = fieldOf(column, path[i]!, memory)
  return column
}

function fieldOf(struct: Column, ordinal: number, memory: Memory): Column {
  const child = struct.children[ordinal]!
  if (struct.validity === null) return child
  const { type, length, values, offsets, bytes, children } = child
  return new Column(type, length, bothValid(struct.validity, child.validity, length, memory), values, offsets, bytes, children)
}

function bothValid(parent: Uint8Array, child: Uint8Array | null, length: number, memory: Memory): Uint8Array {
  if (child === null) return parent
  const size = (length + 7) >> 3
  const validity = memory.bytes(size)
  for (let i = 0; i < size; i++) validity[i] = parent[i]! & child[i]!
  return validity
}
