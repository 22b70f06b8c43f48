import type { Arena } from '../../columnar/arena.ts'
import { Column } from '../../columnar/column.ts'
import { type Memory, OWNED_MEMORY } from '../../columnar/memory.ts'
import { InternalError } from '../../errors/engine-error.ts'
import { type Expression, typeOf } from '../../expr/expression.ts'
import type { AggregateDefinition } from '../../incremental/incremental-plan.ts'
import { HashTable, hashLanes, strideOf } from '../../state/hash-table.ts'
import { KeyEncoder } from '../../state/key-encoder.ts'
import type { ValueStore } from '../../state/value-store.ts'
import { field } from '../../types/data-type.ts'
import { bindAggregate } from '../bind-aggregate.ts'
import type { BuildOptions } from '../build-options.ts'
import { type Accumulator, accumulatorFor, GeneralAccumulator } from './kernels/accumulator.ts'

interface BoundCall {
  readonly accumulator: Accumulator
  readonly text: string
  /** Positions of its arguments among `expressions`. */
  readonly args: readonly number[]
  readonly filter: number | undefined
  readonly distinct: DistinctRows | undefined
  /** Positions of its stores among those of a group. */
  readonly firstStore: number
  readonly storeCount: number
}

/** What the calls need of a table: the values of its groups, by group id. */
export interface Groups {
  readonly stores: readonly ValueStore[]
}

/** The aggregate calls of one operator over the groups of a table. */
export class AggregateCalls {
  /** What must be evaluated over the input: arguments and filters, after whatever else the operator needs. */
  readonly expressions: readonly Expression[]
  readonly #calls: readonly BoundCall[]
  #rows = new Int32Array(0)
  #ids = new Int32Array(0)

