import { Arena } from '../../engine/columnar/arena.ts'
import { BATCH_ROWS_MAX, type Batch, batchFromRows } from '../../engine/columnar/batch.ts'
import { compilePredicate, compileProjection } from '../../engine/evaluate/compile.ts'
import { type Expression, literal, typeOf } from '../../engine/expr/expression.ts'
import { builtinFunctions } from '../../engine/functions/builtin.ts'
import type { EvaluationContext } from '../../engine/functions/function.ts'
import {
  BIGINT,
  BOOLEAN,
  DAY_TIME,
  type DataType,
  DOUBLE,
  decimalType,
  field,
  INT,
  STRING,
  TIMESTAMP,
} from '../../engine/types/data-type.ts'
import { Settings } from '../../engine/types/settings.ts'
import type { Value } from '../../engine/types/value.ts'

/**
 * Nanoseconds of processor time a row of common expressions, generated code beside the interpreter in the same run. Batches of 16,384 rows, eight of
 * them in turn with different rows, so that branch prediction cannot learn a batch by heart. Run: npx tsx bench/micro/evaluate.ts
 */
const context: EvaluationContext = {
  timeZone: 'UTC',
  settings: new Settings(),
  epoch: { timestampMs: 0, epochId: 0 },
}
const functions = builtinFunctions()

const COLUMNS: readonly (readonly [DataType, (random: () => number) => Value])[] = [
  [BIGINT, (random) => BigInt(Math.floor(random() * 10_000_000))],
  [BIGINT, (random) => BigInt(Math.floor(random() * 1000))],
  [DOUBLE, (random) => random() * 1000],
  [DOUBLE, (random) => random() * 1000],
  [STRING, (random) => ['view', 'click', 'purchase'][Math.floor(random() * 3)]!],
  [STRING, (random) => `https://www.nexmark.com/${Math.floor(random() * 1e6).toString(36)}/item.htm?query=1`],
  [TIMESTAMP, (random) => BigInt(Math.floor(random() * 1e15))],
  [INT, (random) => Math.floor(random() * 1000)],
  [STRING, (random) => String(Math.floor(random() * 100_000))],
]
const [price, auction, a, b, kind, url, time, count, digits] = COLUMNS.map(
  ([type], ordinal): Expression => ({ kind: 'bound', ordinal, type, nullable: true }),
) as [Expression, Expression, Expression, Expression, Expression, Expression, Expression, Expression, Expression]

function call(name: string, type: DataType, ...args: readonly Expression[]): Expression {
  return { kind: 'call', name, args, type, nullable: true }
}
function cast(child: Expression, type: DataType): Expression {
  return { kind: 'cast', child, type, tolerant: false, implicit: false, nullable: true }
}
const long = (value: bigint): Expression => literal(value, BIGINT)
const text = (value: string): Expression => literal(value, STRING)

const CASES: readonly (readonly [string, Expression])[] = [
  [
    'WHERE price > 5000000 AND auction < 800',
    call('and', BOOLEAN, call('>', BOOLEAN, price, long(5_000_000n)), call('<', BOOLEAN, auction, long(800n))),
  ],
  [
    'WHERE a > 500 AND b < 800 (double)',
    call('and', BOOLEAN, call('>', BOOLEAN, a, literal(500, DOUBLE)), call('<', BOOLEAN, b, literal(800, DOUBLE))),
  ],
  ['WHERE auction % 123 = 0', call('=', BOOLEAN, call('%', BIGINT, auction, long(123n)), long(0n))],
  ["WHERE kind = 'view'", call('=', BOOLEAN, kind, text('view'))],
  ["WHERE kind IN ('view', 'click')", call('in', BOOLEAN, kind, text('view'), text('click'))],
  ["WHERE url LIKE 'https://www.n%'", call('like', BOOLEAN, url, text('https://www.n%'))],
  ["WHERE url LIKE '%item%'", call('like', BOOLEAN, url, text('%item%'))],
  ['price * 908 + auction', call('+', BIGINT, call('*', BIGINT, price, long(908n)), auction)],
  ['a * 0.908 + b (double)', call('+', DOUBLE, call('*', DOUBLE, a, literal(0.908, DOUBLE)), b)],
  ['count + 1 (int)', call('+', INT, count, literal(1, INT))],
  [
    'price * 0.908 (decimal, q1)',
    call('*', decimalType(24, 3), cast(price, decimalType(20, 0)), literal(908n, decimalType(3, 3))),
  ],
  ['CAST(price AS DOUBLE)', cast(price, DOUBLE)],
  ['CAST(count AS BIGINT)', cast(count, BIGINT)],
  ['CAST(digits AS INT)', cast(digits, INT)],
  ['CAST(count AS STRING)', cast(count, STRING)],
  ["time + INTERVAL '10' SECOND", call('+', TIMESTAMP, time, literal(10_000_000n, DAY_TIME))],
  [
    'CASE WHEN price > 5000000 THEN auction ELSE price END',
    {
      kind: 'case',
      branches: [{ when: call('>', BOOLEAN, price, long(5_000_000n)), then: auction }],
      otherwise: price,
      type: BIGINT,
      nullable: true,
    },
  ],
  ['substring(url, 9, 10)', call('substring', STRING, url, literal(9, INT), literal(10, INT))],
  ['length(url)', call('length', INT, url)],
  ['upper(kind)', call('upper', STRING, kind)],
  ["concat(kind, '-', digits)", call('concat', STRING, kind, text('-'), digits)],
]

function generator(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 4294967296
  }
}
function batchOf(seed: number, withNulls: boolean): Batch {
  const random = generator(seed)
  const rows = Array.from({ length: BATCH_ROWS_MAX }, () =>
    COLUMNS.map(([, make]) => (withNulls && random() < 0.1 ? null : make(random))),
  )
  return batchFromRows(
    COLUMNS.map(([type], i) => field(`c${i}`, type)),
    rows,
  )
}

/** The best of a number of passes over all batches, in nanoseconds of processor time a row. */
function measure(e: Expression, batches: readonly Batch[], codegen: boolean, passes: number): number {
  const options = { functions, context, codegen }
  const arena = new Arena()
  const projection = typeOf(e).kind === 'boolean' ? undefined : compileProjection([e], options)
  const predicate = projection === undefined ? compilePredicate(e, options) : undefined
  let best = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < passes; pass++) {
    const start = process.cpuUsage()
    for (const batch of batches) {
      projection?.evaluate(batch, null, arena)
      predicate?.select(batch, null, arena)
      arena.reset()
    }
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, ((user + system) * 1000) / (batches.length * BATCH_ROWS_MAX))
  }
  return best
}

const full = Array.from({ length: 8 }, (_, seed) => batchOf(seed + 1, false))
const withNulls = Array.from({ length: 8 }, (_, seed) => batchOf(seed + 1, true))
console.log(`${'ns/row'.padEnd(56)}  generated   with NULLs  interpreted    ratio`)
for (const [name, e] of CASES) {
  try {
    const generated = measure(e, full, true, 12)
    const nullable = measure(e, withNulls, true, 12)
    const interpreted = measure(e, full.slice(0, 2), false, 2)
    const cells = [
      generated.toFixed(1).padStart(9),
      nullable.toFixed(1).padStart(11),
      interpreted.toFixed(0).padStart(11),
      `${(interpreted / generated).toFixed(0)}x`.padStart(8),
    ]
    console.log(`${name.padEnd(56)}  ${cells.join('  ')}`)
  } catch (error) {
    console.log(`${name.padEnd(56)}  ${(error as Error).message}`)
  }
}
