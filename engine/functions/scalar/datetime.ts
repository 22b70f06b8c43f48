import type { FunctionRecord } from '../function.ts'
import { datetimeClockFunctions } from './datetime-clock.ts'
import { datetimeMakeFunctions } from './datetime-make.ts'
import { datetimeMoveFunctions } from './datetime-move.ts'
import { datetimeParseFunctions } from './datetime-parse.ts'
import { datetimePartFunctions } from './datetime-parts.ts'

/** Every function of dates, timestamps and times of day. */
export const datetimeFunctions: readonly FunctionRecord[] = [
  ...datetimePartFunctions,
  ...datetimeMoveFunctions,
  ...datetimeMakeFunctions,
  ...datetimeParseFunctions,
  ...datetimeClockFunctions,
]
