import { AnalysisError } from '../errors/engine-error.ts'
import type { ColumnRef, Expression } from '../expr/expression.ts'
import { anyOf } from '../expr/walk.ts'
import type { Aggregate, AsOfJoin, Join, SetOperation } from '../plan/logical-plan.ts'
import { outputOf, schemaOf } from '../plan/output.ts'
import { BOOLEAN } from '../types/data-type.ts'
import { bind, conjunction, conjunctsOf } from './bind.ts'
import { eventTimeOf } from './event-time.ts'
import type { AsOfJoinNode, EventTime, IncrementalNode, JoinKey, StreamJoinNode, WatermarkOffset } from './incremental-plan.ts'
import { deriveEvictOffset } from './join-bounds.ts'
import { planAggregate } from './plan-aggregate.ts'
import { leastWatermark, type Planned, type Planner } from './planner.ts'

/** A join condition taken apart: equalities between the sides, predicates over one side, and the rest. Columns are still ids. */
interface SplitCondition {
  readonly keys: readonly { readonly left: Expression; readonly right: Expression; readonly nullSafe: boolean }[]
  readonly leftOnly: readonly Expression[]
  readonly rightOnly: readonly Expression[]
  readonly rest: readonly Expression[]
}

export function planJoin(planner: Planner, plan: Join): Planned {
  if (planner.isIncremental(plan.left) && planner.isIncremental(plan.right)) return planStreamJoin(planner, plan)
  const build = planner.isIncremental(plan.right) ? 'left' : 'right'
  // The build side is planned first: its scans get the lower ports and are read first.
  const { left, right } = planSides(planner, plan, build)
  const leftColumns = outputOf(plan.left)
  const rightColumns = outputOf(plan.right)
  const split = splitCondition(plan.condition, leftColumns, rightColumns)
  const beyond = [...split.leftOnly, ...split.rightOnly, ...split.rest]
  const node: IncrementalNode = {
    kind: 'static_join',
    output: schemaOf(plan),
    type: plan.type === 'cross' ? 'inner' : plan.type,
    left: left.node,
    right: right.node,
    build,
    keys: bindKeys(split, leftColumns, rightColumns),
    condition: bindAll(beyond, [...leftColumns, ...rightColumns]),
  }
  return { node, watermark: leastWatermark([left.watermark, right.watermark]) }
}

function planSides(
  planner: Planner,
  plan: { readonly left: Join['left']; readonly right: Join['right'] },
  first: 'left' | 'right',
): { left: Planned; right: Planned } {
  if (first === 'left') {
    const left = planner.plan(plan.left)
    return { left, right: planner.plan(plan.right) }
  }
  const right = planner.plan(plan.right)
  return { left: planner.plan(plan.left), right }
}

function planStreamJoin(planner: Planner, plan: Join): Planned {
  const { left, right } = planSides(planner, plan, 'left')
  const leftColumns = outputOf(plan.left)
  const rightColumns = outputOf(plan.right)
  const split = splitCondition(plan.condition, leftColumns, rightColumns)
  const type = plan.type === 'cross' ? 'inner' : plan.type
  if (split.keys.length === 0) {
    throw new AnalysisError('_LEGACY_ERROR_TEMP_1181', {
      message: 'a join of two streams needs an equality between their columns',
      hint: 'Add `left.key = right.key` to the condition.',
      span: plan.span,
    })
  }
  if (type === 'left_anti') {
    throw new AnalysisError('_LEGACY_ERROR_TEMP_3102', {
      message: 'LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported',
      span: plan.span,
    })
  }
  const leftTime = eventTimeOf(leftColumns)
  const rightTime = eventTimeOf(rightColumns)
  const keyEventTime = keyEventTimeOf(split)
  const input = leastWatermark([left.watermark, right.watermark])
  const leftOffset = keyEventTime
    ? 0
    : deriveEvictOffset([...split.rest, ...split.leftOnly], leftColumns, leftTime, rightColumns, rightTime)
  const rightOffset = keyEventTime
    ? 0
    : deriveEvictOffset([...split.rest, ...split.rightOnly], rightColumns, rightTime, leftColumns, leftTime)
  const node: StreamJoinNode = {
    kind: 'stream_join',
    output: schemaOf(plan),
    type,
    left: left.node,
    right: right.node,
    keys: bindKeys(split, leftColumns, rightColumns),
    leftSide: { eventTime: leftTime, filter: bindAll(split.leftOnly, leftColumns), evictOffsetMs: leftOffset },
    rightSide: { eventTime: rightTime, filter: bindAll(split.rightOnly, rightColumns), evictOffsetMs: rightOffset },
    condition: bindAll(split.rest, [...leftColumns, ...rightColumns]),
    keyEventTime,
    state: planner.state('join', input),
  }
  const output = input === undefined ? undefined : input + Math.min(0, leastWatermark([leftOffset, rightOffset]) ?? 0)
  return { node, watermark: output satisfies WatermarkOffset }
}

/** The first key that is a watermarked column, of the left sides first. */
function keyEventTimeOf(split: SplitCondition): EventTime | undefined {
  for (const side of ['left', 'right'] as const) {
    const ordinal = split.keys.findIndex((k) => {
      const e = k[side]
      return e.kind === 'column' && e.metadata?.watermarkDelayMs !== undefined
    })
    if (ordinal >= 0) return { ordinal, form: split.keys[ordinal]![side].type?.kind === 'struct' ? 'window' : 'time' }
  }
  return undefined
}

