/** Syntax or a plan as text without its places, to compare two that were read from different texts. */
export function withoutPlaces(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) =>
    key === 'span' ? undefined : typeof each === 'bigint' ? `${each}n` : each,
  )
}
