import * as zlib from 'node:zlib'
import { decompress as decompressZstd } from 'fzstd'
import { ConnectorError } from '../../../engine/errors/engine-error.ts'
import { lz4Compress, lz4Decompress } from './lz4.ts'
import { nativeLz4, nativeSnappy } from './native-codecs.ts'
import { snappyCompress, snappyDecompress } from './snappy.ts'

/** Codecs of record batches by their number. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof CODECS)[number]

type Compress = (bytes: Buffer) => Buffer
/** Node 22.15 and later have zstd built in. */
const native = zlib as unknown as {
  readonly zstdDecompressSync?: Compress
  readonly zstdCompressSync?: Compress
}

/** @throws ConnectorError KAFKA_RECORDS_MALFORMED */
export function decompress(codec: number, packed: Buffer): Buffer {
  try {
    switch (CODECS[codec]) {
      case 'none':
        return packed
      case 'gzip':
        return zlib.gunzipSync(packed)
      case 'snappy':
        return snappyDecompress(packed, nativeSnappy()?.uncompressSync)
      case 'lz4':
        return lz4Decompress(packed)
      case 'zstd': {
        if (native.zstdDecompressSync !== undefined) return native.zstdDecompressSync(packed)
        const bytes = decompressZstd(packed)
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      }
      case undefined:
        throw new RangeError(`there is no codec ${codec}`)
    }
  } catch (cause) {
    throw new ConnectorError('KAFKA_RECORDS_MALFORMED', {
      message: `a record batch cannot be unpacked with ${CODECS[codec] ?? `codec ${codec}`}`,
      detail: `${(cause as Error).message}.`,
      cause,
    })
  }
}

/** What packs with a codec here; undefined where this version of Node lacks it. */
export function compressor(codec: Codec): Compress | undefined {
  switch (codec) {
    case 'none':
      return (bytes) => bytes
    case 'gzip':
      return (bytes) => zlib.gzipSync(bytes, { level: 1 })
    case 'snappy':
      return nativeSnappy()?.compressSync ?? snappyCompress
    case 'lz4':
      return nativeLz4()?.compressFrameSync ?? lz4Compress
    case 'zstd':
      return native.zstdCompressSync
  }
}
