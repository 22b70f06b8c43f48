import { AnalysisError } from '../errors/engine-error.ts'
import { MapValue } from '../types/value.ts'
import { quotedType, sqlTypeName } from './call-errors.ts'
import type { Argument, CallSite } from './function.ts'

/**
 * Checks the options of a function that reads or writes a format: a constant `map(…)` of texts.
 *
 * @throws AnalysisError INVALID_OPTIONS.NON_MAP_FUNCTION, INVALID_OPTIONS.NON_STRING_TYPE
 */
export function checkOptions(argument: Argument | undefined, site: CallSite): Readonly<Record<string, string>> {
  if (argument === undefined) return {}
  const { type, constant } = argument
  if (type.kind !== 'map' || !(constant instanceof MapValue))
    throw new AnalysisError('INVALID_OPTIONS.NON_MAP_FUNCTION', {
      message: `the options of "${site.name}" must be a map of constants`,
      detail: `They are "${argument.text}".`,
      hint: "Write them as map('name', 'value').",
      span: argument.span ?? site.span,
    })
  const isEmpty = type.key.kind === 'void'
  if (!isEmpty && (type.key.kind !== 'string' || type.value.kind !== 'string'))
    throw new AnalysisError('INVALID_OPTIONS.NON_STRING_TYPE', {
      message: `names and values of the options of "${site.name}" must be texts, not ${sqlTypeName(type)}`,
      span: argument.span ?? site.span,
      parameters: { mapType: quotedType(type) },
    })
  return optionsOf(constant)
}

export function optionsOf(options: unknown): Readonly<Record<string, string>> {
  if (!(options instanceof MapValue)) return {}
  return Object.fromEntries(options.entries.filter(([, value]) => value !== null)) as Record<string, string>
}
