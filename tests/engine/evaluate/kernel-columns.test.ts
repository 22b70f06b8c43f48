import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { type Batch, batchFromRows } from '../../../engine/columnar/batch.ts'
import { interpret } from '../../../engine/evaluate/interpret.ts'
import { KernelColumns } from '../../../engine/evaluate/kernel-columns.ts'
import { type Expression, literal, typeOf } from '../../../engine/expr/expression.ts'
import {
  arrayType,
  BIGINT,
  BINARY,
  BOOLEAN,
  DATE,
  type DataType,
  DOUBLE,
  decimalType,
  field,
  INT,
  mapType,
  type Schema,
  STRING,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
} from '../../../engine/types/data-type.ts'
import { MapValue, type Row, type Value } from '../../../engine/types/value.ts'
import { line, plainLine, value } from '../formats/json-texts.ts'
import { cast, column, context, functions, typed, valuesOf } from './both-ways.ts'

// Functions over whole columns give what the interpreter gives row by row: of malformed texts, of NULLs, behind conditions, and whatever is read of them.

const flat: Schema = [
  field('i', INT),
  field('s', STRING),
  field('d', DOUBLE),
  field('l', BIGINT),
  field('b', BOOLEAN),
  field('t', TIMESTAMP),
  field('n', TIMESTAMP_NTZ),
  field('e', DATE),
  field('m', decimalType(9, 2)),
  field('_corrupt_record', STRING),
]
const nested: Schema = [
  field('s', STRING),
  field('o', structType([field('x', INT), field('y', arrayType(STRING)), field('z', structType([field('q', BIGINT)]))])),
  field('a', arrayType(structType([field('x', INT), field('s', STRING)]))),
  field('p', mapType(STRING, BIGINT)),
]

function fromJson(text: Expression, type: DataType, options: Record<string, string> = {}): Expression {
  const given = literal(new MapValue(Object.entries(options)), mapType(STRING, STRING))
  return { kind: 'call', name: 'from_json', args: [text, literal('schema', STRING), given], type, nullable: true }
}
function fieldOf(child: Expression, ordinal: number): Expression {
  const type = typeOf(child)
  if (type.kind !== 'struct') throw new Error('no struct')
  const { name, type: fieldType } = type.fields[ordinal]!
  return { kind: 'field', child, ordinal, name, type: fieldType, nullable: true }
}

const schema: Schema = [field('text', STRING), field('value', BINARY), field('number', INT)]
const encoder = new TextEncoder()
function batchOf(texts: readonly (string | null)[]): Batch {
  return batchFromRows(
    schema,
    texts.map((text, i) => [text, text === null ? null : encoder.encode(text), i]),
  )
}

/** What the interpreter gives for the rows for which all conditions are TRUE. */
function plainly(conditions: readonly Expression[], expressions: readonly Expression[], rows: readonly Row[]): Row[] {
  const compile = (e: Expression) => interpret(e, functions, context)
  const tests = conditions.map(compile)
  const values = expressions.map(compile)
  return rows.filter((row) => tests.every((passes) => passes(row) === true)).map((row) => values.map((evaluate) => evaluate(row)))
}

function expectSame(
  texts: readonly (string | null)[],
  expressions: readonly Expression[],
  conditions: readonly Expression[] = [],
): Row[] {
  const batch = batchOf(texts)
  const rows: Row[] = texts.map((text, i) => [text, text === null ? null : encoder.encode(text), i])
  const expected = plainly(conditions, expressions, rows)
  const kernels = KernelColumns.of(conditions, expressions, { functions, context, codegen: true })!
  const prepared = kernels.prepare(batch, new Arena())
  const columns: readonly Value[][] = prepared === null ? expressions.map(() => []) : prepared.columns.map(valuesOf)
  const actual = Array.from({ length: columns[0]!.length }, (_, row) => columns.map((values) => values[row]!))
  expect(actual).toEqual(expected)
  return actual
}

const text = column(0, STRING)
const binary = cast(column(1, BINARY), STRING)
const number = column(2, INT)

function texts(lines: fc.Arbitrary<string>): fc.Arbitrary<(string | null)[]> {
  const one = fc.oneof(
    { weight: 6, arbitrary: lines },
    lines.map((t) => t.replaceAll(',', ',\n ')),
    lines.map((t) => t.slice(0, t.length >> 1)),
    value,
    fc.constantFrom(
      null,
      '',
      ' ',
      '{}',
      'null',
      '[]',
      '[{"i":1}]',
      '{"i":1} x',
      '{"s":"',
      '{"i":"1"}',
      '{"t":1700000000}',
      '\ufeff{"i":1}',
    ),
  )
  // No column holds half a surrogate pair.
  const whole = one.map((t) => t && Buffer.from(t).toString())
  return fc.array(whole, { minLength: 1, maxLength: 12 })
}

