import { arrayType, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { defineScalar, type FunctionRecord } from '../function.ts'
import { TEXT, takes } from '../signature.ts'

/** Text as sentences of words. Boundaries are those of Unicode (Intl.Segmenter), where Spark has those of the JDK. */
function sentences(text: string, language: string): Value {
  const locale = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{2,8})*$/.test(language) ? language : 'en'
  const sentence = new Intl.Segmenter(locale, { granularity: 'sentence' })
  const word = new Intl.Segmenter(locale, { granularity: 'word' })
  const out: Value[] = []
  for (const { segment } of sentence.segment(text)) {
    const words: string[] = []
    let previous = ''
    for (const part of word.segment(segment)) {
      // An amount goes with its currency sign, and so does not start with a letter or digit.
      if (/^[\p{L}\p{Nd}]/u.test(part.segment) && !/\p{Sc}$/u.test(previous)) words.push(part.segment)
      previous = part.segment
    }
    out.push(words)
  }
  return out
}

export const sentenceFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'sentences',
    family: 'string',
    summary: 'Splits text into sentences, and those into words.',
    examples: [["SELECT sentences('Hi there! Good morning.')", '[[Hi, there], [Good, morning]]']],
    nulls: 'custom',
    resolve: takes([TEXT, TEXT, TEXT], arrayType(arrayType(STRING, false), false), { required: 1 }),
    bind: () => (text: string | null, language?: string | null, country?: string | null) =>
      text === null ? null : sentences(text, country ? `${language}-${country}` : (language ?? '')),
  }),
]
