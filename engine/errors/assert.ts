import { InternalError } from './engine-error.ts'

/** States what must hold if our own code is right; never used for what a user can cause. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message)
}

/** Marks the default branch of an exhaustive switch; the compiler refuses a call with a value left over. */
export function unreachable(value: never): never {
  throw new InternalError(`unexpected ${JSON.stringify(value)}`)
}
