/** Below it, four bytes a step beat a call into the runtime. */
const SHORT_BYTES = 256

/**
 * Copies `length` bytes. `fromView` and `toView` are over the same bytes as `from` and `to`; up to three bytes behind the target's end may be
 * overwritten, and must be there.
 */
export function copyBytes(
  from: Uint8Array,
  fromView: DataView,
  start: number,
  length: number,
  to: Uint8Array,
  toView: DataView,
  at: number,
): void {
  if (length > SHORT_BYTES || start + length + 3 > fromView.byteLength) {
    to.set(from.subarray(start, start + length), at)
    return
  }
  for (let i = 0; i < length; i += 4) toView.setInt32(at + i, fromView.getInt32(start + i, true), true)
}
