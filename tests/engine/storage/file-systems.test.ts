import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { FileSystem } from '../../../engine/storage/file-system.ts'
import { LocalFileSystem } from '../../../engine/storage/local-file-system.ts'
import { MemoryFileSystem } from '../../../engine/storage/memory-file-system.ts'

const root = mkdtempSync(path.join(tmpdir(), 'storage-'))
afterAll(() => rmSync(root, { recursive: true }))
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (content: Uint8Array) => new TextDecoder().decode(content)

describe.each<[string, FileSystem]>([
  ['local', new LocalFileSystem()],
  ['memory', new MemoryFileSystem()],
])('the %s file system', (name, files) => {
  const at = (...parts: string[]) => path.join(root, name, ...parts)

  test('a file written whole has all chunks in order and replaces the one before', async () => {
    await files.makeDirectory(at('whole'))
    await files.writeAtomic(at('whole', 'f'), [bytes('a long first version')])
    await files.writeAtomic(at('whole', 'f'), [bytes('one,'), bytes('two')])
    expect(text(await files.read(at('whole', 'f')))).toBe('one,two')
    expect(await files.list(at('whole'))).toEqual(['f'])
  })

  test('an appended file goes on at the length it is opened with; what was behind is cut off', async () => {
    await files.makeDirectory(at('append'))
    const first = await files.openAppend(at('append', 'f'), 0)
    first.append([bytes('abc'), bytes('def')])
    await first.sync()
    expect(first.length).toBe(6)
    await first.close()
    const second = await files.openAppend(at('append', 'f'), 4)
    second.append([bytes('XY')])
    await second.close()
    expect(text(await files.read(at('append', 'f')))).toBe('abcdXY')
  })

  test('an exclusive file is made once', async () => {
    await files.makeDirectory(at('exclusive'))
    expect(await files.createExclusive(at('exclusive', 'lock'), bytes('first'))).toBe(true)
    expect(await files.createExclusive(at('exclusive', 'lock'), bytes('second'))).toBe(false)
    expect(text(await files.read(at('exclusive', 'lock')))).toBe('first')
    expect(await files.list(at('exclusive'))).toEqual(['lock'])
  })

  test('a missing directory is empty; a missing file does not exist and is removed without complaint', async () => {
    expect(await files.list(at('none'))).toEqual([])
    expect(await files.exists(at('none', 'f'))).toBe(false)
    await files.remove(at('none', 'f'))
    await expect(files.read(at('none', 'f'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('a directory is removed with everything in it', async () => {
    await files.makeDirectory(at('tree', 'deep'))
    await files.writeAtomic(at('tree', 'deep', 'f'), [bytes('x')])
    await files.remove(at('tree'))
    expect(await files.exists(at('tree', 'deep', 'f'))).toBe(false)
    expect(await files.list(at())).not.toContain('tree')
  })
})

test('a write that fails on the way leaves the old file and nothing else', async () => {
  const files = new LocalFileSystem()
  const directory = path.join(root, 'failing')
  await files.makeDirectory(directory)
  writeFileSync(path.join(directory, 'f'), 'old')
  function* chunks() {
    yield bytes('new')
    throw new Error('no more')
  }
  await expect(files.writeAtomic(path.join(directory, 'f'), chunks())).rejects.toThrow('no more')
  expect(readFileSync(path.join(directory, 'f'), 'utf8')).toBe('old')
  expect(readdirSync(directory)).toEqual(['f'])
})

test('the memory file system loses what was not synced when the power goes', async () => {
  const files = new MemoryFileSystem()
  const file = await files.openAppend('/f', 0)
  file.append([bytes('kept')])
  await file.sync()
  file.append([bytes(' lost')])
  files.losePower()
  expect(text(await files.read('/f'))).toBe('kept')
})
