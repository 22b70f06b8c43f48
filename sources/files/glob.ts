/** Hadoop's path patterns: `*`, `?`, `[a-z]`, `[^a]`, `{a,b}`, `\x`. */
export function hasGlob(path: string): boolean {
  return /[*?[{]/.test(path)
}

/** The pattern of one path component. */
export function globPattern(glob: string): RegExp {
  let source = ''
  let depth = 0
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i]!
    switch (c) {
      case '*':
        source += '[^/]*'
        break
      case '?':
        source += '[^/]'
        break
      case '[': {
        const end = glob.indexOf(']', i + 2)
        if (end < 0) source += '\\['
        else {
          const set = glob.slice(i + 1, end).replace(/^!/, '^')
          source += `[${set.replace(/\\/g, '\\\\')}]`
          i = end
        }
        break
      }
      case '{':
        depth++
        source += '(?:'
        break
      case '}':
        source += depth > 0 ? ')' : '\\}'
        depth = Math.max(0, depth - 1)
        break
      case ',':
        source += depth > 0 ? '|' : ','
        break
      case '\\':
        i++
        source += escapeCharacter(glob[i] ?? '\\')
        break
      default:
        source += escapeCharacter(c)
    }
  }
  return new RegExp(`^${source}$`)
}

function escapeCharacter(c: string): string {
  return /[.*+?^${}()|[\]\\/]/.test(c) ? `\\${c}` : c
}
