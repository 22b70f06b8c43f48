import { InternalError } from '../errors/engine-error.ts'
import { constantValue } from '../evaluate/constant.ts'
import type { Call, Expression, WindowCall } from '../expr/expression.ts'
import type { BoundAggregate } from '../functions/function.ts'
import type { Value } from '../types/value.ts'
import { bindAggregate } from './bind-aggregate.ts'
import type { BuildOptions } from './build-options.ts'
import type { Frame } from './window-frame.ts'
import type { Partition } from './window-functions.ts'

/** One value a row of the partition, in order. `value(row, a)`: argument a of a row; `frame(row)`: its frame. */
export type PartitionFunction = (
  partition: Partition,
  value: (row: number, argument: number) => Value,
  frame: (row: number) => Frame,
) => Iterable<Value>

/** What an OVER call computes, and the arguments and filter it reads: the filter stands behind the arguments. */
export function partitionFunction(
  over: WindowCall,
  options: BuildOptions,
): { args: readonly Expression[]; filter: Expression | undefined; evaluate: PartitionFunction } {
  const { call } = over
  if (call.kind === 'aggregate') {
    const { aggregate, args } = bindAggregate({ ...call, output: { type: call.type } }, options)
    return { args, filter: call.filter, evaluate: aggregateOver(aggregate, args.length, call.filter !== undefined) }
  }
  if (call.kind !== 'call') throw new InternalError(`${call.kind} cannot stand before OVER`)
  return { args: call.args, filter: undefined, evaluate: rankingOf(call, options) }
}

function rankingOf(call: Call, options: BuildOptions): PartitionFunction {
  switch (call.name) {
    case 'row_number':
      return perRow((partition, row) => row - partition.start + 1)
    case 'rank':
      return perRow((partition, row) => partition.peerStart[row]! - partition.start + 1)
    case 'dense_rank':
      return denseRank
    case 'percent_rank':
      return perRow((partition, row) => {
        const rows = partition.end - partition.start
        return rows === 1 ? 0 : (partition.peerStart[row]! - partition.start) / (rows - 1)
      })
    case 'cume_dist':
      return perRow((partition, row) => (partition.peerEnd[row]! - partition.start) / (partition.end - partition.start))
    case 'ntile':
      return ntile(call.args[0] === undefined ? 1 : constant(call.args[0], options))
    case 'lead':
    case 'lag':
      return offsetValue(call, call.name === 'lead' ? 1 : -1, options)
    case 'nth_value':
      return nthValue(constant(call.args[1]!, options), call.ignoreNulls ?? false)
    default:
      throw new InternalError(`window function "${call.name}" has no operator`)
  }
}

function perRow(result: (partition: Partition, row: number) => Value): PartitionFunction {
  return function* (partition) {
    for (let row = partition.start; row < partition.end; row++) yield result(partition, row)
  }
}

function* denseRank(partition: Partition): Iterable<Value> {
  let rank = 0
  for (let row = partition.start; row < partition.end; row++) {
    if (partition.peerStart[row] === row) rank++
    yield rank
  }
}

/** The first rows % n buckets get one row more. */
function ntile(buckets: number): PartitionFunction {
  return perRow((partition, row) => {
    const rows = partition.end - partition.start
    const small = Math.floor(rows / buckets)
    const larger = rows % buckets
    const at = row - partition.start
    const inLarger = larger * (small + 1)
    return at < inLarger ? Math.floor(at / (small + 1)) + 1 : larger + Math.floor((at - inLarger) / small) + 1
  })
}

function offsetValue(call: Call, direction: number, options: BuildOptions): PartitionFunction {
  const steps = direction * (call.args[1] === undefined ? 1 : constant(call.args[1], options))
  const step = steps < 0 ? -1 : 1
  return function* (partition, value) {
    for (let row = partition.start; row < partition.end; row++) {
      let at = row + steps
      if (call.ignoreNulls && steps !== 0) {
        let left = Math.abs(steps)
        at = row
        while (left > 0) {
          at += step
          if (at < partition.start || at >= partition.end) break
          if (value(at, 0) !== null) left--
        }
      }
      const isInside = at >= partition.start && at < partition.end
      yield isInside ? value(at, 0) : call.args[2] === undefined ? null : value(row, 2)
    }
  }
}

function nthValue(n: number, ignoreNulls: boolean): PartitionFunction {
  return function* (partition, value, frame) {
    for (let row = partition.start; row < partition.end; row++) {
      const [from, to] = frame(row)
      let found: Value = null
      let left = n
      for (let at = from; at < to && left > 0; at++) {
        const candidate = value(at, 0)
        if (ignoreNulls && candidate === null) continue
        if (--left === 0) found = candidate
      }
      yield found
    }
  }
}

/** Frames that only grow at their end are aggregated as they grow; others are aggregated anew for each row. */
function aggregateOver(aggregate: BoundAggregate, width: number, isFiltered: boolean): PartitionFunction {
  return function* (partition, value, frame) {
    const add = (buffer: Value[], row: number): void => {
      if (isFiltered && value(row, width) !== true) return
      aggregate.update(
        buffer,
        Array.from({ length: width }, (_, a) => value(row, a)),
      )
    }
    let buffer = aggregate.init()
    let from = partition.start
    let to = partition.start
    for (let row = partition.start; row < partition.end; row++) {
      const [nextFrom, nextTo] = frame(row)
      if (nextFrom !== from || nextTo < to) {
        buffer = aggregate.init()
        from = nextFrom
        to = nextFrom
      }
      for (; to < nextTo; to++) add(buffer, to)
      yield aggregate.finish(buffer)
    }
  }
}

function constant(e: Expression, options: BuildOptions): number {
  const value = constantValue(e, options.functions, options.context)
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new InternalError('an argument was not folded to a constant')
  return Number(value)
}
