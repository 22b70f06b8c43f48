import { type AnalysisContext, analyze } from '../../../engine/analysis/analyzer.ts'
import { Catalog } from '../../../engine/catalog/catalog.ts'
import { literal, nameRef } from '../../../engine/expr/expression.ts'
import { builtinFunctions } from '../../../engine/functions/builtin.ts'
import { optimize } from '../../../engine/optimizer/optimizer.ts'
import { explainPlan } from '../../../engine/plan/explain.ts'
import type { LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import { outputOf } from '../../../engine/plan/output.ts'
import { STRING } from '../../../engine/types/data-type.ts'
import { Settings } from '../../../engine/types/settings.ts'
import { sqlFrontend } from '../../../sql/index.ts'

const functions = builtinFunctions()

/** A catalog and the analysis of SQL over it, without a session. */
export class Fixture {
  readonly catalog = new Catalog()
  readonly settings: Settings
  readonly context: AnalysisContext

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.settings = new Settings(Object.entries({ 'spark.sql.session.timeZone': 'UTC', ...settings }))
    const evaluation = { timeZone: 'UTC', settings: this.settings, epoch: { timestampMs: 0, epochId: 0 } }
    const ddl = { parse: (text: string) => sqlFrontend.parseTypeOrColumns(text, this.settings) }
    this.context = { catalog: this.catalog, functions, settings: this.settings, evaluation, ddl }
  }

  /** Declares `name: columns[; watermark column delay][; static]`, the form of legality.jsonl. */
  declare(...declarations: readonly string[]): this {
    for (const declaration of declarations) {
      const [name, rest] = declaration.split(/:\s*(.*)/s) as [string, string]
      const [columns, ...clauses] = rest.split(';').map((part) => part.trim()) as [string, ...string[]]
      const watermark = clauses.map((c) => /^watermark (\S+) (.*)$/.exec(c)).find((match) => match !== null)
      this.catalog.set([name], {
        kind: 'relation',
        relation: {
          key: name,
          name,
          provider: 'memory',
          options: {},
          streaming: !clauses.includes('static'),
          schema: sqlFrontend.parseSchema(columns),
        },
        watermark: watermark ? { eventTime: nameRef([watermark[1]!]), delay: literal(watermark[2]!, STRING) } : undefined,
      })
    }
    return this
  }
  view(name: string, plan: LogicalPlan): this {
    this.catalog.set([name], { kind: 'view', plan })
    return this
  }

  parse(sql: string): LogicalPlan {
    const statement = sqlFrontend.parseScript(sql)[0]
    if (statement?.kind !== 'query') throw new Error(`not a query: ${sql}`)
    return statement.query
  }
  analyze(query: string | LogicalPlan): LogicalPlan {
    return analyze(typeof query === 'string' ? this.parse(query) : query, this.context)
  }
  optimize(sql: string): LogicalPlan {
    return optimize(this.analyze(sql), this.context)
  }
  /** Columns as `name type`. */
  columns(sql: string): string[] {
    return outputOf(this.analyze(sql)).map((c) => `${c.name} ${c.type}`)
  }
  /** The condition of the error that analysis ends in; 'ok' without one. */
  verdict(sql: string): string {
    try {
      this.analyze(sql)
      return 'ok'
    } catch (error) {
      return (error as { condition?: string }).condition ?? String(error)
    }
  }
}

/** A tree without the numbers of columns, which depend on what ran before: they become letters in order. */
export function tree(plan: LogicalPlan): string {
  const letters = new Map<string, string>()
  return explainPlan(plan).replace(/#(\d+)/g, (_, id: string) => {
    if (!letters.has(id)) letters.set(id, `#${letters.size}`)
    return letters.get(id)!
  })
}
