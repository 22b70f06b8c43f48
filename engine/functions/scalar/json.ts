import { ExecutionError } from '../../errors/engine-error.ts'
import { readJsonOptions } from '../../formats/json-options.ts'
import { jsonTextReader } from '../../formats/json-value.ts'
import { jsonPrinter } from '../../formats/json-write.ts'
import { type DataType, STRING } from '../../types/data-type.ts'
import { quotedType, sqlTypeName, typeMismatch, unexpectedInputType } from '../call-errors.ts'
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
import { schemaArgument } from '../schema-argument.ts'
import { type Accepted, checkCount, TEXT, takes } from '../signature.ts'
import { jsonPathReader } from './json-path.ts'

/** Text only; unlike most parameters it takes nothing that could be cast. */
export const PLAIN_TEXT: Accepted = {
  text: '"STRING"',
  convert: (type) => (type.kind === 'string' ? type : type.kind === 'void' ? STRING : undefined),
}

function resolveFromJson(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const type = schemaArgument(args[1]!, site)
  if (type.kind !== 'struct' && type.kind !== 'array' && type.kind !== 'map')
    throw typeMismatch(site, 'INVALID_JSON_SCHEMA', `"${site.name}" reads structs, arrays and maps, not ${sqlTypeName(type)}`, {
      schema: quotedType(type),
    })
  const options = checkOptions(args[2], site)
  const { mode } = readJsonOptions(options, { timeZone: site.settings.timeZone })
  if (mode === 'dropmalformed') throw unsupportedMode(site)
  if (PLAIN_TEXT.convert(args[0]!.type) === undefined) throw unexpectedInputType(site, 0, args[0]!, PLAIN_TEXT.text)
  return { arguments: [STRING, ...args.slice(1).map((a) => a.type)], returns: type, nullable: true }
}
export function unsupportedMode(site: CallSite): ExecutionError {
  return new ExecutionError('PARSE_MODE_UNSUPPORTED', {
    message: `"${site.name}" takes the modes PERMISSIVE and FAILFAST only`,
    span: site.span,
    parameters: { funcName: `\`${site.name}\``, mode: 'DROPMALFORMED' },
  })
}
function bindFromJson(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readJsonOptions(optionsOf(signature.constants[2]), { timeZone: context.timeZone })
  const read = jsonTextReader(signature.returns, options)
  return (text: string) => read(text)
}

function resolveToJson(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const { type } = args[0]!
  const options = checkOptions(args[1], site)
  readJsonOptions(options, { timeZone: site.settings.timeZone })
  if (!isPrintable(type)) throw unexpectedInputType(site, 0, args[0]!, '("STRUCT" or "MAP" or "ARRAY" or "VARIANT")')
  return { arguments: args.map((a) => a.type), returns: STRING, nullable: args[0]!.nullable }
}
function isPrintable(type: DataType): boolean {
  return type.kind === 'struct' || type.kind === 'array' || type.kind === 'map'
}
function bindToJson(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readJsonOptions(optionsOf(signature.constants[1]), {
    timeZone: context.timeZone,
    ignoreNullFields: context.settings.flag('spark.sql.jsonGenerator.ignoreNullFields'),
  })
  const print = jsonPrinter(signature.arguments[0]!, options)
  return (value) => print(value)
}

export const jsonFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'from_json',
    family: 'json',
    summary: 'Reads a struct, array or map of a type from JSON text; malformed text gives NULLs, or an error in mode FAILFAST.',
    examples: [
      [`SELECT from_json('{"a":1, "b":0.8}', 'a INT, b DOUBLE')`, '{1, 0.8}'],
      [`SELECT from_json('{"time":"26/08/2015"}', 'time DATE', map('dateFormat', 'dd/MM/yyyy'))`, '{2015-08-26}'],
    ],
    nulls: 'propagate',
    resolve: resolveFromJson,
    bind: bindFromJson,
  }),
  defineScalar({
    name: 'to_json',
    family: 'json',
    summary: 'Writes a struct, array or map as JSON text.',
    examples: [
      ["SELECT to_json(named_struct('a', 1, 'b', 2))", '{"a":1,"b":2}'],
      ["SELECT to_json(map('a', array(1, NULL)))", '{"a":[1,null]}'],
    ],
    nulls: 'propagate',
    resolve: resolveToJson,
    bind: bindToJson,
  }),
  defineScalar({
    name: 'get_json_object',
    family: 'json',
    summary: 'Returns what a path such as $.a[0] finds in JSON text; NULL when it finds nothing.',
    examples: [[`SELECT get_json_object('{"a":"b"}', '$.a')`, 'b']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT], STRING, { nullable: true }),
    bind: (signature) => {
      const path = signature.constants[1]
      if (typeof path === 'string') {
        const read = jsonPathReader(path)
        return (text: string) => read(text)
      }
      return (text: string, written: string) => jsonPathReader(written)(text)
    },
  }),
]
