import { ExecutionError } from '../../errors/engine-error.ts'
import { STRING } from '../../types/data-type.ts'
import { sqlLiteral } from '../../types/literal.ts'
import { compileJavaPattern, type JavaPattern } from './java-pattern.ts'

/** The compiled pattern, or INVALID_PARAMETER_VALUE.PATTERN in the name of the function. */
export function javaPattern(source: string, functionName: string): JavaPattern {
  const pattern = compileJavaPattern(source)
  if (pattern !== undefined) return pattern
  throw new ExecutionError('INVALID_PARAMETER_VALUE.PATTERN', {
    message: `"${source}" is not a regular expression that "${functionName}" can use`,
    hint: 'Patterns follow the syntax of java.util.regex.',
    parameters: { parameter: '`regexp`', functionName: `\`${functionName}\``, value: sqlLiteral(source, STRING) },
  })
}