for (const [name, columns, lines] of [
  ['flat', flat, fc.oneof(line(flat), plainLine)],
  ['nested', nested, line(nested)],
] as const) {
  test(`from_json of ${name} records: whole, of bytes, and field by field`, () => {
    const type = structType(columns)
    fc.assert(
      fc.property(texts(lines), fc.array(fc.nat(columns.length - 1), { minLength: 1, maxLength: 4 }), (given, ordinals) => {
        expectSame(given, [fromJson(text, type), number])
        expectSame(given, [fromJson(binary, type)])
        expectSame(
          given,
          ordinals.map((ordinal) => fieldOf(fromJson(text, type), ordinal)),
        )
      }),
      { numRuns: 100, endOnFailure: true },
    )
  })
}

test('from_json: fields of fields', () => {
  const record = fromJson(text, structType(nested))
  const inner = fieldOf(record, 1)
  const reads = [
    [fieldOf(inner, 0)],
    [fieldOf(fieldOf(inner, 2), 0), fieldOf(record, 0)],
    [fieldOf(inner, 1), fieldOf(fieldOf(inner, 2), 0)],
    [fieldOf(inner, 0), inner],
    [typed('isnull', inner), fieldOf(inner, 0)],
  ]
  fc.assert(
    fc.property(texts(line(nested)), fc.constantFrom(...reads), (given, expressions) => {
      expectSame(given, expressions)
    }),
    { numRuns: 150, endOnFailure: true },
  )
})

test('from_json of arrays and maps', () => {
  for (const type of [
    arrayType(INT),
    arrayType(structType([field('x', INT)])),
    mapType(STRING, STRING),
    mapType(STRING, arrayType(INT)),
  ])
    fc.assert(
      fc.property(texts(value), (given) => {
        expectSame(given, [fromJson(text, type)])
      }),
      { numRuns: 100, endOnFailure: true },
    )
})

test('from_json behind conditions, some of which read it too', () => {
  const record = fromJson(text, structType(flat))
  fc.assert(
    fc.property(texts(fc.oneof(line(flat), plainLine)), (given) => {
      const odd = typed('=', typed('%', number, literal(2, INT)), literal(1, INT))
      const small = typed('<', fieldOf(record, 0), literal(100, INT))
      expectSame(given, [fieldOf(record, 1), number], [odd])
      expectSame(given, [fieldOf(record, 1), fieldOf(record, 3)], [small])
      expectSame(
        given,
        [fieldOf(record, 1), typed('concat', fieldOf(record, 1), text)],
        [typed('and', odd, small), typed('isnotnull', fieldOf(record, 1))],
      )
    }),
    { numRuns: 100, endOnFailure: true },
  )
})

test('a malformed text fails in FAILFAST mode only where its value is asked for', () => {
  const strict = fromJson(text, structType([field('i', INT)]), { mode: 'FAILFAST' })
  const kernels = KernelColumns.of([], [strict], { functions, context, codegen: true })!
  expect(() => kernels.prepare(batchOf(['{"i":1}', '{"i":']), new Arena())).toThrow('malformed record: {"i":')
})

const jsonText = texts(
  fc.oneof(
    value,
    line(nested),
    fc
      .array(value, { maxLength: 4 })
      .map((items) => `{"a":[${items.join(',')}],"a":{"b":${items[0] ?? 1}},"k":${items[1] ?? '{}'}}`),
    fc.constantFrom(
      '{"a":null,"a":{"b":2.50}}',
      '{"k":[[1,{"b":"\\u00e9"}],"x"]}',
      '12',
      '12]',
      'true}',
      '"text"',
      "{'a':1}",
      '{"a":0.00,"k":0.0010}',
      '{"k":1e5}',
      '{"k":-0}',
    ),
  ),
)

test('get_json_object with names, indexes and wildcards', () => {
  const paths = [
    '$',
    '$.a',
    '$.k',
    '$.a[0]',
    '$[1]',
    '$.a.b',
    "$['k'][0][1].b",
    '$.a[*].b',
    '$.x',
    '$.s',
    '$.*',
    'a',
    '$.a[*]',
    '$[*]',
    '$[*].x',
    '$.k[0][*]',
    '$[*][0]',
    '$[*][*]',
    '$.a[*].b[*]',
  ]
  fc.assert(
    fc.property(jsonText, fc.constantFrom(...paths), (given, path) => {
      expectSame(given, [
        typed('get_json_object', text, literal(path, STRING)),
        number,
        fieldOf(fromJson(text, structType(nested)), 0),
      ])
    }),
    { numRuns: 400, endOnFailure: true },
  )
})

