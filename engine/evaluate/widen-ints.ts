/** A column of ints as longs. Two int32 halves a value: writing halves is several times faster than making bigints. */
export function widenInts(
  values: Int8Array | Int16Array | Int32Array,
  length: number,
  arena: { int64(length: number): BigInt64Array },
): BigInt64Array {
  const out = arena.int64(length)
  const halves = new Int32Array(out.buffer, out.byteOffset, 2 * length)
  if (values instanceof Int32Array) widen4(values, length, halves)
  else if (values instanceof Int16Array) widen2(values, length, halves)
  else widen1(values, length, halves)
  return out
}
function widen4(values: Int32Array, length: number, halves: Int32Array): void {
  for (let i = 0; i < length; i++) {
    halves[2 * i] = values[i]!
    halves[2 * i + 1] = values[i]! >> 31
  }
}
function widen2(values: Int16Array, length: number, halves: Int32Array): void {
  for (let i = 0; i < length; i++) {
    halves[2 * i] = values[i]!
    halves[2 * i + 1] = values[i]! >> 31
  }
}
function widen1(values: Int8Array, length: number, halves: Int32Array): void {
  for (let i = 0; i < length; i++) {
    halves[2 * i] = values[i]!
    halves[2 * i + 1] = values[i]! >> 31
  }
}
