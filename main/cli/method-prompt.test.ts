import { describe, expect, it } from 'vitest';
import type { TokenView } from '../../shared/model/token-view.ts';
import { cutOf, type CutOptions } from './method-prompt.ts';

const text = 'red door. Which door? The';
const pieces = ['', 'red', ' door', '.', ' Which', ' door', '?', ' The'];
let end = 0;
/** BOS and seven words. */
const tokens = pieces.map((piece, at): TokenView => {
  const place = at === 0 ? { start: -1, end: -1 } : { start: end, end: end + piece.length };
  end += piece.length;
  return { id: at, display: piece, text: piece, special: at === 0, ...place };
});
const cut = (options: CutOptions, answer = 2) => cutOf({ text, tokens, answer }, options);

describe('cutOf', () => {
  it('begins with the question, or after it', () => {
    expect(cut({ questionStart: '4' })).toEqual({ promptLength: 4, answerStart: 8 });
    expect(cut({ questionStart: '4', question: ['unseen'] })).toEqual({ promptLength: 4, answerStart: 8 });
    expect(cut({ questionStart: '4', question: ['seen'] })).toEqual({ promptLength: 8, answerStart: 8 });
  });

  it('finds a text at its last place, in the token that it begins in', () => {
    expect(cut({ questionStart: 'Which' }).promptLength).toBe(4);
    expect(cut({ questionStart: ' door' }).promptLength).toBe(5);
    expect(cut({ questionStart: 'or?' }).promptLength).toBe(5);
  });

  it('begins with the answer where nothing is said, or after three quarters', () => {
    expect(cut({})).toEqual({ promptLength: 8, answerStart: 8 });
    expect(cut({}, 0)).toEqual({ promptLength: 6, answerStart: null });
    expect(cut({ promptLength: 3 })).toEqual({ promptLength: 3, answerStart: 8 });
  });

  it.each<CutOptions>([
    { promptLength: 3, questionStart: '4' },
    { promptLength: 3, question: ['seen'] },
    { question: ['unseen'] },
    { questionStart: '4', question: ['seen', 'unseen'] },
    { questionStart: '0' },
    { questionStart: '8' },
    { questionStart: 'blue' },
  ])('refuses %j', (options) => {
    expect(() => cut(options)).toThrow(expect.objectContaining({ code: 'bad-request' }) as Error);
  });

  it('finds no text among ids', () => {
    const ids = { text: null, tokens, answer: 1 };
    expect(cutOf(ids, { questionStart: '4' }).promptLength).toBe(4);
    expect(() => cutOf(ids, { questionStart: 'Which' })).toThrow('holds no text');
  });
});
