import { describe, expect, test } from 'vitest'
import { compileJavaPattern } from '../../../../engine/functions/regexp/java-pattern.ts'

/** The whole match and its Java groups; null where nothing matches, undefined where Java refuses the pattern. */
function match(pattern: string, text: string): (string | undefined)[] | null | undefined {
  const compiled = compileJavaPattern(pattern)
  if (compiled === undefined) return undefined
  const found = compiled.regexp.exec(text)
  return found && compiled.groups.map((group) => found[group])
}

describe('what JavaScript means otherwise is translated', () => {
  test.each([
    ['\\d and \\w are ASCII', '\\w+\\d', 'éab1٣', ['ab1']],
    ['\\s leaves out the no-break space', 'a\\sb', 'a\u00a0b', null],
    ['a dot stops at every line break of Java', 'a.b', 'a\u0085b', null],
    ['(?s) lets a dot match line breaks', '(?s)a.b', 'a\nb', ['a\nb']],
    ['$ stands before a last line break', 'b$', 'ab\n', ['b']],
    ['\\z does not', 'b\\z', 'ab\n', null],
    ['(?m) makes $ stand before any line break', '(?m)^b$', 'a\nb\nc', ['b']],
    ['(?i) is for ASCII letters only', '(?i)É', 'é', null],
    ['(?iu) is for all of them', '(?iu)É', 'é', ['é']],
    ['a flag in the middle holds up to the end of its group', '(a(?i)b)b', 'aBb', ['aBb', 'aB']],
    ['a flag for a group alone', '(?i:a)b', 'Ab', ['Ab']],
    ['comments', '(?x) a b # c', 'ab', ['ab']],
    ['a possessive quantifier gives nothing back', 'a++a', 'aaa', null],
    ['groups behind a possessive quantifier keep their numbers', '(x)(a(b)*+)(c)\\4', 'xabbcc', ['xabbcc', 'x', 'abb', 'b', 'c']],
    ['an atomic group', '(?>a+)(b)', 'aab', ['aab', 'b']],
    ['a union of classes', '[a-c[x-z]]+', 'qaxz', ['axz']],
    ['an intersection of classes', '[a-z&&[^bc]]+', 'bcad', ['ad']],
    ['POSIX classes', '\\p{Alpha}+\\p{Punct}', 'ab!', ['ab!']],
    ['scripts and categories', '\\p{IsGreek}\\p{Lu}', 'αA', ['αA']],
    ['quoted text', '\\Qa.b\\E+', 'a.b', ['a.b']],
    ['a back reference by name', '(?<n>ab)\\k<n>', 'abab', ['abab', 'ab']],
    ['octal and hexadecimal escapes', '\\x41\\u0042\\0103', 'ABC', ['ABC']],
    ['braces and brackets that close nothing', 'a]}', 'a]}', ['a]}']],
    ['a hyphen outside of a class', '[0-9]{3}-', '123-', ['123-']],
    ['characters, not UTF-16 units', '^.$', '😀', ['😀']],
  ])('%s', (_rule, pattern, text, expected) => {
    expect(match(pattern, text)).toEqual(expected)
  })
})

test.each(['(?l)', ') ?', '], [', '%SystemDrive%\\Users.*', '*a', 'a{2,1}', '\\p{Nonsense}', '(a', 'a\\'])(
  'Java refuses %s',
  (pattern) => {
    expect(compileJavaPattern(pattern)).toBeUndefined()
  },
)
