import { ExecutionError } from '../../errors/engine-error.ts'

/** The most elements a function may make an array of. Spark says 2147483632, but memory ends before that, and a process with it. */
const ELEMENTS_MAX = 1 << 25

/** @throws ExecutionError COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION, or .PARAMETER where one parameter alone says how many */
export function checkElementCount(functionName: string, count: number, parameter?: string): void {
  if (count <= ELEMENTS_MAX) return
  throw new ExecutionError(`COLLECTION_SIZE_LIMIT_EXCEEDED.${parameter === undefined ? 'FUNCTION' : 'PARAMETER'}`, {
    message: `"${functionName}" would make an array of ${count} elements; ${ELEMENTS_MAX} is the limit`,
    parameters: {
      numberOfElements: String(count),
      maxRoundedArrayLength: String(ELEMENTS_MAX),
      functionName: `\`${functionName}\``,
      ...(parameter !== undefined && { parameter: `\`${parameter}\`` }),
    },
  })
}
