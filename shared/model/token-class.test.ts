import { describe, expect, it } from 'vitest';
import { TOKEN_CLASSES, tokenClasses } from './token-class.ts';

const classesOf = (...texts: readonly string[]) =>
  Array.from(
    tokenClasses(texts.map((text) => (text === '<s>' ? { text: '', special: true } : { text, special: false }))),
    (index) => TOKEN_CLASSES[index],
  );

describe('tokenClasses', () => {
  it('tells words, their parts, numbers, punctuation, blanks and line breaks apart', () => {
    expect(
      classesOf('<s>', 'The', ' ret', 'riev', 'al', ' head', ',', ' 42', '.', '\n', '  ', 'Next', ' “', 'é'),
    ).toEqual([
      'special',
      'word-start',
      'word-start',
      'word-continuation',
      'word-continuation',
      'word-start',
      'punctuation',
      'digits',
      'punctuation',
      'newline',
      'blank',
      'word-start',
      'punctuation',
      'word-start',
    ]);
  });

  it('counts bytes without a text of their own to the word that they stand in', () => {
    expect(classesOf(' na', '', 've', 'a1')).toEqual([
      'word-start',
      'word-continuation',
      'word-continuation',
      'word-continuation',
    ]);
  });

  it('takes marks and letters of any script for words', () => {
    expect(classesOf(' 한', '국', '。', ' ٣')).toEqual(['word-start', 'word-continuation', 'punctuation', 'digits']);
  });
});
