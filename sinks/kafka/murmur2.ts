/** The hash by which Java's producers choose the partition of a key. Source: org.apache.kafka.common.utils.Utils.murmur2. */
export function murmur2(bytes: Uint8Array, start: number, end: number): number {
  const multiplier = 0x5bd1e995
  const length = end - start
  let hash = 0x9747b28c ^ length
  let at = start
  for (; end - at >= 4; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    word = Math.imul(word, multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  const left = end - at
  if (left === 3) hash ^= bytes[at + 2]! << 16
  if (left >= 2) hash ^= bytes[at + 1]! << 8
  if (left >= 1) hash = Math.imul(hash ^ bytes[at]!, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

export function partitionOfKey(bytes: Uint8Array, start: number, end: number, partitions: number): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitions
}
