import { Column } from '../../columnar/column.ts'
import { ExecutionError } from '../../errors/engine-error.ts'
import { avroCellWriter } from '../../formats/avro-cells.ts'
import { avroColumnReader } from '../../formats/avro-column.ts'
import { type AvroReading, planReading } from '../../formats/avro-reading.ts'
import { type AvroSchema, parseAvroSchema } from '../../formats/avro-schema.ts'
import { avroSchemaOf, sqlTypeOfAvro } from '../../formats/avro-sql-types.ts'
import { avroTypeOptions } from '../../formats/avro-type-options.ts'
import { AvroInput, AvroMalformed, avroValueReader } from '../../formats/avro-value.ts'
import { avroValueWriter } from '../../formats/avro-write.ts'
import { ByteWriter } from '../../formats/byte-writer.ts'
import { BINARY, type DataType, STRING } from '../../types/data-type.ts'
import { MapValue, type Value } from '../../types/value.ts'
import { typeMismatch } from '../call-errors.ts'
import type { ColumnKernel } from '../column-kernel.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { asNullable, ddlText, unsupportedMode } from '../schema-argument.ts'
import { checkCount, convertArguments, strictly } from '../signature.ts'

/**
 * Spark's functions for Avro: from_avro, to_avro, schema_of_avro. Differences, all where Spark fails or is wrong: NULL in a schema that is a union with
 * null is NULL (Spark: 0 for numbers), and a union of several types may stand at the top.
 */
interface Options {
  readonly text: (name: string) => string | undefined
  readonly mode: 'failfast' | 'permissive'
}

function optionsOf(value: Value | undefined): Options {
  const entries = value instanceof MapValue ? value.entries : []
  const values = new Map(entries.map(([name, text]) => [String(name).toLowerCase(), String(text)]))
  const mode = values.get('mode')?.toLowerCase()
  // A mode that there is not is PERMISSIVE, as everywhere.
  return {
    text: (name) => values.get(name.toLowerCase()),
    mode: mode === undefined || mode === 'failfast' ? 'failfast' : 'permissive',
  }
}

function checkedOptions(argument: Argument | undefined, which: string, site: CallSite): Options {
  if (argument === undefined || argument.constant === null) return optionsOf(undefined)
  const { type, constant } = argument
  if (type.kind === 'map' && constant instanceof MapValue && type.key.kind === 'string' && type.value.kind === 'string') {
    return optionsOf(constant)
  }
  throw wrongArgument(
    site,
    `The ${which} argument of the ${site.name.toUpperCase()} SQL function must be a constant map of strings to strings containing the options to use for converting the value from AVRO format`,
    `the options of "${site.name}" must be a constant map of texts to texts`,
  )
}

function checkedSchema(argument: Argument, which: string, direction: 'from' | 'to', site: CallSite): AvroSchema {
  if (argument.type.kind === 'string' && typeof argument.constant === 'string') return parseAvroSchema(argument.constant)
  throw wrongArgument(
    site,
    `The ${which} argument of the ${site.name.toUpperCase()} SQL function must be a constant string containing the JSON representation of the schema to use for converting the value ${direction} AVRO format`,
    `the schema of "${site.name}" must be a constant text: an Avro schema as JSON`,
  )
}

function wrongArgument(site: CallSite, msg: string, message: string) {
  return typeMismatch(site, 'TYPE_CHECK_FAILURE_WITH_HINT', message, { msg, hint: '' })
}

function resolveFromAvro(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const writer = checkedSchema(args[1]!, 'second', 'from', site)
  const options = checkedOptions(args[2], 'third', site)
  if (args[2]?.constant instanceof MapValue && options.text('mode')?.toLowerCase() === 'dropmalformed')
    throw unsupportedMode(site)
  const [data] = convertArguments([strictly(BINARY)], args.slice(0, 1), site)
  const { type } = sqlTypeOfAvro(readerOf(options) ?? writer, avroTypeOptions(options.text))
  const returns = options.mode === 'permissive' ? asNullable(type) : type
  return { arguments: [data!, ...args.slice(1).map((a) => a.type)], returns, nullable: true }
}

function readerOf(options: Options): AvroSchema | undefined {
  const text = options.text('avroSchema')
  return text === undefined ? undefined : parseAvroSchema(text)
}

function readingOf(signature: Signature, options: Options): AvroReading {
  const writer = parseAvroSchema(signature.constants[1] as string)
  const types = avroTypeOptions(options.text)
  return planReading(writer, readerOf(options), signature.returns, { types, meaning: 'reader' })
}

function bindFromAvro(signature: Signature): Evaluate {
  const options = optionsOf(signature.constants[2])
  const { returns } = signature
  const read = avroValueReader(readingOf(signature, options), returns)
  const input = new AvroInput()
  const nulls = returns.kind === 'struct' ? returns.fields.map(() => null) : null
  return (data: Uint8Array | null) => {
    if (data === null) return null
    try {
      return read(input.start(data, new DataView(data.buffer, data.byteOffset, data.byteLength), 0, data.length))
    } catch (error) {
      // So deep inside itself that the stack does not hold it: no schema means that.
      if (!(error instanceof AvroMalformed || error instanceof RangeError)) throw error
      if (options.mode === 'permissive') return nulls
      throw malformed(data, error.message)
    }
  }
}

