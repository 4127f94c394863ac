import { expect, it } from 'vitest';
import { formatSourceText, readSourceText } from './source-text.ts';

it('writes other prompts as interventions do, and reads them again', () => {
  for (const text of ['needle*16/7', '17 4 99', '17 4;99']) expect(formatSourceText(readSourceText(text))).toBe(text);
  expect(readSourceText('17, 4')).toEqual({ prompts: [[17, 4]] });
  expect(readSourceText('#!')).toBeUndefined();
  expect(formatSourceText(undefined)).toBe('');
});
