import { AnalysisError } from '../errors/engine-error.ts'
import { arrayType, type DataType, field, mapType, structType } from '../types/data-type.ts'
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
