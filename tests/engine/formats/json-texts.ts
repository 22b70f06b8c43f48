import fc from 'fast-check'
import type { Schema } from '../../../engine/types/data-type.ts'

// Texts that are JSON, or nearly.

export const number = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(1n << 65n), max: 1n << 65n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    '0',
    '-0',
    '-0.0',
    '1.50',
    '007',
    '1e3',
    '-1E-2',
    '1.',
    '.5',
    '200',
    '-129',
    '12345678901234567',
    '0.1',
    '99999999.99',
    '1.005',
  ),
)
export const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((d) => d.toISOString()),
  fc.constantFrom(
    '2024-02-29T12:34:56.123456Z',
    '2023-02-29',
    '2024-03-31 02:30:00',
    '2024-01-01T00:00',
    '2024-1-1',
    '2024-01-01T24:00:00Z',
    '',
  ),
  fc.constantFrom('2024-01-01T00:00:00+02:00', '2024-01-01T00:00:00.1', '0001-01-01T00:00:00Z', '9999-12-31 23:59:59.999999'),
)
const quoted = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((s) => JSON.stringify(s)),
  time.map((s) => JSON.stringify(s)),
  fc.constantFrom('"\\u00e9\\ud83d\\ude00"', '"\\ud83d"', '"\\x"', "'single'", '"tab\t"', '"a\\/b"', '"'),
)
export const scalar = fc.oneof(number, quoted, fc.constantFrom('true', 'false', 'null', 'tru', 'nullx', 'NaN'))
export const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(fc.tuple(fc.constantFrom('x', 'y', 's', 'q', 'z', 'k'), tie('value')), { maxLength: 4 })
    .map((fields) => `{${fields.map(([k, v]) => `"${k}": ${v}`).join(' , ')}}`),
}))
const space = fc.constantFrom('', '', '', ' ', '\t')

/** Objects with the fields of a schema and others, in any order, of any type, sometimes broken. */
export function line(columns: Schema) {
  const names = [...columns.map((f) => f.name), 'unknown', 'i', 's']
  return fc
    .tuple(
      fc.array(fc.tuple(fc.constantFrom(...names), fc.oneof(value, scalar), space), { maxLength: 12 }),
      fc.constantFrom('}', '}', '}', ' } ', '}x', ''),
    )
    .map(([fields, end]) => `{${fields.map(([k, v, s]) => `"${k}"${s}:${s}${v}${s}`).join(',')}${end}`)
}
/** Lines as programs write them: the same keys in the same order. */
export const plainLine = fc
  .tuple(
    fc.integer(),
    fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    time,
  )
  .map(
    ([i, l, s, d, b, t]) =>
      `{"i":${i},"l":${l},"s":${JSON.stringify(s)},"d":${d},"b":${b},"t":${JSON.stringify(t)},"e":"2024-05-06"}`,
  )
