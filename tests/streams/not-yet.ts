/** Stream tests of features that are not built yet, by file. Each entry is a promise: the list only ever gets shorter. */
export const NOT_YET: ReadonlySet<string> = new Set([])
