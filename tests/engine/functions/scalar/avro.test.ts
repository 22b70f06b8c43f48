import { describe, expect, test } from 'vitest'
import { createSession } from '../../../../index.ts'

const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })

/** The one value as show() prints it, or the condition of the error. */
async function ask(sql: string): Promise<string> {
  try {
    const [row] = await session.sql(`SELECT CAST(v AS STRING) AS v FROM (SELECT ${sql} AS v)`).collect()
    return String(row!.v)
  } catch (error) {
    return (error as { readonly condition: string }).condition
  }
}
const from = (hex: string, schema: unknown, options = '') =>
  ask(`from_avro(X'${hex}', '${text(schema)}'${options && `, map(${options})`})`)
const to = (expression: string, schema?: unknown) =>
  ask(`hex(to_avro(${expression}${schema === undefined ? '' : `, '${text(schema)}'`}))`)
const typeOf = (schema: unknown, options = '') => ask(`schema_of_avro('${text(schema)}'${options && `, map(${options})`})`)
const text = (schema: unknown) =>
  typeof schema === 'string' && schema.startsWith('!') ? schema.slice(1) : JSON.stringify(schema)
const record = (...fields: [name: string, type: unknown, more?: object][]) => ({
  type: 'record',
  name: 'r',
  fields: fields.map(([name, type, more]) => ({ name, type, ...more })),
})
const MALFORMED = 'MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION'

/** Answers of Spark 4.3, unless it is said otherwise. */
describe('schema_of_avro', () => {
  test.each<[unknown, string]>([
    ['null', 'VOID'],
    ['long', 'BIGINT'],
    [{ type: 'int', logicalType: 'date' }, 'DATE'],
    [{ type: 'int', logicalType: 'time-millis' }, 'INT'],
    [{ type: 'long', logicalType: 'time-micros' }, 'TIME(6)'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 'TIMESTAMP'],
    [{ type: 'long', logicalType: 'local-timestamp-micros' }, 'TIMESTAMP_NTZ'],
    [{ type: 'string', logicalType: 'uuid' }, 'STRING'],
    [{ type: 'long', logicalType: 'date' }, 'BIGINT'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 }, 'DECIMAL(10,2)'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 2, scale: 5 }, 'BINARY'],
    [{ type: 'fixed', name: 'd', size: 4, logicalType: 'decimal', precision: 9, scale: 2 }, 'DECIMAL(9,2)'],
    [{ type: 'fixed', name: 'd', size: 4, logicalType: 'decimal', precision: 10, scale: 2 }, 'BINARY'],
    [{ type: 'enum', name: 'e', symbols: ['A'] }, 'STRING'],
    [{ type: 'map', values: ['long', 'null'] }, 'MAP<STRING, BIGINT>'],
    [['int', 'long', 'null'], 'BIGINT'],
    [['double', 'float'], 'DOUBLE'],
    [['null', 'int', 'string'], 'STRUCT<member0: INT, member1: STRING>'],
    [['null'], 'STRUCT<>'],
    [record(['a', 'int'], ['b', ['null', 'string']]), 'STRUCT<a: INT NOT NULL, b: STRING>'],
    [{ type: 'long', 'spark.sql.catalyst.type': 'interval day to second' }, 'INTERVAL DAY TO SECOND'],
    // Spark: a timestamp of nanoseconds, which is no type here.
    [{ type: 'long', logicalType: 'timestamp-nanos' }, 'BIGINT'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 40 }, 'DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION'],
    [record(['next', ['null', 'r']]), 'RECURSIVE_AVRO_SCHEMA'],
    [record(['a', 'Unknown']), 'INVALID_AVRO_SCHEMA'],
    [record(['a', 'int'], ['a', 'int']), 'INVALID_AVRO_SCHEMA'],
    [['int', 'int'], 'INVALID_AVRO_SCHEMA'],
    [['null', ['int', 'string']], 'INVALID_AVRO_SCHEMA'],
    [{ type: 'enum', name: 'e', symbols: ['A-b'] }, 'INVALID_AVRO_SCHEMA'],
    ['!int', 'INVALID_AVRO_SCHEMA'],
  ])('%j is %s', async (schema, expected) => expect(await typeOf(schema)).toBe(expected))

  test('names types once, inside their namespace', async () => {
    const e = { type: 'enum', name: 'E', symbols: ['A'] }
    expect(await typeOf({ ...record(['e', e], ['f', 'E'], ['g', 'n.s.E']), namespace: 'n.s' })).toBe(
      'STRUCT<e: STRING NOT NULL, f: STRING NOT NULL, g: STRING NOT NULL>',
    )
  })

  test('takes the options for unions and records that hold themselves', async () => {
    const stable = "'enableStableIdentifiersForUnionType', 'true'"
    expect(await typeOf(['int', { type: 'array', items: 'int' }], stable)).toBe(
      'STRUCT<member_int: INT, member_array: ARRAY<INT>>',
    )
    expect(await typeOf(['int', 'string'], `${stable}, 'stableIdentifierPrefixForUnionType', 'u_'`)).toBe(
      'STRUCT<u_int: INT, u_string: STRING>',
    )
    const node = record(['v', 'int'], ['next', ['null', 'r']])
    expect(await typeOf(node, "'recursiveFieldMaxDepth', '1'")).toBe('STRUCT<v: INT NOT NULL>')
    expect(await typeOf(node, "'recursiveFieldMaxDepth', '2'")).toBe('STRUCT<v: INT NOT NULL, next: STRUCT<v: INT NOT NULL>>')
    expect(await typeOf(node, "'recursiveFieldMaxDepth', '16'")).toBe('STDS_INVALID_OPTION_VALUE.WITH_MESSAGE')
  })
})

