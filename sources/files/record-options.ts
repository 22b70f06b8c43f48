import type { OptionDefinition, TypedOptions } from '../../engine/connect/options.ts'

/** Options that formats of text records share. */

export const MODE_OPTION: OptionDefinition = {
  name: 'mode',
  type: ['PERMISSIVE', 'DROPMALFORMED', 'FAILFAST'],
  default: 'PERMISSIVE',
  description: 'Malformed records: NULLs, left out, or an error.',
}
/** What becomes of records that are malformed. */
export const MALFORMED_OPTIONS: readonly OptionDefinition[] = [
  MODE_OPTION,
  {
    name: 'columnNameOfCorruptRecord',
    type: 'string',
    default: '_corrupt_record',
    description: 'The STRING column, when the schema has it, that gets the text of malformed records.',
  },
]

export const TIME_OPTIONS: readonly OptionDefinition[] = [
  { name: 'dateFormat', type: 'string', description: 'Pattern of dates; without it all that CAST takes.' },
  { name: 'timestampFormat', type: 'string', description: 'Pattern of timestamps; without it all that CAST takes.' },
  {
    name: 'timestampNTZFormat',
    type: 'string',
    description: 'Pattern of timestamps without zone; without it all that CAST takes.',
  },
  { name: 'timeFormat', type: 'string', description: 'Pattern of times of day.' },
  { name: 'timeZone', type: 'string', description: 'Zone of timestamps that name none; the session zone by default.' },
]

/** How files are cut into records. */
export const LINE_OPTIONS: readonly OptionDefinition[] = [
  { name: 'lineSep', type: 'string', description: 'What ends a record; \\n, \\r\\n and \\r by default.' },
  { name: 'encoding', type: 'string', description: 'Character set; UTF-8 by default.' },
  { name: 'charset', type: 'string', description: 'The same as encoding.', idle: behindEncoding },
]
function behindEncoding(options: TypedOptions): string | undefined {
  return options.has('encoding') ? 'encoding comes before it' : undefined
}

export function samplingRatio(idle: NonNullable<OptionDefinition['idle']>): OptionDefinition {
  return {
    name: 'samplingRatio',
    type: 'double',
    default: '1.0',
    description: 'Inference: the share of records looked at; the same records each time, and from 0.99 on all of them.',
    idle,
  }
}
