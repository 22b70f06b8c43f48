import { UsageError } from '../errors/engine-error.ts'

export type OptionValue = string | number | boolean | bigint

/** Option values as connectors read them: texts. */
export function optionText(key: string, value: OptionValue): string {
  if (value === null || value === undefined) {
    throw new UsageError('INVALID_OPTION_VALUE', {
      message: `option "${key}" has no value`,
      hint: 'Give a string, number or boolean.',
    })
  }
  return String(value)
}
