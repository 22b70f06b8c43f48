import type { Call } from '../../expr/expression.ts'
import type { Lane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { arithmeticTemplates } from './arithmetic.ts'
import { comparisonTemplates } from './comparison.ts'
import { conditionalTemplates } from './conditional.ts'
import { conversionTemplates } from './conversion.ts'
import { hashTemplates } from './hash.ts'
import { listTemplates } from './list.ts'
import { logicTemplates } from './logic.ts'
import { mathTemplates } from './math.ts'
import { momentTextTemplates } from './moment-text.ts'
import { textTemplates } from './text.ts'
import { textEditTemplates } from './text-edit.ts'
import { timeTemplates } from './time.ts'

/** Writes the code of a call; undefined refuses it for these types, and the interpreter's function is called instead. */
export type Template = (code: RowCode, call: Call) => Lane | undefined

/** By call name. A name that is not here is interpreted. */
export const TEMPLATES: Readonly<Record<string, Template | undefined>> = {
  ...arithmeticTemplates,
  ...comparisonTemplates,
  ...conditionalTemplates,
  ...conversionTemplates,
  ...hashTemplates,
  ...listTemplates,
  ...logicTemplates,
  ...mathTemplates,
  ...textTemplates,
  ...textEditTemplates,
  ...timeTemplates,
  ...momentTextTemplates,
}
