let identity = new Int32Array(0)
/** 0, 1, 2 …, at least `count` of them; shared, never written. */
export function identityRows(count: number): Int32Array {
  if (identity.length < count) identity = Int32Array.from({ length: Math.max(count, 16384) }, (_, i) => i)
  return identity
}
