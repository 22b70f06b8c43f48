/** Writes the pages that follow from records in the code. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedPages } from './generated-pages.ts'

for (const [path, text] of generatedPages()) {
  writeFileSync(join(import.meta.dirname, '..', path), `${text}\n`)
  console.log(path)
}
