import type { AnalysisError } from '../../errors/engine-error.ts'
import { jsonColumnReader } from '../../formats/json-column.ts'
import { type JsonOptions, readJsonOptions } from '../../formats/json-options.ts'
import { jsonTextReader } from '../../formats/json-value.ts'
import { jsonCellWriter, jsonPrinter } from '../../formats/json-write.ts'
import { type DataType, STRING, sqlTypeName } from '../../types/data-type.ts'
import { quotedType, typeMismatch } from '../call-errors.ts'
import type { ColumnKernel, FieldsRead } from '../column-kernel.ts'
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
import { checkCorruptColumn, holdsOtherKey, schemaArgument, unsupportedMode } from '../schema-argument.ts'
import { checkCount, convertArguments, strictly, takes } from '../signature.ts'
import { textKernel } from '../text-kernel.ts'
import { jsonPathKernel } from './json-kernels.ts'
import { jsonPathReader } from './json-path.ts'

/** Functions that read and write JSON; see json-parts.ts for those that only look into it. */
const TEXT_ONLY = strictly(STRING)

function resolveFromJson(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const type = schemaArgument(args[1]!, site)
  const options = readJsonOptions(checkOptions(args[2], site), { timeZone: site.settings.timeZone })
  if (!isJsonRoot(type)) throw wrongSchema(site, type)
  if (holdsOtherKey(type))
    throw typeMismatch(
      site,
      'INVALID_JSON_MAP_KEY_TYPE',
      `maps in JSON have STRING as their key type; the schema is ${sqlTypeName(type)}`,
      {
        schema: quotedType(type),
      },
    )
  const [text] = convertArguments([TEXT_ONLY], args.slice(0, 1), site)
  checkCorruptColumn(type, options.columnNameOfCorruptRecord, site)
  if (options.mode === 'dropmalformed') throw unsupportedMode(site)
  return { arguments: [text!, ...args.slice(1).map((a) => a.type)], returns: type, nullable: true }
}
function isJsonRoot(type: DataType): boolean {
  return type.kind === 'struct' || type.kind === 'array' || type.kind === 'map'
}
function wrongSchema(site: CallSite, type: DataType): AnalysisError {
  return typeMismatch(site, 'INVALID_JSON_SCHEMA', `"${site.name}" takes a struct, an array or a map, not ${sqlTypeName(type)}`, {
    schema: quotedType(type),
  })
}
function bindFromJson(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readJsonOptions(optionsOf(signature.constants[2]), { timeZone: context.timeZone })
  const read = jsonTextReader(signature.returns, options)
  return (text: string) => read(text)
}

function bindFromJsonColumns(
  signature: Signature,
  context: EvaluationContext,
  fields: FieldsRead | undefined,
): ColumnKernel | undefined {
  const options = readJsonOptions(optionsOf(signature.constants[2]), { timeZone: context.timeZone })
  const read = jsonColumnReader(signature.returns, options, fields)
  return read && (([texts], count, memory, exact) => read(texts!, count, memory, exact))
}

function resolveToJson(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  readJsonOptions(checkOptions(args[1], site), { timeZone: site.settings.timeZone })
  const { type } = args[0]!
  if (!isJsonRoot(type) && type.kind !== 'void') throw wrongSchema(site, type)
  return { arguments: args.map((a) => a.type), returns: STRING, nullable: true }
}
function bindToJson(signature: Signature, context: EvaluationContext): Evaluate {
  const print = jsonPrinter(signature.arguments[0]!, toJsonOptions(signature, context))
  return (value) => print(value)
}
function toJsonOptions(signature: Signature, context: EvaluationContext): JsonOptions {
  return readJsonOptions(optionsOf(signature.constants[1]), {
    timeZone: context.timeZone,
    ignoreNullFields: context.settings.flag('spark.sql.jsonGenerator.ignoreNullFields'),
  })
}

function bindToJsonColumns(signature: Signature, context: EvaluationContext): ColumnKernel | undefined {
  const type = signature.arguments[0]!
  const options = toJsonOptions(signature, context)
  if (options.pretty || type.kind === 'void') return undefined
  return textKernel(jsonCellWriter(type, options))
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
    bindColumns: bindFromJsonColumns,
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
    bindColumns: bindToJsonColumns,
  }),
  defineScalar({
    name: 'get_json_object',
    family: 'json',
    summary: 'Returns what a path such as $.a[0] finds in JSON text; NULL when it finds nothing.',
    examples: [[`SELECT get_json_object('{"a":"b"}', '$.a')`, 'b']],
    nulls: 'propagate',
    resolve: takes([TEXT_ONLY, TEXT_ONLY], STRING, { nullable: true }),
    bind: (signature) => {
      const path = signature.constants[1]
      if (typeof path === 'string') {
        const read = jsonPathReader(path)
        return (text: string) => read(text)
      }
      return (text: string, written: string) => jsonPathReader(written)(text)
    },
    bindColumns: ({ constants: [, path] }) => (typeof path === 'string' ? jsonPathKernel(path) : undefined),
  }),
]
