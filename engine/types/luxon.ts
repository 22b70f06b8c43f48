import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
let loaded: typeof import('luxon') | undefined

/** Luxon, loaded by the first who needs it: a query in UTC does not, and starts sooner. */
export function luxon(): typeof import('luxon') {
  loaded ??= require('luxon') as typeof import('luxon')
  return loaded
}