function bindFromAvroColumns(signature: Signature): ColumnKernel {
  const read = avroColumnReader(readingOf(signature, optionsOf(signature.constants[2])), signature.returns)
  return ([data], count, memory, exact) => read(data!, count, memory, exact)
}

function malformed(data: Uint8Array, reason: string): ExecutionError {
  const hex = `X'${Buffer.from(data).toString('hex').toUpperCase()}'`
  return new ExecutionError('MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION', {
    message: `malformed Avro value: ${hex.length > 200 ? `${hex.slice(0, 200)}…` : hex}`,
    detail: `The mode is FAILFAST and ${reason}.`,
    hint: "Read with map('mode', 'PERMISSIVE') to get NULLs instead.",
    parameters: { badRecord: hex, failFastMode: 'FAILFAST' },
  })
}

function resolveToAvro(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const { type, nullable } = args[0]!
  // What cannot be written is said now, not at the first row.
  avroValueWriter(writtenSchema(args[1]?.constant === null ? undefined : args[1], type, nullable, site), type)
  return { arguments: args.map((a) => a.type), returns: BINARY }
}
function writtenSchema(given: Argument | undefined, type: DataType, nullable: boolean, site: CallSite): AvroSchema {
  return given === undefined ? avroSchemaOf(type, nullable) : checkedSchema(given, 'second', 'to', site)
}

function boundSchema(signature: Signature): AvroSchema {
  const text = signature.constants[1]
  return typeof text === 'string' ? parseAvroSchema(text) : avroSchemaOf(signature.arguments[0]!, signature.nullable[0]!)
}

function bindToAvro(signature: Signature): Evaluate {
  const write = avroValueWriter(boundSchema(signature), signature.arguments[0]!)
  const out = new ByteWriter()
  return (value: Value) => {
    if (value === null) return null
    out.length = 0
    write(value, out)
    return out.bytes.slice(0, out.length)
  }
}

function bindToAvroColumns(signature: Signature): ColumnKernel | undefined {
  const type = signature.arguments[0]!
  if (type.kind === 'void') return undefined
  const write = avroCellWriter(boundSchema(signature), type)
  const out = new ByteWriter()
  return ([values], count, memory) => {
    const offsets = memory.int32(count + 1)
    offsets[0] = 0
    out.length = 0
    for (let row = 0; row < count; row++) {
      if (!values!.isNull(row)) write(values!, row, out)
      offsets[row + 1] = out.length
    }
    const bytes = memory.bytes(out.length + 8)
    bytes.set(out.bytes.subarray(0, out.length))
    return new Column(BINARY, count, values!.validity, null, offsets, bytes)
  }
}

function resolveSchemaOfAvro(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const schema = checkedSchema(args[0]!, 'first', 'from', site)
  sqlTypeOfAvro(schema, avroTypeOptions(checkedOptions(args[1], 'second', site).text))
  return { arguments: args.map((a) => a.type), returns: STRING, nullable: false }
}

export const avroFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'from_avro',
    family: 'avro',
    summary:
      'Reads a value from Avro bytes written with a schema; options: avroSchema (to resolve to), mode (FAILFAST, PERMISSIVE), those of schema_of_avro.',
    examples: [
      [
        `SELECT from_avro(X'020278', '{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "string"}]}')`,
        '{1, x}',
      ],
      [`SELECT from_avro(X'02', '"string"', map('mode', 'PERMISSIVE'))`, 'NULL'],
    ],
    nulls: 'custom',
    resolve: resolveFromAvro,
    bind: bindFromAvro,
    bindColumns: bindFromAvroColumns,
  }),
  defineScalar({
    name: 'to_avro',
    family: 'avro',
    summary: 'Writes a value as Avro bytes, with a schema or with the one that its type has.',
    examples: [
      ["SELECT hex(to_avro(named_struct('a', 1, 'b', 'x')))", '020278'],
      [`SELECT hex(to_avro(1, '["null", "int"]'))`, '0202'],
    ],
    nulls: 'custom',
    resolve: resolveToAvro,
    bind: bindToAvro,
    bindColumns: bindToAvroColumns,
  }),
  defineScalar({
    name: 'schema_of_avro',
    family: 'avro',
    summary:
      'Returns the SQL type that an Avro schema is read as; options: enableStableIdentifiersForUnionType, stableIdentifierPrefixForUnionType, recursiveFieldMaxDepth.',
    examples: [
      [
        `SELECT schema_of_avro('{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": ["null", "string"]}]}')`,
        'STRUCT<a: INT NOT NULL, b: STRING>',
      ],
    ],
    nulls: 'custom',
    resolve: resolveSchemaOfAvro,
    bind: (signature) => {
      const schema = parseAvroSchema(signature.constants[0] as string)
      const text = ddlText(sqlTypeOfAvro(schema, avroTypeOptions(optionsOf(signature.constants[1]).text)).type)
      return () => text
    },
  }),
]
