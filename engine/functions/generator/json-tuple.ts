import { readJsonOptions } from '../../formats/json-options.ts'
import { JsonReader, JsonSyntaxError } from '../../formats/json-reader.ts'
import { holdsHalfPair, structureText } from '../../formats/json-value.ts'
import { field, STRING, sqlTypeName } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { typeMismatch, wrongArgumentCount } from '../call-errors.ts'
import { defineGenerator, type GeneratorFunction } from '../function.ts'
import { jsonTupleKernel } from '../scalar/json-kernels.ts'

/** The texts of the named fields of a JSON object; NULL for missing ones, and for all of them where the text is no object. */
function fieldTexts(json: string, names: readonly (string | null)[], lax: ConstructorParameters<typeof JsonReader>[1]): Value[] {
  const texts: Value[] = names.map(() => null)
  try {
    const reader = new JsonReader(json, lax)
    if (reader.next() !== '{') return texts
    while (reader.next() !== '}') {
      const name = reader.text
      const token = reader.next()
      if (!names.includes(name)) {
        reader.skipChildren()
        continue
      }
      const text = token === 'null' ? null : token === 'string' ? reader.text : scalarOrStructure(reader)
      // Spark gives NULLs where it cannot write one of the texts.
      if (token === 'string' && holdsHalfPair(reader.text)) return names.map(() => null)
      for (const [i, wanted] of names.entries()) if (wanted === name) texts[i] = text
    }
    return texts
  } catch (error) {
    if (error instanceof JsonSyntaxError) return names.map(() => null)
    throw error
  }
}
function scalarOrStructure(reader: JsonReader): string {
  return reader.token === '{' || reader.token === '['
    ? structureText(reader, false)
    : reader.source.slice(reader.start, reader.end)
}

/** The kernel keeps which names it found in one integer. */
const MASK_BITS = 31

/** A name with U+FFFD could be meant by bytes that are no UTF-8. */
function isName(name: Value | undefined): name is string {
  return typeof name === 'string' && !name.includes('\ufffd')
}

export const jsonTupleFunction: GeneratorFunction = defineGenerator({
  name: 'json_tuple',
  summary: 'Makes one row of the texts of several fields of a JSON object.',
  examples: [["SELECT json_tuple('{\"a\":1, \"b\":2}', 'a', 'b')", '1\t2']],
  outer: false,
  resolve: (args, site) => {
    if (args.length < 2) throw wrongArgumentCount(site, '> 1', args.length)
    const other = args.find((a) => a.type.kind !== 'string')
    if (other !== undefined)
      throw typeMismatch(
        site,
        'NON_STRING_TYPE',
        `the arguments of "${site.name}" must be STRING, not ${sqlTypeName(other.type)}`,
        {
          funcName: `\`${site.name}\``,
        },
      )
    const columns = args.slice(1).map((_name, i) => field(`c${i}`, STRING))
    return { arguments: args.map(() => STRING), returns: STRING, columns }
  },
  bindColumns: ({ constants: [text, ...names] }) =>
    text === undefined && names.length <= MASK_BITS && names.every(isName) ? jsonTupleKernel(names) : undefined,
  bind: (_signature, context) => {
    const lax = readJsonOptions({}, { timeZone: context.timeZone })
    return ([json, ...names]) => [
      json === null ? names.map(() => null) : fieldTexts(json as string, names as readonly (string | null)[], lax),
    ]
  },
})