  constructor(definitions: readonly AggregateDefinition[], options: BuildOptions) {
    const expressions: Expression[] = []
    let stores = 0
    this.#calls = definitions.map((definition) => {
      const { aggregate, args, signature } = bindAggregate(definition, options)
      const accumulator = accumulatorFor(aggregate, signature)
      const storeCount = accumulator.createStores().length
      const call: BoundCall = {
        accumulator,
        text: `${definition.name} ${accumulator.state.join(' ')}`,
        // count(1) need not look at its ones.
        args: args
          .filter((_, i) => aggregate.kernel !== 'count' || signature.constants[i] == null)
          .map((a) => expressions.push(a) - 1),
        filter: definition.filter && expressions.push(definition.filter) - 1,
        distinct: definition.distinct ? new DistinctRows(args) : undefined,
        firstStore: stores,
        storeCount,
      }
      stores += storeCount
      return call
    })
    this.expressions = expressions
  }

  /** For the state's schema: name and buffer types of each call. */
  get text(): string {
    return this.#calls.map((call) => call.text).join(', ')
  }
  createStores(): ValueStore[] {
    return this.#calls.flatMap((call) => call.accumulator.createStores())
  }
  init(table: Groups, from: number, to: number): void {
    for (const call of this.#calls) call.accumulator.init(storesOf(call, table), from, to)
  }

  /** `columns`: the values of `expressions`. Row rows[i] goes into group ids[i]. */
  update(table: Groups, columns: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): void {
    for (const call of this.#calls) {
      const args = call.args.map((a) => columns[a]!)
      if (call.filter === undefined && call.distinct === undefined) {
        call.accumulator.update(storesOf(call, table), args, rows, ids, count)
        continue
      }
      if (this.#rows.length < count) {
        this.#rows = new Int32Array(count)
        this.#ids = new Int32Array(count)
      }
      let kept = count
      this.#rows.set(rows.subarray(0, count))
      this.#ids.set(ids.subarray(0, count))
      if (call.filter !== undefined) kept = keepTrue(columns[call.filter]!, this.#rows, this.#ids, kept)
      if (call.distinct !== undefined) kept = call.distinct.keepNew(table, args, this.#rows, this.#ids, kept)
      call.accumulator.update(storesOf(call, table), args, this.#rows, this.#ids, kept)
    }
  }

  get hasDistinct(): boolean {
    return this.#calls.some((call) => call.distinct !== undefined)
  }
  /** Whether it pays to make groups of part of the rows and merge them. Not where DISTINCT looks at single rows, nor without kernels. */
  get mergeable(): boolean {
    return this.#calls.every((call) => !(call.accumulator instanceof GeneralAccumulator) && call.distinct === undefined)
  }
  /** Group i of `from` goes into group ids[i] of `table`, for all groups of `from`. */
  merge(table: Groups, from: Groups & { readonly count: number }, ids: Int32Array): void {
    for (const call of this.#calls) call.accumulator.merge(storesOf(call, table), storesOf(call, from), ids, from.count)
  }

  /** Groups from[0 … count) of a table go into its groups into[0 … count), which are none of them. */
  absorb(table: Groups, from: Int32Array, into: Int32Array, count: number): void {
    const taken = { stores: this.createStores(), count }
    const places = Int32Array.from({ length: count }, (_, i) => i)
    for (const [s, store] of taken.stores.entries()) {
      store.grow(count)
      store.put(places, count, table.stores[s]!.take(from, count, OWNED_MEMORY))
    }
    this.merge(table, taken, into)
  }

  finish(table: Groups, ids: Int32Array, count: number, memory: Memory): Column[] {
    return this.#calls.map((call) => call.accumulator.finish(storesOf(call, table), ids, count, memory))
  }
  /** What DISTINCT has seen belongs to groups that are gone. */
  clear(): void {
    for (const call of this.#calls) call.distinct?.clear()
  }
}

/** First occurrences of the arguments of a DISTINCT call within each group. Kept in memory for one epoch: only batches and tables have such calls. */
class DistinctRows {
  readonly #encoder: KeyEncoder
  #seen = new WeakMap<Groups, HashTable>()
  #words = new Int32Array(0)

  constructor(args: readonly Expression[]) {
    this.#encoder = new KeyEncoder(args.map((a, i) => field(`${i}`, typeOf(a), true)))
  }
  clear(): void {
    this.#seen = new WeakMap()
  }

  keepNew(table: Groups, args: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): number {
    const { lanes } = this.#encoder
    const from = strideOf(lanes)
    const to = strideOf(lanes + 1)
    const encoded = this.#encoder.encode(args, args[0]?.length ?? 0)
    if (this.#words.length < count * to) this.#words = new Int32Array(count * to)
    const words = this.#words
    words.fill(0, 0, count * to)
    for (let i = 0; i < count; i++) {
      for (let lane = 0; lane < lanes; lane++) words[i * to + lane] = encoded[rows[i]! * from + lane]!
      words[i * to + lanes] = ids[i]!
    }
    hashLanes(words, lanes + 1, count)
    let seen = this.#seen.get(table)
    if (seen === undefined) {
      seen = new HashTable(lanes + 1)
      this.#seen.set(table, seen)
    }
    const identity = Int32Array.from({ length: count }, (_, i) => i)
    const found = new Int32Array(count)
    let next = seen.count
    seen.findOrAdd(words, identity, count, found)
    // New keys have got the next ids in order: a row is the first of its key iff it has the id that is due.
    let kept = 0
    for (let i = 0; i < count; i++) {
      if (found[i] !== next) continue
      next++
      rows[kept] = rows[i]!
      ids[kept++] = ids[i]!
    }
    return kept
  }
}

function storesOf(call: BoundCall, table: Groups): readonly ValueStore[] {
  return table.stores.slice(call.firstStore, call.firstStore + call.storeCount)
}

function keepTrue(condition: Column, rows: Int32Array, ids: Int32Array, count: number): number {
  const values = condition.values!
  let kept = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (values[row] === 0 || condition.isNull(row)) continue
    rows[kept] = row
    ids[kept++] = ids[i]!
  }
  return kept
}

/** A struct column of one window, `count` times. */
export function windowColumn(type: Column['type'], start: bigint, end: bigint, count: number, arena: Arena): Column {
  if (type.kind !== 'struct') throw new InternalError('a window is a struct')
  const bounds = [start, end].map((bound, i) => new Column(type.fields[i]!.type, count, null, arena.int64(count).fill(bound)))
  return new Column(type, count, null, null, null, null, bounds)
}
