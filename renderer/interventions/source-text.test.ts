// @vitest-environment node
import { expect, it } from 'vitest';
import { sourceText, splitPrompts } from './source-text.ts';

it('tells what is read', () => {
  expect(sourceText({ prompts: [[1, 2]] })).toBe('1 prompt of 2 tokens');
  expect(sourceText({ prompts: [[1, 2, 3], [4]] })).toBe('2 prompts, 1 to 3 tokens');
  expect(sourceText({ task: 'needle', samples: 16, seed: 7 })).toBe('16 samples of needle, seed 7');
});

it('splits texts at blank lines, but not the only one', () => {
  expect(splitPrompts('one\nline\n \ntwo\n\n\n\nthree\n', false)).toEqual(['one\nline', 'two', 'three\n']);
  expect(splitPrompts('a\n\nb', true)).toEqual(['a\n\nb']);
});
