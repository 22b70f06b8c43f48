import { createRequire } from 'node:module'

/**
 * The packages `snappy` and `lz4-napi`, which pack two to three times as fast as the codecs written here: used where they are installed. Unpacking LZ4 is no
 * faster with the package, and done here.
 */
interface NativeSnappy {
  compressSync(bytes: Buffer): Buffer
  uncompressSync(bytes: Buffer): Buffer
}
interface NativeLz4 {
  compressFrameSync(bytes: Buffer): Buffer
}

const require = createRequire(import.meta.url)

/** undefined: not installed, or not for this machine. */
export const nativeSnappy = once(() => require('snappy') as NativeSnappy)
export const nativeLz4 = once(() => require('lz4-napi') as NativeLz4)

function once<T>(load: () => T): () => T | undefined {
  let loaded: { readonly found: T | undefined } | undefined
  return () => {
    if (loaded === undefined) {
      let found: T | undefined
      try {
        found = load()
      } catch {
        // Both are optional, and their own addons may lack a build for this machine.
      }
      loaded = { found }
    }
    return loaded.found
  }
}
