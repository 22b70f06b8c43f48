import { AnalysisError } from '../errors/engine-error.ts'
import { arrayType, type DataType, field, mapType, sqlTypeName, structType } from '../types/data-type.ts'
import { quotedType } from './call-errors.ts'
import type { Argument, CallSite } from './function.ts'

/**
 * The type that a schema argument stands for: a constant text, the DDL of a type (`array<int>`) or of columns (`a INT, b STRING`).
 * All its parts may be NULL whatever it says, as what is read may lack them.
 *
 * @throws AnalysisError INVALID_SCHEMA.NON_STRING_LITERAL; ParseError of the text
 */
export function schemaArgument(argument: Argument, site: CallSite): DataType {
  if (argument.type.kind !== 'string' || typeof argument.constant !== 'string' || site.ddl === undefined)
    throw new AnalysisError('INVALID_SCHEMA.NON_STRING_LITERAL', {
      message: `the schema of "${site.name}" must be a constant text`,
      detail: `It is "${argument.text}".`,
      span: argument.span ?? site.span,
      parameters: { inputSchema: `"${argument.text}"` },
    })
  return asNullable(site.ddl.parse(argument.constant))
}

/** A column of the schema with the corrupt-record name must be able to take the text. @throws AnalysisError INVALID_CORRUPT_RECORD_TYPE */
export function checkCorruptColumn(type: DataType, name: string, site: CallSite): void {
  const column = type.kind === 'struct' ? type.fields.find((f) => f.name === name) : undefined
  if (column === undefined || column.type.kind === 'string') return
  throw new AnalysisError('INVALID_CORRUPT_RECORD_TYPE', {
    message: `column "${name}" takes the text of malformed records: it must be STRING, not ${sqlTypeName(column.type)}`,
    span: site.span,
    parameters: { columnName: `\`${name}\``, actualType: quotedType(column.type) },
  })
}

/** A map in it has other keys than texts: where a map is read its keys are names, of fields or elements. */
export function holdsOtherKey(type: DataType): boolean {
  switch (type.kind) {
    case 'array':
      return holdsOtherKey(type.element)
    case 'map':
      return type.key.kind !== 'string' || holdsOtherKey(type.value)
    case 'struct':
      return type.fields.some((f) => holdsOtherKey(f.type))
    default:
      return false
  }
}

/** Functions of one value have nothing to drop. */
export function unsupportedMode(site: CallSite): AnalysisError {
  return new AnalysisError('PARSE_MODE_UNSUPPORTED', {
    message: `"${site.name}" takes the modes PERMISSIVE and FAILFAST only`,
    span: site.span,
    parameters: { funcName: `\`${site.name}\``, mode: 'DROPMALFORMED' },
  })
}

/** A type as DDL, which a schema argument reads again: names that are no plain words stand in backquotes. */
export function ddlText(type: DataType): string {
  switch (type.kind) {
    case 'array':
      return `ARRAY<${ddlText(type.element)}>`
    case 'map':
      return `MAP<${ddlText(type.key)}, ${ddlText(type.value)}>`
    case 'struct':
      return `STRUCT<${type.fields.map((f) => `${quotedName(f.name)}: ${ddlText(f.type)}${f.nullable ? '' : ' NOT NULL'}`).join(', ')}>`
    default:
      return sqlTypeName(type)
  }
}
function quotedName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``
}

export function asNullable(type: DataType): DataType {
  switch (type.kind) {
    case 'array':
      return arrayType(asNullable(type.element))
    case 'map':
      return mapType(asNullable(type.key), asNullable(type.value))
    case 'struct':
      return structType(type.fields.map((f) => field(f.name, asNullable(f.type))))
    default:
      return type
  }
}
