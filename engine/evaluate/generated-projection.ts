import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import { Column } from '../columnar/column.ts'
import { takeColumn } from '../columnar/take.ts'
import { type Expression, typeOf } from '../expr/expression.ts'
import { anyOf } from '../expr/walk.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import { generateColumn } from './codegen.ts'
import { columnAt, pathOf, pathsOf } from './column-path.ts'
import type { CompileOptions, Projection, Selection } from './compile.ts'
import { keyOf } from './expression-key.ts'
import { interpret } from './interpret.ts'
import { InterpretedColumn } from './interpreted.ts'
import { laneOf } from './lane.ts'
import { ColumnOutput } from './output.ts'
import { madeFields } from './row-code.ts'
import { ordinalsOf, RowReader } from './row-reader.ts'
import { onlyAscii } from './text-kernels.ts'
import { Variants } from './variants.ts'

/** Computes one column of the output. */
type ColumnProgram = (batch: Batch, selection: Selection | null, arena: Arena) => Column

/**
 * How each expression becomes a column: references and fields of structs are columns already, structs are made of their fields' columns,
 * values that have a lane get a generated loop, the rest (arrays, maps, chance) is interpreted.
 */
export function generateProjection(expressions: readonly Expression[], options: CompileOptions): Projection {
  const programs = expressions.map((e) => columnProgram(e, options))
  // The same expression twice is computed once: its first position.
  const firsts = expressions.map((e, i) => {
    if (!isRepeatable(e, options.functions)) return i
    const key = keyOf(unaliased(e))
    return expressions.findIndex((other) => keyOf(unaliased(other)) === key)
  })
  return {
    evaluate(batch, selection, arena) {
      const columns: Column[] = []
      for (let i = 0; i < programs.length; i++) {
        columns.push(firsts[i]! < i ? columns[firsts[i]!]! : programs[i]!(batch, selection, arena))
      }
      return columns
    },
  }
}

function unaliased(e: Expression): Expression {
  return e.kind === 'alias' ? unaliased(e.child) : e
}

/** Does evaluating it twice give the same? Not with rand() and the like, of which the interpreter calls each row's once. */
export function isRepeatable(e: Expression, functions: FunctionRegistry): boolean {
  return !anyOf(e, (node) => {
    if (node.kind !== 'call') return false
    const record = functions.find(node.name)
    return record?.kind === 'scalar' && record.deterministic === false
  })
}

function columnProgram(e: Expression, options: CompileOptions): ColumnProgram {
  const path = pathOf(e)
  if (path !== undefined) {
    return (batch, selection, arena) => {
      const column = columnAt(batch, path, arena)
      return selection === null ? column : takeColumn(column, selection.rows, selection.count, arena)
    }
  }
  if (isRepeatable(e, options.functions)) {
    const fields = madeFields(e)
    if (fields !== undefined) return structProgram(e, fields, options)
    if (laneOf(typeOf(e)) !== undefined) return retypedProgram(unaliased(e), options) ?? loopProgram(e, options)
  }
  const column = new InterpretedColumn(e, options)
  return (batch, selection) => column.evaluate(batch, selection)
}

function structProgram(e: Expression, values: readonly Expression[], options: CompileOptions): ColumnProgram {
  const type = typeOf(e)
  const fields = values.map((value) => columnProgram(value, options))
  return (batch, selection, arena) => {
    const children = fields.map((field) => field(batch, selection, arena))
    return new Column(type, selection?.count ?? batch.rowCount, null, null, null, null, children)
  }
}

/** CAST between BINARY and STRING of a column: where all its bytes are ASCII, the same arrays under another type. */
function retypedProgram(e: Expression, options: CompileOptions): ColumnProgram | undefined {
  if (e.kind !== 'cast' || laneOf(e.type) !== 'text' || laneOf(typeOf(e.child)) !== 'text') return undefined
  const path = pathOf(e.child)
  if (path === undefined) return undefined
  const loop = loopProgram(e, options)
  return (batch, selection, arena) => {
    const { length, validity, offsets, bytes } = columnAt(batch, path, arena)
    if (selection !== null || !onlyAscii(bytes!, offsets![0]!, offsets![length]!)) return loop(batch, selection, arena)
    return new Column(e.type, length, validity, null, offsets, bytes)
  }
}

function loopProgram(e: Expression, options: CompileOptions): ColumnProgram {
  const paths = pathsOf(e)
  const variants = new Variants(paths, (variant) => generateColumn(e, options, paths, variant).loop)
  const evaluate = interpret(e, options.functions, options.context)
  const reader = new RowReader(ordinalsOf(e))
  const type = typeOf(e)
  return (batch, selection, arena) => {
    const count = selection?.count ?? batch.rowCount
    const output = new ColumnOutput(type, count, batch, arena, evaluate, reader)
    const { loop, columns } = variants.choose(batch, selection !== null, arena)
    loop(columns, batch, selection?.rows ?? null, count, output, arena)
    return output.finish()
  }
}
