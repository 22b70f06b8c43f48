/** A position in a source: opaque JSON that only the source reads. It goes into the checkpoint and into progress reports as it is. */
export type Offset = OffsetValue
export type OffsetValue = string | number | boolean | null | readonly OffsetValue[] | { readonly [key: string]: OffsetValue }

export function sameOffset(left: Offset | null, right: Offset | null): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right)
}
