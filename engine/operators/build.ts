import { unreachable } from '../errors/assert.ts'
import { type IncrementalNode, type IncrementalPlan, inputsOfNode } from '../incremental/incremental-plan.ts'
import { AsOfJoin } from './as-of-join.ts'
import type { BuildOptions, PipelineOptions } from './build-options.ts'
import { Filter } from './filter.ts'
import { Generate } from './generate.ts'
import { StaticJoin } from './join-static.ts'
import { Limit, Offset, Sample } from './limit.ts'
import type { Operator } from './operator.ts'
import { type BuiltNode, OperatorPipeline } from './operator-pipeline.ts'
import type { Pipeline } from './pipeline.ts'
import { Expand, Project } from './project.ts'
import { Recursion } from './recursion.ts'
import type { RowPreparation } from './row-preparation.ts'
import { SetOperation } from './set-operation.ts'
import { Sort } from './sort.ts'
import { Aggregate } from './stateful/aggregate.ts'
import { Deduplicate } from './stateful/deduplicate.ts'
import { StreamJoin } from './stateful/join-streams.ts'
import { SessionAggregate } from './stateful/session-aggregate.ts'
import { SessionWindow, TimeWindow } from './time-window.ts'
import { Union } from './union.ts'
import { Watermark } from './watermark.ts'
import { WindowFunctions } from './window-functions.ts'

export type { BuildOptions, LateRows, PipelineOptions } from './build-options.ts'

/** Makes the operators of a plan: the one switch over all of them. */
export function buildPipeline(plan: IncrementalPlan, options: PipelineOptions): Pipeline {
  return new OperatorPipeline(plan, buildNode(plan.root, options), options)
}

/** `wanted`: positions of the node's output that the operator above reads; undefined: all. */
function buildNode(node: IncrementalNode, options: PipelineOptions, wanted?: ReadonlySet<number>): BuiltNode {
  if (node.kind === 'scan' || node.kind === 'rows' || node.kind === 'range') return { leaf: node }
  const operator = operatorOf(node, optionsOf(node, options), wanted)
  // Operators that take the filters below them in say what is left below.
  const preparation = (operator as { readonly preparation?: RowPreparation }).preparation
  const inputs = preparation === undefined ? inputsOfNode(node) : [preparation.input]
  return { node, operator, inputs: inputs.map((input) => buildNode(input, options, operator.reads)) }
}

/** Operators that leave rows out by event time hand them on with what they are called. */
function optionsOf(node: IncrementalNode, options: PipelineOptions): BuildOptions {
  const { onLateRows } = options
  if (onLateRows === undefined) return options
  const isWatermark = node.kind === 'watermark'
  const state = 'state' in node ? node.state : undefined
  if (state === undefined && !isWatermark) return options
  const about = {
    operatorId: state?.operatorId ?? 'watermark',
    reason: isWatermark ? ('too far ahead' as const) : ('late' as const),
    inputWatermark: state?.inputWatermark,
    relations: streamsBelow(node),
  }
  return { ...options, lateRows: (batch) => onLateRows({ ...about, batch }) }
}
function streamsBelow(node: IncrementalNode): Set<string> {
  if (node.kind === 'scan') return new Set(node.relation.streaming ? [node.relation.key] : [])
  return new Set(inputsOfNode(node).flatMap((input) => [...streamsBelow(input)]))
}

function operatorOf(
  node: Exclude<IncrementalNode, { readonly kind: 'scan' | 'rows' | 'range' }>,
  options: BuildOptions,
  wanted: ReadonlySet<number> | undefined,
): Operator {
  switch (node.kind) {
    case 'filter':
      return new Filter(node, options)
    case 'project':
      return new Project(node, options)
    case 'expand':
      return new Expand(node, options)
    case 'generate':
      return new Generate(node, options)
    case 'union':
      return new Union(node)
    case 'watermark':
      return new Watermark(node, options)
    case 'time_window':
      return new TimeWindow(node, options)
    case 'session_window':
      return new SessionWindow(node, options)
    case 'aggregate':
      return new Aggregate(node, options)
    case 'session_aggregate':
      return new SessionAggregate(node, options)
    case 'deduplicate':
      return new Deduplicate(node, options)
    case 'static_join':
      return new StaticJoin(node, options, wanted)
    case 'stream_join':
      return new StreamJoin(node, options, wanted)
    case 'as_of_join':
      return new AsOfJoin(node, options)
    case 'set_operation':
      return new SetOperation(node)
    case 'recursion':
      return new Recursion(node, buildPipeline(node.step, options))
    case 'window_functions':
      return new WindowFunctions(node, options)
    case 'sort':
      return new Sort(node, options)
    case 'limit':
      return new Limit(node)
    case 'offset':
      return new Offset(node)
    case 'sample':
      return new Sample(node)
    default:
      return unreachable(node)
  }
}
