import { Batch } from '../columnar/batch.ts'
import { type Column, readValue } from '../columnar/column.ts'
import { ColumnBuilder } from '../columnar/column-builder.ts'
import { takeBatch } from '../columnar/take.ts'
import { InternalError } from '../errors/engine-error.ts'
import { constantValue } from '../evaluate/constant.ts'
import { isNullable, typeOf } from '../expr/expression.ts'
import type { GeneratorKernel } from '../functions/column-kernel.ts'
import type { GenerateNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import type { BuildOptions } from './build-options.ts'
import type { Emit, Epoch, Operator } from './operator.ts'
import { RowPreparation } from './row-preparation.ts'

/** Rows put out at once: an explode can make very many of one batch. */
const OUTPUT_ROWS = 16384

/**
 * explode and the like. Each input row is repeated for each row that the generator makes of it; with `outer` once with NULLs where it
 * makes none. explode of an array column copies no values one by one: it takes rows of the element column.
 */
export class Generate implements Operator {
  readonly name = 'generate'
  readonly output: Schema
  readonly tables = []
  readonly preparation: RowPreparation
  readonly #rowsOf: (args: readonly Value[]) => Iterable<readonly Value[]>
  readonly #kernel: GeneratorKernel | undefined
  readonly #constants: readonly (Value | undefined)[]
  readonly #outer: boolean
  readonly #generated: Schema
  readonly #name: string
  #epoch!: Epoch

  constructor(node: GenerateNode, options: BuildOptions) {
    const { generator } = node
    if (generator.kind !== 'call') throw new InternalError(`${generator.kind} is no generator`)
    const record = options.functions.find(generator.name)
    if (record?.kind !== 'generator') throw new InternalError(`"${generator.name}" is no generator`)
    this.output = node.output
    this.#generated = node.output.slice(node.input.output.length)
    this.#outer = node.outer || record.outer
    this.#name = record.name
    const constants = generator.args.map((a) => constantValue(a, options.functions, options.context))
    const signature = {
      arguments: generator.args.map(typeOf),
      nullable: generator.args.map(isNullable),
      constants,
      returns: typeOf(generator),
    }
    this.#rowsOf = record.bind(signature, options.context)
    this.#constants = constants
    this.#kernel = record.bindColumns?.(signature, options.context)
    const args = this.#kernel === undefined ? generator.args : generator.args.filter((_, i) => constants[i] === undefined)
    this.preparation = new RowPreparation(node.input, args, options)
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const prepared = this.preparation.prepare(batch, this.#epoch.arena)
    if (prepared === null) return
    const { columns: args, count, selection } = prepared
    if (this.#kernel !== undefined) {
      const { arena } = this.#epoch
      const generated = this.#kernel(args, count, arena, (row) => this.#rowOf(args, row))
      const repeated = selection === null ? batch : takeBatch(batch, selection.rows, count, arena)
      emit(new Batch(this.output, count, [...repeated.columns, ...generated], batch.partition))
      return
    }
    const out = new GeneratedRows(this.#generated, batch, this.output, this.#epoch, emit)
    if ((this.#name === 'explode' || this.#name === 'explode_outer') && args[0]!.type.kind === 'array') {
      this.#explodeArrays(args[0]!, count, selection?.rows ?? null, batch, emit)
      return
    }
    const values: Value[] = new Array(args.length)
    for (let row = 0; row < count; row++) {
      const inputRow = selection === null ? row : selection.rows[row]!
      for (let a = 0; a < args.length; a++) values[a] = readValue(args[a]!, row)
      let made = 0
      for (const generated of this.#rowsOf(values)) {
        out.add(inputRow, generated)
        made++
      }
      if (made === 0 && this.#outer) out.add(inputRow, null)
    }
    out.flush()
  }
  endPort(): void {}

  /** The one row that is made of a row whose arguments but the constants are in `args`. */
  #rowOf(args: readonly Column[], row: number): readonly Value[] {
    let next = 0
    const values = this.#constants.map((constant) => (constant === undefined ? readValue(args[next++]!, row) : constant))
    for (const made of this.#rowsOf(values)) return made
    throw new InternalError(`"${this.#name}" made no row`)
  }

  #explodeArrays(arrays: Column, count: number, inputRows: Int32Array | null, batch: Batch, emit: Emit): void {
    const { arena } = this.#epoch
    const offsets = arrays.offsets!
    const rows = arena.int32(OUTPUT_ROWS)
    const elements = arena.int32(OUTPUT_ROWS)
    let made = 0
    const flush = (): void => {
      if (made === 0) return
      const repeated = takeBatch(batch, rows, made, arena)
      const element = takeBatch(new Batch([this.#generated[0]!], 0, [arrays.children[0]!]), elements, made, arena)
      emit(new Batch(this.output, made, [...repeated.columns, element.columns[0]!], batch.partition))
      made = 0
    }
    const add = (row: number, element: number): void => {
      rows[made] = inputRows === null ? row : inputRows[row]!
      elements[made++] = element
      if (made === OUTPUT_ROWS) flush()
    }
    for (let row = 0; row < count; row++) {
      const end = arrays.isNull(row) ? offsets[row]! : offsets[row + 1]!
      if (end === offsets[row]! && this.#outer) add(row, -1)
      for (let element = offsets[row]!; element < end; element++) add(row, element)
    }
    flush()
  }
}

class GeneratedRows {
  readonly #schema: Schema
  readonly #batch: Batch
  readonly #output: Schema
  readonly #epoch: Epoch
  readonly #emit: Emit
  readonly #rows = new Int32Array(OUTPUT_ROWS)
  #count = 0
  #builders: ColumnBuilder[]

  constructor(schema: Schema, batch: Batch, output: Schema, epoch: Epoch, emit: Emit) {
    this.#schema = schema
    this.#batch = batch
    this.#output = output
    this.#epoch = epoch
    this.#emit = emit
    this.#builders = schema.map((f) => new ColumnBuilder(f.type))
  }
  add(row: number, generated: readonly Value[] | null): void {
    this.#rows[this.#count++] = row
    for (let c = 0; c < this.#builders.length; c++) this.#builders[c]!.append(generated === null ? null : generated[c]!)
    if (this.#count === OUTPUT_ROWS) this.flush()
  }
  flush(): void {
    if (this.#count === 0) return
    const repeated = takeBatch(this.#batch, this.#rows, this.#count, this.#epoch.arena)
    const generated = this.#builders.map((builder) => builder.finish())
    this.#emit(new Batch(this.#output, this.#count, [...repeated.columns, ...generated], this.#batch.partition))
    this.#count = 0
    this.#builders = this.#schema.map((f) => new ColumnBuilder(f.type))
  }
}