describe('from_avro', () => {
  test.each<[string, unknown, string]>([
    ['ffffffffffffffff7f', 'long', '-4611686018427387904'],
    ['ffffffff7f', 'int', '-2147483648'],
    ['ffffffffff01', 'int', MALFORMED],
    ['0c68c3a96c6c6f', 'string', 'héllo'],
    ['04ff61', 'string', '\ufffda'],
    ['03', 'string', MALFORMED],
    ['f6a1b7e6eb5b', { type: 'long', logicalType: 'timestamp-millis' }, '2020-01-01 00:00:00.123'],
    ['feffffffffffffffff01', { type: 'long', logicalType: 'timestamp-millis' }, MALFORMED],
    ['f2c001', { type: 'long', logicalType: 'time-micros' }, '00:00:00.012345'],
    ['02ff', { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 }, '-0.01'],
    ['047fff', { type: 'bytes', logicalType: 'decimal', precision: 3, scale: 2 }, MALFORMED],
    ['00', { type: 'bytes', logicalType: 'decimal', precision: 3, scale: 2 }, MALFORMED],
    ['0a', { type: 'enum', name: 'e', symbols: ['A', 'B'] }, MALFORMED],
    ['03040204020600', { type: 'array', items: 'int' }, '[1, 2, 3]'],
    ['0402610202610400', { type: 'map', values: 'long' }, '{a -> 2}'],
    ['0600', { type: 'array', items: 'null' }, '[null, null, null]'],
    ['feffffffffffffff7f00', { type: 'array', items: 'null' }, MALFORMED],
    ['0006', ['int', 'long'], '3'],
    ['04', ['null', 'int'], MALFORMED],
    ['0200ffff', record(['a', 'int'], ['b', ['null', 'string']]), '{1, null}'],
    ['02', record(['a', 'int'], ['b', 'string']), MALFORMED],
    // Spark gives 0, and fails for unions of several types at the top.
    ['00', ['null', 'int'], 'null'],
    ['020261', ['int', 'string'], '{null, a}'],
  ])('reads X’%s’ of %j as %s', async (hex, schema, expected) => expect(await from(hex, schema)).toBe(expected))

  test('gives NULLs for malformed values in mode PERMISSIVE, and has no mode DROPMALFORMED', async () => {
    expect(await from('', record(['a', 'int']), "'mode', 'PERMISSIVE'")).toBe('{null}')
    expect(await from('', 'int', "'mode', 'permissive'")).toBe('null')
    expect(await from('', 'int', "'mode', 'DROPMALFORMED'")).toBe('PARSE_MODE_UNSUPPORTED')
  })

  const writer = record(['a', 'int'], ['b', 'string'], ['c', 'double'])
  const written = '0202780000000000000440'
  const e = (...symbols: string[]) => ({ type: 'enum', name: 'E', symbols })
  test.each<[string, string, unknown, unknown, string]>([
    ['fields in another order', written, writer, record(['c', 'double'], ['a', 'int']), '{2.5, 1}'],
    ['wider types', written, writer, record(['a', 'double'], ['b', 'bytes']), '{1.0, x}'],
    ['a narrower type', written, writer, record(['c', 'float']), MALFORMED],
    ['another type', written, writer, record(['a', 'string']), MALFORMED],
    ['a type or null', written, writer, record(['a', ['null', 'long']]), '{1}'],
    ['a name by its alias', written, writer, record(['x', 'int', { aliases: ['a'] }]), '{1}'],
    ['another name of the record', written, writer, { ...record(['a', 'int']), name: 'other' }, '{1}'],
    ['no such field', written, writer, record(['z', ['null', 'int']]), MALFORMED],
    [
      'defaults',
      written,
      writer,
      record(
        ['a', 'int'],
        ['z', 'int', { default: 9 }],
        ['y', ['null', 'string'], { default: null }],
        ['l', { type: 'array', items: 'int' }, { default: [1, 2] }],
        ['m', { type: 'map', values: 'int' }, { default: { k: 1 } }],
        ['e', e('A', 'B'), { default: 'B' }],
        ['d', { type: 'int', logicalType: 'date' }, { default: 1 }],
        ['n', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, { default: '\\u0001' }],
      ),
      '{1, 9, null, [1, 2], {k -> 1}, B, 1970-01-02, 0.01}',
    ],
    ['a union’s value where none is', '0206', record(['a', ['null', 'int']]), record(['a', 'int']), '{3}'],
    ['a null where none is', '00', record(['a', ['null', 'int']]), record(['a', 'int']), MALFORMED],
    [
      'branches in another order',
      '040271',
      record(['a', ['null', 'int', 'string']]),
      record(['a', ['string', 'int', 'null']]),
      '{{q, null}}',
    ],
    ['an enum’s symbol that is gone', '04', record(['e', e('A', 'B', 'C')]), record(['e', e('A', 'B')]), MALFORMED],
    ['its default', '04', record(['e', e('A', 'B', 'C')]), record(['e', { ...e('A', 'B'), default: 'A' }]), '{A}'],
    [
      'a number as it is, whatever it meant',
      'f6a1b7e6eb5b',
      record(['e', { type: 'long', logicalType: 'timestamp-millis' }]),
      record(['e', { type: 'long', logicalType: 'timestamp-micros' }]),
      '{1970-01-19 06:17:16.800123}',
    ],
  ])('resolves to a reader’s schema: %s', async (_, hex, from_, to_, expected) => {
    expect(await from(hex, from_, `'avroSchema', '${JSON.stringify(to_)}'`)).toBe(expected)
  })

  test('refuses what is no schema, no options and no bytes', async () => {
    expect(await ask("from_avro(X'02', 1)")).toBe('DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT')
    expect(await ask(`from_avro(X'02', '"int"', 'x')`)).toBe('DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT')
    expect(await ask(`from_avro('abc', '"int"')`)).toBe('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE')
    expect(await ask(`from_avro(X'02', '"int"', NULL)`)).toBe('1')
  })
})

