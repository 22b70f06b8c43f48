import { createHash } from 'node:crypto'
import { rowsOf } from '../../engine/columnar/batch.ts'
import type { LogicalPlan } from '../../engine/plan/logical-plan.ts'
import { schemaOf } from '../../engine/plan/output.ts'
import { hiveText } from '../../engine/types/text.ts'
import type { Session } from '../../index.ts'

/** A row as the cases have it: a cell is the text Spark's HiveResult prints, or null. */
export type CellRow = readonly (string | null)[]

export async function hiveRows(session: Session, plan: LogicalPlan): Promise<CellRow[]> {
  const schema = schemaOf(plan)
  const zone = session.settings.timeZone
  const rows: CellRow[] = []
  await session.runBatch(plan, (batch) => {
    for (const row of rowsOf(batch))
      rows.push(row.map((value, i) => (value === null ? null : hiveText(value, schema[i]!.type, zone))))
  })
  return rows
}

export interface ExpectedRows {
  readonly rows?: readonly CellRow[]
  readonly rowCount?: number
  readonly rowsSha256?: string
  readonly ordered?: boolean
  readonly ties?: readonly (readonly [number, number])[]
  readonly floatApprox?: boolean
}

/** Right as a multiset; in order where the case says so, with any order inside a run of equal sort keys. */
export function sameRows(expected: ExpectedRows, actual: readonly CellRow[]): boolean {
  if (expected.rows === undefined) {
    if (expected.rowCount !== actual.length) return false
    const lines = actual.map((row) => row.map((cell) => cell ?? 'NULL').join('\t')).sort()
    return createHash('sha256').update(lines.join('\n')).digest('hex') === expected.rowsSha256
  }
  if (expected.rows.length !== actual.length) return false
  const approximate = expected.floatApprox === true
  if (expected.ordered !== true) return sameMultiset(expected.rows, actual, approximate)
  const tied = new Map((expected.ties ?? []).map(([start, count]) => [start, count]))
  for (let i = 0; i < actual.length; ) {
    const count = tied.get(i) ?? 1
    if (!sameMultiset(expected.rows.slice(i, i + count), actual.slice(i, i + count), approximate)) return false
    i += count
  }
  return true
}

function sameMultiset(expected: readonly CellRow[], actual: readonly CellRow[], approximate: boolean): boolean {
  if (!approximate) {
    const key = (row: CellRow) => JSON.stringify(row)
    const left = expected.map(key).sort()
    const right = actual.map(key).sort()
    return left.every((text, i) => text === right[i])
  }
  const rest = [...actual]
  return expected.every((row) => {
    const at = rest.findIndex((other) => row.every((cell, i) => sameCell(cell, other[i]!)))
    if (at >= 0) rest.splice(at, 1)
    return at >= 0
  })
}
function sameCell(left: string | null, right: string | null): boolean {
  if (left === right) return true
  if (left === null || right === null) return false
  const [a, b] = [Number(left), Number(right)]
  return Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}
