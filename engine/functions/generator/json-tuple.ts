import { readJsonOptions } from '../../formats/json-options.ts'
import { JsonReader, JsonSyntaxError } from '../../formats/json-reader.ts'
import { structureText } from '../../formats/json-value.ts'
import { field, STRING, sqlTypeName } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { typeMismatch, wrongArgumentCount } from '../call-errors.ts'
import { defineGenerator, type GeneratorFunction } from '../function.ts'

/** The texts of the named fields of a JSON object; NULL for missing ones, and for all of them where the text is no object. */
function fieldTexts(json: string, names: readonly (string | null)[], lax: ConstructorParameters<typeof JsonReader>[1]): Value[] {
  const texts: Value[] = names.map(() => null)
  try {
    const reader = new JsonReader(json, lax)
    if (reader.next() !== '{') return texts
    while (reader.next() !== '}') {
      const name = reader.text
      const token = reader.next()
      const text = token === 'null' ? null : token === 'string' ? reader.text : scalarOrStructure(reader)
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

export const jsonTupleFunction: GeneratorFunction = defineGenerator({
  name: 'json_tuple',
  summary: 'Makes one row of the texts of several fields of a JSON object.',
  examples: [["SELECT json_tuple('{\"a\":1, \"b\":2}', 'a', 'b')", '1\t2']],
  outer: false,
  resolve: (args, site) => {
    if (args.length < 2) throw wrongArgumentCount(site, '> 1', args.length)
    const other = args.find((a) => a.type.kind !== 'string' && a.type.kind !== 'void')
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
  bind: (_signature, context) => {
    const lax = readJsonOptions({}, { timeZone: context.timeZone })
    return ([json, ...names]) => [
      json === null ? names.map(() => null) : fieldTexts(json as string, names as readonly (string | null)[], lax),
    ]
  },
})