export function planAsOfJoin(planner: Planner, plan: AsOfJoin): Planned {
  const { left, right } = planSides(planner, plan, 'right')
  const leftColumns = outputOf(plan.left)
  const rightColumns = outputOf(plan.right)
  const split = splitCondition(plan.condition, leftColumns, rightColumns)
  const beyond = [...split.leftOnly, ...split.rightOnly, ...split.rest]
  const node: IncrementalNode = {
    kind: 'as_of_join',
    output: schemaOf(plan),
    type: plan.type,
    left: left.node,
    right: right.node,
    keys: bindKeys(split, leftColumns, rightColumns),
    match: matchOf(plan, leftColumns, rightColumns),
    condition: bindAll(beyond, [...leftColumns, ...rightColumns]),
  }
  return { node, watermark: left.watermark }
}

function matchOf(plan: AsOfJoin, left: readonly ColumnRef[], right: readonly ColumnRef[]): AsOfJoinNode['match'] {
  const match = plan.match
  const flipped = { '>=': '<=', '>': '<', '<=': '>=', '<': '>' } as const
  if (match.kind === 'call' && match.name in flipped) {
    const operator = match.name as keyof typeof flipped
    const [first, second] = match.args as readonly [Expression, Expression]
    if (refersOnly(first, left) && refersOnly(second, right))
      return { left: bind(first, left), right: bind(second, right), operator }
    if (refersOnly(first, right) && refersOnly(second, left)) {
      return { left: bind(second, left), right: bind(first, right), operator: flipped[operator] }
    }
  }
  throw new AnalysisError('UNSUPPORTED_FEATURE', {
    message: 'the match condition of an ASOF join must compare a column of each side with <, <=, > or >=',
    span: match.span ?? plan.span,
  })
}

/**
 * EXCEPT and INTERSECT are an anti or semi join on all columns, NULLs equal, of which each distinct row is kept once.
 * The ALL forms count rows and exist over tables only.
 */
export function planSetOperation(planner: Planner, plan: SetOperation): Planned {
  const columns = outputOf(plan.left)
  if (plan.all) {
    const { left, right } = planSides(planner, plan, 'right')
    const node: IncrementalNode = {
      kind: 'set_operation',
      output: schemaOf(plan),
      operator: plan.operator,
      left: left.node,
      right: right.node,
    }
    return { node, watermark: undefined }
  }
  const other = outputOf(plan.right)
  const equal = columns.map<Expression>((c, i) => ({
    kind: 'call',
    name: '<=>',
    args: [c, other[i]!],
    type: BOOLEAN,
    nullable: false,
  }))
  const condition = conjunction(equal)
  const join: Join = {
    kind: 'join',
    type: plan.operator === 'except' ? 'left_anti' : 'left_semi',
    left: plan.left,
    right: plan.right,
    condition,
    span: plan.span,
  }
  const distinct: Aggregate = { kind: 'aggregate', grouping: columns, aggregates: columns, input: join, span: plan.span }
  return planAggregate(planner, distinct)
}

export function splitCondition(
  condition: Expression | undefined,
  left: readonly ColumnRef[],
  right: readonly ColumnRef[],
): SplitCondition {
  const keys: { left: Expression; right: Expression; nullSafe: boolean }[] = []
  const leftOnly: Expression[] = []
  const rightOnly: Expression[] = []
  const rest: Expression[] = []
  for (const conjunct of condition ? conjunctsOf(condition) : []) {
    if (conjunct.kind === 'call' && (conjunct.name === '=' || conjunct.name === '<=>')) {
      const [a, b] = conjunct.args as readonly [Expression, Expression]
      const nullSafe = conjunct.name === '<=>'
      if (refersOnly(a, left) && refersOnly(b, right)) {
        keys.push({ left: a, right: b, nullSafe })
        continue
      }
      if (refersOnly(a, right) && refersOnly(b, left)) {
        keys.push({ left: b, right: a, nullSafe })
        continue
      }
    }
    if (refersOnly(conjunct, left)) leftOnly.push(conjunct)
    else if (refersOnly(conjunct, right)) rightOnly.push(conjunct)
    else rest.push(conjunct)
  }
  return { keys, leftOnly, rightOnly, rest }
}

function bindKeys(split: SplitCondition, left: readonly ColumnRef[], right: readonly ColumnRef[]): JoinKey[] {
  return split.keys.map((k) => ({ left: bind(k.left, left), right: bind(k.right, right), nullSafe: k.nullSafe }))
}

function bindAll(conjuncts: readonly Expression[], columns: readonly ColumnRef[]): Expression | undefined {
  const all = conjunction(conjuncts)
  return all && bind(all, columns)
}

/** At least one column, and none but these. */
function refersOnly(e: Expression, columns: readonly ColumnRef[]): boolean {
  const isColumn = (node: Expression): node is ColumnRef => node.kind === 'column'
  return anyOf(e, isColumn) && !anyOf(e, (node) => isColumn(node) && !columns.some((c) => c.id === node.id))
}
