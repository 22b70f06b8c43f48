import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { compileProjection } from '../../../engine/evaluate/compile.ts'
import type { Expression } from '../../../engine/expr/expression.ts'
import { FunctionRegistry } from '../../../engine/functions/registry.ts'
import { datetimePartFunctions } from '../../../engine/functions/scalar/datetime-parts.ts'
import { INT, TIMESTAMP, TIMESTAMP_NTZ } from '../../../engine/types/data-type.ts'
import { batchOf, column, context, valuesOf } from './both-ways.ts'

const functions = new FunctionRegistry(datetimePartFunctions)
const times = fc.array(fc.option(fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }), { nil: null }))

test.each(['UTC', 'Europe/Berlin', 'America/New_York'])(
  'hour, minute and second in %s are those of the interpreter',
  (timeZone) => {
    const options = { functions, context: { ...context, timeZone } }
    for (const type of [TIMESTAMP, TIMESTAMP_NTZ]) {
      for (const name of ['hour', 'minute', 'second']) {
        const e: Expression = { kind: 'call', name, args: [column(0, type)], type: INT, nullable: true }
        const [interpreted, generated] = [false, true].map((codegen) => compileProjection([e], { ...options, codegen }))
        fc.assert(
          fc.property(times, (values) => {
            const batch = batchOf(
              [type],
              values.map((value) => [value]),
            )
            const wanted = valuesOf(interpreted!.evaluate(batch, null, new Arena(1 << 14))[0]!)
            expect(valuesOf(generated!.evaluate(batch, null, new Arena(1 << 14))[0]!)).toEqual(wanted)
          }),
          { numRuns: 40 },
        )
      }
    }
  },
)
