import { ExecutionError } from '../../errors/engine-error.ts'
import { inferJsonType } from '../../formats/json-infer.ts'
import { readJsonOptions } from '../../formats/json-options.ts'
import { JsonReader, JsonSyntaxError } from '../../formats/json-reader.ts'
import { wellFormed } from '../../formats/json-value.ts'
import { arrayType, INT, STRING } from '../../types/data-type.ts'
import { mustBeConstant, mustNotBeNull } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { checkOptions, optionsOf } from '../option-argument.ts'
import { ddlText } from '../schema-argument.ts'
import { checkCount, convertArguments, strictly, takes } from '../signature.ts'
import { arrayLengthKernel, objectKeysKernel } from './json-kernels.ts'
import { LENIENT } from './json-path.ts'

/** Functions that look into JSON text without reading it into a type. What is no JSON gives NULL. */
const TEXT_ONLY = strictly(STRING)

/** What `read` makes of the text, its reader standing at the first token; null where there is none, or it is no JSON. */
function lookInto<T>(text: string, read: (reader: JsonReader) => T | null): T | null {
  try {
    const reader = new JsonReader(text, LENIENT)
    return reader.next() === undefined ? null : read(reader)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return null
    throw error
  }
}
function arrayLength(reader: JsonReader): number | null {
  if (reader.token !== '[') return null
  let length = 0
  for (; reader.next() !== ']'; length++) reader.skipChildren()
  return length
}
function objectKeys(reader: JsonReader): string[] | null {
  if (reader.token !== '{') return null
  const keys: string[] = []
  while (reader.next() !== '}') {
    keys.push(wellFormed(reader.text))
    reader.next()
    reader.skipChildren()
  }
  return keys
}

/** The example must be a constant text. `name` is what it is called in messages. */
export function resolveSchemaOf(name: string) {
  return (args: readonly Argument[], site: CallSite): Resolution => {
    checkCount(args, site, 1, 2)
    const example = args[0]!
    checkOptions(args[1], site)
    const types = convertArguments([TEXT_ONLY], args.slice(0, 1), site)
    if (example.constant === undefined) throw mustBeConstant(site, example, name, 'STRING')
    if (example.constant === null) throw mustNotBeNull(site, name)
    return { arguments: [...types, ...args.slice(1).map((a) => a.type)], returns: STRING, nullable: false }
  }
}
function bindSchemaOfJson(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readJsonOptions(optionsOf(signature.constants[1]), { timeZone: context.timeZone })
  return (text: string) => {
    try {
      return ddlText(inferJsonType(text, options))
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error
      throw new ExecutionError('MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION', {
        message: `"${text.slice(0, 200)}" is not JSON: ${error.message}`,
        parameters: { badRecord: text, failFastMode: 'FAILFAST' },
        cause: error,
      })
    }
  }
}

export const jsonPartFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'json_array_length',
    family: 'json',
    summary: 'Counts the elements of the JSON array that a text is; NULL when it is none.',
    examples: [['SELECT json_array_length(\'[1,2,3,[33,44],{"key":[2,3,4]}]\')', '5']],
    nulls: 'propagate',
    resolve: takes([TEXT_ONLY], INT, { nullable: true }),
    bind: () => (text: string) => lookInto(text, arrayLength),
    bindColumns: arrayLengthKernel,
  }),
  defineScalar({
    name: 'json_object_keys',
    family: 'json',
    summary: 'Returns the field names of the JSON object that a text is; NULL when it is none.',
    examples: [[`SELECT json_object_keys('{"f1":"abc","f2":{"f3":"a"}}')`, '[f1, f2]']],
    nulls: 'propagate',
    resolve: takes([TEXT_ONLY], arrayType(STRING), { nullable: true }),
    bind: () => (text: string) => lookInto(text, objectKeys),
    bindColumns: objectKeysKernel,
  }),
  defineScalar({
    name: 'schema_of_json',
    family: 'json',
    summary: 'Returns the schema of an example of JSON text, in the form that from_json takes.',
    examples: [[`SELECT schema_of_json('[{"col":0}]')`, 'ARRAY<STRUCT<col: BIGINT>>']],
    nulls: 'propagate',
    resolve: resolveSchemaOf('json'),
    bind: bindSchemaOfJson,
  }),
]
