import { AnalysisError } from '../errors/engine-error.ts'
import { sqlTypeName } from '../types/data-type.ts'
import { MapValue, type Value } from '../types/value.ts'
import { quotedType } from './call-errors.ts'
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
  if (type.key.kind !== 'string' || type.value.kind !== 'string')
    throw new AnalysisError('INVALID_OPTIONS.NON_STRING_TYPE', {
      message: `names and values of the options of "${site.name}" must be texts, not ${sqlTypeName(type)}`,
      span: argument.span ?? site.span,
      parameters: { mapType: quotedType(type) },
    })
  return optionsOf(constant)
}

/** The options of a bound call, checked before. */
export function optionsOf(options: Value | undefined): Readonly<Record<string, string>> {
  return options instanceof MapValue ? (Object.fromEntries(options.entries) as Record<string, string>) : {}
}
