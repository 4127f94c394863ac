import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pythonComment, pythonText } from './python-text.ts';

describe('texts in a script', () => {
  it('are strings with nothing unprintable in them', () => {
    expect(pythonText('a "map"')).toBe(String.raw`"a \"map\""`);
    expect(pythonText('a\nb\u202Ec\u2028d')).toBe(String.raw`"a\nb\U0000202ec\U00002028d"`);
    expect(pythonText('L1H3 é 漢')).toBe('"L1H3 é 漢"');
  });

  it('are comments of one line', () => {
    expect(pythonComment('fig\r\nimport os\u0085\u2028\u0000x')).toBe('# fig  import os   x');
  });

  it('end no line, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const written of [pythonText(text), pythonComment(text)])
          expect(written).not.toMatch(/[\p{C}\u2028\u2029]/u);
      }),
    );
  });
});
