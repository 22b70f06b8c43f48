/**
 * Durable files as the checkpoint and file sink need them. Two ways to write durably: append then sync; write whole then rename.
 * Paths are plain local paths. Errors are the platform's (ENOENT, ENOSPC, EROFS …); callers give them a place and a way out.
 */
export interface FileSystem {
  /** Names in a directory, sorted; empty when it does not exist. */
  list(path: string): Promise<string[]>
  exists(path: string): Promise<boolean>
  read(path: string): Promise<Uint8Array>
  makeDirectory(path: string): Promise<void>
  /** Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the directory. */
  writeAtomic(path: string, chunks: readonly Uint8Array[] | Iterable<Uint8Array>): Promise<void>
  /** Makes the file with this content unless it exists; false: it exists. Of two callers exactly one gets true. Not synced: for locks. */
  createExclusive(path: string, content: Uint8Array): Promise<boolean>
  /** Opens for appending at `length` (what is beyond is cut off: a torn tail). Makes the file, durably, when there is none. */
  openAppend(path: string, length: number): Promise<AppendFile>
  /** Removes a file or a whole directory; nothing happens when there is none. */
  remove(path: string): Promise<void>
}
export interface AppendFile {
  /** Bytes in the file, those not yet synced among them. */
  readonly length: number
  /** Written when the call returns (a reader sees it), durable after `sync`. */
  append(chunks: readonly Uint8Array[]): void
  /** What was appended is on the disk (fdatasync). */
  sync(): Promise<void>
  close(): Promise<void>
}
