import type { ColumnRef, Expression } from '../expr/expression.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn } from '../plan/references.ts'
import type { OptimizerRule } from './rule.ts'

/**
 * Columns that nobody above reads are not carried, and scans do not decode them. A time that is not read above a stateful operator is no
 * longer in its input, and so not an event time of it either: the same as in Spark.
 */
export const pruneColumns: OptimizerRule = {
  name: 'prune-columns',
  required: true,
  apply: (plan) => prune(plan, new Set(outputOf(plan).map((c) => c.id))),
}

type Needed = ReadonlySet<number>

function plus(needed: Needed, expressions: readonly Expression[]): Set<number> {
  const all = new Set(needed)
  for (const e of expressions) for (const id of columnsIn(e).keys()) all.add(id)
  return all
}
function only(expressions: readonly Expression[]): Set<number> {
  return plus(new Set(), expressions)
}

/** Those that are needed; one at least, so that rows stay countable. */
function kept<T>(list: readonly T[], idOf: (item: T) => number, needed: Needed): readonly T[] {
  const keep = list.filter((item) => needed.has(idOf(item)))
  if (keep.length === list.length) return list
  return keep.length === 0 ? list.slice(0, 1) : keep
}

/** The input under a node, and the node unchanged when its input did not change. */
function over<P extends LogicalPlan & { readonly input: LogicalPlan }>(plan: P, needed: Needed): P {
  const input = prune(plan.input, needed)
  return input === plan.input ? plan : { ...plan, input }
}

function prune(plan: LogicalPlan, needed: Needed): LogicalPlan {
  switch (plan.kind) {
    case 'scan': {
      const output = kept(plan.output, (c) => c.id, plus(needed, plan.filters ?? []))
      return output === plan.output ? plan : { ...plan, output }
    }
    case 'local': {
      const output = kept(plan.output, (c) => c.id, needed)
      if (output === plan.output) return plan
      const positions = output.map((c) => plan.output.indexOf(c))
      return { ...plan, output, rows: plan.rows.map((row) => positions.map((i) => row[i]!)) }
    }
    case 'range':
    case 'one_row':
      return plan
    case 'project': {
      const expressions = kept(plan.expressions, (e) => columnOf(e).id, needed)
      return over(expressions === plan.expressions ? plan : { ...plan, expressions }, only(expressions))
    }
    case 'aggregate': {
      // A global aggregate and GROUP BY over nothing else still make their rows from the keys.
      const aggregates = kept(plan.aggregates, (e) => columnOf(e).id, needed)
      const node = aggregates === plan.aggregates ? plan : { ...plan, aggregates }
      const read = only([...plan.grouping, ...aggregates])
      const input = trimmed(prune(node.input, read), read)
      return input === node.input ? node : { ...node, input }
    }
    case 'expand': {
      const output = kept(plan.output, (c) => c.id, needed)
      const positions = output.map((c) => plan.output.indexOf(c))
      const projections = plan.projections.map((p) => positions.map((i) => p[i]!))
      const node = output === plan.output ? plan : { ...plan, output, projections }
      return over(node, only(projections.flat()))
    }
    case 'filter':
      return over(plan, plus(needed, [plan.condition]))
    case 'join':
    case 'asof_join': {
      const conditions = plan.kind === 'join' ? [] : [plan.match]
      const wanted = plus(needed, plan.condition ? [...conditions, plan.condition] : conditions)
      const left = trimmed(prune(plan.left, wanted), wanted)
      const right = trimmed(prune(plan.right, wanted), wanted)
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right }
    }
    case 'union': {
      const output = plan.output ?? outputOf(plan)
      const keep = kept(output, (c) => c.id, needed)
      const positions = keep.map((c) => output.indexOf(c))
      const inputs = plan.inputs.map((input) => {
        const columns = positions.map((i) => outputOf(input)[i]!)
        return exactly(columns, prune(input, new Set(columns.map((c) => c.id))))
      })
      return inputs.every((input, i) => input === plan.inputs[i]) ? plan : { ...plan, output: keep, inputs }
    }
    case 'set_operation': {
      const left = whole(plan.left)
      const right = whole(plan.right)
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right }
    }
    // Each round reads all that the round before gave.
    case 'recursion': {
      const anchor = whole(plan.anchor)
      const step = whole(plan.step)
      return anchor === plan.anchor && step === plan.step ? plan : { ...plan, anchor, step }
    }
    case 'distinct':
      return over(plan, new Set(outputOf(plan.input).map((c) => c.id)))
    case 'deduplicate': {
      const wanted = plus(needed, plan.keys ?? outputOf(plan.input))
      // Its event time says how long a key is remembered.
      if (plan.withinWatermark)
        for (const c of outputOf(plan.input)) if (c.metadata?.watermarkDelayMs !== undefined) wanted.add(c.id)
      return over(plan, wanted)
    }
    case 'watermark': {
      const node = over(plan, plus(needed, [plan.eventTime]))
      const output = plan.output
      if (node === plan || output === undefined) return node
      const ids = new Set(outputOf(node.input).map((c) => c.id))
      return { ...node, output: output.filter((c) => ids.has(c.id)) }
    }
    case 'time_window':
      return over(plan, plus(needed, [plan.time]))
    case 'session_window':
      return over(plan, plus(needed, [plan.time, plan.gap]))
    case 'generate':
      return over(plan, plus(needed, [plan.generator]))
    case 'window': {
      const calls = plan.calls.filter((c) => needed.has(columnOf(c).id))
      if (calls.length === 0) return prune(plan.input, needed)
      const node = calls.length === plan.calls.length ? plan : { ...plan, calls }
      return over(node, plus(needed, [...calls, ...plan.partitionBy, ...plan.orderBy]))
    }
    case 'sort':
      return over(plan, plus(needed, plan.orders))
    case 'repartition':
      return over(plan, plus(needed, plan.expressions))
    case 'limit':
    case 'offset':
    case 'sample':
    case 'hint':
    case 'alias':
      return plan.kind === 'alias' && plan.columns.length > 0
        ? over(plan, new Set(outputOf(plan.input).map((c) => c.id)))
        : over(plan, needed)
    default:
      return plan
  }
}

/**
 * What a stateful operator gets holds only what it reads: columns that a join below put out for its own condition go in a projection. Rows stay
 * countable by one column at least.
 */
function trimmed(plan: LogicalPlan, needed: Needed): LogicalPlan {
  if (plan.kind !== 'join' && plan.kind !== 'asof_join' && plan.kind !== 'filter') return plan
  const output = outputOf(plan)
  const keep = kept(output, (c) => c.id, needed)
  return keep.length === output.length ? plan : { kind: 'project', expressions: keep, input: plan }
}

function whole(plan: LogicalPlan): LogicalPlan {
  const columns = outputOf(plan)
  return exactly(columns, prune(plan, new Set(columns.map((c) => c.id))))
}

/** The input with these columns in this order: inputs of a union count by position. */
function exactly(columns: readonly ColumnRef[], input: LogicalPlan): LogicalPlan {
  const output = outputOf(input)
  const same = output.length === columns.length && columns.every((c, i) => c.id === output[i]!.id)
  return same ? input : { kind: 'project', expressions: columns, input }
}
