import { Column } from '../columnar/column.ts'
import { ByteWriter } from '../formats/byte-writer.ts'
import type { CellWriter } from '../formats/encoder.ts'
import { STRING } from '../types/data-type.ts'
import type { ColumnKernel } from './column-kernel.ts'

/** The kernel of a function that writes its one argument as text; NULL where that is NULL, and with `emptyIsNull` where nothing was written. */
export function textKernel(write: CellWriter, emptyIsNull = false): ColumnKernel {
  const out = new ByteWriter()
  return ([values], count, memory) => {
    const offsets = memory.int32(count + 1)
    offsets[0] = 0
    let validity: Uint8Array | null = null
    for (let row = 0; row < count; row++) {
      const isNull = values!.isNull(row)
      if (!isNull) write(values!, row, out)
      offsets[row + 1] = out.length
      if (isNull || (emptyIsNull && out.length === offsets[row])) {
        validity ??= memory.bytes((count + 7) >> 3).fill(255)
        validity[row >> 3]! &= ~(1 << (row & 7))
      }
    }
    const written = out.take()
    const bytes = memory.bytes(written.length)
    bytes.set(written)
    return new Column(STRING, count, validity, null, offsets, bytes)
  }
}
