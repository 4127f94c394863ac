import { expect, it } from 'vitest';
import { wrapText } from './wrap-text.ts';

const letters = (text: string) => text.length;

it('breaks between words, and within one that is too long', () => {
  expect(wrapText('one two  three', 7, letters)).toEqual(['one two', 'three']);
  expect(wrapText('abcdefghij k', 4, letters)).toEqual(['abcd', 'efgh', 'ij k']);
  expect(wrapText('  ', 4, letters)).toEqual([]);
});
