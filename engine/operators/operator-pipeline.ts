import type { Batch } from '../columnar/batch.ts'
import { assert } from '../errors/assert.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type {
  IncrementalNode,
  IncrementalPlan,
  RangeNode,
  RowsNode,
  ScanNode,
  WatermarkNode,
} from '../incremental/incremental-plan.ts'
import { inputsOfNode } from '../incremental/incremental-plan.ts'
import type { StateTable } from '../state/state-table.ts'
import type { Schema } from '../types/data-type.ts'
import type { PipelineOptions } from './build-options.ts'
import { leafRows } from './leaf-rows.ts'
import type { Emit, Epoch, HeldBack, Operator, StatefulReport } from './operator.ts'
import type { EventTimeStatistics, Pipeline, ScanPort, WatermarkPlace } from './pipeline.ts'
import { Watermark } from './watermark.ts'

export type BuiltNode =
  | { readonly leaf: ScanNode | RowsNode | RangeNode }
  | { readonly node: IncrementalNode; readonly operator: Operator; readonly inputs: readonly BuiltNode[] }

/** Where the output of a leaf or an operator goes: a port of the operator above, or out of the pipeline. */
interface Target {
  readonly emit: Emit
  readonly end: () => void
}

interface Stage {
  readonly operator: Operator
  readonly operatorId: string | undefined
  readonly node: IncrementalNode
  /** Ports whose input has not ended in this epoch. */
  open: number
  readonly ports: number
}

/** Drives operators depth first: a batch that enters at a leaf has gone as far as it can when `push` returns. */
export class OperatorPipeline implements Pipeline {
  readonly output: Schema
  readonly scans: readonly ScanPort[]
  readonly stateful: readonly { readonly id: string; readonly operator: Operator }[]
  readonly context: EvaluationContext
  readonly watermarkPlaces: readonly WatermarkPlace[]
  /** From the sink to the sources. */
  readonly #stages: Stage[] = []
  readonly #scanTargets = new Map<number, Target>()
  readonly #leaves: { readonly node: RowsNode | RangeNode; readonly target: Target }[] = []
  readonly #watermarks: readonly Watermark[]
  #emit: Emit = () => {}

  constructor(plan: IncrementalPlan, root: BuiltNode, options: PipelineOptions) {
    this.output = plan.output
    this.context = options.context
    this.scans = plan.scans.map((scan) => ({
      id: scan.port,
      relation: scan.relation,
      columns: scan.columns,
      schema: scan.output,
      filters: scan.filters,
      first: scan.first,
    }))
    this.#connect(root, { emit: (batch) => this.#emit(batch), end: () => {} })
    this.stateful = this.#stages.flatMap(({ operator, operatorId }) =>
      operatorId === undefined ? [] : [{ id: operatorId, operator }],
    )
    const watermarks = this.#stages.filter((stage) => stage.operator instanceof Watermark)
    this.#watermarks = watermarks.map((stage) => stage.operator as Watermark)
    this.watermarkPlaces = watermarks.map((stage) => placeOf(stage.node as WatermarkNode))
  }

  get hasWatermark(): boolean {
    return this.#watermarks.length > 0
  }

  begin(epoch: Epoch, emit: Emit): void {
    this.context.epoch.epochId = epoch.id
    this.context.epoch.timestampMs = epoch.timestampMs
    this.#emit = emit
    for (const stage of this.#stages) {
      stage.open = stage.ports
      stage.operator.begin(epoch)
    }
    for (const { node, target } of this.#leaves) {
      for (const batch of leafRows(node)) target.emit(batch)
      target.end()
    }
  }
  push(scan: number, batch: Batch): void {
    if (batch.rowCount > 0) this.#target(scan).emit(batch)
  }
  endScan(scan: number): void {
    this.#target(scan).end()
  }

  tables(): { readonly operatorId: string; readonly operatorName: string; readonly table: StateTable }[] {
    return this.stateful.flatMap(({ id, operator }) =>
      operator.tables.map((table) => ({ operatorId: id, operatorName: operator.name, table })),
    )
  }
  reports(): StatefulReport[] {
    return this.stateful.flatMap(({ operator }) => (operator.report === undefined ? [] : [operator.report]))
  }
  eventTimes(): EventTimeStatistics[] {
    return this.#watermarks.map((watermark) => watermark.statistics)
  }
  wantsEpochAt(watermarkMs: number, lastWatermarkMs: number): boolean {
    return this.stateful.some(({ operator }) => operator.wantsEpochAt?.(watermarkMs, lastWatermarkMs) ?? false)
  }

  heldBack(): { readonly id: string; readonly inputWatermark: number; readonly held: HeldBack }[] {
    return this.#stages.flatMap(({ operator, operatorId, node }) => {
      const inputWatermark = 'state' in node ? node.state?.inputWatermark : undefined
      const held = inputWatermark === undefined ? undefined : operator.heldBack?.()
      return held === undefined ? [] : [{ id: operatorId!, inputWatermark: inputWatermark!, held }]
    })
  }
  closingWatermark(): number | undefined {
    const needed = this.heldBack().map(({ inputWatermark, held }) => held.lastMs - inputWatermark)
    return needed.length === 0 ? undefined : Math.max(...needed)
  }

  #connect(built: BuiltNode, target: Target): void {
    if ('leaf' in built) {
      if (built.leaf.kind === 'scan') this.#scanTargets.set(built.leaf.port, target)
      else this.#leaves.push({ node: built.leaf, target })
      return
    }
    const { operator, node } = built
    const ports = built.inputs.length
    const operatorId = 'state' in node ? node.state?.operatorId : undefined
    const stage: Stage = { operator, operatorId, node, open: ports, ports }
    this.#stages.push(stage)
    for (const [port, input] of built.inputs.entries()) {
      this.#connect(input, {
        emit: (batch) => operator.process(port, batch, target.emit),
        end: () => {
          operator.endPort(port, target.emit)
          stage.open--
          if (stage.open === 0) target.end()
        },
      })
    }
  }

  #target(scan: number): Target {
    const target = this.#scanTargets.get(scan)
    assert(target !== undefined, `there is no scan ${scan}`)
    return target
  }
}

function placeOf(node: WatermarkNode): WatermarkPlace {
  const sources = (below: IncrementalNode): string[] =>
    below.kind === 'scan' ? [below.relation.name] : inputsOfNode(below).flatMap(sources)
  return {
    column: node.output[node.eventTime.ordinal]!.name,
    sources: [...new Set(sources(node.input))],
    delayMs: node.delayMs,
  }
}
