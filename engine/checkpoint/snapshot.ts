import type { FileSystem } from '../storage/file-system.ts'
import { crc32c, extendCrc32c } from './crc32c.ts'
import type { OperatorTable } from './durable-table.ts'
import { damaged, withPlace } from './failure.ts'
import { FORMAT_VERSION } from './frame.ts'
import { type CheckpointLayout, epochsOf } from './layout.ts'
import { type CommittedEpoch, decodeJson, encodeJson, type PlannedEpoch, type QueryDescription } from './records.ts'

/** What a snapshot is: the query, the epoch after which it was taken, and its files. Two lines of a text file: this as JSON, then the CRC-32C of that line in hex. */
export interface SnapshotManifest {
  readonly version: number
  readonly query: QueryDescription
  readonly planned: PlannedEpoch
  readonly committed: CommittedEpoch
  readonly tables: readonly {
    readonly operatorId: string
    readonly table: string
    readonly bytes: number
    /** CRC-32C of the file. */
    readonly checksum: number
  }[]
}

/** The state after an epoch, copied out of the tables so that the next epochs may go on while it is written. */
export interface TakenSnapshot {
  readonly query: QueryDescription
  readonly planned: PlannedEpoch
  readonly committed: CommittedEpoch
  readonly tables: readonly { readonly operatorId: string; readonly table: string; readonly chunks: readonly Uint8Array[] }[]
}

/** Longer than this between two turns of the event loop, and timers and sockets suffer. */
const TURN_MS = 20

/** Copies the tables. No epoch may run meanwhile, but the event loop turns. */
export async function takeSnapshot(
  query: QueryDescription,
  planned: PlannedEpoch,
  committed: CommittedEpoch,
  tables: readonly OperatorTable[],
): Promise<TakenSnapshot> {
  const taken: TakenSnapshot['tables'][number][] = []
  let turnBeganMs = performance.now()
  for (const { operatorId, table } of tables) {
    const chunks: Uint8Array[] = []
    for (const chunk of table.snapshot()) {
      // Chunks may be views of memory that the next epoch changes.
      chunks.push(chunk.slice())
      if (performance.now() - turnBeganMs > TURN_MS) {
        await new Promise((resolve) => setImmediate(resolve))
        turnBeganMs = performance.now()
      }
    }
    taken.push({ operatorId, table: table.name, chunks })
  }
  return { query, planned, committed, tables: taken }
}

/** Writes the files of a snapshot, the manifest last. */
export async function writeSnapshot(fileSystem: FileSystem, layout: CheckpointLayout, snapshot: TakenSnapshot): Promise<void> {
  const epoch = snapshot.planned.epoch
  const directory = layout.snapshot(epoch)
  await withPlace('make', directory, () => fileSystem.makeDirectory(directory))
  const tables: SnapshotManifest['tables'][number][] = []
  for (const { operatorId, table, chunks } of snapshot.tables) {
    const file = layout.table(epoch, operatorId, table)
    await withPlace('write', file, () => fileSystem.writeAtomic(file, chunks))
    let checksum = 0
    let bytes = 0
    for (const chunk of chunks) {
      checksum = extendCrc32c(checksum, chunk)
      bytes += chunk.byteLength
    }
    tables.push({ operatorId, table, bytes, checksum })
  }
  const { query, planned, committed } = snapshot
  const line = encodeJson({ version: FORMAT_VERSION, query, planned, committed, tables } satisfies SnapshotManifest)
  const check = new TextEncoder().encode(`\n${crc32c(line).toString(16).padStart(8, '0')}\n`)
  const file = layout.manifest(epoch)
  await withPlace('write', file, () => fileSystem.writeAtomic(file, [line, check]))
}

/**
 * Manifests of the whole snapshots, newest first. One whose manifest is missing was never finished; one whose manifest has gone bad is passed over
 * and told in `problems`: the log still reaches back to the snapshot before it.
 */
export async function listSnapshots(
  fileSystem: FileSystem,
  layout: CheckpointLayout,
): Promise<{ readonly snapshots: readonly SnapshotManifest[]; readonly problems: readonly string[] }> {
  const names = await withPlace('list', layout.snapshots, () => fileSystem.list(layout.snapshots))
  const snapshots: SnapshotManifest[] = []
  const problems: string[] = []
  for (const epoch of epochsOf(names, '').reverse()) {
    const file = layout.manifest(epoch)
    if (!(await withPlace('look for', file, () => fileSystem.exists(file)))) continue
    const manifest = parseManifest(await withPlace('read', file, () => fileSystem.read(file)))
    if (manifest === undefined) problems.push(`snapshot manifest "${file}" is damaged: its checksum does not match`)
    else snapshots.push(manifest)
  }
  return { snapshots, problems }
}

function parseManifest(bytes: Uint8Array): SnapshotManifest | undefined {
  const end = bytes.indexOf(10)
  if (end < 0) return undefined
  const line = bytes.subarray(0, end)
  const checksum = Number.parseInt(new TextDecoder().decode(bytes.subarray(end + 1)), 16)
  return checksum === crc32c(line) ? (decodeJson(line) as SnapshotManifest) : undefined
}

/** The bytes of one table of a snapshot. */
export async function readSnapshotTable(
  fileSystem: FileSystem,
  layout: CheckpointLayout,
  manifest: SnapshotManifest,
  entry: SnapshotManifest['tables'][number],
): Promise<Uint8Array> {
  const file = layout.table(manifest.planned.epoch, entry.operatorId, entry.table)
  const bytes = await withPlace('read', file, () => fileSystem.read(file))
  if (bytes.byteLength !== entry.bytes) {
    throw damaged(
      file,
      Math.min(bytes.byteLength, entry.bytes),
      `the file has ${bytes.byteLength} bytes where its manifest says ${entry.bytes}`,
    )
  }
  if (crc32c(bytes) !== entry.checksum) throw damaged(file, 0, 'the checksum of the file does not match its manifest')
  return bytes
}

/**
 * Removes what recovery cannot need any more: snapshots older than the last two, and the log segments that end before the older of these.
 * A segment ends where the next begins.
 */
export async function removeOld(fileSystem: FileSystem, layout: CheckpointLayout): Promise<void> {
  const epochs = epochsOf(await fileSystem.list(layout.snapshots), '')
  const whole: number[] = []
  for (const epoch of epochs) if (await fileSystem.exists(layout.manifest(epoch))) whole.push(epoch)
  const oldest = whole.at(-2)
  if (oldest === undefined) return
  for (const epoch of epochs)
    if (epoch < oldest) await withPlace('remove', layout.snapshot(epoch), () => fileSystem.remove(layout.snapshot(epoch)))
  const segments = epochsOf(await fileSystem.list(layout.logs), '.wal')
  for (let i = 0; i + 1 < segments.length; i++) {
    if (segments[i + 1]! > oldest + 1) break
    const file = layout.log(segments[i]!)
    await withPlace('remove', file, () => fileSystem.remove(file))
  }
}
