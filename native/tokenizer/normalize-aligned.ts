import {
  PrependNormalizer,
  ReplaceNormalizer,
  SequenceNormalizer,
  StripNormalizer,
  type Normalizer,
} from '@huggingface/tokenizers';
import { AlignedBuilder, type AlignedText } from './aligned-text.ts';

/**
 * Normalises a text as the library does and keeps track of where each character came from.
 *
 * The library gives the result without offsets, so each step is redone piece by piece. Where the pieces do not add up
 * to the library's result (a normaliser that looks further than a character and its marks), the part that changed
 * maps as a whole to the part that it replaced.
 */
export function normalizeAligned(normalizer: Normalizer | null, source: AlignedText): AlignedText {
  if (normalizer === null) return source;
  if (normalizer instanceof SequenceNormalizer) {
    return normalizer.normalizers.reduce((text, step) => normalizeAligned(step, text), source);
  }
  const expected = normalizer.normalize(source.text);
  if (expected === source.text) return source;
  const result = redo(normalizer, source, expected);
  return result.text === expected ? result : replaceMiddle(source, expected);
}

function redo(normalizer: Normalizer, source: AlignedText, expected: string): AlignedText {
  const builder = new AlignedBuilder(source);
  const { text } = source;
  if (normalizer instanceof PrependNormalizer) {
    builder.replace(expected.slice(0, expected.length - text.length), 0, 0);
    builder.keep(0, text.length);
  } else if (normalizer instanceof StripNormalizer) {
    const start = Math.max(0, text.indexOf(expected));
    builder.keep(start, start + expected.length);
  } else if (normalizer instanceof ReplaceNormalizer && normalizer.pattern !== null) {
    const content = (normalizer.config as { content?: string }).content ?? '';
    let done = 0;
    for (const match of text.matchAll(normalizer.pattern)) {
      builder.keep(done, match.index);
      done = match.index + match[0].length;
      builder.replace(content, match.index, done);
    }
    builder.keep(done, text.length);
  } else {
    redoByCharacter(normalizer, text, builder);
  }
  return builder.build();
}

/** A character with the marks that follow it: what Unicode normalisation composes and reorders. */
const CHARACTER_WITH_MARKS = /[\s\S]\p{M}*/gu;
/** No two ASCII characters ever compose. */
const ASCII_RUN = /[\0-\x7f]+(?!\p{M})/uy;

function redoByCharacter(normalizer: Normalizer, text: string, builder: AlignedBuilder): void {
  let at = 0;
  while (at < text.length) {
    const run = matchAt(ASCII_RUN, text, at);
    if (run !== '' && normalizer.normalize(run) === run) {
      builder.keep(at, at + run.length);
      at += run.length;
      continue;
    }
    let unit = matchAt(CHARACTER_WITH_MARKS, text, at);
    let normalized = normalizer.normalize(unit);
    // A few characters compose with a following one that is no mark, such as the letters of a Hangul syllable.
    for (;;) {
      const next = matchAt(CHARACTER_WITH_MARKS, text, at + unit.length);
      if (next === '' || next.charCodeAt(0) < 0x80) break;
      const together = normalizer.normalize(unit + next);
      if (together === normalized + normalizer.normalize(next)) break;
      unit += next;
      normalized = together;
    }
    if (normalized === unit) builder.keep(at, at + unit.length);
    else builder.replace(normalized, at, at + unit.length);
    at += unit.length;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match?.index === at ? match[0] : '';
}

/** The common beginning and end map one to one, what lies between as a whole. */
function replaceMiddle(source: AlignedText, expected: string): AlignedText {
  const { text } = source;
  const shorter = Math.min(text.length, expected.length);
  let head = 0;
  while (head < shorter && text[head] === expected[head]) head++;
  let tail = 0;
  while (tail < shorter - head && text.at(-1 - tail) === expected.at(-1 - tail)) tail++;
  const builder = new AlignedBuilder(source);
  builder.keep(0, head);
  builder.replace(expected.slice(head, expected.length - tail), head, text.length - tail);
  builder.keep(text.length - tail, text.length);
  return builder.build();
}
