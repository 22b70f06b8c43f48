import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as millrace from '../../index.ts'

/** What users may import, in one list, so that a name that comes or goes is seen in review. `-u` writes it. */
const members = (prototype: object): string[] => Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')

test('the names the package exports, with the members of its classes', async () => {
  const lines = Object.entries(millrace)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      if (typeof value !== 'function') return name
      const isClass = /^class\b/.test(Function.prototype.toString.call(value))
      return isClass
        ? `class ${name}: ${members(value.prototype as object)
            .sort()
            .join(', ')}`
        : name
    })
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('public-api.txt')
})

test('every type that index.ts exports is exported by name', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../index.ts'), 'utf8')
  expect(text).not.toMatch(/export \* from '(?!\.\/engine\/dataframe\/functions\.ts)/)
})
