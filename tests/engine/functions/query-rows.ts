import { analyze } from '../../../engine/analysis/analyzer.ts'
import { Catalog } from '../../../engine/catalog/catalog.ts'
import { interpret } from '../../../engine/evaluate/interpret.ts'
import { type AggregateCall, type Expression, typeOf } from '../../../engine/expr/expression.ts'
import { transformDown } from '../../../engine/expr/walk.ts'
import { builtinFunctions } from '../../../engine/functions/builtin.ts'
import type { EvaluationContext, Signature } from '../../../engine/functions/function.ts'
import { bind } from '../../../engine/incremental/bind.ts'
import type { Aggregate, Generate, LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import { outputOf, schemaOf } from '../../../engine/plan/output.ts'
import { compareValues } from '../../../engine/types/compare.ts'
import type { Schema } from '../../../engine/types/data-type.ts'
import { Settings, TIME_ZONE } from '../../../engine/types/settings.ts'
import { hiveText, prettyText } from '../../../engine/types/text.ts'
import type { Row, Value } from '../../../engine/types/value.ts'
import { parseTypeOrColumns } from '../../../sql/ddl.ts'
import { parseScript } from '../../../sql/script.ts'

/**
 * Answers a query by records and the interpreter alone: VALUES, projection, filter, grouping, generators and views. So a test of a
 * function does not depend on operators, columns or generated code.
 */
export class QueryRows {
  readonly #catalog = new Catalog()
  readonly #settings: Settings
  readonly #evaluation: EvaluationContext

  constructor(timeZone = 'America/Los_Angeles') {
    this.#settings = new Settings([[TIME_ZONE, timeZone]])
    this.#evaluation = { timeZone, settings: this.#settings, epoch: { timestampMs: 1_767_225_600_000, epochId: 0 } }
  }

  /** Runs one statement; CREATE VIEW answers no rows. */
  run(sql: string): { readonly schema: Schema; readonly rows: readonly Row[] } {
    const [statement] = parseScript(sql, this.#settings)
    if (statement?.kind === 'create_view') {
      this.#catalog.set(statement.name, { kind: 'view', plan: statement.query })
      return { schema: [], rows: [] }
    }
    if (statement?.kind === 'set') {
      this.#settings.set(statement.key!, statement.value!)
      return { schema: [], rows: [] }
    }
    if (statement?.kind !== 'query') throw new Error(`not a query: ${sql}`)
    const plan = analyze(statement.query, {
      catalog: this.#catalog,
      functions: builtinFunctions(),
      settings: this.#settings,
      evaluation: this.#evaluation,
      ddl: { parse: (text) => parseTypeOrColumns(text, this.#settings) },
    })
    return { schema: schemaOf(plan), rows: this.#rows(plan) }
  }
  /** Cells as spark-sql prints them, NULL as null. */
  cells(sql: string): (string | null)[][] {
    return this.#printed(sql, hiveText)
  }
  /** Rows as show() prints cells, joined by tabs. */
  shown(sql: string): string {
    const lines = this.#printed(sql, prettyText).map((row) => row.map((cell) => cell ?? 'NULL').join('\t'))
    return lines.join('\n')
  }
  #printed(sql: string, print: typeof hiveText): (string | null)[][] {
    const { schema, rows } = this.run(sql)
    return rows.map((row) =>
      row.map((value, i) => (value === null ? null : print(value, schema[i]!.type, this.#evaluation.timeZone))),
    )
  }

  #rows(plan: LogicalPlan): readonly Row[] {
    switch (plan.kind) {
      case 'one_row':
        return [[]]
      case 'local':
        return plan.rows
      case 'alias':
      case 'repartition':
      case 'hint':
        return this.#rows(plan.input)
      case 'range': {
        const rows: Row[] = []
        for (let i = plan.start; plan.step > 0n ? i < plan.end : i > plan.end; i += plan.step) rows.push([i])
        return rows
      }
      case 'union':
        return plan.inputs.flatMap((input) => this.#rows(input))
      case 'project': {
        const functions = plan.expressions.map((e) => this.#interpret(e, plan.input))
        return this.#rows(plan.input).map((row) => functions.map((f) => f(row)))
      }
      case 'filter': {
        const condition = this.#interpret(plan.condition, plan.input)
        return this.#rows(plan.input).filter((row) => condition(row) === true)
      }
      case 'sort': {
        const orders = plan.orders.map((o) => ({
          key: this.#interpret(o.child, plan.input),
          compare: compareValues(typeOf(o.child)),
          ...o,
        }))
        return this.#rows(plan.input).toSorted((a, b) => {
          for (const { key, compare, descending, nullsFirst } of orders) {
            const [x, y] = [key(a), key(b)]
            if (x === null || y === null) {
              if (x !== y) return (x === null) === nullsFirst ? -1 : 1
            } else if (compare(x, y) !== 0) return descending ? -compare(x, y) : compare(x, y)
          }
          return 0
        })
      }
      case 'aggregate':
        return this.#aggregate(plan)
      case 'generate':
        return this.#generate(plan)
      default:
        throw new Error(`a test of functions does not run ${plan.kind}`)
    }
  }

  #interpret(e: Expression, input: LogicalPlan): (row: Row) => Value {
    return interpret(bind(e, outputOf(input)), builtinFunctions(), this.#evaluation)
  }
  #signature(args: readonly Expression[], call: AggregateCall): Signature {
    const constants = args.map((arg) => {
      try {
        return interpret(arg, builtinFunctions(), this.#evaluation)([])
      } catch {
        return undefined
      }
    })
    return {
      arguments: args.map(typeOf),
      nullable: args.map((arg) => arg.nullable ?? true),
      constants: constants.map((value) => value),
      returns: call.type,
      ...(call.ignoreNulls && { ignoreNulls: true }),
      ...(call.withinGroup && { orders: call.withinGroup.map((o) => ({ descending: o.descending, nullsFirst: o.nullsFirst })) }),
    }
  }

  #aggregate(plan: Aggregate): Row[] {
    const calls: AggregateCall[] = []
    const grouping = plan.grouping
    const groupColumns = grouping.map((g) => (g.kind === 'alias' ? g.id : g.kind === 'column' ? g.id : -1))
    const place = (e: Expression): Expression =>
      transformDown(e, (node) => {
        if (node.kind === 'column')
          return { kind: 'bound', ordinal: groupColumns.indexOf(node.id), type: node.type, nullable: node.nullable }
        if (node.kind !== 'aggregate') return undefined
        calls.push(node)
        return { kind: 'bound', ordinal: grouping.length + calls.length - 1, type: node.type, nullable: node.nullable }
      })
    const results = plan.aggregates.map((e) => interpret(place(e), builtinFunctions(), this.#evaluation))
    const keys = grouping.map((g) => this.#interpret(g, plan.input))
    const groups = new Map<string, { key: Value[]; rows: Row[] }>()
    for (const row of this.#rows(plan.input)) {
      const key = keys.map((k) => k(row))
      const text = key.map((value, i) => (value === null ? 'null' : hiveText(value, typeOf(grouping[i]!), 'UTC'))).join('|')
      if (!groups.has(text)) groups.set(text, { key, rows: [] })
      groups.get(text)!.rows.push(row)
    }
    if (grouping.length === 0 && groups.size === 0) groups.set('', { key: [], rows: [] })
    return [...groups.values()].map(({ key, rows }) => {
      const values = calls.map((call) => this.#finish(call, rows, plan.input))
      return results.map((result) => result([...key, ...values]))
    })
  }
  #finish(call: AggregateCall, rows: readonly Row[], input: LogicalPlan): Value {
    const record = builtinFunctions().find(call.name)
    if (record?.kind !== 'aggregate') throw new Error(`${call.name} is not an aggregate`)
    const keys = call.withinGroup?.map((o) => o.child) ?? []
    const expressions = [...call.args, ...keys].map((arg) => bind(arg, outputOf(input)))
    const args = expressions.map((e) => interpret(e, builtinFunctions(), this.#evaluation))
    const filter = call.filter && this.#interpret(call.filter, input)
    let inputs = rows.filter((row) => !filter || filter(row) === true).map((row) => args.map((arg) => arg(row)))
    if (call.distinct) {
      const seen = new Set<string>()
      inputs = inputs.filter((values) => {
        const text = values.map((v, i) => (v === null ? 'null' : hiveText(v, typeOf(expressions[i]!), 'UTC'))).join('|')
        return !seen.has(text) && seen.add(text)
      })
    }
    const bound = record.bind(this.#signature(expressions, call), this.#evaluation)
    const buffer = bound.init()
    for (const values of inputs) bound.update(buffer, values)
    return bound.finish(buffer)
  }

  #generate(plan: Generate): Row[] {
    const call = plan.generator
    if (call.kind !== 'call') throw new Error('a generator is a call')
    const record = builtinFunctions().find(call.name)
    if (record?.kind !== 'generator') throw new Error(`${call.name} is not a generator`)
    const args = call.args.map((arg) => this.#interpret(arg, plan.input))
    const signature = this.#signature(
      call.args.map((arg) => bind(arg, outputOf(plan.input))),
      { kind: 'aggregate', name: call.name, args: call.args, distinct: false, type: typeOf(call), nullable: true },
    )
    const generate = record.bind(signature, this.#evaluation)
    const width = outputOf(plan).length - outputOf(plan.input).length
    return this.#rows(plan.input).flatMap((row) => {
      const made = [...generate(args.map((arg) => arg(row)))].map((values) => [...row, ...values])
      if (made.length > 0 || !(plan.outer || record.outer)) return made
      return [[...row, ...Array.from({ length: width }, () => null)]]
    })
  }
}
