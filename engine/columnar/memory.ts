/** Where column arrays come from: an epoch's Arena, or OWNED_MEMORY for what must outlive it. */
export interface Memory {
  bytes(length: number): Uint8Array
  int8(length: number): Int8Array
  int16(length: number): Int16Array
  int32(length: number): Int32Array
  int64(length: number): BigInt64Array
  float32(length: number): Float32Array
  float64(length: number): Float64Array
}

/** Fresh arrays, padded like the arena's, freed by the garbage collector. */
export const OWNED_MEMORY: Memory = {
  bytes: (length) => new Uint8Array(new ArrayBuffer(padded(length)), 0, length),
  int8: (length) => new Int8Array(new ArrayBuffer(padded(length)), 0, length),
  int16: (length) => new Int16Array(new ArrayBuffer(padded(length * 2)), 0, length),
  int32: (length) => new Int32Array(new ArrayBuffer(padded(length * 4)), 0, length),
  int64: (length) => new BigInt64Array(new ArrayBuffer(padded(length * 8)), 0, length),
  float32: (length) => new Float32Array(new ArrayBuffer(padded(length * 4)), 0, length),
  float64: (length) => new Float64Array(new ArrayBuffer(padded(length * 8)), 0, length),
}

function padded(byteLength: number): number {
  return (byteLength + 16 + 7) & ~7
}
