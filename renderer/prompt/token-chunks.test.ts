// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { TokenView } from '../../shared/model/token-view.ts';
import { chunkTokens } from './token-chunks.ts';

const token = (text: string): TokenView => ({ id: 1, display: text, text, start: 0, end: 1, special: false });

describe('chunkTokens', () => {
  it('keeps every token once and in order', () => {
    const tokens = Array.from({ length: 5000 }, (_, i) => token(i % 50 === 49 ? '\n' : 'a'));
    const chunks = chunkTokens(tokens);
    expect(chunks.flatMap((chunk) => chunk.tokens)).toEqual(tokens);
    for (const chunk of chunks) expect(tokens[chunk.start]).toBe(chunk.tokens[0]);
    expect(chunks.slice(0, -1).every((chunk) => chunk.tokens.at(-1)?.text === '\n')).toBe(true);
  });

  it('cuts a text without line breaks', () => {
    const chunks = chunkTokens(Array.from({ length: 2000 }, () => token('a')));
    expect(Math.max(...chunks.map((chunk) => chunk.tokens.length))).toBeLessThanOrEqual(768);
  });

  it('has nothing for nothing', () => {
    expect(chunkTokens([])).toEqual([]);
  });
});
