import { describe, expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

/** What Apache Spark 4.3 gives for the same expressions, where nothing else is said. */
const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })

async function resultOf(expression: string): Promise<string> {
  const [row] = await session.sql(`SELECT CAST((${expression}) AS STRING) AS v`).collect()
  return String((row as { v: unknown }).v)
}
async function errorOf(expression: string): Promise<string> {
  try {
    await session.sql(`SELECT ${expression}`).collect()
  } catch (error) {
    return (error as { condition: string }).condition
  }
  return 'no error'
}
function rule(name: string, cases: readonly (readonly [expression: string, expected: string])[]): void {
  test.each(cases)(`${name}: %s`, async (expression, expected) => {
    expect(await resultOf(expression)).toBe(expected)
  })
}

describe('from_xml', () => {
  rule('elements, attributes and an element of text alone are fields', [
    [`from_xml('<p id="5"><a k="2">1</a><b>x</b></p>', '_id INT, a STRUCT<_k: INT, _VALUE: INT>, b STRING')`, '{5, {2, 1}, x}'],
    [
      `from_xml('<p id="5"><a k="2">1</a></p>', '@id INT, a STRUCT<@k: INT, v: INT>', map('attributePrefix', '@', 'valueTag', 'v'))`
        .replaceAll('@id', '`@id`')
        .replaceAll('@k', '`@k`'),
      '{5, {2, 1}}',
    ],
    [`from_xml('<p id="5"><a>1</a></p>', '_id INT, a INT', map('excludeAttribute', 'true'))`, '{null, 1}'],
    [`from_xml('<p><A>1</A></p>', 'a INT')`, '{1}'],
    [`from_xml('<p xmlns:n="u"><n:a>1</n:a></p>', 'a INT')`, '{null}'],
    [`from_xml('<p xmlns:n="u"><n:a>1</n:a></p>', 'a INT', map('ignoreNamespace', 'true'))`, '{1}'],
  ])
  rule('elements that come again are the items of an array; without one the last counts', [
    [`from_xml('<p><a>1</a><b>q</b><a>2</a></p>', 'a ARRAY<INT>, b STRING')`, '{[1, 2], q}'],
    [`from_xml('<p><a>1</a><a>2</a></p>', 'a INT')`, '{2}'],
    [`from_xml('<p><a><item>1</item><item>2</item></a></p>', 'a STRUCT<item: ARRAY<INT>>')`, '{{[1, 2]}}'],
  ])
  rule('a map takes attributes and elements by their names', [
    [`from_xml('<p><m j="5"><k>1</k><k>2</k></m></p>', 'm MAP<STRING, INT>')`, '{{_j -> 5, k -> 2}}'],
  ])
  rule('text is trimmed, CDATA belongs to it, elements inside it are written out', [
    [`from_xml('<p><a> x </a></p>', 'a STRING')`, '{x}'],
    [`from_xml('<p><a> x </a></p>', 'a STRING', map('ignoreSurroundingSpaces', 'false'))`, '{ x }'],
    [`from_xml('<p><a>x<![CDATA[<y>]]>&amp;</a></p>', 'a STRING')`, '{x<y>&}'],
    [`from_xml('<p><a>x<b q="1">y</b>z</a></p>', 'a STRING')`, '{x<b q="1">y</b>z}'],
    [`from_xml('<p>7<a>1</a>8</p>', '_VALUE STRING, a INT')`, '{8, 1}'],
    [`from_xml('<p>7<a>1</a>8</p>', '_VALUE ARRAY<STRING>, a INT')`, '{[7, 8], 1}'],
    [`from_xml('<p><a>1</a><x>q</x><y>w<v>3</v></y></p>', 'a INT, xs_any ARRAY<STRING>')`, '{1, [q, w<v>3</v>]}'],
  ])
  rule('reading stops at the first value that is not of its type', [
    [
      `from_xml('<p><a>1</a><b>x</b><c>3</c></p>', 'a INT, b INT, c INT, _corrupt_record STRING')`,
      '{1, null, null, <p><a>1</a><b>x</b><c>3</c></p>}',
    ],
    [`from_xml('<p><a>1</a><a>x</a><a>3</a></p>', 'a ARRAY<INT>')`, '{[1]}'],
    [`from_xml('<p><a>1</a><b><c>x</c></b></p>', 'a INT, b STRUCT<c: INT>')`, '{1, null}'],
  ])
  rule('what is no XML up to the end of its first element is NULL throughout', [
    [`from_xml('<p><a>1</a>', 'a INT, _corrupt_record STRING')`, '{null, <p><a>1</a>}'],
    [`from_xml('<p><a>&e;</a></p>', 'a STRING')`, '{null}'],
    [`from_xml('', 'a INT')`, '{null}'],
    [`from_xml('<p><a>1</a></p> and more', 'a INT')`, '{1}'],
  ])
  rule('empty elements are NULL, and empty text', [
    [`from_xml('<p><a/><b></b><c/></p>', 'a INT, b STRING, c STRUCT<d: INT>')`, '{null, , {null}}'],
  ])
  rule('values have the forms of their types', [
    [`from_xml('<p><a>TRUE</a><b>0</b></p>', 'a BOOLEAN, b BOOLEAN')`, '{true, false}'],
    [`from_xml('<p><a>1,234.5</a><b>1d</b></p>', 'a DECIMAL(10,2), b DOUBLE')`, '{1234.50, 1.0}'],
    [`from_xml('<p><a>2020-1-2</a></p>', 'a DATE')`, '{null}'],
    [`from_xml('<p><a>2020-01-02T03:04:05+02:00</a></p>', 'a TIMESTAMP')`, '{2020-01-02 01:04:05}'],
    [`from_xml('<p><a>2020-01-02T03:04:05Z</a></p>', 'a TIMESTAMP_NTZ')`, '{null}'],
    [`from_xml('<p><a>26/08/2015</a></p>', 'a DATE', map('dateFormat', 'dd/MM/yyyy'))`, '{2015-08-26}'],
    [`from_xml('<p><a>NA</a></p>', 'a STRING', map('nullValue', 'NA'))`, '{null}'],
  ])
  test.each([
    [`from_xml('<p/>', 'INT')`, 'DATATYPE_MISMATCH.INVALID_XML_SCHEMA'],
    [`from_xml('<p/>', 'm MAP<INT, INT>')`, 'DATATYPE_MISMATCH.INVALID_XML_MAP_KEY_TYPE'],
    [`from_xml(1, 'a INT')`, 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    [`from_xml('<p>', 'a INT', map('mode', 'FAILFAST'))`, 'MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION'],
    [`from_xml('<p/>', 'a INT', map('mode', 'DROPMALFORMED'))`, 'PARSE_MODE_UNSUPPORTED'],
    [`from_xml('<p/>', 'a INT, _corrupt_record INT')`, 'INVALID_CORRUPT_RECORD_TYPE'],
    // Beyond Spark: what would be ignored is refused.
    [`from_xml('<p/>', 'a INT', map('rowValidationXSDPath', 'x.xsd'))`, 'UNSUPPORTED_FEATURE'],
    [`from_xml('<p/>', 'a INT', map('locale', 'de-DE'))`, 'UNSUPPORTED_FEATURE'],
  ])('%s is %s', async (expression, condition) => {
    expect(await errorOf(expression)).toBe(condition)
  })
  test('a document type cannot make its entities grow: they are not expanded', async () => {
    const bomb = `<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><p><v>&b;</v></p>`
    expect(await resultOf(`from_xml('${bomb}', 'v STRING')`)).toBe('{null}')
    expect(await errorOf(`xpath_string('${bomb}', 'p/v')`)).toBe('XML_DOCUMENT_INVALID')
  })
})

describe('to_xml', () => {
  rule('attributes, the own text, arrays and maps', [
    [`to_xml(named_struct('_id', 5, '_VALUE', 'x', 'a', 1))`, '<ROW id="5">x\n    <a>1</a>\n</ROW>'],
    [
      `to_xml(named_struct('a', array(1, NULL, 2), 'b', array(array(1), array(2))), map('indent', ''))`,
      '<ROW><a>1</a><a>2</a><b><item>1</item></b><b><item>2</item></b></ROW>\n',
    ],
    [
      `to_xml(named_struct('m', map('_k', 1, 'l', 2)), map('rowTag', 'r', 'indent', ' '))`,
      '<r>\n <m k="1">\n  <l>2</l>\n </m>\n</r>',
    ],
  ])
  rule('NULLs are left out, or written as nullValue says', [
    [`to_xml(named_struct('a', CAST(NULL AS INT), 'b', named_struct('c', CAST(NULL AS INT))))`, '<ROW>\n    <b/>\n</ROW>'],
    [`to_xml(named_struct('a', CAST(NULL AS INT)), map('nullValue', 'N'))`, '<ROW>\n    <a>N</a>\n</ROW>'],
    [`to_xml(named_struct('a', ''))`, '<ROW>\n    <a></a>\n</ROW>'],
  ])
  rule('what means something to XML is escaped', [
    [
      `to_xml(named_struct('_a', concat('<"&>', chr(10)), 'b', ']]> & <'), map('indent', ''))`,
      '<ROW a="&lt;&quot;&amp;>&#xa;"><b>]]&gt; &amp; &lt;</b></ROW>\n',
    ],
  ])
  rule('values have their forms', [
    [
      `to_xml(named_struct('t', TIMESTAMP'2020-01-01 10:00:00.123456', 'd', DATE'2020-01-02', 'e', 1.50, 'f', DOUBLE('NaN'), 'g', X'01FF'), map('indent', ''))`,
      '<ROW><t>2020-01-01T10:00:00.123Z</t><d>2020-01-02</d><e>1.50</e><f>NaN</f><g>[01 FF]</g></ROW>\n',
    ],
  ])
  test.each([
    [`to_xml(1)`, 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    [`to_xml(named_struct('a b', 1))`, 'XML_NAME_INVALID'],
    [`to_xml(named_struct('a', chr(1)))`, 'XML_CHARACTER_INVALID'],
    [`to_xml(named_struct('a', INTERVAL '1' DAY))`, '_LEGACY_ERROR_TEMP_3238'],
  ])('%s is %s', async (expression, condition) => {
    expect(await errorOf(expression)).toBe(condition)
  })
})

describe('schema_of_xml', () => {
  rule('elements of text have the narrowest type that fits, and repeated ones are arrays', [
    [
      `schema_of_xml('<p><a>1</a><b>1.5</b><c>true</c><d>2020-01-01</d><e>2020-01-01T00:00:00Z</e><f>x</f><g/><h>99999999999999999999</h></p>')`,
      'STRUCT<a: BIGINT, b: DOUBLE, c: BOOLEAN, d: DATE, e: TIMESTAMP, f: STRING, g: STRING, h: DOUBLE>',
    ],
    [`schema_of_xml('<p><a>1</a><a>1.5</a><b>1</b><b>x</b></p>')`, 'STRUCT<a: ARRAY<DOUBLE>, b: ARRAY<STRING>>'],
    [`schema_of_xml('<p x="1">t</p>')`, 'STRUCT<_VALUE: STRING, _x: BIGINT>'],
    [`schema_of_xml('<p><a k="2">1</a><a>3</a></p>')`, 'STRUCT<a: ARRAY<STRUCT<_VALUE: BIGINT, _k: BIGINT>>>'],
    [`schema_of_xml('<p><a><b>1</b></a><a>x</a></p>')`, 'STRUCT<a: ARRAY<STRING>>'],
    [`schema_of_xml('<p><a>1.5</a></p>', map('prefersDecimal', 'true'))`, 'STRUCT<a: DECIMAL(2,1)>'],
    [`schema_of_xml('<p><a>1')`, 'STRUCT<_corrupt_record: STRING>'],
  ])
})

describe('xpath', () => {
  rule('nodes and their texts', [
    [`xpath('<a><b>1</b><b/><b>3</b></a>', 'a/b/text()')`, '[1, 3]'],
    [`xpath('<a><b id="1">x</b></a>', 'a/b/@id')`, '[1]'],
    [`xpath('<a><b>1</b></a>', 'a/b')`, '[null]'],
    [`xpath('<a>x<![CDATA[y]]>z</a>', 'a/text()')`, '[x]'],
    [`xpath_string('<a><b>1</b><b>2</b></a>', '//b[last()]')`, '2'],
    [`xpath_string('<a xmlns="urn:x"><b>1</b></a>', 'a/b')`, '1'],
    [`xpath_string('<x:a xmlns:x="urn:x">1</x:a>', 'x:a')`, ''],
  ])
  rule('numbers by the grammar of XPath, cut off as Java does', [
    [`xpath_int('<a>1.9</a>', 'a')`, '1'],
    [`xpath_int('<a>3000000000</a>', 'a')`, '2147483647'],
    [`xpath_short('<a>70000</a>', 'a')`, '4464'],
    [`xpath_long('<a>1e30</a>', 'a')`, '0'],
    [`xpath_double('<a/>', 'b')`, 'NaN'],
    [`xpath_long('<a/>', '-1 div 0')`, '-9223372036854775808'],
    [`xpath_number('<a><b>1</b><b>2</b></a>', 'sum(a/b)')`, '3.0'],
  ])
  rule('truth', [
    [`xpath_boolean('<a>0</a>', 'a')`, 'true'],
    [`xpath_boolean('<a>0</a>', 'a = 1')`, 'false'],
    [`xpath_boolean('<a/>', 'b')`, 'false'],
  ])
  rule('nothing comes of nothing', [
    [`xpath('', 'a')`, 'null'],
    [`xpath_int(NULL, 'a')`, 'null'],
    [`xpath_string('<a/>', '')`, 'null'],
  ])
  test.each([
    [`xpath_string('<a>', 'a')`, 'XML_DOCUMENT_INVALID'],
    [`xpath_string('<a/>', 'a[')`, 'XPATH_INVALID'],
    [`xpath('<a/>', 'count(a)')`, 'XPATH_EVALUATION_FAILED'],
    [`xpath_string(1, 'a')`, 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    [`xpath_string(x, x) FROM VALUES ('<a/>') t(x)`, 'DATATYPE_MISMATCH.NON_FOLDABLE_INPUT'],
  ])('%s is %s', async (expression, condition) => {
    expect(await errorOf(expression)).toBe(condition)
  })
})
