import type { OptionDefinition } from '../../engine/connect/options.ts'
import { GivenOptions } from '../../engine/formats/given-options.ts'
import { TEXT_SCHEMA, textDecoder } from '../../engine/formats/text.ts'
import type { FileFormat } from './file-format.ts'

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
    const given = new GivenOptions(options)
    return textDecoder(request, {
      wholeText: given.flag('wholetext', false),
      lineSep: given.text('lineSep'),
      encoding: given.text('encoding'),
    })
  },
}
