import type { OptionDefinition } from '../../engine/connect/options.ts'
import { readJsonOptions } from '../../engine/formats/json-options.ts'
import { jsonEncoder } from '../../engine/formats/json-write.ts'
import { textEncoderOf } from '../../engine/formats/text-write.ts'
import type { FileEncoding } from './file-sink.ts'

const TIMES: readonly OptionDefinition[] = [
  { name: 'dateFormat', type: 'string', description: 'Pattern of dates; yyyy-MM-dd by default.' },
  { name: 'timestampFormat', type: 'string', description: "Pattern of timestamps; yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX] by default." },
  {
    name: 'timestampNTZFormat',
    type: 'string',
    description: "Pattern of timestamps without zone; yyyy-MM-dd'T'HH:mm:ss[.SSS] by default.",
  },
  { name: 'timeFormat', type: 'string', description: 'Pattern of times of day.' },
  { name: 'timeZone', type: 'string', description: 'Zone that timestamps are written in; the session zone by default.' },
]
const LINE_SEP: OptionDefinition = { name: 'lineSep', type: 'string', default: '\n', description: 'What ends a record.' }

export const jsonEncoding: FileEncoding = {
  name: 'json',
  options: [
    ...TIMES,
    LINE_SEP,
    {
      name: 'ignoreNullFields',
      type: 'boolean',
      description: 'Leave NULL fields out; spark.sql.jsonGenerator.ignoreNullFields by default.',
    },
  ],
  description: 'Files of JSON, an object a line, each row exactly once.',
  openEncoder(schema, options, environment) {
    const { settings } = environment
    const ignoreNullFields = settings.flag('spark.sql.jsonGenerator.ignoreNullFields')
    return jsonEncoder(schema, readJsonOptions(options, { timeZone: settings.timeZone, ignoreNullFields }))
  },
}

export const textEncoding: FileEncoding = {
  name: 'text',
  options: [LINE_SEP],
  description: 'Files of text from one STRING column, a line a row, each exactly once.',
  openEncoder(schema, options) {
    const lineSep = Object.entries(options).find(([key]) => key.toLowerCase() === 'linesep')?.[1]
    return textEncoderOf(schema, lineSep ?? '\n')
  },
}
