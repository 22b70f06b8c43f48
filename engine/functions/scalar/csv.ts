import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import { csvColumnReader } from '../../formats/csv-column.ts'
import { inferCsvSchema } from '../../formats/csv-infer.ts'
import { readCsvOptions } from '../../formats/csv-options.ts'
import { CsvTokenizer } from '../../formats/csv-tokenizer.ts'
import { csvRecordReader } from '../../formats/csv-value.ts'
import { csvPrinter, csvRowWriter } from '../../formats/csv-write.ts'
import { malformed } from '../../formats/json-value.ts'
import { type DataType, isNested, STRING, sqlTypeName, structType } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
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
import { checkCorruptColumn, ddlText, schemaArgument, unsupportedMode } from '../schema-argument.ts'
import { asStruct, checkCount, convertArguments, strictly } from '../signature.ts'
import { textKernel } from '../text-kernel.ts'
import { resolveSchemaOf } from './json-parts.ts'

function resolveFromCsv(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const type = schemaArgument(args[1]!, site)
  if (type.kind !== 'struct')
    throw new AnalysisError('INVALID_SCHEMA.NON_STRUCT_TYPE', {
      message: `the schema of "${site.name}" must be columns, not ${sqlTypeName(type)}`,
      span: args[1]!.span ?? site.span,
      parameters: { inputSchema: `"${args[1]!.text}"`, dataType: quotedType(type) },
    })
  const options = readCsvOptions(checkOptions(args[2], site), { timeZone: site.settings.timeZone })
  const [text] = convertArguments([strictly(STRING)], args.slice(0, 1), site)
  const nested = type.fields.find((f) => isNested(f.type))
  if (nested !== undefined) throw unsupportedType(site, nested.type)
  checkCorruptColumn(type, options.columnNameOfCorruptRecord, site)
  if (options.mode === 'dropmalformed') throw unsupportedMode(site)
  return { arguments: [text!, ...args.slice(1).map((a) => a.type)], returns: type }
}
function unsupportedType(site: CallSite, type: DataType): AnalysisError {
  return new AnalysisError('UNSUPPORTED_DATATYPE', {
    message: `"${site.name}" cannot read values of type ${sqlTypeName(type)}`,
    span: site.span,
    parameters: { typeName: quotedType(type) },
  })
}

/** A text is one record whatever it holds. Values that are missing or not of their type are NULL; the corrupt-record column takes the text. */
function bindFromCsv(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readCsvOptions(optionsOf(signature.constants[2]), { timeZone: context.timeZone })
  const { fields } = asStruct(signature.returns)
  const corrupt = fields.findIndex((f) => f.name === options.columnNameOfCorruptRecord && f.type.kind === 'string')
  const schema = fields.filter((_, i) => i !== corrupt)
  const tokenizer = new CsvTokenizer(options)
  const read = csvRecordReader(
    schema,
    schema.map((_, i) => i),
    options,
    true,
  )
  const nulls: readonly Value[] = schema.map(() => null)
  return (text: string) => {
    const values = tokenizer.line(text)
    const { rows, reason } = values === undefined ? { rows: [nulls], reason: 'it has no values' } : read(values)
    if (reason !== undefined && options.mode === 'failfast') throw malformed(text, reason)
    const row = rows[0]!
    return corrupt < 0 ? row : row.toSpliced(corrupt, 0, reason === undefined ? null : text)
  }
}

function bindFromCsvColumns(
  signature: Signature,
  context: EvaluationContext,
  fields: FieldsRead | undefined,
): ColumnKernel | undefined {
  const options = readCsvOptions(optionsOf(signature.constants[2]), { timeZone: context.timeZone })
  const read = csvColumnReader(asStruct(signature.returns), options, fields)
  return read && (([texts], count, memory, exact) => read(texts!, count, memory, exact))
}

function resolveToCsv(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  readCsvOptions(checkOptions(args[1], site), { timeZone: site.settings.timeZone })
  const { type } = args[0]!
  if (type.kind !== 'struct' && type.kind !== 'void')
    throw typeMismatch(site, 'UNSUPPORTED_INPUT_TYPE', `"${site.name}" takes a struct, not ${sqlTypeName(type)}`, {
      functionName: `\`${site.name}\``,
      dataType: quotedType(type),
    })
  return {
    arguments: args.map((a, i) => (i === 0 && a.type.kind === 'void' ? structType([]) : a.type)),
    returns: STRING,
    nullable: true,
  }
}
function bindToCsv(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readCsvOptions(optionsOf(signature.constants[1]), { timeZone: context.timeZone })
  return csvPrinter(asStruct(signature.arguments[0]!).fields, options)
}

function bindToCsvColumns(signature: Signature, context: EvaluationContext): ColumnKernel {
  const options = readCsvOptions(optionsOf(signature.constants[1]), { timeZone: context.timeZone })
  const write = csvRowWriter(asStruct(signature.arguments[0]!).fields, options)
  return textKernel((column, row, out) => write(column.children, row, out), true)
}

/** The text is one record, also with a line break in it. */
function bindSchemaOfCsv(signature: Signature, context: EvaluationContext): Evaluate {
  const given = { ...optionsOf(signature.constants[1]), inferSchema: 'true', header: 'false' }
  const options = readCsvOptions(given, { timeZone: context.timeZone })
  return (text: string) => {
    const values = new CsvTokenizer(options).line(text)
    if (values === undefined)
      throw new ExecutionError('MALFORMED_CSV_RECORD', {
        message: 'an empty text has no schema',
        parameters: { badRecord: text },
      })
    return ddlText(structType(inferCsvSchema([Buffer.from(text)], { ...options, multiLine: false, lineSep: '\u0000' })))
  }
}

export const csvFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'from_csv',
    family: 'csv',
    summary: 'Reads a struct from CSV text; what is missing or malformed is NULL, or an error in mode FAILFAST.',
    examples: [
      ["SELECT from_csv('1, 0.8', 'a INT, b DOUBLE')", '{1, 0.8}'],
      ["SELECT from_csv('26/08/2015', 'time DATE', map('dateFormat', 'dd/MM/yyyy'))", '{2015-08-26}'],
    ],
    nulls: 'propagate',
    resolve: resolveFromCsv,
    bind: bindFromCsv,
    bindColumns: bindFromCsvColumns,
  }),
  defineScalar({
    name: 'to_csv',
    family: 'csv',
    summary: 'Writes a struct as CSV text.',
    examples: [["SELECT to_csv(named_struct('a', 1, 'b', 'x,y'))", '1,"x,y"']],
    nulls: 'propagate',
    resolve: resolveToCsv,
    bind: bindToCsv,
    bindColumns: bindToCsvColumns,
  }),
  defineScalar({
    name: 'schema_of_csv',
    family: 'csv',
    summary: 'Returns the schema of an example of CSV text, in the form that from_csv takes.',
    examples: [["SELECT schema_of_csv('1,abc')", 'STRUCT<_c0: INT, _c1: STRING>']],
    nulls: 'propagate',
    resolve: resolveSchemaOf('csv'),
    bind: bindSchemaOfCsv,
  }),
]
