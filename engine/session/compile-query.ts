import { type AnalysisContext, analyze } from '../analysis/analyzer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { DdlReader, EvaluationContext } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import { explainIncremental } from '../incremental/explain.ts'
import type { IncrementalPlan } from '../incremental/incremental-plan.ts'
import { planQuery } from '../incremental/planner.ts'
import { buildPipeline, type LateRows } from '../operators/build.ts'
import type { Pipeline } from '../operators/pipeline.ts'
import { optimize } from '../optimizer/optimizer.ts'
import { explainPlan } from '../plan/explain.ts'
import type { LogicalPlan, RelationDefinition } from '../plan/logical-plan.ts'
import type { OutputMode } from '../plan/statement.ts'
import { inputsOf } from '../plan/walk.ts'
import type { Settings } from '../types/settings.ts'
import { explainKernels } from './explain-kernels.ts'

/** What compilation needs of the session. */
export interface CompilerContext {
  readonly catalog: Catalog
  readonly functions: FunctionRegistry
  readonly settings: Settings
  readonly nowMs: number
  readPath(format: string, path: string): RelationDefinition | undefined
  readonly ddl: DdlReader
  readonly variables?: AnalysisContext['variables']
}

/** A query on its way: analysed, optimised, as operators to be. EXPLAIN prints each. */
export interface CompiledQuery {
  readonly analyzed: LogicalPlan
  readonly optimized: LogicalPlan
  readonly incremental: IncrementalPlan
  /** Every relation that is scanned, once each, in plan order. */
  readonly relations: readonly RelationDefinition[]
  buildPipeline(context: EvaluationContext, settings: Settings, onLateRows?: (rows: LateRows) => void): Pipeline
  explain(extended: boolean): string
}

export function evaluationContext(settings: Settings, nowMs: number): EvaluationContext {
  return { timeZone: settings.timeZone, settings, epoch: { timestampMs: nowMs, epochId: 0 } }
}

export function analyzePlan(plan: LogicalPlan, context: CompilerContext): LogicalPlan {
  const { catalog, functions, settings } = context
  return analyze(plan, {
    catalog,
    functions,
    settings,
    evaluation: evaluationContext(settings, context.nowMs),
    readPath: context.readPath,
    ddl: context.ddl,
    variables: context.variables,
  })
}

/** Optimises and plans an analysed query. Synchronous, without I/O. */
export function compileQuery(analyzed: LogicalPlan, mode: OutputMode | 'batch', context: CompilerContext): CompiledQuery {
  const { functions, settings } = context
  const evaluation = evaluationContext(settings, context.nowMs)
  const optimized = optimize(analyzed, { functions, settings, evaluation })
  const incremental = planQuery(optimized, { mode, settings, evaluation, functions })
  return {
    analyzed,
    optimized,
    incremental,
    relations: relationsOf(optimized),
    buildPipeline: (running, frozen, onLateRows) =>
      buildPipeline(incremental, { functions, context: running, settings: frozen, onLateRows }),
    explain: (extended) => {
      const stages = explainStages(analyzed, optimized, incremental, extended)
      const kernels = explainKernels(optimized, functions, settings)
      return kernels.length === 0 ? stages : `${stages}\n== Over Columns ==\n${kernels.join('\n')}`
    },
  }
}

function explainStages(analyzed: LogicalPlan, optimized: LogicalPlan, incremental: IncrementalPlan, extended: boolean): string {
  const operators = `== Incremental Plan ==\n${explainIncremental(incremental)}`
  if (!extended) return operators
  return `== Analyzed Logical Plan ==\n${explainPlan(analyzed)}\n== Optimized Logical Plan ==\n${explainPlan(optimized)}\n${operators}`
}

function relationsOf(plan: LogicalPlan): RelationDefinition[] {
  const found = new Map<string, RelationDefinition>()
  const visit = (node: LogicalPlan): void => {
    if (node.kind === 'scan') found.set(node.relation.key, node.relation)
    for (const input of inputsOf(node)) visit(input)
  }
  visit(plan)
  return [...found.values()]
}
