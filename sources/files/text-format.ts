import type { OptionDefinition } from '../../engine/connect/options.ts'
import { TEXT_SCHEMA, textDecoder } from '../../engine/formats/text.ts'
import type { FileFormat, Options } from './file-format.ts'

const OPTIONS: readonly OptionDefinition[] = [
  { name: 'wholetext', type: 'boolean', default: 'false', description: 'A file is one row.' },
  { name: 'lineSep', type: 'string', description: 'What ends a line; \\n, \\r\\n and \\r by default.' },
  { name: 'encoding', type: 'string', description: 'Character set; UTF-8 by default.' },
]

/** Lines of text. */
export const textFormat: FileFormat = {
  name: 'text',
  options: OPTIONS,
  description: 'Files of text: a row a line (or a file, with wholetext) in the STRING column `value`.',
  fixedSchema: TEXT_SCHEMA,
  inferSchema: () => TEXT_SCHEMA,
  openDecoder(request, options) {
    const values = new Map(Object.entries(options as Options).map(([key, value]) => [key.toLowerCase(), value]))
    return textDecoder(request, {
      wholeText: values.get('wholetext')?.toLowerCase() === 'true',
      lineSep: values.get('linesep'),
      encoding: values.get('encoding'),
    })
  },
}