test('to_json and to_csv of structs, arrays and maps', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('"', '\\\\', '\n', '\r', '\u0001', ' ', ',', 'a', 'é') }),
    fc.constant(null),
  )
  const record = fromJson(
    text,
    structType([
      field('i', INT),
      field('a', arrayType(INT)),
      field('t', TIMESTAMP),
      field('d', DOUBLE),
      field('m', mapType(STRING, STRING)),
    ]),
  )
  const flatStruct = typed('struct', text, binary, number, column(1, BINARY), fieldOf(record, 2))
  const nestedStruct = typed('struct', text, record, fieldOf(record, 1), fieldOf(record, 4))
  fc.assert(
    fc.property(fc.array(fc.oneof(anyText, plainLine), { minLength: 1, maxLength: 8 }), (given) => {
      const texts = given.map((t) => t && Buffer.from(t).toString())
      expectSame(texts, [
        typed('to_json', flatStruct),
        typed('to_json', nestedStruct),
        typed('to_json', record),
        typed('to_csv', flatStruct),
      ])
      expectSame(texts, [
        typed('to_json', typed('array', text, binary)),
        typed('to_csv', typed('struct', text)),
        typed('to_csv', typed('struct', text, record)),
      ])
    }),
    { numRuns: 150, endOnFailure: true },
  )
})

test('json_array_length and json_object_keys', () => {
  fc.assert(
    fc.property(jsonText, (given) => {
      expectSame(given, [typed('json_array_length', text), typed('json_object_keys', text)])
    }),
    { numRuns: 150, endOnFailure: true },
  )
})

test('from_csv: whole and field by field', () => {
  const type = structType([
    field('i', INT),
    field('s', STRING),
    field('d', DOUBLE),
    field('t', TIMESTAMP),
    field('_corrupt_record', STRING),
  ])
  const cell = fc.oneof(
    fc.integer().map(String),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.constantFrom('', '"a,b"', '"x', '"a""b"', '1.5', '2024-01-02T03:04:05Z', ' ', 'a\nb', '"12"', '#'),
  )
  const record = fc.oneof(
    fc.array(cell, { minLength: 1, maxLength: 5 }).map((cells) => cells.join(',')),
    fc.constantFrom(null, '', ' ', '\n'),
  )
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), fc.nat(4), (given, ordinal) => {
      const texts = given.map((t) => t && Buffer.from(t).toString())
      for (const argument of [text, binary]) {
        const call: Expression = { ...fromJson(argument, type), name: 'from_csv' } as Expression
        expectSame(texts, [call])
        expectSame(texts, [fieldOf(call, ordinal), number])
      }
    }),
    { numRuns: 150, endOnFailure: true },
  )
})

test('json_tuple', () => {
  const record = functions.find('json_tuple')
  if (record?.kind !== 'generator') throw new Error('no generator')
  const names = ['a', 'k', 's', 'a']
  const signature = {
    arguments: [STRING, ...names.map(() => STRING)],
    nullable: [true, ...names.map(() => false)],
    constants: [undefined, ...names],
    returns: STRING,
  }
  const rowsOf = record.bind(signature, context)
  const kernel = record.bindColumns!(signature, context)!
  const exact = (given: string | null): readonly Value[] => [...rowsOf([given, ...names])][0]!
  fc.assert(
    fc.property(jsonText, (given) => {
      const columns = kernel(batchOf(given).columns.slice(0, 1), given.length, new Arena(), (row) => exact(given[row]!)).map(
        valuesOf,
      )
      expect(given.map((_, row) => columns.map((values) => values[row]))).toEqual(given.map(exact))
    }),
    { numRuns: 150, endOnFailure: true },
  )
})

test('a condition before the call that reads text decides for which rows it is read', () => {
  const strict = fromJson(text, structType([field('i', INT)]), { mode: 'FAILFAST' })
  const even = typed('=', typed('%', number, literal(2, INT)), literal(0, INT))
  const condition = typed('and', even, typed('>', fieldOf(strict, 0), literal(0, INT)))
  expect(expectSame(['{"i":1}', 'broken', '{"i":0}', null, '{"i":5}'], [number], [condition])).toEqual([[0], [4]])
})