describe('to_avro', () => {
  test.each<[string, string]>([
    ["named_struct('a', 1, 'b', 'x')", '020278'],
    ["DATE'2020-01-01'", 'AC9D02'],
    ["TIMESTAMP'2020-01-01 00:00:00'", '8080D29F98C2CD05'],
    ["TIME'12:00:00'", '80C0DDEEC102'],
    ['CAST(-1.25 AS DECIMAL(5,2))', 'FFFF83'],
    ['array(1, NULL)', '0400020200'],
    ["map('a', 1)", '0202610200'],
    ["named_struct('a', CAST(NULL AS INT))", '02'],
    ['CAST(NULL AS INT)', 'null'],
    ['map(1, 1)', 'INCOMPATIBLE_AVRO_SCHEMA'],
    ["named_struct('a-b', 1)", 'INVALID_AVRO_SCHEMA'],
  ])('writes %s as %s', async (expression, expected) => expect(await to(expression)).toBe(expected))

  test.each<[string, unknown, string]>([
    ['1', ['null', 'int'], '0202'],
    ['1', 'long', 'INCOMPATIBLE_AVRO_SCHEMA'],
    ['1L', ['int', 'long'], '0202'],
    ["'B'", { type: 'enum', name: 'e', symbols: ['A', 'B'] }, '02'],
    ["'C'", { type: 'enum', name: 'e', symbols: ['A', 'B'] }, 'AVRO_CANNOT_WRITE_VALUE'],
    ["X'0102'", { type: 'fixed', name: 'f', size: 2 }, '0102'],
    ["X'01'", { type: 'fixed', name: 'f', size: 2 }, 'AVRO_CANNOT_WRITE_VALUE'],
    ['1.25BD', { type: 'bytes', logicalType: 'decimal', precision: 3, scale: 2 }, '027D'],
    ['1.25BD', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 3 }, 'INCOMPATIBLE_AVRO_SCHEMA'],
    ["TIMESTAMP'1960-01-01 00:00:00.123456'", { type: 'long', logicalType: 'timestamp-millis' }, '89AEF6C5AF12'],
    ["TIMESTAMP_NTZ'2020-01-01 00:00:00'", { type: 'long', logicalType: 'timestamp-micros' }, 'INCOMPATIBLE_AVRO_SCHEMA'],
    ["named_struct('A', 1, 'b', 'x')", record(['b', 'string'], ['a', 'int']), '027802'],
    ["named_struct('a', 1)", record(['b', ['null', 'string']], ['a', 'int']), '0002'],
    ["named_struct('a', 1)", record(['b', 'string'], ['a', 'int']), 'INCOMPATIBLE_AVRO_SCHEMA'],
    ["named_struct('a', 1, 'b', 2)", record(['a', 'int']), 'INCOMPATIBLE_AVRO_SCHEMA'],
    ['array(1, NULL)', { type: 'array', items: 'int' }, 'AVRO_CANNOT_WRITE_VALUE'],
    // Spark writes no unions of several types at the top.
    ["named_struct('member0', CAST(NULL AS INT), 'member1', 'x')", ['null', 'int', 'string'], '040278'],
    ["named_struct('member0', 1, 'member1', 'x')", ['null', 'int', 'string'], 'AVRO_CANNOT_WRITE_VALUE'],
  ])('writes %s with %j as %s', async (expression, schema, expected) => expect(await to(expression, schema)).toBe(expected))

  test('and from_avro give back what they were given', async () => {
    const value =
      "named_struct('a', array(1, NULL), 'm', map('k', 1.5D), 't', TIMESTAMP'2020-01-01 00:00:00.5', 'd', 1.25BD, 's', 'ü', 'n', NULL)"
    const [row] = await session.sql(`SELECT to_avro(${value}) AS bytes`).collect()
    const hex = Buffer.from(row!.bytes as Uint8Array).toString('hex')
    const schema = record(
      ['a', { type: 'array', items: ['int', 'null'] }],
      ['m', { type: 'map', values: 'double' }],
      ['t', { type: 'long', logicalType: 'timestamp-micros' }],
      ['d', { type: 'fixed', name: 'fixed', size: 2, logicalType: 'decimal', precision: 3, scale: 2 }],
      ['s', 'string'],
      ['n', 'null'],
    )
    expect(await from(hex, schema)).toBe('{[1, null], {k -> 1.5}, 2020-01-01 00:00:00.5, 1.25, ü, null}')
  })
})
