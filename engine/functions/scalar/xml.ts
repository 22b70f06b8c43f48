import { inferXmlType } from '../../formats/xml-infer.ts'
import { readXmlOptions } from '../../formats/xml-options.ts'
import { xmlTextReader } from '../../formats/xml-value.ts'
import { xmlPrinter } from '../../formats/xml-write.ts'
import { STRING, sqlTypeName, structType } from '../../types/data-type.ts'
import { quotedType, typeMismatch, unexpectedInputType } from '../call-errors.ts'
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
import { checkCorruptColumn, ddlText, holdsOtherKey, schemaArgument, unsupportedMode } from '../schema-argument.ts'
import { asStruct, checkCount, convertArguments, strictly } from '../signature.ts'
import { resolveSchemaOf } from './json-parts.ts'

/** Functions that read and write XML. */

function resolveFromXml(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const type = schemaArgument(args[1]!, site)
  const options = readXmlOptions(checkOptions(args[2], site), { timeZone: site.settings.timeZone })
  if (type.kind !== 'struct')
    throw typeMismatch(site, 'INVALID_XML_SCHEMA', `"${site.name}" reads a struct, not ${sqlTypeName(type)}`, {
      schema: quotedType(type),
    })
  if (holdsOtherKey(type))
    throw typeMismatch(
      site,
      'INVALID_XML_MAP_KEY_TYPE',
      `maps in XML have STRING as their key type; the schema is ${sqlTypeName(type)}`,
      { schema: quotedType(type) },
    )
  const [text] = convertArguments([strictly(STRING)], args.slice(0, 1), site)
  checkCorruptColumn(type, options.columnNameOfCorruptRecord, site)
  if (options.mode === 'dropmalformed') throw unsupportedMode(site)
  return { arguments: [text!, ...args.slice(1).map((a) => a.type)], returns: type, nullable: true }
}

function bindFromXml(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readXmlOptions(optionsOf(signature.constants[2]), { timeZone: context.timeZone })
  const read = xmlTextReader(asStruct(signature.returns), options)
  return (text: string) => read(text)
}

function resolveToXml(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const { type } = args[0]!
  if (type.kind !== 'struct' && type.kind !== 'void') throw unexpectedInputType(site, 0, args[0]!, '"STRUCT"')
  readXmlOptions(checkOptions(args[1], site), { timeZone: site.settings.timeZone })
  return {
    arguments: args.map((a, i) => (i === 0 && a.type.kind === 'void' ? structType([]) : a.type)),
    returns: STRING,
    nullable: true,
  }
}
function bindToXml(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readXmlOptions(optionsOf(signature.constants[1]), { timeZone: context.timeZone })
  return xmlPrinter(asStruct(signature.arguments[0]!), options)
}

function resolveSchemaOfXml(args: readonly Argument[], site: CallSite): Resolution {
  const resolution = resolveSchemaOf('xml')(args, site)
  const options = readXmlOptions(checkOptions(args[1], site), { timeZone: site.settings.timeZone })
  if (options.mode === 'dropmalformed') throw unsupportedMode(site)
  return resolution
}
function bindSchemaOfXml(signature: Signature, context: EvaluationContext): Evaluate {
  const options = readXmlOptions(optionsOf(signature.constants[1]), { timeZone: context.timeZone })
  return (text: string) => ddlText(inferXmlType(text, options))
}

export const xmlFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'from_xml',
    family: 'xml',
    summary: 'Reads a struct from XML text; malformed text gives NULLs, or an error in mode FAILFAST.',
    examples: [
      ["SELECT from_xml('<p><a>1</a><b>0.8</b></p>', 'a INT, b DOUBLE')", '{1, 0.8}'],
      ["SELECT from_xml('<p id=\"7\"><tag>x</tag><tag>y</tag></p>', '_id INT, tag ARRAY<STRING>')", '{7, [x, y]}'],
    ],
    nulls: 'propagate',
    resolve: resolveFromXml,
    bind: bindFromXml,
  }),
  defineScalar({
    name: 'to_xml',
    family: 'xml',
    summary: 'Writes a struct as XML text.',
    examples: [["SELECT to_xml(named_struct('_id', 7, '_VALUE', 'x<y'))", '<ROW id="7">x&lt;y</ROW>']],
    nulls: 'propagate',
    resolve: resolveToXml,
    bind: bindToXml,
  }),
  defineScalar({
    name: 'schema_of_xml',
    family: 'xml',
    summary: 'Returns the schema of an example of XML text, in the form that from_xml takes.',
    examples: [["SELECT schema_of_xml('<p><a>1</a><a>2</a></p>')", 'STRUCT<a: ARRAY<BIGINT>>']],
    nulls: 'propagate',
    resolve: resolveSchemaOfXml,
    bind: bindSchemaOfXml,
  }),
]
