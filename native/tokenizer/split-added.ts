import type { AddedToken } from '@huggingface/tokenizers';
import { alignIdentity, type AlignedText } from './aligned-text.ts';

export interface TextSection {
  /** Original text with its place, before normalisation. */
  readonly text: AlignedText;
  /** An added token, which is not normalised. */
  readonly added: boolean;
}

/**
 * Cuts a text at the added tokens that are looked for before normalisation, the longest first at each place, as the
 * library does. Blanks that such a token swallows (`lstrip`, `rstrip`) are left out.
 */
export function createSplitter(tokens: Iterable<AddedToken>): (text: string) => TextSection[] {
  const byContent = new Map<string, AddedToken>();
  for (const token of tokens) if (token.content !== '') byContent.set(token.content, token);
  if (byContent.size === 0) return (text) => [section(text, 0, text.length, false)];
  const contents = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(contents.map(escape).join('|'), 'g');
  return (text) => {
    const sections: TextSection[] = [];
    let start = 0;
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const token = byContent.get(content)!;
      const before = text.slice(start, index);
      sections.push(section(text, start, start + (token.lstrip ? before.trimEnd() : before).length, false));
      sections.push(section(text, index, index + content.length, true));
      start = index + content.length;
      if (token.rstrip) start += text.slice(start).length - text.slice(start).trimStart().length;
    }
    sections.push(section(text, start, text.length, false));
    return sections.filter(({ text: { text: kept } }) => kept !== '');
  };
}

function section(text: string, from: number, to: number, added: boolean): TextSection {
  return { text: alignIdentity(text.slice(from, to), from), added };
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
